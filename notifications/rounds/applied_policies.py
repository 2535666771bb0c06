"""The reminder policies in force in a partnership, and the hour at which its round begins."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Case, Partnership, PlanRules, ReminderPolicy
from reviews.settings.reminder_policies import USUAL_HOUR, ladder_of
from workflows.core.vocabulary import Ladder
from workflows.definitions.shared.ladder_policies import POLICIES


@dataclass(frozen=True, slots=True)
class Policies:
    """`of_plans` has the ladder of each case whose plan follows another; `begins` is a time in Europe/London."""

    usual: Ladder
    of_plans: Mapping[int, Ladder]
    begins: time

    def ladder_of(self, case_id: int) -> Ladder:
        return self.of_plans.get(case_id, self.usual)

    @property
    def ladders(self) -> Collection[Ladder]:
        return {self.usual, *self.of_plans.values()}


def policies_of(session: Session, partnership_id: int) -> Policies:
    """Read the policies in three queries. Raises LookupError for a policy that does not exist."""
    local = {row.name: row for row in session.scalars(_local_policies(partnership_id))}
    ladders = {**POLICIES, **{name: ladder_of(row) for name, row in local.items()}}
    name = session.scalars(sa.select(Partnership.reminder_policy).where(Partnership.id == partnership_id)).one()
    hour = local[name].begins if name in local else USUAL_HOUR
    of_plans = {case_id: ladders[policy] for case_id, policy in session.execute(_of_plans(partnership_id)) if policy}
    return Policies(ladders[name], of_plans, time.fromisoformat(hour))


def round_hours(session: Session) -> dict[str, time]:
    """Return the time in Europe/London at which the round of each partnership begins, by partnership code."""
    follows = (ReminderPolicy.partnership_id == Partnership.id) & (ReminderPolicy.name == Partnership.reminder_policy)
    rows = session.execute(
        sa.select(Partnership.code, ReminderPolicy.begins).outerjoin(ReminderPolicy, follows).order_by(Partnership.code)
    )
    return {code: time.fromisoformat(begins or USUAL_HOUR) for code, begins in rows}


def _local_policies(partnership_id: int) -> sa.Select[ReminderPolicy]:
    return sa.select(ReminderPolicy).where(ReminderPolicy.partnership_id == partnership_id)


def _of_plans(partnership_id: int) -> sa.Select[int, str | None]:
    columns = sa.select(PlanRules.case_id, PlanRules.reminder_policy).join(Case, Case.id == PlanRules.case_id)
    return columns.where(Case.partnership_id == partnership_id, PlanRules.reminder_policy.is_not(None))
