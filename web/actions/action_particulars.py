"""What does the page of an action say of its particulars and ratings, and which of them may this person change?"""

from typing import Any

from reviews.actions.arranging import may_arrange
from reviews.actions.page_queries import ActionFile
from reviews.actions.particulars import KINDS
from reviews.actions.ratings import may_override, may_rate_own
from web.core.context import actor


def particulars_of(file: ActionFile) -> dict[str, Any]:
    """Give what is shown; who reads only what is published changes nothing."""
    action, works_here = file.action, not file.published_only
    return {
        "kinds": KINDS,
        "may_arrange": works_here and may_arrange(actor(), action),
        "may_assess": works_here and may_rate_own(actor(), action),
        "may_override": works_here and may_override(actor(), action),
    }
