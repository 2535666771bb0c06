"""A field of an action has one name: its column, its key at the terminal and its field in a form."""

import ast
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from reviews.core.db import Base
from reviews.models import Action
from tests.repository.repository import modules, parsed

OTHER_NAMES = {
    "status": ("stage", "the terminal and the trackers say status; a case has stages too"),
    "agency": ("lead_agency", "of an action the leading one; of a part its only one"),
    "due_precision": ("due_known_to", "what an import prints beside the date"),
    "self_rating": ("owner_rating", "the key at the terminal is older than the column's name"),
    "owner_email": ("owner", "a form chooses people by their address"),
}
"""Names outside for a column or a relation, with the reason."""

NO_FIELD = {
    "add": "recommendations to answer as well, as references",
    "remove": "recommendations no longer answered",
    "answers": "the recommendations it answers, in a table of their own",
    "further": "recommendations it answers as well, as references",
    "strands": "its parts, in a table of their own",
    "rating": "worked out each day; in a form, the rating that somebody gives",
    "days": "for how long it is snoozed",
    "how": "whether several actions get one date, or more weeks each",
    "name_is_safe": "whether somebody says that the reference name is safe; without that it is refused",
    "weeks": "how many more weeks each gets",
    "file": "a file, stored under another name",
}
"""What forms and terminal have and no table holds under that name."""


@pytest.mark.parametrize("where", ["terminal", "forms"])
def test_a_field_of_an_action_has_one_name(where: str) -> None:
    known = {column.name for name, table in Base.metadata.tables.items() if _is_of_actions(name) for column in table.c}
    known |= {relation.key for relation in sa.inspect(Action).relationships}
    names = set(keys_at_the_terminal() if where == "terminal" else fields_of_forms())
    assert len(names) > 10
    assert {name for name in names - known - NO_FIELD.keys() if OTHER_NAMES.get(name, ("",))[0] not in known} == set()


def keys_at_the_terminal() -> Iterator[str]:
    """Give the keys of the document that describes an action: it has both the first and the present date."""
    for path in modules("web/cli"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Dict):
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                if {"due_on", "original_due_on"} <= keys:
                    yield from (str(key) for key in keys)


def fields_of_forms() -> Iterator[str]:
    """Give the fields that the forms about actions declare."""
    for path in modules("web/actions"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                assigned = [line for line in node.body if isinstance(line, ast.Assign)]
                yield from (ast.unparse(line.targets[0]) for line in assigned if _is_field(line.value))


def _is_of_actions(table: str) -> bool:
    reached = {key.column.table.name for key in Base.metadata.tables[table].foreign_keys}
    return table == "actions" or "actions" in reached


def _is_field(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Field")
