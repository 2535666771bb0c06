"""The reminder policies in force in a partnership, and the hour at which its round begins."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Case, Partnership, PlanRules, ReminderPolicy
from reviews.settings.reminder_policies import USUAL_HOUR, ladder_of
from workflows.core.bank_holidays import Calendar
from workflows.core.ladders import Occurrence, day_of, latest_due, reached, read_name
from workflows.core.vocabulary import Ladder, Role
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


RungRole: TypeAlias = Role | None
"""A role that a rung names; None is the deputy of the action."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The highest rung reached, and for each role the highest that names it, in ascending order."""

    last: Occurrence
    naming: tuple[tuple[RungRole, Occurrence], ...]


class Escalation:
    def __init__(self, policies: Policies, calendar: Calendar, today: date) -> None:
        self.policies, self.calendar, self.today = policies, calendar, today

    @property
    def until(self) -> date:
        """The latest due date of an action that can have reached a rung."""
        return latest_due(self.policies.ladders, self.today, self.calendar)

    def reached(self, ladder: Ladder, due_on: date) -> Reached | None:
        """Return what has been reached of a ladder by today; None before its first rung."""
        return _reached(ladder, due_on, self.today, self.calendar)

    def was_sent(self, rung: Occurrence, due_on: date, sent: Iterable[str]) -> bool:
        """Tell whether this rung or one of a later day, of any ladder, is among the rungs that were sent."""
        return any(name == rung.name or self._falls_on(name, due_on) >= rung.on for name in sent)

    def _falls_on(self, name: str, due_on: date) -> date:
        found = read_name(name)
        return day_of(due_on, found[0], self.calendar, working=found[1]) if found else date.min


@lru_cache(maxsize=8192)  # the built-in ladders and the calendar are the same for every partnership of a round
def _reached(ladder: Ladder, due_on: date, today: date, calendar: Calendar) -> Reached | None:
    rungs = reached(ladder, due_on, today, calendar)
    naming: dict[RungRole, Occurrence] = {}
    for rung in rungs:
        for named in (*sorted(rung.tells), *((None,) if rung.deputy else ())):
            naming.pop(named, None)
            naming[named] = rung
    return Reached(rungs[-1], tuple(naming.items())) if rungs else None
