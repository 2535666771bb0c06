"""A late owner hears every 14 days until they answer; the chair hears of what waits for the chair."""

from datetime import date

import pytest

from reviews.actions.extensions import ask_extension, explain_delay
from reviews.actions.steps import extend_action, submit_action, undo_extension
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_clock, a_world
from tests.notifications.mornings import (
    a_morning,
    a_quiet_case,
    an_owned_action,
    hush,
    letters_of,
    morning_after_morning,
    owner_of,
    said,
    why,
)
from tests.notifications.policies import follow
from workflows.core.vocabulary import Role

DUE = date(2026, 11, 2)
OWNER, MANAGER, CHAIR = "owner@anyshire.example", "manager@anyshire.example", "chair@anyshire.example"


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def case(database, place):
    with database.begin() as session:
        return a_quiet_case(session, place.partnership, reference="RR-2026-01")


def an_action(database, case, place, due_on=DUE, stage="in_progress"):
    action = an_owned_action(database, case, place, owner_of(place), due_on, stage=stage)
    hush(database)
    return action


def act(database, action, day, command, actor=BUILDER, **given):
    with unit_of_work(database, actor, a_clock(day)) as unit:
        command(unit, unit.action(action.reference), happened_on=unit.today, **given)


def heard(database, first, days, word="owner"):
    return morning_after_morning(database, first, days).get(word, [])


def test_a_late_owner_hears_again_every_14_days(database, place, case):
    an_action(database, case, place)
    assert heard(database, "2026-11-02", 70) == [
        ("11-02", "due"),
        ("11-03", "due+1"),
        ("11-16", "due+14"),
        ("11-30", "due+28"),
        ("12-14", "due+42"),
        ("12-29", "due+56"),  # the 28th is the day in place of Boxing Day
    ]


def test_while_a_day_is_expected_the_owner_is_left_in_peace_and_the_others_are_not(database, place, case):
    action = an_action(database, case, place)
    act(database, action, "2026-11-04", explain_delay, expected_on=date(2026, 12, 1), reason="Two wards wait.")
    found = a_morning(database, "2026-11-16")
    assert said(found).keys() == {"agency-lead@anyshire.example", MANAGER}
    assert why(found) == {action.reference: "Its owner expects it on 1 December 2026."}
    assert heard(database, "2026-11-17", 20) == [("12-02", "due+28")]


def test_while_the_owner_waits_for_more_time_they_are_not_chased(database, place, case):
    action = an_action(database, case, place)
    request = {"wanted_due_on": date(2026, 12, 18), "reason": "Two wards wait."}
    act(database, action, "2026-11-04", ask_extension, **request)
    assert heard(database, "2026-11-05", 30) == []


def test_the_working_day_ladder_comes_all_the_same(database, place, case):
    follow(database, place, "working-day-ladder")
    action = an_action(database, case, place)
    act(database, action, "2026-11-04", explain_delay, expected_on=date(2026, 12, 1), reason="Two wards wait.")
    assert heard(database, "2026-11-10", 8) == [("11-10", "late+6wd"), ("11-17", "late+11wd")]


def test_the_chair_is_told_what_waits_for_the_chair(database, place, case):
    action = an_action(database, case, place)
    act(database, action, "2026-11-20", submit_action, evidence="Minutes")
    found = said(a_morning(database, "2026-11-23"))
    assert found == {CHAIR: [(action.reference, "submitted")], MANAGER: [(action.reference, "submitted")]}
    letter = letters_of(database)[-1]
    assert "To be accepted or returned: the owner says it is done" in letter.body


def test_a_chair_who_owns_it_is_not_asked_to_accept_it(database, place, case):
    action = an_owned_action(database, case, place, place.people[Role.SUBGROUP_CHAIR], DUE, stage="in_progress")
    hush(database)
    act(database, action, "2026-11-20", submit_action, evidence="Minutes")
    assert said(a_morning(database, "2026-11-23")) == {MANAGER: [(action.reference, "submitted")]}


def test_the_owner_is_told_that_time_was_taken_back(database, place, case):
    action = an_action(database, case, place, due_on=date(2026, 12, 18))
    act(database, action, "2026-11-19", extend_action, new_due_on=date(2027, 1, 15), reason="As asked.")
    act(database, action, "2026-11-20", undo_extension, reason="It was meant for another.")
    assert said(a_morning(database, "2026-11-23"))[OWNER][-1] == (action.reference, "due-30")
    second = an_action(database, case, place, due_on=date(2027, 2, 18))
    act(database, second, "2026-11-24", extend_action, new_due_on=date(2027, 3, 15), reason="As asked.")
    act(database, second, "2026-11-24", undo_extension, reason="It was meant for another.")
    assert said(a_morning(database, "2026-11-25")) == {OWNER: [(second.reference, "time-taken-back")]}
