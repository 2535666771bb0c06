"""The status of the reminder process: its heartbeat, its leader, its failures, and the letters that wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import WAITING, Failure, Heartbeat, Leader, Letter
from notifications.process.leader import NAME, database_now
from reviews.core.fast_sql import insert_into

REMINDERS = "reminders"
SEEN_LATELY = timedelta(minutes=5)
"""A process without a heartbeat for longer than this is taken for dead; it has one a minute."""
FAILURES_STORED = 100
"""The number of failures that are stored."""


@dataclass(frozen=True, slots=True)
class LeaderStatus:
    """The machine that leads, or led last, and its term; `held` until its lease ends."""

    machine: str
    term: int
    held: bool


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """`tick` is the last heartbeat. `waiting` counts the letters in the queue, the oldest since `waiting_since`."""

    heartbeat: Heartbeat | None
    leader: LeaderStatus | None
    failures: Sequence[Failure]
    waiting: int
    waiting_since: datetime | None


def process_status(session: Session) -> ProcessStatus:
    """Return the status of the reminder process, with its failures, the newest first; no address and no text."""
    failures = sa.select(Failure).order_by(Failure.id.desc()).limit(FAILURES_STORED)
    since = sa.func.min(sa.func.coalesce(Letter.first_tried_at, Letter.next_try_at))
    waiting, waiting_since = session.execute(sa.select(sa.func.count(), since).where(WAITING)).one()
    return ProcessStatus(
        heartbeat=last_heartbeat(session, REMINDERS),
        leader=_leader_status(session),
        failures=session.scalars(failures).all(),
        waiting=waiting,
        waiting_since=waiting_since,
    )


def write_heartbeat(
    session: Session, name: str, at: datetime, failure: str = "", next_at: datetime | None = None
) -> None:
    """Record that a process is alive, when its next heartbeat is due, and a failure if there is one.

    A failure is added to the list when it begins, not with each heartbeat for which it lasts.
    """
    previous = last_heartbeat(session, name)
    if failure and (previous is None or previous.failure != failure):
        _store_failure(session, Failure(name=name, failed_at=at, failure=failure))
    values = {"seen_at": at, "failure": failure, "next_at": next_at}
    statement = insert_into(session, Heartbeat).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[Heartbeat.name], set_=values))


def last_heartbeat(session: Session, name: str) -> Heartbeat | None:
    return session.scalars(sa.select(Heartbeat).where(Heartbeat.name == name)).first()


def seen_at(session: Session) -> dict[str, datetime]:
    """Return when each name was last seen: the process, and the round of each partnership."""
    return {heartbeat.name: heartbeat.seen_at for heartbeat in session.scalars(sa.select(Heartbeat))}


def _leader_status(session: Session) -> LeaderStatus | None:
    found = session.get(Leader, NAME)
    if found is None:
        return None
    return LeaderStatus(found.holder.partition("|")[0], found.term, database_now(session) < found.lease_until)


def _store_failure(session: Session, failure: Failure) -> None:
    session.add(failure)
    session.flush()
    newest = sa.select(Failure.id).order_by(Failure.id.desc()).offset(FAILURES_STORED).limit(1)
    old = sa.delete(Failure).where(Failure.id <= newest.scalar_subquery())
    session.execute(old, execution_options={"synchronize_session": False})
