"""The tracker shows the stage of each case; its address filters, sorts and pages it."""

import pytest

from tests.web.cases.casework import a_gathering, some_cases
from tests.web.visitor import statements

MANAGER = "manager@anyshire.example"


def test_the_tracker_shows_stage_and_day_of_the_clock(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/cases") == 200
    assert "RR-2026-50" in visitor.said
    assert "Gathering" in visitor.said
    assert "Rapid review to the Panel Day 7 of 15 working days Due 2 December 2026" in visitor.said


def test_a_late_clock_says_by_how_much(doors, world):
    a_gathering(doors, world, days_ago=30)
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases?clock=late")
    assert "Day 22 of 15 working days: 7 working days late" in visitor.said
    visitor.open("/cases?clock=near")
    assert "No cases match these filters." in visitor.said


def test_an_empty_tracker_says_so(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/cases") == 200
    assert "There are no open cases that you can see." in visitor.said


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("workflow=rapid_review&stage=gathering", True),
        ("workflow=rapid_review&stage=referred", False),
        ("workflow=lcspr", False),
        ("standing=closed", False),
        ("standing=all", True),
        ("q=2026-50", True),
        ("q=50%25", False),
        ("stage=nonsense&workflow=nonsense&sort=nonsense&page=abc&clock=x&standing=y", True),
        ("page=99999999999999999999", True),
        ("page=7", True),
        ("page=-1", True),
        ("partnership=ANYSHIRE", True),
        ("partnership=NOWHERE", True),
        ("sort=-opened", True),
    ],
)
def test_the_address_narrows_the_tracker(doors, world, words, shown):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/cases?{words}") == 200
    assert ("RR-2026-50" in visitor.said) is shown


def test_the_counts_lead_to_the_list_behind_them(doors, world):
    a_gathering(doors, world)
    some_cases(doors, world, 2)
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases?q=nothing")
    assert "Referred 2" in visitor.said
    address = next(link for link in visitor.links if "stage=referred" in link)
    visitor.open(f"/cases{address}")
    assert "2 cases" in visitor.said


def test_a_page_beyond_the_end_is_the_last_one(doors, world):
    some_cases(doors, world, 51)
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases?page=9")
    assert "Showing 51 to 51 of 51" in visitor.said


def test_the_tracker_asks_the_database_as_often_for_sixty_cases_as_for_one(doors, world, database):
    visitor = doors.visitor(MANAGER)
    counts = []
    for more in (1, 59):
        some_cases(doors, world, more)
        with statements(database) as asked:
            visitor.open("/cases")
        counts.append(len(asked))
    assert counts[0] == counts[1]
