"""Records in the history of cases that their actions were exported."""

from collections import Counter

from reviews.access.permissions import Permission
from reviews.exports.rows import ExportedPlan
from reviews.models import EventKind
from reviews.transactions.bulk_events import record_each
from reviews.transactions.unit_of_work import Unit


def record_export(unit: Unit, plan: ExportedPlan, *, into: str) -> None:
    """Record for each case the format and the number of exported actions. Raises NotAllowed.

    An export has only what the actor sees, so they need not see the case itself.
    """
    unit.actor.require(Permission.SEE_ACTIONS, plan.partnership_id)
    if plan.case_id is not None:
        counts = {plan.case_id: len(plan.actions)}
    else:
        counts = dict(Counter(line.action.case_id for line in plan.actions))
    record_each(
        unit,
        EventKind.PLAN_EXPORTED,
        (
            {"partnership_id": plan.partnership_id, "case_id": case_id, "details": {"format": into, "actions": count}}
            for case_id, count in counts.items()
        ),
    )
