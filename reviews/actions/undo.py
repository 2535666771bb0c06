"""Taking back a report, a submission or a request for more time, such as one made with somebody's link. Nothing is
deleted.
"""

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.actions.extensions import answer_request, open_request
from reviews.actions.take_step import take_action_step
from reviews.models import Action, EventKind, ExtensionRequest, ProgressUpdate
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.action import ActionStage


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
    action.submitted_by_id = None


def call_off_request(unit: Unit, action: Action, number: int, *, reason: str) -> ExtensionRequest:
    """Call off a request for more time. Raises Refused once it was answered."""
    request = open_request(action)
    if request is None or request.id != number:
        raise Refused("You can no longer call off this request for more time: it has already been answered.")
    answer_request(unit, action, granted=None, answer=reason)
    flag_modified(action, "due_on")  # of an answer and a calling off at once, the second finds the action changed
    return request
