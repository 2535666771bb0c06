"""Is the code laid out as the house wants it? (What no linter knows.)"""

import ast
import re

from tests.repository.repository import PACKAGES, ROOT, modules, named, parsed

LONGEST_FILE, LONGEST_FUNCTION = 250, 45
FETCHED_BY_HAND = re.compile(r"\.get(_one)?\((Case|Action)\b")


def test_every_module_says_which_question_it_answers() -> None:
    everywhere = [path for path in modules(*PACKAGES, "tests", "alembic") if _has_code(path)]
    assert [named(path) for path in everywhere if _docstring(path) is None] == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{named(path)}:{node.name}"] = length
    assert long == {}


def test_cases_and_actions_are_fetched_by_the_unit_or_a_query_that_asks_who_may_see_them() -> None:
    """A row fetched by its number is seen by everybody."""
    by_hand = [named(path) for path in modules() if FETCHED_BY_HAND.search(path.read_text(encoding="utf-8"))]
    assert by_hand == []


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for path in modules()}
    assert [named(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_nothing_shadows_the_migration_library() -> None:
    """An `__init__.py` there would hide it: `cannot import name 'op'`."""
    assert list((ROOT / "alembic").rglob("__init__.py")) == []


def _has_code(path) -> bool:
    return path.name != "__init__.py" or bool(path.read_text(encoding="utf-8").strip())


def _docstring(path) -> str | None:
    return ast.get_docstring(parsed(path))
