"""What is known of one letter: of what it spoke, what became of it, and what was answered by its links?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from notifications.ledger.items import LedgerItem, items_of
from notifications.ledger.queries import shown_to
from notifications.letters.links import WORDS, Answer
from notifications.models import AddressTrouble, Letter, LetterAnswer, Reminder
from notifications.rounds.delivery_problems import WITH_TASKS
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.models import Action, Event, EventKind
from reviews.transactions.unit_of_work import NotFound

LINK = re.compile(r"/l/[^\s/<>\"]+")
LEFT_OUT = "/l/…"


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What was answered of one action by the link of the letter, as the mail says it, and when it was taken back."""

    reference: str
    address: str
    answer: str
    answered_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Resent:
    """Somebody sent it again: as the same letter, or as a copy of that number."""

    at: datetime
    by: str
    copy: int | None


@dataclass(frozen=True, slots=True)
class LetterFile:
    """`subject` and `text` are empty unless all the letter says is the reader's to see; the text is without its links,
    as whoever has one answers by it. `returned` says that mail to the address came back by it."""

    letter: Letter
    items: Sequence[LedgerItem]
    subject: str
    text: str
    answers: Sequence[GivenAnswer]
    resent: Sequence[Resent]
    returned: bool


def letter_file(session: Session, actor: Actor, letter_id: int) -> LetterFile:
    """Give one letter. Raises NotFound for one that is not there, and for one with nothing the reader may see."""
    wanted = sa.select(Letter).options(joinedload(Letter.person)).where(Letter.id == letter_id, shown_to(actor))
    letter = session.scalars(wanted).first()
    if letter is None:
        raise NotFound
    first = letter.again_of_id or letter.id
    items = items_of(session, actor, {first}).get(first, [])
    is_whole = _is_whole(session, actor, letter, first, len(items))
    return LetterFile(
        letter=letter,
        items=items,
        subject=letter.subject if is_whole else "",
        text=LINK.sub(LEFT_OUT, letter.body) if is_whole else "",
        answers=_answers(session, actor, first),
        resent=_resent(session, letter),
        returned=session.scalar(sa.select(AddressTrouble.id).where(AddressTrouble.letter_id == letter.id).limit(1))
        is not None,
    )


def _is_whole(session: Session, actor: Actor, letter: Letter, first: int, seen: int) -> bool:
    """Whether all it says is the reader's to see: its lines, the tasks in it, and the answers it may have told of."""
    lines = session.scalar(sa.select(sa.func.count(Reminder.id)).where(Reminder.letter_id == first)) or 0
    if lines != seen:
        return False
    if letter.kind == WITH_TASKS:
        return actor.may(Permission.MANAGE_PEOPLE, letter.partnership_id) and not _told_of_more(session, actor, letter)
    return lines > 0 and not _told_of_more(session, actor, letter)


def _told_of_more(session: Session, actor: Actor, letter: Letter) -> bool:
    """Whether they ever answered by a link about an action that the reader may not see: a letter may tell of that."""
    hidden = (
        sa.select(LetterAnswer.id)
        .join(Letter, Letter.id == LetterAnswer.letter_id)
        .join(Action, Action.id == LetterAnswer.action_id)
        .where(
            Letter.person_id == letter.person_id,
            Letter.partnership_id == letter.partnership_id,
            # not a plain NOT: where an action has no owner, neither it nor its opposite would be true
            Action.id.not_in(sa.select(Action.id).where(visible(actor, Action))),
        )
    )
    return session.scalar(hidden.limit(1)) is not None


def _answers(session: Session, actor: Actor, first: int) -> Sequence[GivenAnswer]:
    rows = session.execute(
        sa.select(
            Action.reference, Action.address, LetterAnswer.answer, LetterAnswer.answered_at, LetterAnswer.undone_at
        )
        .join(Action, Action.id == LetterAnswer.action_id)
        .where(LetterAnswer.letter_id == first, visible(actor, Action))
        .order_by(LetterAnswer.answered_at, LetterAnswer.id)
    )
    return [GivenAnswer(row[0], row[1], WORDS[Answer(row[2])], *row[3:]) for row in rows]


def _resent(session: Session, letter: Letter) -> Sequence[Resent]:
    named = [Event.details[name].as_integer() == letter.id for name in ("letter", "copy")]
    events = session.scalars(
        sa.select(Event)
        .where(
            Event.partnership_id == letter.partnership_id,
            Event.kind == EventKind.LETTER_RESENT,
            sa.or_(*named),
        )
        .order_by(Event.id)
    )
    return [Resent(each.recorded_at, each.recorded_by, each.details.get("copy")) for each in events]
