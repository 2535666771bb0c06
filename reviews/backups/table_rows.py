"""The rows of every table in a form that both databases read: one JSON list a line, in the order of the columns."""

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from reviews.backups.backup_folder import BackupTable
from reviews.core.db import UtcDateTime
from reviews.files.store import StoredFile
from workflows.core.engine import Refused

REVISION = "alembic_version"
AT_A_TIME = 2_000
OF_FILES = ("evidence", "attachments")
"""The tables whose rows name stored files; the second is not in backups of earlier versions."""

KINDS: tuple[tuple[type[Any], str], ...] = (
    (sa.JSON, "json"),
    (sa.Boolean, "boolean"),
    (sa.DateTime, "instant"),
    (sa.Date, "day"),
    (sa.LargeBinary, "bytes"),
    (sa.Integer, "number"),
    (sa.Float, "number"),
    (sa.String, "text"),
)
"""The kind of a column by the type that the database reports; the first that fits."""


def table_names(connection: sa.Connection) -> list[str]:
    """Give the tables of a database, but for that of its revision."""
    return sorted(set(sa.inspect(connection).get_table_names()) - {REVISION})


def files_named(connection: sa.Connection) -> list[StoredFile]:
    """Give the files that the rows name, by their names. In backups of earlier versions none is encrypted."""
    found: list[StoredFile] = []
    for table in sorted(set(OF_FILES) & set(table_names(connection))):
        columns = ("stored_as", "file_name", "sha256", "size", "wrapped_key")
        there = columns_of(connection, table)
        selected = [sa.column(name) if name in there else sa.null().label(name) for name in columns]
        query = sa.select(*selected).select_from(sa.table(table)).where(sa.column("stored_as").is_not(None))
        found += [StoredFile(**row) for row in connection.execute(query).mappings()]
    return sorted(found, key=lambda file: file.stored_as)


def columns_of(connection: sa.Connection, table: str) -> dict[str, str]:
    return {column["name"]: _kind(table, column) for column in sa.inspect(connection).get_columns(table)}


def write_rows(connection: sa.Connection, table: str, path: Path) -> BackupTable:
    """Write the rows of a table in the order of its key, packed."""
    columns = columns_of(connection, table)
    selected = [_selected(name, kind) for name, kind in columns.items()]
    key: list[sa.ColumnElement[Any]] = [
        sa.column(name) for name in sa.inspect(connection).get_pk_constraint(table)["constrained_columns"]
    ]
    query = sa.select(*selected).select_from(sa.table(table)).order_by(*key)
    count = 0
    with gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as file:
        for row in connection.execution_options(yield_per=AT_A_TIME).execute(query):
            file.write(json.dumps(list(map(_plain, row)), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += 1
    return BackupTable(rows=count, columns=columns)


def load_rows(connection: sa.Connection, tables: Mapping[str, tuple[BackupTable, Path]]) -> None:
    """Fill the tables of a database that was brought to the revision of the backup; what they hold goes.

    Raises Refused, which names the table: other tables or columns, rows that cannot be read, another number of rows
    than the manifest has, and rows that point at nothing.
    """
    _require_same_tables(connection, tables)
    _defer_foreign_keys(connection)
    for name in tables:
        connection.execute(sa.delete(sa.table(name)))
    for name, (entry, path) in tables.items():
        loaded = _fill(connection, name, entry, path)
        if loaded != entry.rows:
            raise Refused(f"Table {name} has {loaded} rows, and the manifest says {entry.rows}.")
    _check_foreign_keys(connection)
    _set_sequences(connection, tables)


def _require_same_tables(connection: sa.Connection, tables: Mapping[str, tuple[BackupTable, Path]]) -> None:
    ours = set(table_names(connection))
    for name in sorted(tables.keys() - ours):
        raise Refused(f"Table {name} is none of this revision of the database.")
    for name in sorted(ours - tables.keys()):
        raise Refused(f"Table {name} is missing from the backup.")
    for name, (entry, _) in tables.items():
        if entry.columns != columns_of(connection, name):
            raise Refused(f"Table {name} has other columns than this revision of the database.")


def _fill(connection: sa.Connection, table: str, entry: BackupTable, path: Path) -> int:
    kinds = entry.columns.values()
    parameters = [f"value_{name}" for name in entry.columns]  # a column's own name is not free for a parameter
    stored = sa.table(table, *map(sa.column, entry.columns))
    insert = sa.insert(stored).values(
        {name: _parameter(connection, f"value_{name}", kind) for name, kind in entry.columns.items()}
    )
    count = 0
    try:
        lines = _rows(path)
        while block := list(islice(lines, AT_A_TIME)):
            rows = [dict(zip(parameters, map(_read, kinds, row), strict=True)) for row in block]
            connection.execute(insert, rows)
            count += len(rows)
    except IntegrityError:
        raise Refused(f"Table {table} has rows that contradict each other.") from None
    except (ValueError, TypeError, OSError, EOFError):
        raise Refused(f"Table {table} has rows that cannot be read.") from None
    return count


def _rows(path: Path) -> Iterator[list[Any]]:
    with gzip.open(path, "rb") as file:
        for line in file:
            yield json.loads(line)


def _kind(table: str, column: Mapping[str, Any]) -> str:
    for kind, name in KINDS:
        if isinstance(column["type"], kind):
            return name
    raise TypeError(f"{table}.{column['name']} is of a type that no backup can hold yet.")


TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "boolean": sa.Boolean(),
    "instant": UtcDateTime(),
    "day": sa.Date(),
    "json": sa.JSON(),
    "bytes": sa.LargeBinary(),
    "text": sa.Text(),
}


def _selected(name: str, kind: str) -> sa.ColumnElement[Any]:
    """Read JSON as the text it is stored as: what is written again is the same to the letter."""
    column = sa.column(name, TYPES.get(kind))
    return sa.cast(column, sa.Text()) if kind == "json" else column


def _parameter(connection: sa.Connection, name: str, kind: str) -> sa.ColumnElement[Any]:
    if kind != "json":
        return sa.bindparam(name, type_=TYPES.get(kind))
    text = sa.bindparam(name, type_=sa.Text())
    return text if connection.dialect.name == "sqlite" else sa.cast(text, sa.JSON())


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode()
        case _:
            return value


def _read(kind: str, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case "instant":
            return datetime.fromisoformat(value)
        case "day":
            return date.fromisoformat(value)
        case "bytes":
            return b64decode(value)
        case _:
            return value


def _foreign_keys(connection: sa.Connection) -> list[tuple[str, str]]:
    inspector = sa.inspect(connection)
    return [(table, str(key["name"])) for table in table_names(connection) for key in inspector.get_foreign_keys(table)]


def _defer_foreign_keys(connection: sa.Connection) -> None:
    """Let rows point at rows that come later."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        return
    for table, name in _foreign_keys(connection):
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY DEFERRED')


def _check_foreign_keys(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if found:
            raise Refused(f"Table {found[0]} has a row that points at nothing in {found[2]}.")
        return
    try:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as fault:
        table = getattr(getattr(fault.orig, "diag", None), "table_name", None)
        raise Refused(f"Table {table} has a row that points at nothing.") from None
    for table, name in _foreign_keys(connection):
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" NOT DEFERRABLE')


def _set_sequences(connection: sa.Connection, tables: Mapping[str, tuple[BackupTable, Path]]) -> None:
    """Let PostgreSQL number the next row after the last; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    for name, (entry, _) in tables.items():
        if entry.columns.get("id") != "number":
            continue
        sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(name, "id")))
        if sequence is not None:
            last = sa.select(sa.func.max(sa.table(name, sa.column("id")).c.id)).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sequence, last)))
