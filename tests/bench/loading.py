"""Loads an invented nation into a database."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from time import perf_counter
from typing import Any

import psycopg
import sqlalchemy as sa
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.core.db import Base, engine_of, open_database
from reviews.core.schema_version import migrate
from tests.bench.actions import add_actions
from tests.bench.cases import add_cases
from tests.bench.nation import Draft, Row, Size, drafts
from tests.bench.people import add_people
from tests.bench.stores import PREFIX, Store, fingerprint

TABLES: Sequence[sa.Table] = Base.metadata.sorted_tables


def load(store: Store, size: Size, places: int, progress: Progress) -> tuple[str, float | None]:
    """Give the name of a loaded nation and the seconds it took; None where one of an earlier run is kept."""
    name = fingerprint(size.name, places)
    if store.has(name):
        return name, None
    for old in store.names():
        if old.startswith(f"{PREFIX}{size.name}_{places}_"):
            store.drop(old)
    begun = perf_counter()
    unfinished = f"{PREFIX}unfinished"
    url = store.make(unfinished)
    migrate(url)
    _fill(url, _partnerships(size, places, progress, f"Loading into {store.kind}"))
    store.rename(unfinished, name)
    return name, perf_counter() - begun


def bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("partnerships"))
    return Progress(*columns, TimeElapsedColumn())


def _partnerships(size: Size, places: int, progress: Progress, title: str) -> Iterator[Draft]:
    task = progress.add_task(title, total=places)
    for draft in drafts(size, places):
        owners = add_people(draft)
        add_actions(draft, add_cases(draft), owners)
        yield draft
        progress.advance(task)


def _fill(url: str, partnerships: Iterator[Draft]) -> None:
    if url.startswith("sqlite"):
        _fill_sqlite(url, partnerships)
    else:
        _fill_postgresql(url, partnerships)


def _fill_sqlite(url: str, partnerships: Iterator[Draft]) -> None:
    engine = engine_of(open_database(url))
    for draft in partnerships:
        with engine.connect().execution_options(writes=True) as connection:
            for table, rows in _by_table(draft):
                connection.execute(sa.insert(table), rows)
            connection.commit()
    engine.dispose()


def _fill_postgresql(url: str, partnerships: Iterator[Draft]) -> None:
    with closing(psycopg.connect(url)) as connection:
        for draft in partnerships:
            for table, rows in _by_table(draft):
                _copy(connection, table, rows)
            connection.commit()
        for table in TABLES:
            if (counted := table.autoincrement_column) is not None:
                newest = f"coalesce((SELECT max({counted.name}) FROM {table.name}), 1)"
                connection.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{counted.name}'), {newest})")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _by_table(draft: Draft) -> Iterator[tuple[sa.Table, list[Row]]]:
    return ((table, draft.rows[table.name]) for table in TABLES if draft.rows[table.name])


def _copy(connection: psycopg.Connection, table: sa.Table, rows: list[Row]) -> None:
    names = [column.name for column in table.columns if column.name in rows[0]]
    into = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row([_plain(row[name]) for name in names])


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value
