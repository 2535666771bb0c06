"""Checks what changed since the branch left main: `make check`.

Format, lint, types and import contracts are checked of everything. Of the tests those are run, on SQLite, that

- changed themselves, or lie beside something of theirs that changed,
- lie in the folder of a changed noun, in its own package and in those above it: for `reviews/actions` in
  `tests/reviews/actions` and `tests/web/actions`, for `web/templates/actions` in `tests/web/actions`, for anything of
  `workflows` in `tests/workflows`,
- import a changed module, unless more than a dozen files do,
- keep the rules of the repository, apart from the installing of a wheel, unless what goes into the wheel changed.

Tests that take their time to break things are left to `make faults`; `make sure` runs all the others.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePath

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
OURS = ("alembic", "notifications", "reviews", "scripts", "setup.py", "tests", "web", "workflows")
INSTALLING = "tests/repository/test_installing.py"
BUILT_BY = ("alembic", "pyproject.toml", "setup.py", "MANIFEST.in", "reviews/core/schema_version.py")
LAYERS = ("reviews", "notifications", "web")
MANY = 12
CHECKS = (
    ("ruff", "format", "--check", *OURS),
    ("ruff", "check", *OURS),
    ("mypy",),
    ("lint-imports",),
)


def changed_files() -> list[str]:
    """Give what differs from where this branch left main, whether committed or not."""
    left = _git("merge-base", "HEAD", _main())
    return sorted({*_git("diff", "--name-only", *left), *_git("ls-files", "--others", "--exclude-standard")})


def select_tests(files: list[str]) -> set[str]:
    """Give the test files to run for changed files, by the rule above."""
    found = {test for name in files for test in _tests_of(PurePath(name))}
    found |= {test for name in files for test in _importing(_dotted(name))}
    found |= {_named(path) for path in (TESTS / "repository").glob("test_*.py")} - {INSTALLING}
    return found | ({INSTALLING} if any(name.startswith(BUILT_BY) for name in files) else set())


def _tests_of(file: PurePath) -> Iterator[str]:
    package, *folders = file.parts[:-1] or ("",)
    if package == "tests":
        if file.name.startswith("test_"):
            yield from [str(file)] if (ROOT / file).exists() else []
        elif len(folders) > 0:
            yield from _in(ROOT / file.parent)
    elif file.parts[:2] == ("web", "cli"):
        yield from map(_named, (TESTS / "cli").glob(f"test_*{file.stem}*.py"))
    elif package == "workflows":
        yield from _in(TESTS / "workflows")
    elif package == "alembic":
        yield "tests/reviews/core/test_migrations.py"
    elif package in LAYERS and folders:
        noun = folders[1] if folders[0] == "templates" and len(folders) > 1 else folders[0]
        above = () if noun == "core" else LAYERS[LAYERS.index(package) + 1 :]
        yield from _in(TESTS / package / noun)
        yield from (test for each in above for test in _in(TESTS / each / noun))


def _importing(module: str) -> set[str]:
    """Give the test files that name a module, whole or as `from package import module`, unless they are many."""
    package, _, name = module.rpartition(".")
    words = (f"from {module} import", f"from {package} import {name}")
    found = {_named(path) for path, text in _texts().items() if any(word in text for word in words)}
    return found if len(found) <= MANY else set()


@cache
def _texts() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")}


def _in(folder: Path) -> Iterator[str]:
    return map(_named, sorted(folder.rglob("test_*.py")))


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _dotted(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _main() -> str:
    known = _git("for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/remotes/origin/main")
    return known[0] if known else "HEAD"


def _git(*words: str) -> list[str]:
    done = subprocess.run(("git", *words), cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    return done.stdout.splitlines()


def _run(*command: str) -> None:
    failed = subprocess.run((Path(sys.executable).with_name(command[0]), *command[1:]), cwd=ROOT, check=False)
    if failed.returncode:
        sys.exit(failed.returncode)


if __name__ == "__main__":
    for check in CHECKS:
        _run(*check)
    files = changed_files()
    tests = sorted(select_tests(files))
    print(f"{len(files)} files differ from main: {len(tests)} files of tests, on SQLite.", flush=True)
    _run("pytest", "-n", "2", "--dist", "worksteal", "-k", "not postgresql", "-m", "not faults", *tests)
