"""Ratings by the owner and the chair, which stand beside the colour that is computed."""

from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.policies import may_rate_as_chair, may_rate_as_owner
from reviews.actions.list_queries import RATINGS
from reviews.models import Action, EventKind
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

LONGEST_RATING_REASON = 2_000


WHY_RATED = f"Say why you rate it differently, in {LONGEST_RATING_REASON:,} characters or fewer."


def set_owner_rating(unit: Unit, action: Action, *, rating: str) -> Action:
    """Record how those who work on an action see it; "" removes it. Raises NotAllowed, Refused."""
    if not may_rate_as_owner(unit.actor, action):
        raise NotAllowed(
            "Only the owner, their deputy, the lead of its agency and the business unit can assess an action."
        )
    colour = rating and _colour(rating)
    if colour == action.owner_rating:
        raise Refused("This is already the assessment of the action.")
    _record(unit, action, {"who": "self", "before": action.owner_rating, "now": colour})
    action.owner_rating = colour
    return action


def set_chair_rating(unit: Unit, action: Action, *, rating: str, reason: str) -> Action:
    """Let the chair's colour stand beside the one computed, with its reason. Raises NotAllowed, Refused."""
    _require_chair(unit.actor, action)
    colour, text = _colour(rating), reason.strip()
    if not text or len(text) > LONGEST_RATING_REASON:
        raise Refused(WHY_RATED)
    _record(unit, action, {"who": "chair", "before": action.chair_rating, "now": colour, "reason": text})
    action.chair_rating, action.chair_rating_reason, action.chair_rating_by = colour, text, unit.actor.signature
    flag_modified(action, "chair_rating")  # the same rating given again still counts as a change
    return action


def remove_chair_rating(unit: Unit, action: Action) -> Action:
    """Let the computed colour stand alone again. Raises NotAllowed, Refused where the chair has not rated it."""
    _require_chair(unit.actor, action)
    if not action.chair_rating:
        raise Refused("There is no chair's rating to remove.")
    _record(unit, action, {"who": "chair", "before": action.chair_rating, "now": ""})
    action.chair_rating = action.chair_rating_reason = action.chair_rating_by = ""
    return action


def _require_chair(actor: Actor, action: Action) -> None:
    if not may_rate_as_chair(actor, action):
        raise NotAllowed(
            "Only the chair of the subgroup, or in child death review the CDOP manager, can rate an agreed action "
            "differently. They cannot if they are its owner or deputy, or submitted it."
        )


def _colour(rating: str) -> str:
    colour = rating.strip().capitalize()
    if colour not in RATINGS:
        raise Refused(f"A rating must be one of: {', '.join(RATINGS)}.")
    return colour


def _record(unit: Unit, action: Action, details: dict[str, str]) -> None:
    unit.record(
        EventKind.RATING_SAID,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"rating": details},
    )
