"""By which ladder is each action of a partnership reminded, and when does its round begin?"""

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
    """The ladder a partnership follows, those of plans that follow another, and when its round begins in London."""

    usual: Ladder
    of_plans: Mapping[int, Ladder]
    begins: time

    def ladder_of(self, case_id: int) -> Ladder:
        return self.of_plans.get(case_id, self.usual)

    @property
    def ladders(self) -> Collection[Ladder]:
        return {self.usual, *self.of_plans.values()}


def policies_of(session: Session, partnership_id: int) -> Policies:
    """Read them in three queries. Raises LookupError for a policy that is not there."""
    own = {row.name: row for row in session.scalars(_own(partnership_id))}
    known = {**POLICIES, **{name: ladder_of(row) for name, row in own.items()}}
    name = session.scalars(sa.select(Partnership.reminder_policy).where(Partnership.id == partnership_id)).one()
    hour = own[name].begins if name in own else USUAL_HOUR
    of_plans = {case_id: known[policy] for case_id, policy in session.execute(_of_plans(partnership_id)) if policy}
    return Policies(known[name], of_plans, time.fromisoformat(hour))


def beginnings(session: Session) -> dict[str, time]:
    """Give when the round of each partnership begins, in London, by its code."""
    follows = (ReminderPolicy.partnership_id == Partnership.id) & (ReminderPolicy.name == Partnership.reminder_policy)
    rows = session.execute(
        sa.select(Partnership.code, ReminderPolicy.begins).outerjoin(ReminderPolicy, follows).order_by(Partnership.code)
    )
    return {code: time.fromisoformat(begins or USUAL_HOUR) for code, begins in rows}


def _own(partnership_id: int) -> sa.Select[ReminderPolicy]:
    return sa.select(ReminderPolicy).where(ReminderPolicy.partnership_id == partnership_id)


def _of_plans(partnership_id: int) -> sa.Select[int, str | None]:
    columns = sa.select(PlanRules.case_id, PlanRules.reminder_policy).join(Case, Case.id == PlanRules.case_id)
    return columns.where(Case.partnership_id == partnership_id, PlanRules.reminder_policy.is_not(None))
