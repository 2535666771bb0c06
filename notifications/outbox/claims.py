"""Who is the first to decide on a letter, a reminder, an announcement?"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Letter, Reminder
from notifications.rounds.audience import AUDIENCE
from reviews.core.fast_sql import insert_into
from reviews.models import Event

CHUNK = 500
LETTERS_AT_ONCE = 100
"""So few are held in memory, text and HTML."""
TELLING_NOBODY = [kind for kind, told in AUDIENCE.items() if told is None]


def claim_letters(session: Session, letters: Iterable[dict[str, Any]]) -> dict[int, int]:
    """Write the letters nobody has claimed yet, few at a time, and give their numbers by person."""
    claimed: dict[int, int] = {}
    for chunk in _chunks(letters, LETTERS_AT_ONCE):
        statement = insert_into(session, Letter).on_conflict_do_nothing().returning(Letter.person_id, Letter.id)
        claimed.update((row[0], row[1]) for row in session.execute(statement, chunk))
    return claimed


def note_reminders(session: Session, reminders: Iterable[dict[str, Any]]) -> None:
    for chunk in _chunks(reminders):
        session.execute(insert_into(session, Reminder).on_conflict_do_nothing(), chunk)


def announce(session: Session, partnership_id: int, event_ids: Sequence[int], at: datetime) -> None:
    """Mark the events that were dealt with, and those of which nobody is ever told."""
    waiting = sa.update(Event).where(Event.partnership_id == partnership_id, Event.announced_at.is_(None))
    quiet = {"synchronize_session": False}
    session.execute(waiting.where(Event.kind.in_(TELLING_NOBODY)).values(announced_at=at), execution_options=quiet)
    for chunk in _chunks(event_ids):
        session.execute(waiting.where(Event.id.in_(chunk)).values(announced_at=at), execution_options=quiet)


def _chunks(rows: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    left = iter(rows)
    while chunk := list(islice(left, size)):
        yield chunk
