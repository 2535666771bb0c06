"""What a piece of work changed in the database, by table and column."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.core.db import Base, Database, engine_of

Rows = dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]
TABLES = [table for table in Base.metadata.sorted_tables if table.name != "try_counts"]
"""Every table but that of limits, which counts what is refused as well."""
COLUMNS = {
    table.name: [column.name for column in (*table.primary_key, *(c for c in table.columns if not c.primary_key))]
    for table in TABLES
}
"""The columns of every table, those of its key first."""


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
        columns = {name for key in both if old[key] != after[key] for name in _unlike(table, old[key], after[key])}
        if columns:
            changes.changed[table] = columns


@contextmanager
def nothing_changes(database: Database) -> Iterator[None]:
    with changes_of(database) as changes:
        yield
    assert changes.none, changes


def _unlike(table: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[str]:
    return (name for name, left, right in zip(COLUMNS[table], old, new, strict=True) if left != right)


def _note(counts: dict[str, int], table: str, number: int) -> None:
    if number:
        counts[table] = number


def _rows(database: Database) -> Rows:
    """Read every row as the driver gives it: what SQLAlchemy makes of it takes ten times as long."""
    with engine_of(database).connect() as connection:
        cursor = connection.connection.cursor()
        return {table.name: _of(cursor, table.name, len(table.primary_key)) for table in TABLES}


def _of(cursor: Any, table: str, width: int) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    columns = ", ".join(f'"{name}"' for name in COLUMNS[table])
    return {row[:width]: row for row in cursor.execute(f"SELECT {columns} FROM {table}").fetchall()}
