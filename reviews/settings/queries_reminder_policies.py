"""Which plans follow a reminder policy of their own?"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Case, PlanRules


@dataclass(frozen=True, slots=True)
class PlanApart:
    reference: str
    title: str
    policy: str


def plans_apart(session: Session, actor: Actor, *, partnership_id: int) -> Sequence[PlanApart]:
    """List the plans the reader may see that do not follow the policy of their partnership."""
    rows = session.execute(
        sa.select(Case.reference, Case.title, PlanRules.reminder_policy)
        .join(PlanRules, PlanRules.case_id == Case.id)
        .where(Case.partnership_id == partnership_id, PlanRules.reminder_policy.is_not(None), visible(actor, Case))
        .order_by(Case.reference)
    )
    return [PlanApart(reference, title, policy or "") for reference, title, policy in rows]
