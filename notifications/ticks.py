"""When was a process last seen alive?"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Tick
from reviews.db import insert_into

SEEN_LATELY = timedelta(minutes=5)
"""A process that ticks once a minute and has been silent for longer is taken for dead."""


def note_tick(session: Session, name: str, at: datetime, failure: str = "") -> None:
    """Write down that this process was alive, and what went wrong if anything did."""
    values = {"seen_at": at, "failure": failure}
    statement = insert_into(session, Tick).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[Tick.name], set_=values))


def last_tick(session: Session, name: str) -> Tick | None:
    return session.scalars(sa.select(Tick).where(Tick.name == name)).first()
