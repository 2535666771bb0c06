"""How does the floor reach the database? The driver alone, with the settings that the product has."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from queue import Empty, LifoQueue
from typing import Any

import psycopg
import sqlalchemy as sa

from reviews.core.db import FIRST_SAFE_WAL


class Raw:
    """One connection of either driver; `?` stands for a value in both."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._driver: Any = _sqlite(url) if self.is_sqlite else psycopg.connect(url, autocommit=True)
        self.begin_writing = "BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN"
        self.for_update = "" if self.is_sqlite else "FOR NO KEY UPDATE"

    def rows(self, query: str, *values: object) -> list[Any]:
        found: list[Any] = self._driver.execute(self._said(query), values).fetchall()
        return found

    def run(self, statement: str, *values: object) -> None:
        self._driver.execute(self._said(statement), values)

    def run_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        self._driver.cursor().executemany(self._said(statement), rows)

    def close(self) -> None:
        self._driver.close()

    def _said(self, query: str) -> str:
        return query if self.is_sqlite else query.replace("?", "%s")


class Pool:
    """Connections that wait for the next request, the last used first."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: LifoQueue[Raw] = LifoQueue()

    @contextmanager
    def connection(self) -> Iterator[Raw]:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = Raw(self._url)
        yield connection
        self._idle.put(connection)

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()


def as_day(value: date | str) -> date:
    """SQLite gives a day as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _sqlite(url: str) -> sqlite3.Connection:
    connection = sqlite3.connect(str(sa.make_url(url).database), isolation_level=None, check_same_thread=False)
    journal = "WAL" if sqlite3.sqlite_version_info >= FIRST_SAFE_WAL else "TRUNCATE"
    for pragma in ("busy_timeout=5000", f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
