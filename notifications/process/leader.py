"""Leader election among reminder processes, by a lease in the database.

One row names the leader, its term and the end of its lease. The leader renews it every few seconds; another process
that finds it expired takes it with the next term. Each transaction of the leader checks in itself that its term is
still the latest, so that a process that was frozen and wakes writes nothing. Only the database's clock counts.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Leader
from notifications.outbox.next_letter import gone, this_process
from reviews.core.clock import SystemClock
from reviews.core.db import Database, engine_of, is_sqlite
from reviews.core.fast_sql import insert_into
from reviews.transactions.unit_of_work import reading

NAME = "reminders"
LEASE = timedelta(seconds=20)
BEATS = 4
"""Renewals, and looks by the others, in one lease: another process leads within five quarters of it."""
SILENT_SECONDS = 30
SILENT_IN_LEAD_SECONDS = 8
"""PostgreSQL ends a transaction in which a process has fallen silent, sooner if it has locked the leader's row."""
LONGEST_SILENCE_SECONDS = 600
"""A leader that wrote nothing for so long hangs, even if its lease is still renewed: the lease is left to expire."""
log = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """Another process leads now: this transaction is rolled back."""


class Leadership:
    """One process as a candidate. `database` is set while it leads, and commits only while it does."""

    def __init__(self, database: Database, *, lease: timedelta = LEASE, holder: str = "") -> None:
        self.database: Database | None = None
        self.term = 0
        self.beat_seconds = lease.total_seconds() / BEATS
        self._open = database
        self._lease = lease
        self._holder = holder or this_process()
        self._worked_at = 0.0

    def beat(self) -> bool:
        """Renew the lease, or take it if it is free; return whether this process has just begun to lead."""
        if self.term:
            if time.monotonic() - self._worked_at < LONGEST_SILENCE_SECONDS:
                self._renew()
            return False
        return self._take()

    def give_up(self) -> None:
        """End the lease, so that another process leads at once."""
        term = self._lose(self.term)
        if term:
            self._write(lambda session: self._set(session, term, database_now(session)))

    def _renew(self) -> None:
        term = self.term
        if not self._write(lambda session: self._extend(session, term)):
            self._lose(term)

    def _take(self) -> bool:
        with reading(self._open) as session:
            found = session.get(Leader, NAME)
            free = found is None or self._is_free(found, database_now(session))
        if not free or not self._write(partial(self._claim, found)):
            return False
        self.term = 1 if found is None else found.term + 1
        self.database, self._worked_at = self._fenced(self.term), time.monotonic()
        log.info("This process leads now, in term %d.", self.term)
        return True

    def _is_free(self, found: Leader, now: datetime) -> bool:
        # a lease longer than any we take was taken before the clock was set back
        return not now < found.lease_until <= now + self._lease or bool(gone([found.holder]))

    def _claim(self, found: Leader | None, session: Session) -> bool:
        """Take the lease as it was found; False when another process was quicker."""
        values = {"holder": self._holder, "lease_until": database_now(session) + self._lease}
        if found is None:
            first = insert_into(session, Leader).values(name=NAME, term=1, **values).on_conflict_do_nothing()
            return session.execute(first.returning(Leader.name)).first() is not None
        as_found = (Leader.name == NAME, Leader.term == found.term, Leader.lease_until == found.lease_until)
        return _changed(session, sa.update(Leader).where(*as_found).values(term=found.term + 1, **values))

    def _fenced(self, term: int) -> Database:
        """Return a database on which only the leader of this term can commit."""
        fenced = Database(engine_of(self._open), **{k: v for k, v in self._open.kw.items() if k != "bind"})
        sa.event.listen(fenced, "before_commit", partial(self._check, term))
        return fenced

    def _check(self, term: int, session: Session) -> None:
        if not self._extend(session, term):
            self._lose(term)
            raise LeadershipLost
        self._worked_at = time.monotonic()

    def _extend(self, session: Session, term: int) -> bool:
        return self._set(session, term, database_now(session) + self._lease)

    def _set(self, session: Session, term: int, until: datetime) -> bool:
        # the row stays locked until the commit: no other process can take the lease before
        if not is_sqlite(session):
            session.execute(sa.text(f"SET LOCAL idle_in_transaction_session_timeout = {SILENT_IN_LEAD_SECONDS * 1000}"))
        mine = (Leader.name == NAME, Leader.term == term, Leader.holder == self._holder)
        return _changed(session, sa.update(Leader).where(*mine).values(lease_until=until))

    def _lose(self, term: int) -> int:
        if term and self.term == term:
            self.term, self.database = 0, None
            log.info("This process leads no longer; it did in term %d.", term)
        return term

    def _write(self, change: Callable[[Session], bool]) -> bool:
        with self._open() as session:
            session.connection(execution_options={"writes": True})
            done = change(session)
            session.commit()
        return done


def database_now(session: Session) -> datetime:
    """Return the time of the database, which all processes share; with SQLite it is this machine's."""
    if is_sqlite(session):
        return SystemClock().now()
    now: datetime = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now


def let_go_when_frozen(database: Database) -> None:
    """Set PostgreSQL to end the transactions of a process that is frozen, which would hold up all others."""
    engine = engine_of(database)
    if engine.dialect.name != "sqlite":
        engine.dispose()
        sa.event.listen(engine, "connect", _set_limits)


def _set_limits(connection: Any, _record: object) -> None:
    for setting in ("idle_in_transaction_session_timeout", "tcp_user_timeout"):
        connection.execute(f"SET {setting} = {SILENT_SECONDS * 1000}")
    connection.commit()


def _changed(session: Session, statement: Any) -> bool:
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return bool(result.rowcount == 1)
