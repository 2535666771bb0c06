"""Who is the first to decide on a letter, a reminder, an announcement?"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.audience import AUDIENCE
from notifications.models import Letter, Reminder
from reviews.db import insert_into
from reviews.models import Event

CHUNK = 500
TELLING_NOBODY = [kind for kind, told in AUDIENCE.items() if told is None]


def claim_letters(session: Session, letters: Sequence[dict[str, Any]]) -> dict[int, int]:
    """Write the letters nobody has claimed yet, and give their numbers by person."""
    claimed: dict[int, int] = {}
    for chunk in _chunks(letters):
        statement = insert_into(session, Letter).on_conflict_do_nothing().returning(Letter.person_id, Letter.id)
        claimed.update((row[0], row[1]) for row in session.execute(statement, chunk))
    return claimed


def note_reminders(session: Session, reminders: Sequence[dict[str, Any]]) -> None:
    for chunk in _chunks(reminders):
        session.execute(insert_into(session, Reminder).on_conflict_do_nothing(), chunk)


def announce(session: Session, partnership_id: int, event_ids: Sequence[int], at: datetime) -> None:
    """Mark the events that were dealt with, and those of which nobody is ever told."""
    waiting = sa.update(Event).where(Event.partnership_id == partnership_id, Event.announced_at.is_(None))
    quiet = {"synchronize_session": False}
    session.execute(waiting.where(Event.kind.in_(TELLING_NOBODY)).values(announced_at=at), execution_options=quiet)
    for chunk in _chunks(event_ids):
        session.execute(waiting.where(Event.id.in_(chunk)).values(announced_at=at), execution_options=quiet)


def _chunks(rows: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield list(rows[start : start + CHUNK])
