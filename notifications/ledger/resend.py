"""How is a letter that failed, or that somebody says never came, sent again?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.ledger.queries import LedgerFilters, letters_of, shown_to
from notifications.letters.compose import message_id
from notifications.letters.letterhead import Letterhead
from notifications.models import Letter, LetterState
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import within
from reviews.models import EventKind, Person
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

GIVEN_UP = (LetterState.FAILED, LetterState.UNCERTAIN)
HANDED_OVER = (LetterState.SENT, LetterState.DELIVERED, LetterState.BOUNCED)

AT_ONCE = 500


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

    Raises Refused for one that was not given up, NotFound for one that is not theirs to see. Who has left by the time
    it is handed over is not written to.
    """
    letter = _found(unit, letter_id)
    if letter.state not in GIVEN_UP:
        raise Refused(
            "Only a mail that failed, or of which nobody knows whether it arrived, is put back into the queue."
        )
    _queue(unit, letter)
    return letter


def replay_all(unit: Unit, numbers: Collection[int]) -> list[Letter]:
    """Put those of some letters that were given up, and are theirs to see and to send, back into the queue.

    What is not given up any more, or not theirs, stays as it is. Raises Refused for more than can be done at once.
    """
    if len(numbers) > AT_ONCE:
        raise Refused(f"At most {AT_ONCE} mails are put back at once.")
    wanted = (Letter.id.in_(numbers), Letter.state.in_(GIVEN_UP), shown_to(unit.actor))
    theirs = within(unit.actor, Letter.partnership_id, Permission.SEND_AGAIN)
    query = sa.select(Letter).where(*wanted, theirs).order_by(Letter.id).with_for_update(of=Letter)
    letters = list(unit.session.scalars(query))
    for letter in letters:
        _queue(unit, letter)
    return letters


def given_up(session: Session, actor: Actor, partnership_id: int, filters: LedgerFilters) -> tuple[list[GivenUp], int]:
    """Give the letters of a filter that were given up, the oldest first and as many as are put back at once; and
    how many there are."""
    found = letters_of(actor, partnership_id, filters).where(Letter.state.in_(GIVEN_UP))
    total = session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
    columns = (Letter.id, Letter.morning, Person.name, Letter.state, Letter.answer)
    rows = session.execute(found.with_only_columns(*columns).order_by(Letter.id).limit(AT_ONCE))
    return [GivenUp(*row) for row in rows], total


def send_again(unit: Unit, letter_id: int, *, letterhead: Letterhead) -> Letter:
    """Queue a copy of a letter that was handed over, as a new letter with a Message-ID of its own.

    A copy of a copy is one more of the first. Raises Refused for one that was not handed over, NotFound for one that
    is not theirs to see.
    """
    asked_for = _found(unit, letter_id)
    if asked_for.state not in HANDED_OVER:
        raise Refused("This mail has not been handed over: there is nothing to send again.")
    first = asked_for if asked_for.again_of_id is None else _found(unit, asked_for.again_of_id)
    copy = _copy(unit, first, letterhead)
    unit.session.add(copy)
    unit.session.flush()
    _record(unit, first, copy)
    return copy


def _queue(unit: Unit, letter: Letter) -> None:
    # not as one that was never tried: whoever carries letters is asked first whether they have it
    letter.state, letter.tries, letter.first_tried_at = LetterState.QUEUED, 0, unit.now
    letter.next_try_at = unit.now
    _record(unit, letter, letter)


def _found(unit: Unit, letter_id: int) -> Letter:
    """Find a letter, locked: two who ask at once have their copies numbered one after the other."""
    wanted = sa.select(Letter).where(Letter.id == letter_id, shown_to(unit.actor)).with_for_update(of=Letter)
    letter = unit.session.scalars(wanted).first()
    if letter is None:
        raise NotFound
    unit.actor.require(Permission.SEND_AGAIN, letter.partnership_id)
    return letter


def _copy(unit: Unit, first: Letter, letterhead: Letterhead) -> Letter:
    copies = sa.select(sa.func.count()).select_from(Letter).where(Letter.again_of_id == first.id)
    once = f"{first.once}|again|{(unit.session.scalar(copies) or 0) + 1}"
    # of the same morning: a copy is not the mail of the day on which it is asked for
    return Letter(
        once=once,
        kind=first.kind,
        partnership_id=first.partnership_id,
        person_id=first.person_id,
        morning=first.morning,
        subject=first.subject,
        body=first.body,
        html=first.html,
        message_id=message_id(letterhead, once),
        next_try_at=unit.now,
        again_of_id=first.id,
    )


def _record(unit: Unit, first: Letter, queued: Letter) -> None:
    details = {"letter": first.id} if queued is first else {"letter": first.id, "copy": queued.id}
    unit.record(EventKind.LETTER_RESENT, partnership_id=first.partnership_id, details=details)
