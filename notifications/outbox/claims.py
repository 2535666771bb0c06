"""Claims under unique keys: of several rounds at once, one writes each letter, reminder and announcement."""

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
BATCH_SIZE = 100
"""Few, because the text and HTML of each are held in memory."""
SILENT_KINDS = [kind for kind, rule in AUDIENCE.items() if rule is None]


def claim_letters(session: Session, letters: Iterable[dict[str, Any]]) -> dict[int, int]:
    """Insert the letters that nobody has claimed yet, a few at a time, and return their ids by person id."""
    claimed: dict[int, int] = {}
    for chunk in _chunks(letters, BATCH_SIZE):
        statement = insert_into(session, Letter).on_conflict_do_nothing().returning(Letter.person_id, Letter.id)
        claimed.update((row[0], row[1]) for row in session.execute(statement, chunk))
    return claimed


def note_reminders(session: Session, reminders: Iterable[dict[str, Any]]) -> None:
    for chunk in _chunks(reminders):
        session.execute(insert_into(session, Reminder).on_conflict_do_nothing(), chunk)


def announce(session: Session, partnership_id: int, event_ids: Sequence[int], at: datetime) -> None:
    """Mark these events as announced, and all events of kinds of which nobody is told."""
    unannounced = sa.update(Event).where(Event.partnership_id == partnership_id, Event.announced_at.is_(None))
    options = {"synchronize_session": False}
    session.execute(unannounced.where(Event.kind.in_(SILENT_KINDS)).values(announced_at=at), execution_options=options)
    for chunk in _chunks(event_ids):
        session.execute(unannounced.where(Event.id.in_(chunk)).values(announced_at=at), execution_options=options)


def _chunks(rows: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        yield chunk
