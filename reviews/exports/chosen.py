"""What stands in a choice of actions out of several plans, as far as this person may see it?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.core.clock import local_day
from reviews.exports.rows import ExportedPlan, actions_where
from reviews.models import Action, Case, Finding, Partnership, Recommendation

CHOSEN = "Chosen actions"


def exported_choice(
    session: Session, actor: Actor, partnership_id: int, addresses: Sequence[str], *, now: datetime
) -> ExportedPlan:
    """Gather the actions of one partnership at these addresses, with their recommendations and findings."""
    place = session.scalars(sa.select(Partnership).where(Partnership.id == partnership_id)).one()
    chosen = sa.and_(Action.partnership_id == partnership_id, Action.address.in_(addresses))
    lines = actions_where(session, actor, chosen, today=local_day(now))
    cases = {line.action.case_id for line in lines}
    seen = set(session.scalars(sa.select(Case.id).where(Case.id.in_(cases), visible(actor, Case))))
    asked = {line.recommendation.id: line.recommendation for line in lines if line.recommendation}
    found = {line.finding.id: line.finding for line in lines if line.finding}
    return ExportedPlan(
        case_id=None,
        partnership_id=partnership_id,
        reference=CHOSEN,
        title="",
        partnership=place.name,
        partnership_code=place.code,
        exported_by=actor.name,
        exported_at=now,
        recommendations=_in_order(asked),
        findings=dict[int, Finding](found),
        actions=[line if line.action.case_id in seen else replace(line, case_reference="") for line in lines],
    )


def _in_order(asked: dict[int, Recommendation]) -> list[Recommendation]:
    return [asked[key] for key in sorted(asked)]
