"""Answers by the links in mails: whether a link still works, recording its answer, and undoing it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.links import WORDS, Answer, Link
from notifications.letters.previous_answers import undo_until
from notifications.models import Letter, LetterAnswer, Reminder
from reviews.access.permissions import Actor
from reviews.access.policies import is_owner_or_deputy
from reviews.access.shown import note_action, note_reader
from reviews.actions.evidence import withdraw_evidence
from reviews.actions.extensions import ask_extension, explain_delay, open_request, take_back_delay
from reviews.actions.steps import (
    call_off_request,
    record_progress,
    submit_action,
    take_back_progress,
    take_back_submission,
)
from reviews.models import Action, Event, EventKind, Evidence, Generation, Partnership, Person, ProgressUpdate
from reviews.models.actions import name_in_mails
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import KnownDay
from workflows.core.engine import Refused
from workflows.definitions.action import OPEN

WORKS_FOR = timedelta(days=30)


class LinkState(StrEnum):
    """Whether a link can be used: it works, or why it does not any more."""

    WORKS = "works"
    USED = "used"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CLOSED = "closed"
    NOT_THEIRS = "not theirs"


@dataclass(frozen=True, slots=True)
class Opened:
    """A link with its action and its state; `stored_answer` is the answer recorded by it.

    `actor` is None once the person has left. `address` is that of the action, `code` that of the partnership. `name`
    is what mails call it, or empty. `rung` and `about` are those of the line in the mail. `expected_on` is when a
    late action is expected.
    """

    link: Link
    letter_id: int
    rung: str
    about: str
    reference: str
    name: str
    address: str
    code: str
    due_on: date | None
    due: KnownDay
    expected_on: date | None
    has_evidence: bool
    state: LinkState
    actor: Actor | None
    stored_answer: LetterAnswer | None

    @property
    def page(self) -> str:
        """The address of the action for somebody who signs in."""
        return f"/actions/{quote(self.address)}?{urlencode({'partnership': self.code})}"

    @property
    def works(self) -> bool:
        return self.state is LinkState.WORKS

    @property
    def answer(self) -> Answer | None:
        return Answer(self.stored_answer.answer) if self.stored_answer else None

    def may_undo(self, today: date) -> bool:
        stored = self.stored_answer
        if stored is None or self.actor is None:
            return False
        return stored.undone_at is None and today <= undo_until(stored.answered_at)


def open_link(session: Session, link: Link, today: date, *, lock: bool = False) -> Opened:
    """Look up what a link leads to, with its action locked where it is about to be used. Raises NotFound."""
    action = session.scalars(_action(link, lock=lock)).first()
    line = session.execute(_line(link)).first()
    if action is None or line is None:
        raise NotFound
    letter_id = line.id
    stored_answer = session.scalars(
        sa.select(LetterAnswer).where(LetterAnswer.letter_id == letter_id, LetterAnswer.action_id == action.id)
    ).first()
    partnership = session.get_one(Partnership, action.partnership_id)
    actor = _sent_to(session, link, today)
    if actor is not None and _is_hidden(actor, action):
        raise NotFound
    if actor is not None:
        note_reader(actor)
        note_action(actor, action)
    state = LinkState.USED if stored_answer else _state(session, link, letter_id, action, actor, today)
    return Opened(
        link=link,
        letter_id=letter_id,
        rung=line.rung,
        about=line.about,
        reference=action.reference,
        name=line.name,
        address=action.address,
        code=partnership.code,
        due_on=action.due_on,
        due=action.due,
        expected_on=action.expected_on,
        has_evidence=_has_evidence(session, action),
        state=state,
        actor=actor,
        stored_answer=stored_answer,
    )


def _action(link: Link, *, lock: bool) -> sa.Select[Action]:
    query = sa.select(Action).where(Action.id == link.action_id, Action.partnership_id == link.partnership_id)
    return query.with_for_update(of=Action, key_share=True) if lock else query


def _line(link: Link) -> sa.Select[int, str, str, str]:
    """Find the line of the mail the link was in: that of the whole action, as no other has links.

    A copy that was sent later does not count as another mail.
    """
    of_morning = (
        Letter.partnership_id == link.partnership_id,
        Letter.person_id == link.person_id,
        Letter.morning == link.morning,
        Letter.again_of_id.is_(None),
    )
    return (
        sa.select(Letter.id, Reminder.rung, Reminder.about, name_in_mails().label("name"))
        .join(Reminder, Reminder.letter_id == Letter.id)
        .join(Action, Action.id == Reminder.action_id)
        .where(*of_morning, Reminder.action_id == link.action_id, Reminder.left_out == "")
        .where(Reminder.about.not_like("% %"))
        .limit(1)
    )


def _sent_to(session: Session, link: Link, today: date) -> Actor | None:
    """Return the recipient of the link, under the name that the history shows; None if they have left."""
    email = session.scalar(sa.select(Person.email).where(Person.id == link.person_id))
    try:
        actor = actor_by_email(session, email or "", today=today)
    except NotFound:
        return None
    return replace(actor, name=f"link sent to {actor.name}") if actor.roles_held_in(link.partnership_id) else None


def _is_hidden(actor: Actor, action: Action) -> bool:
    """Whether the case of the action is hidden from them by name: then the link answers like one that never was."""
    is_named = actor.person_id in (action.owner_id, action.deputy_id)
    rights = actor.case_rights
    return action.case_id in rights.excluded_from or (action.case_id in rights.not_named_in and not is_named)


def _state(session: Session, link: Link, letter_id: int, action: Action, actor: Actor | None, today: date) -> LinkState:
    if action.stage not in OPEN:
        return LinkState.CLOSED
    if actor is None or not is_owner_or_deputy(actor, action):
        return LinkState.NOT_THEIRS
    if today > link.morning + WORKS_FOR or _is_from_before_restore(session, letter_id):
        return LinkState.EXPIRED
    return LinkState.SUPERSEDED if _is_superseded(session, link) else LinkState.WORKS


def _is_from_before_restore(session: Session, letter_id: int) -> bool:
    """Whether the letter, and each copy of it, was written before this installation was restored from a backup."""
    begun_at = sa.select(sa.func.max(Generation.begun_at)).scalar_subquery()
    letters = sa.or_(Letter.id == letter_id, Letter.again_of_id == letter_id)
    written_since = sa.select(Letter.id).where(letters, sa.or_(begun_at.is_(None), Letter.written_at > begun_at))
    return session.scalar(written_since.limit(1)) is None


def _is_superseded(session: Session, link: Link) -> bool:
    """Whether a later mail to the same person has a line about the same action."""
    later = (
        Reminder.person_id == link.person_id,
        Reminder.action_id == link.action_id,
        Reminder.left_out == "",
        Letter.morning > link.morning,
    )
    found = sa.select(Reminder.id).join(Letter, Letter.id == Reminder.letter_id).where(*later)
    return session.scalar(found.limit(1)) is not None


ON_TRACK = "On track."
NOTHING_SHOWS_IT = (
    "There is no evidence yet that it was done. Say here what shows it, or sign in to add a link or a file as evidence."
)


@dataclass(frozen=True, slots=True)
class LinkReply:
    """What was chosen and typed on the page of a link.

    `wanted_due_on` is only used where more time is asked for, `expected_on` where it is not done yet.
    """

    answer: Answer
    text: str = ""
    wanted_due_on: date | None = None
    expected_on: date | None = None


def answer_by_link(unit: Unit, opened: Opened, reply: LinkReply) -> None:
    """Record an answer, once. Raises Refused, and NotFound for a link that does not work any more."""
    if not opened.works or opened.actor is None:
        raise NotFound
    unit = replace(unit, actor=opened.actor)
    action = unit.action(opened.address, partnership=opened.code)
    recorded = _RECORDING[reply.answer](unit, action, reply)
    typed = {"link_words": reply.text} if reply.answer is Answer.SEEN and reply.text else {}
    _note(unit, action, EventKind.ANSWERED_BY_LINK, {"link_answer": WORDS[reply.answer], **typed})
    unit.session.add(
        LetterAnswer(
            letter_id=opened.letter_id,
            action_id=action.id,
            answer=reply.answer.value,
            recorded=recorded,
            answered_at=unit.now,
        )
    )


def _seen(_unit: Unit, _action: Action, _reply: LinkReply) -> dict[str, Any]:
    return {}


def _on_track(unit: Unit, action: Action, reply: LinkReply) -> dict[str, Any]:
    record_progress(unit, action, text=f"{ON_TRACK} {reply.text}".strip(), happened_on=unit.today)
    return {"progress": _latest(unit, ProgressUpdate, action)}


def _not_yet(unit: Unit, action: Action, reply: LinkReply) -> dict[str, Any]:
    if reply.expected_on is None or not reply.text:
        raise Refused("Give the day you expect it to be done, and say why it is not done yet.")
    explain_delay(unit, action, expected_on=reply.expected_on, reason=reply.text, happened_on=unit.today)
    unit.session.flush()
    return {"delay": action.delays[-1].id}


def _done(unit: Unit, action: Action, reply: LinkReply) -> dict[str, Any]:
    """Ask to close. The text is the evidence if there is none yet, and otherwise says what was done."""
    if _has_evidence(unit.session, action):
        submit_action(unit, action, evidence="", done=reply.text, happened_on=unit.today)
        return {}
    if not reply.text:
        raise Refused(NOTHING_SHOWS_IT)
    submit_action(unit, action, evidence=reply.text, happened_on=unit.today)
    return {"evidence": _latest(unit, Evidence, action)}


def _has_evidence(session: Session, action: Action) -> bool:
    offered = (Evidence.action_id == action.id, Evidence.withdrawn_on.is_(None))
    return session.scalar(sa.select(Evidence.id).where(*offered).limit(1)) is not None


def _more_time(unit: Unit, action: Action, reply: LinkReply) -> dict[str, Any]:
    if reply.wanted_due_on is None or not reply.text:
        raise Refused("Give the new date, and say why more time is needed.")
    ask_extension(unit, action, wanted_due_on=reply.wanted_due_on, reason=reply.text, happened_on=unit.today)
    unit.session.flush()
    request = open_request(action)
    return {"request": request.id} if request else {}


def _not_mine(unit: Unit, action: Action, reply: LinkReply) -> dict[str, Any]:
    return {"event": _note(unit, action, EventKind.NOT_MINE_SAID, {"link_words": reply.text} if reply.text else {})}


_RECORDING: dict[Answer, Callable[[Unit, Action, LinkReply], dict[str, Any]]] = {
    Answer.SEEN: _seen,
    Answer.ON_TRACK: _on_track,
    Answer.NOT_YET: _not_yet,
    Answer.DONE: _done,
    Answer.MORE_TIME: _more_time,
    Answer.NOT_MINE: _not_mine,
}


def _note(unit: Unit, action: Action, kind: EventKind, details: dict[str, Any]) -> int:
    event = unit.record(
        kind, partnership_id=action.partnership_id, case_id=action.case_id, action_id=action.id, details=details
    )
    unit.session.flush()
    return event.id


def _latest(unit: Unit, table: type[ProgressUpdate] | type[Evidence], action: Action) -> int | None:
    """Return the id of the row just written; the action is locked, so nobody else writes one."""
    unit.session.flush()
    return unit.session.scalar(sa.select(sa.func.max(table.id)).where(table.action_id == action.id))


REASON = "Undone by the same link."


def undo_answer(unit: Unit, opened: Opened) -> None:
    """Undo an answer. Raises Refused if somebody has acted on it since, NotFound if it is too late."""
    stored = opened.stored_answer
    if stored is None or opened.actor is None or not opened.may_undo(unit.today):
        raise NotFound
    unit = replace(unit, actor=opened.actor)
    action = unit.action(opened.address, partnership=opened.code)
    answer = Answer(stored.answer)
    _UNDOING[answer](unit, action, stored.recorded)
    unit.record(
        EventKind.ANSWER_UNDONE,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"link_answer": WORDS[answer]},
    )
    stored.undone_at = unit.now


def _nothing(_unit: Unit, _action: Action, _recorded: dict[str, Any]) -> None:
    """Nothing was recorded for this answer except its event."""


def _progress(unit: Unit, action: Action, recorded: dict[str, Any]) -> None:
    take_back_progress(unit, action, recorded["progress"])


def _delay(unit: Unit, action: Action, recorded: dict[str, Any]) -> None:
    take_back_delay(unit, action, recorded["delay"])


def _submission(unit: Unit, action: Action, recorded: dict[str, Any]) -> None:
    take_back_submission(replace(unit, actor=replace(unit.actor, is_system=True)), action, reason=REASON)
    if "evidence" in recorded:
        withdraw_evidence(unit, action, recorded["evidence"], reason=REASON)


def _request(unit: Unit, action: Action, recorded: dict[str, Any]) -> None:
    call_off_request(unit, action, recorded["request"], reason=REASON)


def _undo_not_mine(unit: Unit, _action: Action, recorded: dict[str, Any]) -> None:
    """Those who have not been told of it yet are not told any more."""
    unannounced = (Event.id == recorded["event"], Event.announced_at.is_(None))
    unit.session.execute(sa.update(Event).where(*unannounced).values(announced_at=unit.now))


_UNDOING: dict[Answer, Callable[[Unit, Action, dict[str, Any]], None]] = {
    Answer.SEEN: _nothing,
    Answer.ON_TRACK: _progress,
    Answer.NOT_YET: _delay,
    Answer.DONE: _submission,
    Answer.MORE_TIME: _request,
    Answer.NOT_MINE: _undo_not_mine,
}
