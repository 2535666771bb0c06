"""Rules of the layout that no linter knows: docstrings, file names, folders without cycles."""

import ast
import re
from collections import Counter, defaultdict
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.repository.repository import PACKAGES, ROOT, dotted, imported, modules, named, parsed

FETCHED_BY_HAND = re.compile(r"\.get(_one)?\((Case|Action)\b")

ROLES = {
    "models": "the tables of a noun",
    "queries": "what is read of a noun",
    "list_queries": "what a list page of a noun reads",
    "page_queries": "what the page of one record reads",
    "commands": "what changes a noun",
    "steps": "the steps of a case, and of an action",
    "details": "what is edited of a case, and of an action, outside its steps",
    "facts": "the facts that guards see of a case, and of an action",
    "involvement": "what makes a step the decision on one's own, of a case, of an action, and in definitions",
    "history": "what happened: in a case, to an action, as imported, as told on a page",
    "views": "the pages of a noun",
    "views_steps": "the pages of the steps of a noun",
    "forms": "the forms of a noun",
    "presenter": "what a template is given",
    "labels": "the words for stored values",
    "event_labels": "the words for events of a noun",
}
"""Files that may stand in several folders, because the folder is the noun and the file the role."""

NOUNS = {
    "actions": "tables, guards and terminal commands of actions",
    "address_changes": "table and commands of changed addresses",
    "agencies": "commands of agencies, at the terminal too",
    "api_tokens": "table and commands of the tokens of programs",
    "audit": "the table of the audit log, and the terminal commands",
    "bank_holidays": "the days the product brings, and those an installation loaded",
    "case_rights": "table and rule of rights on single cases, and the terminal commands",
    "cases": "tables, guards and terminal commands of cases",
    "clocks": "commands of clocks, at the terminal too",
    "factors": "tables of second factors, and the rules of who has and must have one",
    "identities": "tables and terminal commands of identities",
    "imports": "tables and terminal commands of imports",
    "lcspr": "the definition of the practice review, and its guards",
    "local_periods": "what may be set, and the command that sets it",
    "log_disposals": "commands of the retention of the audit log, at the terminal too",
    "partners": "the rules of who is a safeguarding partner, and the terminal commands",
    "people": "tables, demonstration and terminal commands of people",
    "providers": "tables, commands and terminal commands of providers of sign-ins",
    "recommendations": "tables and terminal commands of recommendations",
    "registers": "registers as files, and the terminal commands that write them",
    "retention": "tables and terminal commands of retention",
    "role_requests": "the table, commands and terminal commands of roles that wait for a second person",
}
"""Files named after a noun, in folders that are named after a role."""


def test_no_docstring_of_a_module_is_a_question() -> None:
    """A docstring is optional where name and folder say it all; it states what the module holds."""
    asking = [
        named(path)
        for path in modules(*PACKAGES, "scripts", "tests", "alembic")
        if (ast.get_docstring(parsed(path)) or "").rstrip().endswith("?")
        or (ast.get_docstring(parsed(path)) or "").split("\n")[0].rstrip().endswith("?")
    ]
    assert asking == []


def test_a_file_name_says_which_file_it_is() -> None:
    """Whoever knows noun and role finds the file: no other name stands in two folders."""
    names = Counter(path.stem for path in modules() if not path.stem.startswith("__"))
    assert {name for name, count in names.items() if count > 1} - ROLES.keys() - NOUNS.keys() == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_folders_of_a_package_import_each_other_in_one_direction(package: str) -> None:
    """Within each folder, its subfolders and its own modules form no cycle. `imports.readers` reads files alone, for
    all others, and so counts as a folder beside `imports`."""
    known = {dotted(path): path for path in modules(package)}
    below = defaultdict(set)
    for name, path in known.items():
        for other in imported(path, set(known)):
            here, there = _where_they_part(name, other)
            if here != there:
                below[here].add(there)
    try:
        TopologicalSorter(below).prepare()
    except CycleError as cycle:
        pytest.fail(" -> ".join(cycle.args[1]))


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


READERS = "reviews.imports.readers"


def _where_they_part(module: str, other: str) -> tuple[str, str]:
    """Give the first folders, or modules, at which two dotted names differ."""
    if module.startswith(READERS) != other.startswith(READERS):
        return _folder_in_reviews(module), _folder_in_reviews(other)
    here, there = module.split("."), other.split(".")
    depth = next((n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there)))
    return ".".join(here[: depth + 1]), ".".join(there[: depth + 1])


def _folder_in_reviews(module: str) -> str:
    return READERS if module.startswith(READERS) else ".".join(module.split(".")[:2])
