"""Rules of one plan: when its impact is checked, how its actions are rated, how and from when they are reminded."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.actions.list_queries import AMBER_CHOICES, CADENCE_CHOICES
from reviews.models import Case, EventKind, PlanRules
from reviews.settings.reminder_policies import require_available_policy
from reviews.transactions.references import require_top_level_case
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

MOST_MONTHS = 36
MOST_MOVES = 9


@dataclass(frozen=True, slots=True)
class PlanRuleSet:
    """Months after acceptance; days before the due date, extensions, and days since the last report. None: as usual.

    `reminder_policy` is the policy its actions are reminded by, instead of the partnership's.
    """

    first_impact_months: int | None = None
    second_impact_months: int | None = None
    amber_days: int | None = None
    red_moves: int | None = None
    cadence_days: int | None = None
    reminder_policy: str | None = None


def rules_of(stored: PlanRules | None) -> PlanRuleSet:
    return (
        PlanRuleSet()
        if stored is None
        else PlanRuleSet(**{name: getattr(stored, name) for name in PlanRuleSet.__slots__})
    )


def set_plan_rules(unit: Unit, case: Case, rules: PlanRuleSet) -> None:
    """Give a plan its own rules from now on; impact checks that are set keep their days. Raises Refused."""
    unit.actor.require(Permission.SET_LOCAL_RULES, case.partnership_id, case.realm)
    require_top_level_case(case)
    _check(rules)
    if rules.reminder_policy is not None:
        require_available_policy(unit, case.partnership_id, rules.reminder_policy)
    stored = unit.session.get(PlanRules, case.id)
    before = rules_of(stored)
    if rules == before:
        raise Refused("You have not changed anything.")
    stored = stored or _stored(unit, case)
    for name, value in asdict(rules).items():
        setattr(stored, name, value)
    flag_modified(case, "closed_on")  # so that the version of the case shows two changes at once
    details = {"before": asdict(before), "now": asdict(rules)}
    unit.record(EventKind.PLAN_RULES_SET, partnership_id=case.partnership_id, case_id=case.id, details=details)


def silence_plan(unit: Unit, case: Case) -> None:
    """Remind nobody of the actions of a plan until `start_reminders`; a plan that is silent already stays so."""
    unit.actor.require(Permission.IMPORT_ACTIONS, case.partnership_id, case.realm)
    stored = _stored(unit, case)
    if not stored.is_silent:
        stored.is_silent = True
        unit.record(EventKind.PLAN_SILENCED, partnership_id=case.partnership_id, case_id=case.id)


def start_reminders(unit: Unit, case: Case) -> None:
    """Remind of a silent plan from tomorrow: no rung up to today is climbed. Raises NotAllowed, and Refused."""
    unit.actor.require(Permission.IMPORT_ACTIONS, case.partnership_id, case.realm)
    stored = _stored(unit, case)
    if not stored.is_silent:
        raise Refused(f"{case.reference} is not silent: its owners are already reminded.")
    stored.is_silent, stored.reminders_began_on = False, unit.today
    unit.record(EventKind.REMINDERS_STARTED, partnership_id=case.partnership_id, case_id=case.id)


def is_silent(session: Session, case_id: int) -> bool:
    """Whether nobody is reminded of the actions of a plan."""
    return bool(session.scalar(sa.select(PlanRules.is_silent).where(PlanRules.case_id == case_id)))


def _stored(unit: Unit, case: Case) -> PlanRules:
    stored = unit.session.get(PlanRules, case.id, with_for_update=True)
    if stored is None:
        stored = PlanRules(case_id=case.id, is_silent=False)
        unit.session.add(stored)
    return stored


def _check(rules: PlanRuleSet) -> None:
    first, second = rules.first_impact_months, rules.second_impact_months
    if any(each is not None and not 1 <= each <= MOST_MONTHS for each in (first, second)):
        raise Refused(f"An impact check must be 1 to {MOST_MONTHS} months after acceptance.")
    if first is not None and second is not None and first >= second:
        raise Refused("The second impact check must be later than the first.")
    if rules.amber_days not in (None, *AMBER_CHOICES) or rules.cadence_days not in (None, *CADENCE_CHOICES):
        raise Refused("Choose the number of days from the list.")
    if rules.red_moves is not None and not 0 <= rules.red_moves <= MOST_MOVES:
        raise Refused(f"Enter 0 to {MOST_MOVES} extensions before an action is red.")
