"""Commands of the steps that write more than the stage of an action: step_handlers.py says which step has which."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.actions.evidence import create_evidence
from reviews.actions.extensions import answer_request, check_new_date, expected_day, open_request
from reviews.actions.impact import plan_checks
from reviews.actions.take_step import take_action_step
from reviews.files.store import StoredFile
from reviews.models import Action, Event, EventKind, Extension, ExtensionRequest, ProgressUpdate
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import Precision
from workflows.core.engine import NotReady, Refused
from workflows.definitions.action import WORKABLE, ActionStage


def take_back_progress(unit: Unit, action: Action, number: int) -> None:
    """Mark a report as taken back; the last progress is then that of the other reports."""
    report = unit.session.get(ProgressUpdate, number)
    if report is None or report.action_id != action.id:
        raise NotFound
    report.taken_back_at = unit.now
    unit.session.flush()
    counted = (ProgressUpdate.action_id == action.id, ProgressUpdate.taken_back_at.is_(None))
    action.last_progress_on = unit.session.scalar(sa.select(sa.func.max(ProgressUpdate.happened_on)).where(*counted))
    flag_modified(action, "stage")  # the version counts what changes other tables too


def take_back_submission(unit: Unit, action: Action, *, reason: str) -> None:
    """Put a submitted action back in progress. Raises Refused once it was accepted or returned.

    The step belongs to whoever checks; here it undoes the owner's submission, so `unit` acts for the system.
    """
    if action.stage != ActionStage.SUBMITTED:
        raise Refused("You can no longer take this back: it has already been answered.")
    take_action_step(
        unit,
        action,
        "return",
        happened_on=unit.today,
        answers={"return_reason": reason},
        kind=EventKind.ACTION_STEP_TAKEN,
        details={"taken_back": True},
    )
    action.submitted_by_id = action.submitted_for_id = None


def call_off_request(unit: Unit, action: Action, number: int, *, reason: str) -> ExtensionRequest:
    """Call off a request for more time. Raises Refused once it was answered."""
    request = open_request(action)
    if request is None or request.id != number:
        raise Refused("You can no longer call off this request for more time: it has already been answered.")
    answer_request(unit, action, granted=None, answer=reason)
    flag_modified(action, "due_on")  # of an answer and a calling off at once, the second finds the action changed
    return request


def record_progress(unit: Unit, action: Action, *, text: str, happened_on: date) -> Action:
    """Add a dated report beside the earlier ones. An action that waits or is blocked stays at its stage."""
    step = "progress" if action.stage in WORKABLE else "note"
    take_action_step(unit, action, step, happened_on=happened_on, answers={"update": text.strip()})
    report = ProgressUpdate(
        action=action,
        happened_on=happened_on,
        text=text.strip(),
        reported_by=unit.actor.signature,
        reported_at=unit.now,
    )
    unit.session.add(report)  # not appended to the list, which would have to be read first
    action.last_progress_on = max(happened_on, action.last_progress_on or happened_on)
    return action


def submit_action(
    unit: Unit,
    action: Action,
    *,
    evidence: str,
    done: str = "",
    link: str = "",
    file: StoredFile | None = None,
    shows: str = "",
    happened_on: date,
) -> Action:
    """Submit as done, with what shows it. Raises NotReady while there is no evidence."""
    if evidence.strip() or link.strip() or file is not None:
        create_evidence(unit, action, text=evidence, link=link, file=file, shows=shows)
        unit.session.flush()
    answers = {"done_summary": done.strip()}
    take_action_step(unit, action, "submit", happened_on=happened_on, answers=answers, kind=EventKind.ACTION_SUBMITTED)
    action.submitted_by_id, action.submitted_for_id = unit.actor.person_id, action.owner_id
    return action


def accept_step(action: Action) -> str:
    """Name the step by which this action is accepted: one with a success measure waits for its impact."""
    return "accept_awaiting_impact" if action.success_measure else "accept"


def accept_action(unit: Unit, action: Action, *, meeting: str = "", happened_on: date) -> Action:
    """Accept the action: close it, or with a success measure let it wait for its impact checks."""
    step = accept_step(action)
    take_action_step(unit, action, step, happened_on=happened_on, answers={"closure_meeting": meeting.strip()})
    if step == "accept_awaiting_impact":
        plan_checks(unit, action, happened_on)
    return action


def return_action(unit: Unit, action: Action, *, reason: str, happened_on: date) -> Action:
    """Return a submitted action to its owner, saying what is still needed."""
    take_action_step(
        unit,
        action,
        "return",
        happened_on=happened_on,
        answers={"return_reason": reason.strip()},
        kind=EventKind.ACTION_RETURNED,
    )
    action.submitted_by_id = action.submitted_for_id = None
    return action


def extend_action(
    unit: Unit, action: Action, *, new_due_on: date, reason: str, meanwhile: str = "", happened_on: date
) -> Action:
    """Move the due date, which grants the request that waits. The first date and every reason are kept.

    Only a safeguarding partner may grant a second extension.
    """
    previous = check_new_date(action, new_due_on, happened_on)
    take_action_step(
        unit,
        action,
        "extend",
        happened_on=happened_on,
        answers={"new_due_on": new_due_on, "extension_reason": reason.strip(), "meanwhile": meanwhile.strip()},
        kind=EventKind.ACTION_EXTENDED,
        details={"previous": previous.isoformat()},
    )
    action.due_on, action.due_known_to, action.due_text = new_due_on, Precision.DAY, ""
    action.expected_on = None
    action.times_extended += 1
    action.extensions.append(
        Extension(
            previous_due_on=previous,
            new_due_on=new_due_on,
            reason=reason.strip(),
            granted_by=unit.actor.signature,
            granted_at=unit.now,
        )
    )
    answer_request(unit, action, granted=True, answer="")
    return action


def undo_extension(unit: Unit, action: Action, *, reason: str, happened_on: date) -> Action:
    """Take back the time that was given last: the due date before it holds again, and it is not counted.

    The request it granted stays answered: whoever wants more time asks again. Only a safeguarding partner may take back
    a second extension. Raises Refused where none was given.
    """
    extension = next((each for each in reversed(action.extensions) if each.undone_at is None), None)
    if extension is None or extension.new_due_on != action.due_on:
        raise NotReady("No more time was given that could be taken back.")
    take_action_step(
        unit,
        action,
        "undo_extension",
        happened_on=happened_on,
        answers={"undone_reason": reason.strip()},
        kind=EventKind.EXTENSION_UNDONE,
        details={"previous": extension.new_due_on.isoformat(), "now": extension.previous_due_on.isoformat()},
    )
    extension.undone_at, extension.undone_by, extension.undone_reason = unit.now, unit.actor.signature, reason.strip()
    action.due_on = extension.previous_due_on
    if action.due_on == action.original_due_on:  # before it was moved, it may have been a month
        action.due_known_to = action.original_due_known_to
    action.times_extended -= 1
    action.expected_on = expected_day(action)
    unannounced = (
        Event.action_id == action.id,
        Event.kind == EventKind.ACTION_EXTENDED,
        Event.announced_at.is_(None),
    )
    unit.session.execute(sa.update(Event).where(*unannounced).values(announced_at=unit.now))
    return action


def set_due_date(unit: Unit, action: Action, *, due_on: date, happened_on: date) -> Action:
    """Give an action that was agreed without a date its first one."""
    if due_on <= happened_on:
        raise Refused("The due date must be in the future.")
    take_action_step(unit, action, "set_date", happened_on=happened_on, answers={"new_due_on": due_on})
    action.due_on, action.original_due_on, action.due_text = due_on, due_on, ""
    action.due_known_to = action.original_due_known_to = Precision.DAY
    return action
