"""By which rules of its own is one plan checked and rated?"""

from dataclasses import asdict, dataclass

from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.actions.list_queries import AMBER_CHOICES, CADENCE_CHOICES
from reviews.models import Case, EventKind, PlanRules
from reviews.settings.reminder_policies import require_known
from reviews.transactions.references import require_whole
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

MOST_MONTHS = 36
MOST_MOVES = 9


@dataclass(frozen=True, slots=True)
class Rules:
    """Months after acceptance; days before the due date, moves of it, and days since the last report. None is usual.

    `reminder_policy` is the policy its actions are reminded by, in the place of the partnership's.
    """

    first_impact_months: int | None = None
    second_impact_months: int | None = None
    amber_days: int | None = None
    red_moves: int | None = None
    cadence_days: int | None = None
    reminder_policy: str | None = None


def rules_of(kept: PlanRules | None) -> Rules:
    return Rules() if kept is None else Rules(**{name: getattr(kept, name) for name in Rules.__slots__})


def set_plan_rules(unit: Unit, case: Case, rules: Rules) -> None:
    """Let a plan follow rules of its own from now on; checks that are set keep their days. Raises Refused."""
    unit.actor.require(Permission.SET_LOCAL_RULES, case.partnership_id, case.realm)
    require_whole(case)
    _check_months(rules)
    _check_rating(rules)
    if rules.reminder_policy is not None:
        require_known(unit, case.partnership_id, rules.reminder_policy)
    kept = unit.session.get(PlanRules, case.id)
    before = rules_of(kept)
    if rules == before:
        raise Refused("Nothing is changed: these are the rules that hold.")
    if kept is None:
        kept = PlanRules(case_id=case.id)
        unit.session.add(kept)
    for name, value in asdict(rules).items():
        setattr(kept, name, value)
    flag_modified(case, "closed_on")  # two changes at once are told of each other by the version of the case
    details = {"before": asdict(before), "now": asdict(rules)}
    unit.record(EventKind.PLAN_RULES_SET, partnership_id=case.partnership_id, case_id=case.id, details=details)


def _check_months(rules: Rules) -> None:
    first, second = rules.first_impact_months, rules.second_impact_months
    if any(each is not None and not 1 <= each <= MOST_MONTHS for each in (first, second)):
        raise Refused(f"The impact is asked about 1 to {MOST_MONTHS} months after acceptance.")
    if first is not None and second is not None and first >= second:
        raise Refused("The second impact check must be later than the first.")


def _check_rating(rules: Rules) -> None:
    if rules.amber_days not in (None, *AMBER_CHOICES) or rules.cadence_days not in (None, *CADENCE_CHOICES):
        raise Refused("The days of a colour must be one of those offered.")
    if rules.red_moves is not None and not 0 <= rules.red_moves <= MOST_MOVES:
        raise Refused(f"The moves of a date before it is red are 0 to {MOST_MOVES}.")
