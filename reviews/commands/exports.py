"""Who took which plan out, and how?"""

from reviews.exports.plan_rows import ExportedPlan
from reviews.models import EventKind
from reviews.permissions import Permission
from reviews.unit import Unit


def record_export(unit: Unit, plan: ExportedPlan, *, into: str) -> None:
    """Write into the history of the case that its plan went out, in which format and with how many actions.

    Raises NotAllowed. What was taken out is what the actor sees, so they need not see the case itself.
    """
    unit.actor.require(Permission.SEE_ACTIONS, plan.partnership_id)
    unit.record(
        EventKind.PLAN_EXPORTED,
        partnership_id=plan.partnership_id,
        case_id=plan.case_id,
        details={"format": into, "actions": len(plan.actions)},
    )
