"""When was a process last seen alive?"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.claims import insert_into
from notifications.models import Tick


def note_tick(session: Session, name: str, at: datetime, failure: str = "") -> None:
    """Write down that this process was alive, and what went wrong if anything did."""
    values = {"seen_at": at, "failure": failure}
    statement = insert_into(session, Tick).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[Tick.name], set_=values))


def last_tick(session: Session, name: str) -> Tick | None:
    return session.scalars(sa.select(Tick).where(Tick.name == name)).first()
