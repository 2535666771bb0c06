"""The reminder policies in force in a partnership, its silent plans, and the hour at which its round begins."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
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
    """`of_plans` has the ladder of each case whose plan follows another; `begins` is a time in Europe/London.

    `silent_plans` are cases of whose actions nobody is reminded; `began_on` is the day on which that ended for others.
    """

    usual: Ladder
    of_plans: Mapping[int, Ladder]
    begins: time
    silent_plans: frozenset[int] = frozenset()
    began_on: Mapping[int, date] = field(default_factory=dict)

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
    plans = session.execute(_of_plans(partnership_id)).all()
    return Policies(
        usual=ladders[name],
        of_plans={plan.case_id: ladders[plan.reminder_policy] for plan in plans if plan.reminder_policy},
        begins=time.fromisoformat(hour),
        silent_plans=frozenset(plan.case_id for plan in plans if plan.is_silent),
        began_on={plan.case_id: plan.reminders_began_on for plan in plans if plan.reminders_began_on},
    )


def round_hours(session: Session) -> dict[str, time]:
    """Return the time in Europe/London at which the round of each partnership begins, by partnership code."""
    follows = (ReminderPolicy.partnership_id == Partnership.id) & (ReminderPolicy.name == Partnership.reminder_policy)
    rows = session.execute(
        sa.select(Partnership.code, ReminderPolicy.begins).outerjoin(ReminderPolicy, follows).order_by(Partnership.code)
    )
    return {code: time.fromisoformat(begins or USUAL_HOUR) for code, begins in rows}


def _local_policies(partnership_id: int) -> sa.Select[ReminderPolicy]:
    return sa.select(ReminderPolicy).where(ReminderPolicy.partnership_id == partnership_id)


def _of_plans(partnership_id: int) -> sa.Select[int, str | None, bool, date | None]:
    """The plans with rules about reminders; those that only have colours or impact checks of their own are left out."""
    about_reminders = sa.or_(
        PlanRules.reminder_policy.is_not(None), PlanRules.is_silent, PlanRules.reminders_began_on.is_not(None)
    )
    return (
        sa.select(PlanRules.case_id, PlanRules.reminder_policy, PlanRules.is_silent, PlanRules.reminders_began_on)
        .join(Case, Case.id == PlanRules.case_id)
        .where(Case.partnership_id == partnership_id, about_reminders)
    )


BROUGHT_IN, BEGAN = "brought-in", "began"
ARRIVAL_WORDS = {
    BROUGHT_IN: "already overdue when it was brought in",
    BEGAN: "already overdue when its reminders began",
}
"""Names beside the rungs, of the one line about what was overdue on the day an import made it, or on the day the
reminders of its silent plan began."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The day before which no rung is climbed, and the name of the one line about what was overdue on it.

    It is reminded of from the day after.
    """

    on: date
    name: str = BROUGHT_IN

    def was_overdue(self, due_on: date) -> bool:
        return due_on < self.on

    def climbs_from(self, due_on: date) -> date:
        """Return the first day whose rungs are climbed. The line of what was overdue stands for a rung of that day."""
        return self.on + timedelta(days=1) if self.was_overdue(due_on) else self.on


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

    def arrival(self, case_id: int, brought_in_on: date | None) -> Arrival | None:
        """Return when an action came to be reminded of; None where it was always."""
        began_on = self.policies.began_on.get(case_id)
        if began_on is not None and (brought_in_on is None or began_on > brought_in_on):
            return Arrival(began_on, BEGAN)
        return None if brought_in_on is None else Arrival(brought_in_on)

    def reached(self, ladder: Ladder, due_on: date, arrival: Arrival | None = None) -> Reached | None:
        """Return what has been reached of a ladder by today, since it arrived; None before its first rung."""
        climbs_from = arrival.climbs_from(due_on) if arrival is not None else date.min
        return _reached(ladder, due_on, self.today, self.calendar, climbs_from)

    def was_overdue_sent(self, due_on: date, sent: Iterable[str]) -> bool:
        """Tell whether any rung after the due date, of any ladder, or a line in its place was sent."""
        overdue = Occurrence(BROUGHT_IN, due_on + timedelta(days=1), frozenset())
        return BEGAN in sent or self.was_sent(overdue, due_on, sent)

    def was_sent(self, rung: Occurrence, due_on: date, sent: Iterable[str]) -> bool:
        """Tell whether this rung or one of a later day, of any ladder, is among the rungs that were sent."""
        return any(name == rung.name or self._falls_on(name, due_on) >= rung.on for name in sent)

    def _falls_on(self, name: str, due_on: date) -> date:
        found = read_name(name)
        return day_of(due_on, found[0], self.calendar, working=found[1]) if found else date.min


@lru_cache(maxsize=8192)  # the built-in ladders and the calendar are the same for every partnership of a round
def _reached(ladder: Ladder, due_on: date, today: date, calendar: Calendar, climbs_from: date) -> Reached | None:
    rungs = [rung for rung in reached(ladder, due_on, today, calendar) if rung.on >= climbs_from]
    naming: dict[RungRole, Occurrence] = {}
    for rung in rungs:
        for named in (*sorted(rung.tells), *((None,) if rung.deputy else ())):
            naming.pop(named, None)
            naming[named] = rung
    return Reached(rungs[-1], tuple(naming.items())) if rungs else None
