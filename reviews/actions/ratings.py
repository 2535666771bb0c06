"""How do the owner and the chair say how they see an action, beside the colour that is computed?"""

from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.policies import is_own, roles_on_action
from reviews.actions.list_queries import RATINGS
from reviews.models import Action, EventKind
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.definitions.action import AGREED, CLOSERS, DROPPED, WORKERS, A

LONGEST_RATING_REASON = 2_000


def rate_own(unit: Unit, action: Action, *, rating: str) -> Action:
    """Say how those who work on it see it; "" says nothing any more. Raises NotAllowed, Refused."""
    if not may_rate_own(unit.actor, action):
        raise NotAllowed("An action is assessed by its owner, their deputy, its agency's lead and the unit.")
    wanted = rating and _one_of(rating)
    if wanted == action.owner_rating:
        raise Refused("This is what the assessment says already.")
    _record(unit, action, {"who": "self", "before": action.owner_rating, "now": wanted})
    action.owner_rating = wanted
    return action


def override_rating(unit: Unit, action: Action, *, rating: str, reason: str) -> Action:
    """Let the chair's colour stand beside the one computed, with its reason. Raises NotAllowed, Refused."""
    _require_chair(unit.actor, action)
    wanted, said = _one_of(rating), reason.strip()
    if not said or len(said) > LONGEST_RATING_REASON:
        raise Refused(f"Say why it is rated otherwise, in {LONGEST_RATING_REASON:,} characters or fewer.")
    _record(unit, action, {"who": "chair", "before": action.chair_rating, "now": wanted, "reason": said})
    action.chair_rating, action.chair_rating_reason, action.chair_rating_by = wanted, said, unit.actor.signature
    flag_modified(action, "chair_rating")  # said again with the same words, it is still said anew
    return action


def remove_override(unit: Unit, action: Action) -> Action:
    """Let the computed colour stand alone again. Raises NotAllowed, Refused where nothing stands beside it."""
    _require_chair(unit.actor, action)
    if not action.chair_rating:
        raise Refused("The chair has not rated this action otherwise.")
    _record(unit, action, {"who": "chair", "before": action.chair_rating, "now": ""})
    action.chair_rating = action.chair_rating_reason = action.chair_rating_by = ""
    return action


def may_rate_own(actor: Actor, action: Action) -> bool:
    roles = roles_on_action(actor, action)
    return action.stage in AGREED and (roles is None or bool(roles & WORKERS))


def may_override(actor: Actor, action: Action) -> bool:
    """Whether the actor is the chair for this action, and neither its owner nor their deputy."""
    roles = roles_on_action(actor, action)
    rated = action.stage not in DROPPED | {A.PROPOSED}
    return rated and not is_own(actor, action) and (roles is None or bool(roles & CLOSERS))


def _require_chair(actor: Actor, action: Action) -> None:
    if not may_override(actor, action):
        raise NotAllowed(
            "An agreed action is rated otherwise by the subgroup's chair, in child death review by the CDOP manager, "
            "and never by its owner or their deputy."
        )


def _one_of(rating: str) -> str:
    wanted = rating.strip().capitalize()
    if wanted not in RATINGS:
        raise Refused(f"A rating is one of: {', '.join(RATINGS)}.")
    return wanted


def _record(unit: Unit, action: Action, details: dict[str, str]) -> None:
    unit.record(
        EventKind.RATING_SAID,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"rating": details},
    )
