"""Every table from which foreign keys lead to a case is disposed of with it, or exempt by name with the reason."""

from collections.abc import Iterator

import pytest

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.core.db import Base
from reviews.retention.disposal_tables import CASES, DISPOSED, EXEMPT, SAME_CASE

TABLES = Base.metadata.tables


def leading_to_a_case() -> set[str]:
    found = {CASES}
    while more := {name for name, _, other in _keys() if other in found and name not in found}:
        found |= more
    return found


def _keys() -> Iterator[tuple[str, str, str]]:
    for name, table in TABLES.items():
        for key in table.foreign_keys:
            yield name, key.parent.name, key.column.table.name


def test_every_table_of_a_case_is_disposed_of_or_exempt_with_a_reason():
    assert leading_to_a_case() - DISPOSED.keys() - EXEMPT.keys() == set(), (
        "A new table has rows of a case. Name it in reviews/retention/disposal_tables.py: how its rows belong to one, "
        "or why they do not."
    )
    assert (DISPOSED.keys() | EXEMPT.keys()) - leading_to_a_case() == set()
    assert DISPOSED.keys() & EXEMPT.keys() == set()


def test_every_key_to_what_is_disposed_of_is_followed_or_stays_within_a_case():
    keys = {(name, column) for name, column, other in _keys() if other in DISPOSED and name not in EXEMPT}
    followed = {(name, column) for name, columns in DISPOSED.items() for column in columns}
    within = {(name, column) for name, columns in SAME_CASE.items() for column in columns}
    assert keys - followed - within == set()
    assert (followed | within) - keys == set()
    assert followed & within == set()


@pytest.mark.parametrize("name", DISPOSED)
def test_what_points_at_rows_goes_before_them(name):
    order = list(DISPOSED)
    for table, _, other in _keys():
        if other == name and table in DISPOSED and table != name and (table, other) != ("cases", "events"):
            assert order.index(table) < order.index(other), table
