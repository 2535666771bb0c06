"""The days on which the rungs of a reminder ladder are reached, and which rung comes next."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.core.bank_holidays import BUNDLED
from workflows.core.ladders import latest_due, next_after, reached, read_name, rung_name
from workflows.core.vocabulary import Ladder, Role, Rung
from workflows.definitions.shared.ladder_policies import CALENDAR_LADDER, WORKING_DAY_LADDER

FRIDAY = date(2026, 12, 4)
OWNER = frozenset({Role.ACTION_OWNER})
LADDERS = st.sampled_from([CALENDAR_LADDER, WORKING_DAY_LADDER])
DAYS = st.dates(date(2025, 1, 1), date(2027, 6, 30))


def every_occurrence(ladder: Ladder, due_on: date, days: int = 60) -> list[tuple[str, str]]:
    """Follow a ladder from one rung to the next."""
    found, day = [], due_on - timedelta(days=60)
    while (coming := next_after(ladder, due_on, day, BUNDLED)) and coming.on <= due_on + timedelta(days=days):
        found.append((coming.name, f"{coming.on:%m-%d}"))
        day = coming.on
    return found


def test_the_working_day_ladder_falls_on_working_days_and_repeats():
    assert every_occurrence(WORKING_DAY_LADDER, FRIDAY, days=28) == [
        ("due-10wd", "11-20"),
        ("due-2wd", "12-02"),
        ("due", "12-04"),
        ("late+1wd", "12-07"),
        ("late+6wd", "12-14"),
        ("late+10wd", "12-18"),
        ("late+11wd", "12-21"),
        ("late+15wd", "12-29"),  # the 25th is Christmas Day and the 28th the day in place of Boxing Day
        ("late+16wd", "12-30"),
    ]


def test_the_calendar_ladder_comes_back_to_the_owner_every_14_days():
    assert every_occurrence(CALENDAR_LADDER, FRIDAY, days=74)[-6:] == [
        ("due+14", "12-18"),
        ("due+28", "01-01"),
        ("due+42", "01-15"),
        ("due+56", "01-29"),
        ("due+60", "02-02"),
        ("due+70", "02-12"),
    ]
    assert every_occurrence(CALENDAR_LADDER, FRIDAY, days=400)[-1] == ("due+392", "12-31")


@pytest.mark.parametrize("due_on", [date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 27)])
def test_the_due_day_that_is_no_working_day_is_told_of_on_the_one_before_it_and_late_begins_after_it(due_on):
    by_name = dict(every_occurrence(WORKING_DAY_LADDER, due_on, days=7))

    assert (by_name["due"], by_name["late+1wd"]) == ("12-24", "12-29")
    assert [each.name for each in reached(WORKING_DAY_LADDER, due_on, date(2026, 12, 28), BUNDLED)][-1] == "due"


def test_the_last_rung_reached_names_everybody_who_is_told_that_day():
    last = reached(WORKING_DAY_LADDER, FRIDAY, date(2026, 12, 14), BUNDLED)[-1]

    assert (last.name, last.on) == ("late+6wd", date(2026, 12, 14))
    assert last.tells == {Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER}


def test_the_chair_is_told_from_ten_working_days_late_and_no_earlier():
    before = reached(WORKING_DAY_LADDER, FRIDAY, date(2026, 12, 17), BUNDLED)
    after = reached(WORKING_DAY_LADDER, FRIDAY, date(2026, 12, 18), BUNDLED)

    assert not any(Role.SUBGROUP_CHAIR in each.tells for each in before)
    assert [each.name for each in after if Role.SUBGROUP_CHAIR in each.tells] == ["late+10wd"]


def test_calendar_days_repeat_too():
    ladder = Ladder("own", "Own", (Rung("due+7", 7, OWNER, every=14),), "Custom")

    assert every_occurrence(ladder, FRIDAY, days=40) == [("due+7", "12-11"), ("due+21", "12-25"), ("due+35", "01-08")]


@pytest.mark.parametrize("working", [False, True])
@pytest.mark.parametrize("days", [-30, -1, 1, 6, 400])
def test_a_name_says_its_days(days, working):
    assert read_name(rung_name(days, working=working)) == (days, working)


@pytest.mark.parametrize("name", ["assigned", "no-date", "late+0wd", "late+6", "due+6wd", "due+06", "due-10wd ", ""])
def test_other_names_say_no_days(name):
    assert read_name(name) is None


@given(LADDERS, DAYS, DAYS)
def test_what_is_reached_has_come_and_what_is_next_has_not(ladder, due_on, today):
    found, coming = reached(ladder, due_on, today, BUNDLED), next_after(ladder, due_on, today, BUNDLED)

    assert all(each.on <= today for each in found)
    assert [each.on for each in found] == sorted(each.on for each in found)
    if coming is not None:
        assert coming.on > today
        before, then = coming.on - timedelta(days=1), reached(ladder, due_on, coming.on, BUNDLED)
        assert [each.name for each in reached(ladder, due_on, before, BUNDLED)] == [each.name for each in found]
        assert coming in then


@given(LADDERS, DAYS, DAYS)
def test_no_due_date_after_the_bound_has_reached_a_rung(ladder, due_on, today):
    if reached(ladder, due_on, today, BUNDLED):
        assert due_on <= latest_due([ladder], today, BUNDLED)
