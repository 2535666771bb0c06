"""What is recorded when somebody answers by the link of a mail?

The commands are those of the pages, and whoever the link was sent to acts: what they may not do, their link may not.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from notifications.letters.links import WORDS, Answer
from notifications.link_answers import Opened
from notifications.models import LetterAnswer
from reviews.actions.more_time import ask_extension, open_request
from reviews.actions.steps import record_progress, submit_action
from reviews.models import Action, EventKind, Evidence, ProgressUpdate
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

ON_TRACK = "On track."
NOTHING_SHOWS_IT = (
    "Nothing shows yet that it was done. Say here what shows it, or sign in to add a link or a file as evidence."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What was chosen and typed on the page of a link; the date only counts where more time is asked for."""

    answer: Answer
    text: str = ""
    wanted_due_on: date | None = None


def answer_by_link(unit: Unit, opened: Opened, said: Said) -> None:
    """Record an answer, once. Raises Refused, and NotFound for a link that does not work any more."""
    if not opened.works or opened.actor is None:
        raise NotFound
    unit = replace(unit, actor=opened.actor)
    action = unit.action(opened.address, partnership=opened.code)
    left = _RECORDED[said.answer](unit, action, said)
    kept = {"link_words": said.text} if said.answer is Answer.SEEN and said.text else {}
    _note(unit, action, EventKind.ANSWERED_BY_LINK, {"link_answer": WORDS[said.answer], **kept})
    unit.session.add(
        LetterAnswer(
            letter_id=opened.letter_id,
            action_id=action.id,
            answer=said.answer.value,
            said=left,
            answered_at=unit.now,
        )
    )


def _seen(_unit: Unit, _action: Action, _said: Said) -> dict[str, Any]:
    return {}


def _on_track(unit: Unit, action: Action, said: Said) -> dict[str, Any]:
    record_progress(unit, action, text=f"{ON_TRACK} {said.text}".strip(), happened_on=unit.today)
    return {"progress": _latest(unit, ProgressUpdate, action)}


def _done(unit: Unit, action: Action, said: Said) -> dict[str, Any]:
    """Ask to close. What was typed is what shows it where nothing does yet, and otherwise what was done."""
    held = (Evidence.action_id == action.id, Evidence.withdrawn_on.is_(None))
    if unit.session.scalar(sa.select(Evidence.id).where(*held).limit(1)) is not None:
        submit_action(unit, action, evidence="", done=said.text, happened_on=unit.today)
        return {}
    if not said.text:
        raise Refused(NOTHING_SHOWS_IT)
    submit_action(unit, action, evidence=said.text, happened_on=unit.today)
    return {"evidence": _latest(unit, Evidence, action)}


def _more_time(unit: Unit, action: Action, said: Said) -> dict[str, Any]:
    if said.wanted_due_on is None or not said.text:
        raise Refused("Give the new date, and say why more time is needed.")
    ask_extension(unit, action, wanted_due_on=said.wanted_due_on, reason=said.text, happened_on=unit.today)
    unit.session.flush()
    request = open_request(action)
    return {"request": request.id} if request else {}


def _not_mine(unit: Unit, action: Action, said: Said) -> dict[str, Any]:
    return {"event": _note(unit, action, EventKind.NOT_MINE_SAID, {"link_words": said.text} if said.text else {})}


_RECORDED: dict[Answer, Callable[[Unit, Action, Said], dict[str, Any]]] = {
    Answer.SEEN: _seen,
    Answer.ON_TRACK: _on_track,
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
    """Find the row that was just written; the action is locked, so nobody else writes one."""
    unit.session.flush()
    return unit.session.scalar(sa.select(sa.func.max(table.id)).where(table.action_id == action.id))
