"""Opening the database, SQLite or PostgreSQL, and column types that the tables share."""

import select
import sqlite3
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, MappedColumn, Session, mapped_column, sessionmaker
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from reviews.core.append_only import add_triggers
from workflows.core.days import Precision

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""The type of row numbers. SQLite gives a number by itself only to a column of type INTEGER."""

FIRST_SAFE_WAL = (3, 51, 3)

CONNECT_SECONDS = "10"


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant, in UTC on both databases. Raises ValueError for a value without a time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("An instant needs its time zone.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime(), str: sa.Text()}  # noqa: RUF012  # SQLAlchemy reads it off the class


def words(kind: type[StrEnum], length: int = 40) -> sa.Enum:
    """Give the column type of an enum: its values as text, so that a new value needs no migration."""
    return sa.Enum(
        kind, native_enum=False, length=length, create_constraint=False, values_callable=lambda e: [m.value for m in e]
    )


class days_between(FunctionElement[int]):  # noqa: N801  # a function of SQL, named as those of SQLAlchemy are
    """The days from the second date to the first, which the two databases reckon in different words."""

    type = sa.Integer()
    inherit_cache = True


@compiles(days_between, "sqlite")
def _days_between_in_sqlite(element: days_between, compiler: SQLCompiler, **options: Any) -> str:
    last, first = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(julianday({last}) - julianday({first}) AS INTEGER)"


@compiles(days_between, "postgresql")
def _days_between_in_postgresql(element: days_between, compiler: SQLCompiler, **options: Any) -> str:
    last, first = (compiler.process(each, **options) for each in element.clauses)
    return f"({last} - {first})"


def known_to_column() -> MappedColumn[Precision]:
    """Give the column beside a day that says how far it is known."""
    return mapped_column(words(Precision), default=Precision.DAY, server_default=Precision.DAY)


class AuditBase(DeclarativeBase):
    """The tables of the audit log, which on SQLite is a file of its own (ADR 0033)."""

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime(), str: sa.Text()}  # noqa: RUF012  # SQLAlchemy reads it off the class


for metadata in (Base.metadata, AuditBase.metadata):
    event.listen(metadata, "after_create", add_triggers)


class Database(sessionmaker[Session]):
    """Sessions of one database, and the audit log that belongs to it."""

    _audit: "Database | None" = None

    @property
    def audit(self) -> "Database":
        """Give the sessions of the audit log: on SQLite of a file beside the database, elsewhere of the same database.

        The file is made when it is first opened. That one was lost is seen by the anchors in the main database.
        """
        engine = engine_of(self)
        if engine.dialect.name != "sqlite":
            return self
        address = audit_address(engine.url)
        if self._audit is not None and engine_of(self._audit).url != address:
            engine_of(self._audit).dispose()
            self._audit = None
        if self._audit is None:
            self._audit = _open_audit(address)
        return self._audit


def audit_address(address: sa.URL) -> sa.URL:
    """Give where the audit log of a SQLite database is: beside `followthrough.db` in `followthrough-audit.db`."""
    if not address.database or address.database == ":memory:":
        return address
    path = Path(address.database)
    return address.set(database=str(path.with_name(f"{path.stem}-audit{path.suffix}")))


def open_database(url: str) -> Database:
    """Open the database of a URL. SQLite checks foreign keys, syncs fully and waits five seconds for a lock."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = _open_sqlite(address)
    else:
        address = address.update_query_dict({"connect_timeout": CONNECT_SECONDS, **address.query})
        engine = sa.create_engine(address, hide_parameters=True, pool_size=8)
        event.listen(engine, "checkout", partial(_require_living, engine.dialect))
    return Database(engine, autoflush=False, expire_on_commit=False)


def _open_audit(address: sa.URL) -> Database:
    engine = _open_sqlite(address)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        AuditBase.metadata.create_all(connection)
    return Database(engine, autoflush=False, expire_on_commit=False)


def open_read_session(database: Database) -> Session:
    """Open a session that only reads.

    On PostgreSQL it opens no transaction. Each statement would see what is committed by then in any case, and without
    BEGIN and ROLLBACK a page makes two round trips fewer.
    """
    session = database()
    if not is_sqlite(session):
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    return session


def engine_of(database: Database) -> sa.Engine:
    engine = database.kw["bind"]
    assert isinstance(engine, sa.Engine)  # noqa: S101  # open_database put it there
    return engine


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _require_living(dialect: Dialect, connection: Any, _record: object, _proxy: object) -> None:
    """Replace a connection that PostgreSQL has closed, so that no page fails after a restart of the server.

    An idle server sends nothing but that it closes, so a connection is tested only where there is something to read.
    `pool_pre_ping` would test every time, which costs two round trips for every form.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError from error


def _open_sqlite(address: sa.URL) -> sa.Engine:
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "checkin", _leave_transaction)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    # A reset of the write-ahead log could lose pages before 3.51.3: older libraries keep the rollback journal.
    journal = "WAL" if sqlite3.sqlite_version_info >= FIRST_SAFE_WAL else "TRUNCATE"
    for pragma in (
        "busy_timeout=5000",
        f"journal_mode={journal}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "recursive_triggers=ON",  # otherwise INSERT OR REPLACE deletes a row without asking the triggers
    ):
        connection.execute(f"PRAGMA {pragma}")


def _leave_transaction(connection: sqlite3.Connection | None, _record: object) -> None:
    """Roll back what could not be committed as somebody was reading too long: SQLAlchemy takes it for ended, and the
    lock would stay with a connection that nobody uses."""
    if connection is not None and connection.in_transaction:
        connection.rollback()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at the start of a unit of work: SQLite refuses to turn a reading transaction into a writing
    one when somebody else has written meanwhile."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
