"""The files and modules of the repository, for the tests of how it is laid out."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("workflows", "reviews", "notifications", "web")
IGNORED = {line.strip().rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()} | {".git"}


def files(*folders: str) -> Iterator[Path]:
    """Give every file but what git ignores."""
    for start in folders or (".",):
        if (ROOT / start).is_dir():
            yield from _walk(ROOT / start)
        elif (ROOT / start).exists():
            yield ROOT / start


def modules(*folders: str) -> list[Path]:
    return sorted(path for path in files(*(folders or PACKAGES)) if path.suffix == ".py")


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """Give the name a module is imported by; a package is its `__init__.py`."""
    return named(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(path: Path, known: set[str]) -> set[str]:
    """Give the modules, of those known, that a file imports anywhere in it."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            asked = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= asked if asked <= known else asked | {node.module}
    return found & known


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in IGNORED or path.name.endswith((".egg-info", ".pyc")) or path.name.startswith(".coverage"):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
