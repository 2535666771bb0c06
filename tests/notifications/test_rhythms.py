"""On which mornings does the summary come? The calendar alone: weekends, bank holidays, missed runs."""

from datetime import date, timedelta

import pytest

from notifications.base.summary_rhythm import Rhythm, SummaryChoice
from workflows.core.bank_holidays import BUNDLED

CHOSEN = date(2026, 11, 2)  # a Monday


def a_wish(rhythm, *, weekday=0, meeting_on=None, chosen_on=CHOSEN, last_on=None):
    return SummaryChoice(1, 1, 1, "chair@anyshire.example", rhythm, weekday, meeting_on, chosen_on, last_on)


def mornings(wish, first, days, skipped=()):
    """Live through the working mornings of some days, as the round does, and give those on which it comes."""
    found = []
    for day in (first + timedelta(days=n) for n in range(days)):
        if day in skipped or not BUNDLED.is_working_day(day) or wish.comes_on(BUNDLED, day) is None:
            continue
        found.append(day.isoformat())
        wish = a_wish(wish.rhythm, weekday=wish.weekday, meeting_on=wish.meeting_on, last_on=day)
    return found


def test_weekly_comes_on_its_weekday_and_not_on_the_day_it_was_chosen():
    assert mornings(a_wish(Rhythm.WEEKLY), CHOSEN, 22) == ["2026-11-09", "2026-11-16", "2026-11-23"]
    assert mornings(a_wish(Rhythm.WEEKLY, weekday=3), CHOSEN, 12) == ["2026-11-05", "2026-11-12"]


def test_a_weekday_that_is_a_bank_holiday_gives_way_to_the_next_working_day():
    friday = a_wish(Rhythm.WEEKLY, weekday=4, last_on=date(2026, 12, 18))

    # Christmas Day is a Friday, and Boxing Day is made up for on the Monday; New Year's Day is the next Friday
    assert mornings(friday, date(2026, 12, 19), 25) == ["2026-12-29", "2027-01-04", "2027-01-08"]


def test_monthly_comes_on_the_first_working_morning():
    # 1 January is a holiday, 1 May a Saturday and 3 May the May holiday
    months = mornings(a_wish(Rhythm.MONTHLY), CHOSEN, 190)
    assert months == ["2026-12-01", "2027-01-04", "2027-02-01", "2027-03-01", "2027-04-01", "2027-05-04"]


@pytest.mark.parametrize(
    ("meeting_on", "expected"),
    [
        (date(2026, 11, 26), "2026-11-24"),
        (date(2026, 11, 23), "2026-11-19"),
        (date(2026, 12, 29), "2026-12-23"),
        (date(2026, 11, 4), "2026-11-03"),
        (date(2026, 11, 3), "2026-11-03"),
    ],
)
def test_before_a_meeting_it_comes_once_two_working_days_before_or_as_soon_as_it_can(meeting_on, expected):
    assert mornings(a_wish(Rhythm.MEETING, meeting_on=meeting_on), CHOSEN, 90) == [expected]


def test_nothing_comes_once_the_meeting_is_over():
    wish = a_wish(Rhythm.MEETING, meeting_on=date(2026, 11, 12))

    assert wish.comes_on(BUNDLED, date(2026, 11, 12)) == date(2026, 11, 10)
    assert wish.comes_on(BUNDLED, date(2026, 11, 13)) is None
    assert wish.next_on(BUNDLED, date(2026, 11, 13)) is None


def test_what_was_missed_is_made_up_for_once_however_long_it_was():
    skipped = {CHOSEN + timedelta(days=n) for n in range(24)}  # until Wednesday of the fourth week

    assert mornings(a_wish(Rhythm.WEEKLY), CHOSEN, 32, skipped) == ["2026-11-26", "2026-11-30"]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (a_wish(Rhythm.WEEKLY), date(2026, 11, 9)),
        (a_wish(Rhythm.WEEKLY, chosen_on=date(2026, 10, 30)), CHOSEN),
        (a_wish(Rhythm.WEEKLY, chosen_on=date(2026, 10, 30), last_on=CHOSEN), date(2026, 11, 9)),
        (a_wish(Rhythm.MONTHLY), date(2026, 12, 1)),
        (a_wish(Rhythm.MEETING, meeting_on=date(2027, 10, 1)), date(2027, 9, 29)),
    ],
)
def test_the_next_one_can_be_named(wish, expected):
    assert wish.next_on(BUNDLED, CHOSEN) == expected
