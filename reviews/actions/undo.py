"""How is what was said of an action in haste, or by somebody else with one's link, taken back? Nothing is deleted."""

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.actions.extensions import answer_request, open_request
from reviews.actions.take_step import take_action_step
from reviews.models import Action, EventKind, ExtensionRequest, ProgressUpdate
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.action import A


def take_back_progress(unit: Unit, action: Action, number: int) -> None:
    """Let a report stand struck through; the last progress is then that of the reports which hold."""
    report = unit.session.get(ProgressUpdate, number)
    if report is None or report.action_id != action.id:
        raise NotFound
    report.taken_back_at = unit.now
    unit.session.flush()
    held = (ProgressUpdate.action_id == action.id, ProgressUpdate.taken_back_at.is_(None))
    action.last_progress_on = unit.session.scalar(sa.select(sa.func.max(ProgressUpdate.happened_on)).where(*held))
    flag_modified(action, "stage")  # the version counts what changes other tables too


def take_back_submission(unit: Unit, action: Action, *, reason: str) -> None:
    """Let an action that waits for its acceptance be in progress again. Raises Refused once that was decided.

    The step is that of whoever checks; here it only undoes the owner's own, and so `unit` acts for the system.
    """
    if action.stage != A.SUBMITTED:
        raise Refused("It was answered already: what was asked for can no longer be taken back here.")
    take_action_step(
        unit,
        action,
        "return",
        happened_on=unit.today,
        given={"return_reason": reason},
        kind=EventKind.ACTION_STEP_TAKEN,
        details={"taken_back": True},
    )
    action.submitted_by_id = None


def call_off_request(unit: Unit, action: Action, number: int, *, reason: str) -> ExtensionRequest:
    """Call off a wish for more time that waits. Raises Refused once it was answered."""
    request = open_request(action)
    if request is None or request.id != number:
        raise Refused("The wish for more time was answered already: it can no longer be called off here.")
    answer_request(unit, action, granted=None, answer=reason)
    flag_modified(action, "due_on")  # of an answer and a calling off at once the second finds the action changed
    return request
