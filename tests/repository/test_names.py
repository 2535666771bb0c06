"""Rules for names: one word for one thing, each class named once in its package."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from reviews.models import EventKind
from tests.repository.repository import PACKAGES, modules, named, parsed
from workflows.checks import GUARDS

BANNED = {
    "place": "a partnership, its code or its `partnership_id`; a position is an index",
    "places": "partnerships",
    "said": "text, label, or the field's word",
    "told": "recipients, sent, or what it is",
    "kept": "stored, unchanged, previous",
    "hears": "recipients",
    "heard": "recipients, report",
    "matter": "subject",
    "standing": "snapshot, state, status",
    "stairs": "escalation",
    "fate": "outcome",
    "house": "app, context",
    "once": "idempotent, or what is done",
}
STORED = set(GUARDS) | {kind.name for kind in EventKind}
"""Names that stand in the database or in files of definitions: they never change."""

WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def test_no_identifier_uses_a_private_word() -> None:
    found = sorted(
        f"{named(path)}:{line} {name}"
        for path in modules(*PACKAGES, "scripts")
        for name, line in identifiers(parsed(path))
        if name not in STORED and _is_banned(name)
    )
    assert found == [], f"{len(found)} identifiers; instead: {BANNED}"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_class_has_a_name_of_its_own_within_its_package(package: str) -> None:
    where = defaultdict(list)
    for path in modules(package):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(named(path))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_no_class_is_named_by_a_letter() -> None:
    found = [node.name for path in modules() for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef)]
    assert [name for name in found if len(name.strip("_")) == 1] == []


def identifiers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give every name that a module defines: functions, classes, parameters, variables, attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.MatchAs(name=str()) | ast.MatchStar(name=str()):
                yield str(node.name), node.lineno


def _is_banned(name: str) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    return not BANNED.keys().isdisjoint(words) or (len(words) > 1 and "own" in (words[0], words[-1]))
