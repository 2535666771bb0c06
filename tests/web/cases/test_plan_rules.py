"""A plan has rules of its own, set by managers alone."""

import pytest

from reviews.models import PlanRules
from tests.builders import a_case

MANAGER, CHAIR = "manager@anyshire.example", "chair@anyshire.example"
USUAL = {"amber_days": "", "cadence_days": "", "reminder_policy": ""}
ELSEWHERE = "manager@midmarch.example"


@pytest.fixture
def address(doors, world):
    with doors.database.begin() as session:
        return f"/cases/{a_case(session, world.anyshire.partnership).reference}/plan-rules"


def kept(doors):
    with doors.database() as session:
        return session.query(PlanRules).all()


def test_the_manager_sets_when_the_impact_is_checked(doors, address):
    manager = doors.visitor(MANAGER)
    assert manager.open(address) == 200
    assert manager.send(address, first_impact_months="6", second_impact_months="12", **USUAL) == 303
    assert manager.follow() == 200
    assert "You set the rules of the plan." in manager.said
    assert "Rules of the plan: first impact check after 6 months, second impact check after 12 months" in manager.said
    assert [(each.first_impact_months, each.second_impact_months) for each in kept(doors)] == [(6, 12)]


def test_the_manager_sets_the_rules_of_the_colours(doors, address):
    manager = doors.visitor(MANAGER)
    assert manager.send(address, **USUAL | {"amber_days": "28", "red_moves": "0", "cadence_days": "30"}) == 303
    assert manager.follow() == 200
    assert "amber 28 days before the date, red when moved more than 0 times, amber without a report for 30 days" in (
        manager.said
    )
    assert [(each.amber_days, each.red_moves, each.cadence_days) for each in kept(doors)] == [(28, 0, 30)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"first_impact_months": "37"}, "Enter 1 to 36 months"),
        ({"first_impact_months": "6", "second_impact_months": "6"}, "must be later than the first"),
        ({}, "You have not changed anything."),
    ],
)
def test_rules_that_cannot_be_are_refused_with_what_was_typed(doors, address, typed, sentence):
    manager = doors.visitor(MANAGER)
    assert manager.send(address, **USUAL | typed) == 422
    assert sentence in manager.said
    assert kept(doors) == []


def test_whoever_saves_second_is_shown_what_it_says_now_and_keeps_what_they_typed(doors, address):
    first, second = doors.visitor(MANAGER), doors.visitor(MANAGER)
    first.open(address)
    second.open(address)
    seen = second.hidden("version")
    assert first.send(address, first_impact_months="6", version=first.hidden("version"), **USUAL) == 303
    assert second.send(address, first_impact_months="4", version=seen, **USUAL) == 409
    assert "It says now: first impact check after 6 months." in second.said
    assert 'value="4"' in second.html
    assert [each.first_impact_months for each in kept(doors)] == [6]
    assert second.send(address, first_impact_months="4", version=second.hidden("version"), **USUAL) == 303
    assert [each.first_impact_months for each in kept(doors)] == [4]


def test_nobody_else_sets_them(doors, address):
    assert doors.visitor(CHAIR).open(address) == 403
    assert doors.visitor(ELSEWHERE).open(address) == 404


def test_a_plan_follows_a_reminder_policy_of_its_own(doors, address):
    manager = doors.visitor(MANAGER)
    manager.open(address)
    assert "As usual: Calendar ladder" in manager.said
    assert manager.send(address, **USUAL | {"reminder_policy": "working-day-ladder"}) == 303
    assert manager.follow() == 200
    assert "Rules of the plan: reminded by the policy working-day-ladder" in manager.said
    assert [each.reminder_policy for each in kept(doors)] == ["working-day-ladder"]
    assert manager.send(address, **USUAL | {"reminder_policy": "hold-ladder"}) == 422
