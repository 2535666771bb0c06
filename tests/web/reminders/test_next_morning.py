"""The page that forecasts the next morning's reminders, with its paging and access."""

from datetime import date

import pytest

from tests.builders import a_case, a_person, an_action
from tests.changes import nothing_changes
from tests.web.visitor import statements

MANAGER = "manager@anyshire.example"
MONDAY = date(2026, 11, 23)
PAGE = "/reminders/tomorrow"


@pytest.fixture
def plan(doors, world):
    """Give people an action each that is due on Monday, all in one case; and one action without an owner."""

    def plan(number, workflow="rapid_review", name="Owner"):
        with doors.database.begin() as session:
            place = world.anyshire
            case = a_case(session, place.partnership, workflow)
            for clock in case.clocks:
                clock.met_on = clock.counted_from_on
            council = place.agencies["Council"]
            for n in range(number):
                email = f"{name.lower()}-{n:03}@anyshire.example"
                owner = a_person(session, place.partnership, agency=council, email=email)
                owner.name = f"{name} {n:03}"
                an_action(session, case, due_on=MONDAY, owner=owner)
            return case.reference

    return plan


def test_the_next_working_morning_is_shown_by_person(doors, plan):
    reference = plan(2)
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        assert visitor.open(PAGE) == 200
    assert "Mails of Monday 23 November 2026" in visitor.said
    assert f"Owner 000 owner-000@anyshire.example 1 action: {reference}/A1 (" in visitor.said
    assert f"/actions/{reference}.A2" in visitor.links


def test_the_person_and_the_morning_can_be_asked_for(doors, plan):
    plan(3)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{PAGE}?to=OWNER+001")
    assert "Mails: 1 " in visitor.said
    assert "Owner 001 owner-001@" in visitor.said
    assert "owner-002" not in visitor.said
    visitor.open(f"{PAGE}?to=nobody")
    assert "Nobody with that name gets a mail that morning." in visitor.said
    for words in ("on=2026-11-23", "on=tomorrow", "on=0001-01-01", "on=2026-11-23&page=99"):
        assert visitor.open(f"{PAGE}?{words}") == 200
        assert "Mails of Monday 23 November 2026" in visitor.said


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        ("2026-11-21", "No reminders on Saturday 21 November 2026: a weekend."),
        ("2026-12-25", "No reminders on Friday 25 December 2026: Christmas Day."),
    ],
)
def test_a_day_without_a_round_says_why(doors, plan, on, sentence):
    plan(1)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{PAGE}?on={on}")
    assert sentence in visitor.said
    assert "Nothing is held back" not in visitor.said


def test_what_is_held_back_stands_below_with_the_reason(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        address = an_action(session, case, due_on=None, owner=None).address
    visitor = doors.visitor(MANAGER)
    visitor.open(PAGE)
    assert "Held back: 1" in visitor.said
    assert f"/actions/{address}" in visitor.links


def test_child_deaths_are_not_foreseen_for_the_manager(doors, plan):
    reference = plan(1, "cdop_case", "Kept")
    visitor = doors.visitor(MANAGER)
    visitor.open(PAGE)
    assert reference not in visitor.html
    assert "Kept 000" not in visitor.html
    assert "cdop@" not in visitor.html


def test_hundreds_fit_on_pages_and_ask_the_database_no_more(doors, plan):
    plan(1)
    visitor = doors.visitor(MANAGER)
    with statements(doors.database) as for_one:
        visitor.open(PAGE)
    plan(120, name="Another")
    with statements(doors.database) as for_many:
        visitor.open(PAGE)
    assert "Showing 1 to 50 of" in visitor.said
    assert len(for_many) == len(for_one)
    visitor.open(f"{PAGE}?page=2")
    assert "Showing 51 to 100 of" in visitor.said


def test_an_action_list_that_is_long_is_folded(doors, world):
    with doors.database.begin() as session:
        place = world.anyshire
        owner = a_person(session, place.partnership, agency=place.agencies["Council"], email="busy@anyshire.example")
        case = a_case(session, place.partnership)
        for _ in range(40):
            an_action(session, case, due_on=MONDAY, owner=owner)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{PAGE}?to=busy")
    assert "40 actions: " in visitor.said
    assert "and 28 more" in visitor.said


@pytest.mark.parametrize("word", ["owner", "partner", "cdop", "scrutiny"])
def test_the_morning_is_not_for_everybody(doors, word):
    assert doors.visitor(f"{word}@anyshire.example").open(PAGE) == 403


def test_another_partnership_sees_its_own(doors, plan):
    plan(1)
    visitor = doors.visitor("manager@midmarch.example")
    assert visitor.open(PAGE) == 200
    assert "anyshire" not in visitor.html.lower()
    assert doors.visitor(MANAGER).open(f"{PAGE}?partnership=MIDMARCH") == 200
