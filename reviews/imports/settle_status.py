"""What a decision about the state of an action sets, where its tracker leaves that in doubt."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from reviews.actions.details import first_stage
from workflows.definitions.action import FINISHED, OPEN, ActionStage


def settle_status(stage: ActionStage | None, now: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Give the columns to set; None leaves the words of the tracker as they stand, and the stage as it is.

    `now` has the due date and the day the action was done. From then on it is rated, counted as late and reminded of
    again. What is open and has no date waits for one, whatever is said of it.
    """
    if stage is None:
        return {"awaiting_status": False}
    if stage in OPEN and now["due_on"] is None:
        stage = first_stage(None)
    ended_on = (now["done_on"] or today) if stage in FINISHED else None
    return {"stage": stage.value, "ended_on": ended_on, "awaiting_status": False}
