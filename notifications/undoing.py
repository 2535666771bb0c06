"""How is an answer by the link of a mail taken back? What it recorded stays, and says that it was."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from notifications.letters.links import WORDS, Answer
from notifications.link_answers import Opened
from reviews.actions.undo import call_off_request, take_back_progress, take_back_submission
from reviews.actions.withdrawing import withdraw_evidence
from reviews.models import Action, Event, EventKind
from reviews.transactions.unit_of_work import NotFound, Unit

REASON = "Taken back by the link it was given by."


def undo_answer(unit: Unit, opened: Opened) -> None:
    """Take an answer back within its days. Raises Refused where somebody has acted on it since, and NotFound."""
    given = opened.given
    if given is None or opened.actor is None or not opened.may_undo(unit.today):
        raise NotFound
    unit = replace(unit, actor=opened.actor)
    action = unit.action(opened.address, partnership=opened.code)
    answer = Answer(given.answer)
    _TAKEN_BACK[answer](unit, action, given.said)
    unit.record(
        EventKind.ANSWER_UNDONE,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"link_answer": WORDS[answer]},
    )
    given.undone_at = unit.now


def _nothing(_unit: Unit, _action: Action, _said: dict[str, Any]) -> None:
    """That somebody has seen it left nothing but the history."""


def _progress(unit: Unit, action: Action, said: dict[str, Any]) -> None:
    take_back_progress(unit, action, said["progress"])


def _submission(unit: Unit, action: Action, said: dict[str, Any]) -> None:
    take_back_submission(replace(unit, actor=replace(unit.actor, is_system=True)), action, reason=REASON)
    if "evidence" in said:
        withdraw_evidence(unit, action, said["evidence"], reason=REASON)


def _request(unit: Unit, action: Action, said: dict[str, Any]) -> None:
    call_off_request(unit, action, said["request"], reason=REASON)


def _not_mine(unit: Unit, _action: Action, said: dict[str, Any]) -> None:
    """Whoever has not been told of it yet need not be."""
    untold = (Event.id == said["event"], Event.announced_at.is_(None))
    unit.session.execute(sa.update(Event).where(*untold).values(announced_at=unit.now))


_TAKEN_BACK: dict[Answer, Callable[[Unit, Action, dict[str, Any]], None]] = {
    Answer.SEEN: _nothing,
    Answer.ON_TRACK: _progress,
    Answer.DONE: _submission,
    Answer.MORE_TIME: _request,
    Answer.NOT_MINE: _not_mine,
}
