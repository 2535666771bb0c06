"""What does the page of an action say of its rests, and may this person ask for one?"""

from typing import Any

from reviews.access.policies import is_own
from reviews.actions.extensions import latest_rest
from reviews.actions.page_queries import ActionFile
from reviews.actions.snoozes import rests
from web.core.context import actor, reader, today
from workflows.definitions.action import DATED


def rests_of(file: ActionFile) -> dict[str, Any]:
    shown = not file.published_only
    return {
        "rests": rests(reader(), file.action, today()) if shown else [],
        "may_snooze": shown and may_snooze(file),
    }


def may_snooze(file: ActionFile) -> bool:
    """Whether the action is theirs and has a date that it may still be put off from."""
    due_on = file.action.due_on
    can_rest = due_on is not None and file.action.stage in DATED and latest_rest(due_on, today()) > today()
    return can_rest and is_own(actor(), file.action)
