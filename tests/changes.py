"""What a piece of work changed in the database, by table and column."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.core.db import Base, Database, engine_of

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


@dataclass
class Changes:
    """Rows added, by table; columns changed in rows that were there, by table; rows gone."""

    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, set[str]] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)

    @property
    def none(self) -> bool:
        return not (self.added or self.changed or self.gone)


@contextmanager
def changes_of(database: Database) -> Iterator[Changes]:
    """Compare every row of every table before and after."""
    before, changes = _rows(database), Changes()
    yield changes
    for table, after in _rows(database).items():
        old = before[table]
        _note(changes.added, table, len(after.keys() - old.keys()))
        _note(changes.gone, table, len(old.keys() - after.keys()))
        both = old.keys() & after.keys()
        columns = {name for key in both for name, value in after[key].items() if value != old[key][name]}
        if columns:
            changes.changed[table] = columns


@contextmanager
def nothing_changes(database: Database) -> Iterator[None]:
    with changes_of(database) as changes:
        yield
    assert changes.none, changes


def _note(counts: dict[str, int], table: str, number: int) -> None:
    if number:
        counts[table] = number


def _rows(database: Database) -> Rows:
    with engine_of(database).connect() as connection:
        return {table.name: _of(connection, table) for table in Base.metadata.sorted_tables}


def _of(connection: sa.Connection, table: sa.Table) -> dict[tuple[Any, ...], dict[str, Any]]:
    keys = [column.name for column in table.primary_key]
    found = connection.execute(sa.select(table)).mappings()
    return {tuple(row[key] for key in keys): dict(row) for row in found}
