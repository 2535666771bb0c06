# What can be done here? `make help` lists it. The environment is kept in .venv.

PYTHON ?= python3
BIN := .venv/bin
PREPARE = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed. Name it with: make PYTHON=python3.12 …" >&2; exit 1; }; \
	$(PYTHON) -m scripts.environment
ALEMBIC := $(BIN)/python -m alembic
SCRATCH := FOLLOWTHROUGH_DATABASE_URL=sqlite:///$(CURDIR)/.venv/scratch.db
# else each of the many processes that tests start would compile everything anew
unexport PYTHONDONTWRITEBYTECODE
RUN_TESTS := $(BIN)/pytest -n 3 --dist worksteal
JOURNEYS := tests/journeys
OURS := alembic notifications reviews scripts setup.py tests web workflows

.DEFAULT_GOAL := help
.PHONY: help install demo check test both faults journeys sure bench bare fix migrate docs shape

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '  make %-8s %s\n' "$$name" "$$what"; done

install: .venv/runtime ## Make the environment with what the product needs

demo: install ## Show it with invented data and serve it (ONCE=1 stops after printing, PORT= changes the port)
	@$(BIN)/followthrough demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: .venv/test ## Run the tests: SQLite, PostgreSQL and a real browser (TESTS="…" runs a part)
	@$(BIN)/python -m scripts.machine
	@$(RUN_TESTS) $(or $(TESTS),-m "not faults" --ignore=$(JOURNEYS) --one-database)

both: .venv/test ## Run the tests with those of pages, commands and mails on both databases, not on one each
	@$(BIN)/python -m scripts.machine
	@$(RUN_TESTS) -m "not faults" --ignore=$(JOURNEYS)

faults: .venv/test ## Run the tests that break things at length: kills, outages, floods, many at once, long walks
	@$(RUN_TESTS) -m faults

journeys: .venv/test ## Follow whole reviews from first mail to last, and the field's edge cases, on both databases
	@$(BIN)/python -m scripts.machine
	@$(RUN_TESTS) $(JOURNEYS)

check: .venv/test ## Check what changed: format, lint, types, import contracts, and the tests of its nouns, in a minute
	@$(BIN)/python -m scripts.changed

sure: .venv/test ## Check everything, as before every push
	@$(BIN)/ruff format --check $(OURS)
	@$(BIN)/ruff check $(OURS)
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@rm -f .venv/scratch.db
	@$(SCRATCH) $(ALEMBIC) upgrade head
	@$(SCRATCH) $(ALEMBIC) check
	@$(MAKE) --no-print-directory test

bench: .venv/test ## Measure on an invented nation
	@$(BIN)/python -m tests.bench

fix: .venv/test ## Format, and mend what mends itself
	@$(BIN)/ruff format $(OURS)
	@$(BIN)/ruff check --fix $(OURS)

migrate: $(if $(NAME),.venv/test,install) ## Bring the database up to date (NAME="what changes" writes a migration instead)
ifdef NAME
	@rm -f .venv/scratch.db
	@$(SCRATCH) $(ALEMBIC) upgrade head
	@$(SCRATCH) $(ALEMBIC) revision --autogenerate --message "$(NAME)"
else
	@$(ALEMBIC) upgrade head
endif

docs: .venv/test ## Write anew the pages of docs/ that come from the code
	@$(BIN)/python -m workflows.diagrams.mermaid
	@$(BIN)/python -m scripts.settings_page
	@$(BIN)/python -m scripts.roles_page
	@$(BIN)/python -m scripts.sentences

shape: ## List the shortest and longest modules, for a person to judge
	@$(PYTHON) -m scripts.shape

bare: ## Try make demo and make test on a bare Debian 12 of their own (as root on Debian; TESTS="…" runs a part)
	@scripts/bare_machine.sh $(TESTS)

.venv/runtime: requirements/runtime.txt pyproject.toml setup.py
	@$(PREPARE) runtime

.venv/test: requirements/test.txt .venv/runtime
	@$(PREPARE) test
