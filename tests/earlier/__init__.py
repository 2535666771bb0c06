"""A database of an earlier version, loaded at the revision that its tables had."""

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command

from tests.migrating import alembic_of

HERE = Path(__file__).parent
REVISION = "0005"
EXPORTS = HERE / "exports"


def load_earlier(url: str) -> None:
    """Make the tables of that revision in an empty database, and fill them."""
    command.upgrade(alembic_of(url), REVISION)
    rows = {name: (columns, found) for name, columns, found in _tables()}
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    metadata = sa.MetaData()
    metadata.reflect(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name in rows:
                _fill(connection, table, *rows[table.name])
    engine.dispose()


def _tables() -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    name, columns, found = "", [], []
    with lzma.open(HERE / "database.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            read = json.loads(line)
            if isinstance(read, list):
                found.append(read)
                continue
            if name:
                yield name, columns, found
            name, columns, found = read["table"], read["columns"], []
    yield name, columns, found


def _fill(connection: sa.Connection, table: sa.Table, columns: list[str], rows: list[list[Any]]) -> None:
    """Write the rows as SQLite had stored them; PostgreSQL reads the same texts by COPY, and counts on from there."""
    names = ", ".join(f'"{column}"' for column in columns)
    raw = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(columns))})', rows)
        return
    connection.execute(sa.text("SET LOCAL TIME ZONE 'UTC'"))
    with raw.cursor() as cursor:
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row([None if value is None else str(value) for value in row])
        if rows and "id" in columns:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM \"{table.name}\"))"
            )
