"""Tables whose rows are only ever added: what the database itself refuses, and what disposal may do."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.audit.anchors import write_anchors
from reviews.audit.disposing import disposing
from reviews.audit.seal_rows import note_disposed, seal_rows
from reviews.audit.write_entry import NewEntry, write_entry
from reviews.core.append_only import APPEND_ONLY, AppendOnly, trigger_names
from reviews.core.clock import StoppedClock
from reviews.core.db import AuditBase, Base, Database, engine_of, is_sqlite, open_database
from reviews.core.keyring import Keyring
from reviews.models import AuditEntry, AuditKind, Event, Stream, Through
from tests.builders import NOW, a_case, a_partnership

ADDED_ONLY = "are only ever added"
ON_POSTGRESQL = """
SELECT trigger.tgname, trigger.tgenabled = 'O',
       coalesce(array_agg(attname ORDER BY attnum) FILTER (WHERE attname IS NOT NULL), '{}')
FROM pg_trigger AS trigger
LEFT JOIN pg_attribute ON attrelid = tgrelid AND attnum = ANY (tgattr)
WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal GROUP BY 1, 2
"""
each_disposed = pytest.mark.parametrize(
    "each", [each for each in APPEND_ONLY if each.is_disposed], ids=lambda each: each.table
)
each_table = pytest.mark.parametrize("each", APPEND_ONLY, ids=lambda each: each.table)


@pytest.fixture
def filled(database: Database, clock: StoppedClock, tmp_path: Path) -> Database:
    """Give a database with some history and an entry of the audit log, sealed, anchored, and with a row disposed of."""
    with database.begin() as session:
        a_case(session, a_partnership(session), "rapid_review")
    write_entry(database, NewEntry(at=clock.now(), kind=AuditKind.SEEN, through=Through.PAGE, route="/cases/<ref>"))
    keyring = Keyring(tmp_path / "keys")
    seal_rows(database, keyring, clock)
    write_anchors(database, clock)
    with database.begin() as session:
        note_disposed(session, Stream.AUDIT_LOG, [1], "DC-2026-01", keyring=keyring)
    return database


def table_of(each: AppendOnly) -> sa.Table:
    return {**Base.metadata.tables, **AuditBase.metadata.tables}[each.table]


def database_of(database: Database, each: AppendOnly) -> Database:
    return database.audit if each.table in AuditBase.metadata.tables else database


@each_table
def test_after_all_migrations_each_trigger_stands_and_names_every_other_column(filled, each):
    refused = [column.name for column in table_of(each).columns if column.name not in each.changes]
    with database_of(filled, each)() as session:
        dialect = session.get_bind().dialect.name
        if dialect == "sqlite":
            query = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
            found = dict(session.execute(query, {"table": each.table}).all())
            assert f" UPDATE OF {', '.join(refused)} ON " in found[f"{each.table}_refuse_update"]
        else:
            rows = session.execute(sa.text(ON_POSTGRESQL), {"table": each.table})
            found = {name: set(columns) for name, is_on, columns in rows if is_on}
            # a trigger without columns is asked for each of them
            assert found[f"{each.table}_refuse_update"] in ([set(refused)] if each.changes else [set()])
    assert set(found) == trigger_names(each.table, dialect)


@each_table
def test_no_column_but_those_that_may_change_is_changed(filled, each):
    for column in table_of(each).columns:
        with database_of(filled, each)() as session:
            session.connection(execution_options={"writes": True})
            statement = sa.text(f"UPDATE {each.table} SET {column.name} = {column.name}")
            if column.name in each.changes:
                assert session.execute(statement).rowcount > 0
                continue
            with pytest.raises(IntegrityError, match=ADDED_ONLY):
                session.execute(statement)


@each_table
def test_no_row_is_deleted_or_replaced(filled, each):
    statements = [f"DELETE FROM {each.table}", f"DELETE FROM {each.table} WHERE id = 1"]
    with database_of(filled, each)() as session:
        if is_sqlite(session):
            statements.append(f"INSERT OR REPLACE INTO {each.table} SELECT * FROM {each.table} WHERE id = 1")
        else:
            statements.append(f"TRUNCATE {each.table} CASCADE")
    for statement in statements:
        with database_of(filled, each)() as session:
            session.connection(execution_options={"writes": True})
            with pytest.raises(IntegrityError, match=ADDED_ONLY):
                session.execute(sa.text(statement))


def test_a_file_of_the_audit_log_from_before_gets_its_triggers_when_it_is_opened(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path / 'followthrough.db'}")
    with database.audit() as session:
        session.connection(execution_options={"writes": True})
        for name in trigger_names("audit_entries", "sqlite"):
            session.execute(sa.text(f"DROP TRIGGER {name}"))
        session.commit()
    engine_of(database.audit).dispose()

    opened = open_database(f"sqlite:///{tmp_path / 'followthrough.db'}")
    write_entry(opened, NewEntry(at=NOW, kind=AuditKind.LISTED, through=Through.PAGE, route="/cases"))
    with opened.audit() as session, pytest.raises(IntegrityError, match=ADDED_ONLY):
        session.execute(sa.delete(AuditEntry))
    engine_of(opened.audit).dispose()


def count(database: Database, table: str) -> int:
    with database() as session:
        return int(session.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0)


def delete_all(session: Session, table: str) -> None:
    if table == "events":
        session.execute(sa.text("DELETE FROM case_facts"))
    session.execute(sa.text(f"DELETE FROM {table}"))


@each_disposed
def test_disposal_deletes_rows_and_nothing_does_after_it(filled, each):
    audited = database_of(filled, each)
    assert count(audited, each.table) > 0
    with audited() as session:
        session.connection(execution_options={"writes": True})
        with disposing(session):
            delete_all(session, each.table)
        session.commit()
    assert count(audited, each.table) == 0

    with filled.begin() as session:
        a_case(session, a_partnership(session, "MIDMARCH"), "rapid_review")
    write_entry(filled, NewEntry(at=NOW, kind=AuditKind.LISTED, through=Through.PAGE, route="/cases"))
    with audited() as session, pytest.raises(IntegrityError, match=ADDED_ONLY):
        session.connection(execution_options={"writes": True})
        delete_all(session, each.table)


def test_disposal_deletes_no_seal_and_no_anchor(filled):
    for each in (each for each in APPEND_ONLY if not each.is_disposed):
        with database_of(filled, each)() as session, pytest.raises(IntegrityError, match=ADDED_ONLY):
            session.connection(execution_options={"writes": True})
            with disposing(session):
                delete_all(session, each.table)


@each_disposed
def test_within_one_transaction_the_refusal_holds_again_after_disposal(filled, each):
    with database_of(filled, each)() as session:
        session.connection(execution_options={"writes": True})
        with disposing(session):
            pass
        with pytest.raises(IntegrityError, match=ADDED_ONLY):
            delete_all(session, each.table)


@each_disposed
def test_disposal_changes_no_row(filled, each):
    with (
        database_of(filled, each)() as session,
        pytest.raises(IntegrityError, match=ADDED_ONLY),
        disposing(session),
    ):
        session.execute(sa.text(f"UPDATE {each.table} SET kind = 'other'"))


@each_disposed
def test_a_disposal_that_fails_takes_everything_back(filled, each):
    audited = database_of(filled, each)
    before = count(audited, each.table)
    with audited() as session:
        session.connection(execution_options={"writes": True})
        with pytest.raises(ZeroDivisionError), disposing(session):
            delete_all(session, each.table)
            raise ZeroDivisionError
        session.commit()
    assert count(audited, each.table) == before
    with audited() as session, pytest.raises(IntegrityError, match=ADDED_ONLY):
        delete_all(session, each.table)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite lets one write at a time
def test_others_are_refused_while_disposal_is_at_work(filled):
    with filled() as session, filled() as other, disposing(session):
        with pytest.raises(IntegrityError, match=ADDED_ONLY):
            delete_all(other, "events")
        delete_all(session, "audit_entries")


def test_what_was_to_be_deleted_before_disposal_began_is_refused(filled):
    with filled() as session:
        session.connection(execution_options={"writes": True})
        session.delete(session.scalars(sa.select(Event)).first())
        with pytest.raises(IntegrityError), disposing(session):
            pass
