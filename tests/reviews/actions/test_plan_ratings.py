"""Rating rules of a plan, which apply to the actions of that plan only."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from reviews.actions.list_queries import because, rating
from reviews.actions.plan_rules import PlanRuleSet, set_plan_rules
from reviews.models import Action, PlanRules
from reviews.transactions.unit_of_work import reading
from tests.builders import TODAY, a_case, a_partnership, a_unit, an_action
from workflows.core.engine import Refused

FAR = TODAY + timedelta(days=100)


def coloured(database, rules, **facts):
    """Give colour and reason of an action in a plan with these rules, and in one without."""
    with database.begin() as session:
        place = a_partnership(session)
        cases = [a_case(session, place) for _ in range(2)]
        set_plan_rules(a_unit(session), cases[0], rules)
        for case in cases:
            action = an_action(session, case, due_on=facts.get("due_on", FAR))
            for name, value in facts.items():
                setattr(action, name, value)
    with reading(database) as session:
        rows = session.execute(sa.select(Action, rating(TODAY)).order_by(Action.id)).all()
        kept = {each.case_id: each for each in session.scalars(sa.select(PlanRules))}
        return [(colour, because(colour, one, rules=kept.get(one.case_id), today=TODAY)) for one, colour in rows]


@pytest.mark.parametrize(
    ("rules", "facts", "own", "usual"),
    [
        (
            PlanRuleSet(amber_days=28),
            {"due_on": TODAY + timedelta(days=28)},
            ("Amber", "due within 28 days"),
            ("Green", "on track"),
        ),
        (
            PlanRuleSet(amber_days=7),
            {"due_on": TODAY + timedelta(days=8)},
            ("Green", "on track"),
            ("Amber", "due within 14 days"),
        ),
        (PlanRuleSet(red_moves=0), {"times_extended": 1}, ("Red", "extended"), ("Amber", "extended once")),
        (
            PlanRuleSet(red_moves=4),
            {"times_extended": 3},
            ("Amber", "extended 3 times"),
            ("Red", "extended more than twice"),
        ),
        (
            PlanRuleSet(cadence_days=30),
            {"last_progress_on": TODAY - timedelta(days=31)},
            ("Amber", "no report for 30 days"),
            ("Green", "on track"),
        ),
        (
            PlanRuleSet(cadence_days=30),
            {"last_progress_on": TODAY - timedelta(days=30)},
            ("Green", "on track"),
            ("Green", "on track"),
        ),
        (
            PlanRuleSet(cadence_days=90),
            {"start_on": date(2026, 1, 5)},
            ("Amber", "no report for 90 days"),
            ("Green", "on track"),
        ),
    ],
)
def test_the_rules_of_the_plan_hold_for_its_actions_alone(database, rules, facts, own, usual):
    assert coloured(database, rules, **facts) == [own, usual]


@pytest.mark.parametrize("rules", [PlanRuleSet(amber_days=13), PlanRuleSet(cadence_days=1), PlanRuleSet(red_moves=10)])
def test_rules_that_are_not_offered_are_refused(database, rules):
    with database.begin() as session, pytest.raises(Refused):
        set_plan_rules(a_unit(session), a_case(session, a_partnership(session)), rules)
