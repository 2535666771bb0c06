# What can be done here? `make help` lists it. The environment is kept in .venv.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ALEMBIC := $(BIN)/python -m alembic
SCRATCH := FOLLOWTHROUGH_DATABASE_URL=sqlite:///$(CURDIR)/.venv/scratch.db
OURS := alembic notifications reviews scripts tests web workflows

.DEFAULT_GOAL := help
.PHONY: help install demo test sure bench fix migrate docs shape browser

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '  make %-8s %s\n' "$$name" "$$what"; done

install: .venv/runtime ## Make the environment with what the product needs

demo: install ## Show it with invented data and serve it (ONCE=1 stops after printing, PORT= changes the port)
	@$(BIN)/followthrough demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: .venv/test browser ## Run every test: SQLite, PostgreSQL and a real browser
	@$(BIN)/pytest -n 2

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
	@$(BIN)/python -m scripts.sentences

shape: ## List the shortest and longest modules, for a person to judge
	@$(PYTHON) -m scripts.shape

browser:
	@command -v chromium chromium-browser google-chrome >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then \
		echo "Installing Debian's chromium for the browser tests …"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	fi; true

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed. Name it with: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/runtime: requirements/runtime.txt pyproject.toml | .venv/bin/pip
	@echo "Installing what the product needs into .venv …"
	@$(PIP) install --require-hashes --requirement requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: requirements/test.txt .venv/runtime
	@echo "Installing what the tests need into .venv …"
	@$(PIP) install --require-hashes --requirement requirements/test.txt
	@touch $@
