"""What does the page of an action say of the recommendations it answers and the agencies that share it?"""

from typing import Any

from reviews.access.permissions import Permission
from reviews.actions.page_queries import ActionFile
from reviews.actions.strands import strands_of
from reviews.cases.responses import answered_by
from web.core.context import actor, reader
from workflows.definitions.action import SHARED_OUT


def shared_by(file: ActionFile) -> dict[str, Any]:
    """Give what the page shows, and whether this person keeps the plan and may add an agency now."""
    may_plan = actor().may(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    return {
        "answered": answered_by(reader(), actor(), file.action),
        "strands": strands_of(reader(), actor(), file.action),
        "may_plan": may_plan,
        "may_share": may_plan and file.action.stage in SHARED_OUT,
    }
