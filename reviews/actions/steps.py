"""What can be recorded on an action: progress, evidence, its closing, more time?"""

from collections.abc import Mapping
from datetime import date

from reviews.actions.evidence import offer
from reviews.actions.extensions import answer_request, check_new_date
from reviews.actions.impact import plan_checks
from reviews.actions.take_step import take_action_step
from reviews.files.store import Stored
from reviews.models import Action, EventKind, Extension, ProgressUpdate
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.questions import Value
from workflows.definitions.action import WORKABLE

OWN_COMMAND = frozenset(
    {
        "progress",
        "note",
        "submit",
        "accept",
        "accept_awaiting_impact",
        "return",
        "confirm_impact",
        "check_impact",
        "impact_not_seen",
        "ask_extension",
        "extend",
        "refuse_extension",
        "set_date",
        "assign",
    }
)
"""Steps that write more than the stage: each has a command of its own."""


def record_progress(unit: Unit, action: Action, *, text: str, happened_on: date) -> Action:
    """Add a dated report beside the earlier ones; where the action waits or is blocked it stays so."""
    step = "progress" if action.stage in WORKABLE else "note"
    take_action_step(unit, action, step, happened_on=happened_on, given={"update": text.strip()})
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
    file: Stored | None = None,
    shows: str = "",
    happened_on: date,
) -> Action:
    """Ask to close: the owner says it is done and what shows it. Raises NotReady while there is no evidence."""
    if evidence.strip() or link.strip() or file is not None:
        offer(unit, action, text=evidence, link=link, file=file, shows=shows)
        unit.session.flush()
    given = {"done_summary": done.strip()}
    take_action_step(unit, action, "submit", happened_on=happened_on, given=given, kind=EventKind.ACTION_SUBMITTED)
    action.submitted_by_id = unit.actor.person_id
    return action


def accept_action(unit: Unit, action: Action, *, meeting: str = "", happened_on: date) -> Action:
    """Close the action, or let it wait for its impact, asked after some months, where a success measure was set."""
    step = "accept_awaiting_impact" if action.success_measure else "accept"
    take_action_step(unit, action, step, happened_on=happened_on, given={"closure_meeting": meeting.strip()})
    if step == "accept_awaiting_impact":
        plan_checks(unit, action, happened_on)
    return action


def return_action(unit: Unit, action: Action, *, reason: str, happened_on: date) -> Action:
    """Give a submitted action back to its owner with the sentence that says what is still wanted."""
    take_action_step(
        unit,
        action,
        "return",
        happened_on=happened_on,
        given={"return_reason": reason.strip()},
        kind=EventKind.ACTION_RETURNED,
    )
    action.submitted_by_id = None
    return action


def extend_action(
    unit: Unit, action: Action, *, new_due_on: date, reason: str, meanwhile: str = "", happened_on: date
) -> Action:
    """Move the due date on, which answers the wish that waits. The first date and every reason are kept.

    A second extension is the partners' to grant.
    """
    previous = check_new_date(action, new_due_on, happened_on)
    take_action_step(
        unit,
        action,
        "extend",
        happened_on=happened_on,
        given={"new_due_on": new_due_on, "extension_reason": reason.strip(), "meanwhile": meanwhile.strip()},
        kind=EventKind.ACTION_EXTENDED,
        details={"previous": previous.isoformat()},
    )
    action.due_on, action.due_text = new_due_on, ""
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


def set_due_date(unit: Unit, action: Action, *, due_on: date, happened_on: date) -> Action:
    """Give an action that was agreed without a date its first one."""
    if due_on <= happened_on:
        raise Refused("The due date must lie ahead.")
    take_action_step(unit, action, "set_date", happened_on=happened_on, given={"new_due_on": due_on})
    action.due_on, action.original_due_on, action.due_text = due_on, due_on, ""
    return action


def move_action(
    unit: Unit, action: Action, step: str, *, given: Mapping[str, Value | None], happened_on: date
) -> Action:
    """Take any other step with the facts it asks for."""
    if step in OWN_COMMAND:
        raise NotFound
    take_action_step(unit, action, step, happened_on=happened_on, given=given)
    return action
