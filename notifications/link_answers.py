"""What does a link in a mail lead to, and does it still work?"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.answers_told import undo_until
from notifications.letters.links import Answer, Link
from notifications.models import Letter, LetterAnswer, Reminder
from reviews.access.permissions import Actor
from reviews.access.policies import is_own
from reviews.models import Action, Partnership, Person
from reviews.people.actors import actor_by_email
from reviews.transactions.unit_of_work import NotFound
from workflows.definitions.action import OPEN

WORKS_FOR = timedelta(days=30)


class Fate(StrEnum):
    """Whether a link can be used: it works, or why it does not any more."""

    WORKS = "works"
    USED = "used"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CLOSED = "closed"
    NOT_THEIRS = "not theirs"


@dataclass(frozen=True, slots=True)
class Opened:
    """A link as it stands. `given` is what was answered by it.

    `actor` is None once the person has left; `address` and `code`, of action and partnership, name it.
    """

    link: Link
    letter_id: int
    reference: str
    address: str
    code: str
    due_on: date | None
    fate: Fate
    actor: Actor | None
    given: LetterAnswer | None

    @property
    def page(self) -> str:
        """Where the action stands for who signs in."""
        return f"/actions/{quote(self.address)}?{urlencode({'partnership': self.code})}"

    @property
    def works(self) -> bool:
        return self.fate is Fate.WORKS

    @property
    def answer(self) -> Answer | None:
        return Answer(self.given.answer) if self.given else None

    def may_undo(self, today: date) -> bool:
        given = self.given
        return (
            given is not None
            and self.actor is not None
            and given.undone_at is None
            and today <= undo_until(given.answered_at)
        )


def open_link(session: Session, link: Link, today: date, *, lock: bool = False) -> Opened:
    """Look up what a link leads to, with its action locked where it is about to be used. Raises NotFound."""
    action = session.scalars(_action(link, lock=lock)).first()
    letter_id = session.scalar(_letter(link))
    if action is None or letter_id is None:
        raise NotFound
    given = session.scalars(
        sa.select(LetterAnswer).where(LetterAnswer.letter_id == letter_id, LetterAnswer.action_id == action.id)
    ).first()
    place = session.get_one(Partnership, action.partnership_id)
    actor = _sent_to(session, link, today)
    fate = Fate.USED if given else _fate(session, link, action, actor, today)
    return Opened(link, letter_id, action.reference, action.address, place.code, action.due_on, fate, actor, given)


def _action(link: Link, *, lock: bool) -> sa.Select[Action]:
    query = sa.select(Action).where(Action.id == link.action_id, Action.partnership_id == link.partnership_id)
    return query.with_for_update(of=Action, key_share=True) if lock else query


def _letter(link: Link) -> sa.Select[int]:
    """Find the mail the link was in; one that was sent again later is the same mail."""
    of_morning = (
        Letter.partnership_id == link.partnership_id,
        Letter.person_id == link.person_id,
        Letter.morning == link.morning,
        Letter.again_of_id.is_(None),
    )
    return (
        sa.select(Letter.id)
        .join(Reminder, Reminder.letter_id == Letter.id)
        .where(*of_morning, Reminder.action_id == link.action_id)
        .limit(1)
    )


def _sent_to(session: Session, link: Link, today: date) -> Actor | None:
    """Give whom the link was sent to, as the history names who answers by it; None for who has left since."""
    email = session.scalar(sa.select(Person.email).where(Person.id == link.person_id))
    try:
        actor = actor_by_email(session, email or "", today=today)
    except NotFound:
        return None
    return replace(actor, name=f"link sent to {actor.name}") if actor.posts_in(link.partnership_id) else None


def _fate(session: Session, link: Link, action: Action, actor: Actor | None, today: date) -> Fate:
    if action.stage not in OPEN:
        return Fate.CLOSED
    if actor is None or not is_own(actor, action):
        return Fate.NOT_THEIRS
    if today > link.morning + WORKS_FOR:
        return Fate.EXPIRED
    return Fate.SUPERSEDED if _is_superseded(session, link) else Fate.WORKS


def _is_superseded(session: Session, link: Link) -> bool:
    """Whether a later mail to the same person has a line about the same action."""
    later = (
        Reminder.person_id == link.person_id,
        Reminder.action_id == link.action_id,
        Letter.morning > link.morning,
    )
    found = sa.select(Reminder.id).join(Letter, Letter.id == Reminder.letter_id).where(*later)
    return session.scalar(found.limit(1)) is not None
