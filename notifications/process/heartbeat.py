"""Is the reminder process alive, which one leads, what went wrong, and how much is waiting?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import WAITING, Failure, Leader, Letter, Tick
from notifications.process.leader import NAME, database_now
from reviews.core.fast_sql import insert_into

REMINDERS = "reminders"
SEEN_LATELY = timedelta(minutes=5)
"""A process that ticks once a minute and has been silent for longer is taken for dead."""
KEPT = 100
"""Failures that are remembered."""


@dataclass(frozen=True, slots=True)
class Leading:
    """Which machine leads, or led last, and under which term; `held` until its lease runs out."""

    machine: str
    term: int
    held: bool


@dataclass(frozen=True, slots=True)
class ProcessStanding:
    """`tick` is the last one, with when the next is to be. `waiting` letters, the oldest since `waiting_since`."""

    tick: Tick | None
    leader: Leading | None
    failures: Sequence[Failure]
    waiting: int
    waiting_since: datetime | None


def process_standing(session: Session) -> ProcessStanding:
    """Say how the reminder process stands, with its failures, the newest first. No address and no text is in it."""
    failures = sa.select(Failure).order_by(Failure.id.desc()).limit(KEPT)
    since = sa.func.min(sa.func.coalesce(Letter.first_tried_at, Letter.next_try_at))
    waiting, waiting_since = session.execute(sa.select(sa.func.count(), since).where(WAITING)).one()
    return ProcessStanding(
        tick=last_tick(session, REMINDERS),
        leader=_leading(session),
        failures=session.scalars(failures).all(),
        waiting=waiting,
        waiting_since=waiting_since,
    )


def note_tick(session: Session, name: str, at: datetime, failure: str = "", next_at: datetime | None = None) -> None:
    """Write down that this process was alive, when it will be next, and what went wrong if anything did.

    A failure is remembered when it begins; as long as it is still the same, the tick alone says so.
    """
    before = last_tick(session, name)
    if failure and (before is None or before.failure != failure):
        _remember(session, Failure(name=name, failed_at=at, failure=failure))
    values = {"seen_at": at, "failure": failure, "next_at": next_at}
    statement = insert_into(session, Tick).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[Tick.name], set_=values))


def last_tick(session: Session, name: str) -> Tick | None:
    return session.scalars(sa.select(Tick).where(Tick.name == name)).first()


def seen_at(session: Session) -> dict[str, datetime]:
    """Give when each name was last seen: the process, and the round of each partnership."""
    return {tick.name: tick.seen_at for tick in session.scalars(sa.select(Tick))}


def _leading(session: Session) -> Leading | None:
    found = session.get(Leader, NAME)
    if found is None:
        return None
    return Leading(found.holder.partition("|")[0], found.term, database_now(session) < found.lease_until)


def _remember(session: Session, failure: Failure) -> None:
    session.add(failure)
    session.flush()
    newest = sa.select(Failure.id).order_by(Failure.id.desc()).offset(KEPT).limit(1)
    old = sa.delete(Failure).where(Failure.id <= newest.scalar_subquery())
    session.execute(old, execution_options={"synchronize_session": False})
