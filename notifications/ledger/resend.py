"""Sending letters again: those that were given up, as the same letter, and delivered ones as a copy."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.ledger.queries import LedgerFilters, letters_of, letters_visible_to
from notifications.letters.compose import message_id
from notifications.letters.links import Letterhead
from notifications.models import Letter, LetterState
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import within
from reviews.backups.generations import generation_of
from reviews.models import EventKind, Person
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

GIVEN_UP = (LetterState.FAILED, LetterState.UNCERTAIN)
HANDED_OVER = (LetterState.SENT, LetterState.DELIVERED, LetterState.BOUNCED)

MOST_RESENT = 500


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A letter that can be put back into the queue."""

    id: int
    morning: date
    to_name: str
    state: LetterState
    answer: str


def replay(unit: Unit, letter_id: int) -> Letter:
    """Put a letter that was given up back into the queue, as the same letter under the same Message-ID.

    Raises Refused for one that was not given up, NotFound for one the actor may not see.
    """
    letter = _find(unit, letter_id)
    if letter.state not in GIVEN_UP:
        raise Refused(
            "You can only put a mail back into the queue if it failed, or if it is uncertain whether it arrived."
        )
    _queue(unit, letter)
    return letter


def replay_all(unit: Unit, numbers: Collection[int]) -> list[Letter]:
    """Put those of these letters back into the queue that were given up and that the actor may see and send.

    Others stay as they are. Raises Refused for more than AT_ONCE.
    """
    if len(numbers) > MOST_RESENT:
        raise Refused(f"You can put at most {MOST_RESENT} mails back at once.")
    replayable = (Letter.id.in_(numbers), Letter.state.in_(GIVEN_UP), letters_visible_to(unit.actor))
    theirs = within(unit.actor, Letter.partnership_id, Permission.SEND_AGAIN)
    query = sa.select(Letter).where(*replayable, theirs).order_by(Letter.id).with_for_update(of=Letter)
    letters = list(unit.session.scalars(query))
    for letter in letters:
        _queue(unit, letter)
    return letters


def given_up(session: Session, actor: Actor, partnership_id: int, filters: LedgerFilters) -> tuple[list[GivenUp], int]:
    """Return the letters of a filter that were given up, the oldest first and at most AT_ONCE, and their total."""
    found = letters_of(actor, partnership_id, filters).where(Letter.state.in_(GIVEN_UP))
    total = session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
    columns = (Letter.id, Letter.morning, Person.name, Letter.state, Letter.answer)
    rows = session.execute(found.with_only_columns(*columns).order_by(Letter.id).limit(MOST_RESENT))
    return [GivenUp(*row) for row in rows], total


def send_again(unit: Unit, letter_id: int, *, letterhead: Letterhead) -> Letter:
    """Queue a copy of a letter that was handed over, as a new letter with its own Message-ID.

    A copy of a copy is another copy of the first. Raises Refused for one that was not handed over, NotFound for one
    the actor may not see.
    """
    requested = _find(unit, letter_id)
    if requested.state not in HANDED_OVER:
        raise Refused("This mail has not been handed over yet, so you cannot send it again.")
    first = requested if requested.again_of_id is None else _find(unit, requested.again_of_id)
    copy = _copy(unit, first, letterhead)
    unit.session.add(copy)
    unit.session.flush()
    _record(unit, first, copy)
    return copy


def _queue(unit: Unit, letter: Letter) -> None:
    # first_tried_at is set, so that a provider that can be asked is asked first whether it has the letter
    letter.state, letter.tries, letter.first_tried_at = LetterState.QUEUED, 0, unit.now
    letter.next_try_at = unit.now
    _record(unit, letter, letter)


def _find(unit: Unit, letter_id: int) -> Letter:
    """Find and lock a letter, so that two copies made at once get different numbers."""
    query = sa.select(Letter).where(Letter.id == letter_id, letters_visible_to(unit.actor)).with_for_update(of=Letter)
    letter = unit.session.scalars(query).first()
    if letter is None:
        raise NotFound
    unit.actor.require(Permission.SEND_AGAIN, letter.partnership_id)
    return letter


def _copy(unit: Unit, first: Letter, letterhead: Letterhead) -> Letter:
    copies = sa.select(sa.func.count()).select_from(Letter).where(Letter.again_of_id == first.id)
    letter_key = f"{first.letter_key}|again|{(unit.session.scalar(copies) or 0) + 1}"
    # with the morning of the first letter: a copy is not the mail of the day on which it is made
    return Letter(
        letter_key=letter_key,
        kind=first.kind,
        partnership_id=first.partnership_id,
        person_id=first.person_id,
        morning=first.morning,
        subject=first.subject,
        body=first.body,
        html=first.html,
        message_id=message_id(letterhead, letter_key, generation_of(unit.session)),
        next_try_at=unit.now,
        written_at=unit.now,
        again_of_id=first.id,
        address=first.address,
    )


def _record(unit: Unit, first: Letter, queued: Letter) -> None:
    details = {"letter": first.id} if queued is first else {"letter": first.id, "copy": queued.id}
    unit.record(EventKind.LETTER_RESENT, partnership_id=first.partnership_id, details=details)
