"""Answers given by the links of earlier mails, which a person is told of in their next mail."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.links import Answer, Link
from notifications.models import Letter, LetterAnswer
from reviews.access.case_rights import NO_BARS, bars_of
from reviews.core.clock import local_day
from reviews.models import Action

UNDO_DAYS = timedelta(days=7)
REPORTED_WITHIN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class PreviousAnswer:
    """An answer by the link of an earlier mail, shown to the person who received that mail."""

    link: Link
    reference: str
    answer: Answer
    on: date
    is_undone: bool
    may_undo: bool


def read_previous_answers(
    session: Session, partnership_id: int, now: datetime, morning: date | None = None
) -> dict[int, list[PreviousAnswer]]:
    """Return the answers given by each person's links since their last mail before a morning, by person id."""
    rows = session.execute(_answers(partnership_id, now - REPORTED_WITHIN)).all()
    bars = bars_of(session, partnership_id, today=local_day(now)) if rows else NO_BARS
    found = [row for row in rows if not bars.bar(row.person_id, row.case_id, theirs=(row.owner_id, row.deputy_id))]
    if not found:
        return {}
    mailed = _last_mornings(session, partnership_id, {row.person_id for row in found}, before=morning or local_day(now))
    previous_answers: dict[int, list[PreviousAnswer]] = {}
    for row in found:
        if local_day(row.answered_at) >= mailed[row.person_id]:
            previous_answers.setdefault(row.person_id, []).append(_previous_answer(row, partnership_id, now))
    return previous_answers


def undo_until(answered_at: datetime) -> date:
    """Return the last day on which an answer can be undone."""
    return local_day(answered_at) + UNDO_DAYS


def _answers(partnership_id: int, since: datetime) -> sa.Select[*tuple[Any, ...]]:
    columns = (LetterAnswer.action_id, LetterAnswer.answer, LetterAnswer.answered_at, LetterAnswer.undone_at)
    return (
        sa.select(Letter.person_id, Letter.morning, Action.reference, *columns)
        .add_columns(Action.case_id, Action.owner_id, Action.deputy_id)
        .join(Letter, Letter.id == LetterAnswer.letter_id)
        .join(Action, Action.id == LetterAnswer.action_id)
        .where(Letter.partnership_id == partnership_id, LetterAnswer.answered_at > since)
        .order_by(LetterAnswer.id)
    )


def _last_mornings(session: Session, partnership_id: int, people: set[int], *, before: date) -> dict[int, date]:
    letters = (Letter.partnership_id == partnership_id, Letter.person_id.in_(people), Letter.morning < before)
    rows = session.execute(
        sa.select(Letter.person_id, sa.func.max(Letter.morning)).where(*letters).group_by(Letter.person_id)
    )
    return dict.fromkeys(people, date.min) | {row[0]: row[1] for row in rows}


def _previous_answer(row: Any, partnership_id: int, now: datetime) -> PreviousAnswer:
    return PreviousAnswer(
        link=Link(partnership_id, row.person_id, row.action_id, row.morning),
        reference=row.reference,
        answer=Answer(row.answer),
        on=local_day(row.answered_at),
        is_undone=row.undone_at is not None,
        may_undo=row.undone_at is None and local_day(now) <= undo_until(row.answered_at),
    )
