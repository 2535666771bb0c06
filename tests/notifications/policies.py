"""Helpers that write a reminder policy and make a partnership or a plan follow it."""

from reviews.actions.plan_rules import PlanRuleSet, set_plan_rules
from reviews.core.db import Database
from reviews.models import Case
from reviews.settings.reminder_policies import choose_reminder_policy, save_reminder_policy
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, Place, a_clock
from workflows.core.ladders import rung_name
from workflows.core.vocabulary import Role, Rung

OWNER, LEAD, MANAGER = Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER


def a_rung(days: int, *tells: Role, working: bool = False, every: int = 0, deputy: bool = False) -> Rung:
    return Rung(rung_name(days, working=working), days, frozenset(tells), working, every, deputy)


def follow(database: Database, place: Place, policy: str, day: str = "2026-11-20") -> None:
    with unit_of_work(database, BUILDER, a_clock(day)) as unit:
        choose_reminder_policy(unit, unit.partnership(place.partnership.code), policy=policy)


def let_plan_follow(database: Database, case: Case, policy: str | None, day: str = "2026-11-20") -> None:
    with unit_of_work(database, BUILDER, a_clock(day)) as unit:
        set_plan_rules(unit, unit.case(case.reference), PlanRuleSet(reminder_policy=policy))


def write(database: Database, place: Place, name: str, *rungs: Rung, begins: str = "07:30") -> None:
    with unit_of_work(database, BUILDER, a_clock("2026-11-20")) as unit:
        partnership = unit.partnership(place.partnership.code)
        save_reminder_policy(unit, partnership, name=name, title="Our own", rungs=rungs, begins=begins)
