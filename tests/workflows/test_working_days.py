"""Working-day and month calculations, checked against worked examples, other holiday data and a naive count."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.core.bank_holidays import BUNDLED
from workflows.core.working_days import DayStep, Period, Unit, add, due_on

bank_holiday = BUNDLED.title
is_working_day = BUNDLED.is_working_day
next_working_day = BUNDLED.next_working_day
previous_working_day = BUNDLED.previous_working_day
working_days_between = BUNDLED.working_days_between

LONDON = ZoneInfo("Europe/London")
LOADED_DAYS = st.dates(date(1995, 1, 1), date(2028, 12, 31))
ANY_DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))
ANY_MOMENTS = st.builds(datetime.combine, ANY_DAYS, st.times(timezones=st.sampled_from((None, UTC, LONDON))))
PERIODS = st.builds(Period, st.integers(0, 400), st.sampled_from(Unit), st.booleans())


def working(count: int, *, back: bool = False) -> Period:
    return Period(count, Unit.WORKING_DAYS, back)


def months(count: int, *, back: bool = False) -> Period:
    return Period(count, Unit.MONTHS, back)


def naive_nth_working_day(start: date, count: int, sign: int, closed: set[date]) -> date:
    day, found = start, 0
    while found < count:
        day += timedelta(days=sign)
        found += day.strftime("%a") not in {"Sat", "Sun"} and day not in closed
    return day


def independent_holidays() -> set[date]:
    listed = holidays.country_holidays("GB", subdiv="ENG", years=range(1995, 2029))
    return {day for day in listed if day.weekday() < 5 and 1995 <= day.year <= 2028}


CLOSED = independent_holidays()


@pytest.mark.parametrize(
    ("aware_on", "notify_by"),
    [
        (date(2024, 3, 28), date(2024, 4, 8)),
        (date(2024, 12, 20), date(2024, 12, 31)),
        (date(2024, 12, 21), date(2024, 12, 31)),
        (date(2025, 6, 11), date(2025, 6, 18)),
        (date(2025, 6, 14), date(2025, 6, 20)),
    ],
)
def test_a_serious_incident_is_notified_within_five_working_days_of_awareness(aware_on: date, notify_by: date) -> None:
    assert add(aware_on, working(5)).due_on == notify_by


@pytest.mark.parametrize(
    ("notified_on", "review_by"),
    [
        (date(2024, 4, 8), date(2024, 4, 29)),
        (date(2024, 12, 31), date(2025, 1, 22)),
        (date(2025, 6, 18), date(2025, 7, 9)),
        (date(2025, 6, 20), date(2025, 7, 11)),
    ],
)
def test_a_rapid_review_takes_fifteen_working_days_from_notification(notified_on: date, review_by: date) -> None:
    assert add(notified_on, working(15)).due_on == review_by


@pytest.mark.parametrize(
    ("number", "day"),
    [
        (1, date(2025, 6, 17)),
        (2, date(2025, 6, 18)),
        (10, date(2025, 6, 30)),
        (12, date(2025, 7, 2)),
        (14, date(2025, 7, 4)),
        (15, date(2025, 7, 7)),
        (16, date(2025, 7, 8)),
    ],
)
def test_the_days_of_a_rapid_review_notified_on_16_june_2025(number: int, day: date) -> None:
    assert add(date(2025, 6, 16), working(number)).due_on == day


@pytest.mark.parametrize(
    ("publish_on", "send_by"),
    [
        (date(2024, 5, 28), date(2024, 5, 16)),
        (date(2025, 1, 6), date(2024, 12, 23)),
        (date(2025, 7, 15), date(2025, 7, 4)),
    ],
)
def test_a_report_is_sent_at_least_seven_working_days_before_publication(publish_on: date, send_by: date) -> None:
    assert add(publish_on, working(7, back=True)).due_on == send_by


def test_six_months_may_end_on_a_sunday_and_is_published_by_the_friday() -> None:
    due = add(date(2025, 3, 14), months(6)).due_on
    assert due == date(2025, 9, 14)
    assert previous_working_day(due) == date(2025, 9, 12)


@pytest.mark.parametrize(
    ("period", "due"),
    [
        (working(20), date(2025, 3, 31)),
        (working(70), date(2025, 6, 13)),
        (Period(56, Unit.DAYS), date(2025, 4, 28)),
    ],
)
def test_the_plans_after_an_inspection_letter(period: Period, due: date) -> None:
    assert add(date(2025, 3, 3), period).due_on == due


def test_six_months_from_the_last_day_of_august_is_the_last_day_of_february() -> None:
    answer = add(date(2024, 8, 31), months(6))
    assert answer.due_on == date(2025, 2, 28)
    assert answer.steps == (DayStep(date(2025, 2, 28), True, "6 months: that month has no day 31, so its last day"),)


def test_months_count_backwards_over_a_leap_day_and_a_new_year() -> None:
    assert due_on(date(2024, 3, 31), months(1, back=True)) == date(2024, 2, 29)
    assert due_on(date(2025, 1, 15), months(1, back=True)) == date(2024, 12, 15)


def test_five_working_days_over_christmas_2026_pass_three_bank_holidays() -> None:
    answer = add(date(2026, 12, 23), working(5))
    assert answer.due_on == date(2027, 1, 4)
    assert not answer.provisional
    assert [step.why for step in answer.steps] == [
        "day 1 of 5",
        "Christmas Day",
        "Saturday",
        "Sunday",
        "Boxing Day",
        "day 2 of 5",
        "day 3 of 5",
        "day 4 of 5",
        "New Year\u2019s Day",
        "Saturday",
        "Sunday",
        "day 5 of 5",
    ]
    assert [step.on for step in answer.steps if step.counts][-1] == answer.due_on


def test_a_date_beyond_the_last_loaded_year_is_provisional() -> None:
    assert BUNDLED.last_day == date(2028, 12, 31)
    assert not add(date(2028, 12, 22), working(3)).provisional
    assert add(date(2028, 12, 27), working(3)).provisional
    assert add(date(2028, 12, 1), months(2)).provisional


def test_a_sum_that_steps_back_through_an_unloaded_year_is_provisional() -> None:
    assert add(date(2029, 1, 3), working(7, back=True)).provisional
    assert not add(date(2029, 1, 1), working(7, back=True)).provisional


def test_working_days_before_the_first_loaded_year_are_provisional_but_months_are_not() -> None:
    assert add(date(1994, 12, 22), working(5)).provisional
    assert not add(date(1994, 6, 1), months(1)).provisional


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(1995, 5, 8), "Early May bank holiday (VE day)"),
        (date(1995, 5, 1), None),
        (date(2002, 5, 27), None),
        (date(2012, 6, 5), "Queen\u2019s Diamond Jubilee"),
        (date(2015, 12, 28), "Boxing Day"),
        (date(2020, 5, 4), None),
        (date(2020, 5, 8), "Early May bank holiday (VE day)"),
        (date(2022, 5, 30), None),
        (date(2022, 6, 2), "Spring bank holiday"),
        (date(2022, 6, 3), "Platinum Jubilee bank holiday"),
        (date(2022, 9, 19), "Bank Holiday for the State Funeral of Queen Elizabeth II"),
        (date(2023, 5, 8), "Bank holiday for the coronation of King Charles III"),
        (date(2024, 3, 29), "Good Friday"),
    ],
)
def test_moved_special_and_substitute_days_have_their_official_titles(day: date, title: str | None) -> None:
    assert bank_holiday(day) == title
    assert is_working_day(day) == (title is None)


def test_a_moment_on_a_bank_holiday_is_no_working_day() -> None:
    assert not is_working_day(datetime(2024, 3, 29, 9, 0, tzinfo=UTC))


def test_the_next_and_previous_working_day_are_the_day_itself_when_it_is_one() -> None:
    assert next_working_day(date(2024, 3, 28)) == previous_working_day(date(2024, 3, 28)) == date(2024, 3, 28)
    assert next_working_day(date(2024, 3, 29)) == date(2024, 4, 2)
    assert previous_working_day(date(2024, 4, 1)) == date(2024, 3, 28)


def test_hours_run_on_the_clock_through_the_end_of_summer_time() -> None:
    answer = add(datetime(2026, 10, 24, 12, 0, tzinfo=LONDON), Period(24, Unit.HOURS))
    assert answer.due_at is not None
    assert answer.due_at.isoformat() == "2026-10-25T11:00:00+00:00"
    assert answer.due_on == date(2026, 10, 25)


def test_hours_count_backwards_and_a_time_without_a_zone_is_london_time() -> None:
    answer = add(datetime.fromisoformat("2026-07-03T00:30"), Period(1, Unit.HOURS, back=True))
    assert answer.due_at == datetime(2026, 7, 2, 23, 30, tzinfo=LONDON)
    assert answer.due_on == date(2026, 7, 2)


@pytest.mark.parametrize(("hours", "days"), [(0, 0), (1, 1), (24, 1), (25, 2), (48, 2)])
def test_hours_from_a_plain_date_are_whole_days_rounded_up(hours: int, days: int) -> None:
    start = date(2026, 7, 3)
    assert add(start, Period(hours, Unit.HOURS)).due_at is None
    assert due_on(start, Period(hours, Unit.HOURS)) == start + timedelta(days=days)
    assert due_on(start, Period(hours, Unit.HOURS, back=True)) == start - timedelta(days=days)


def test_a_moment_counts_from_its_day_in_london() -> None:
    late_evening_utc = datetime(2025, 6, 12, 23, 30, tzinfo=UTC)
    far_east = datetime(2025, 6, 13, 8, 30, tzinfo=timezone(timedelta(hours=9)))
    assert due_on(late_evening_utc, working(1)) == date(2025, 6, 16)
    assert due_on(far_east, working(1)) == date(2025, 6, 16)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (working(15), "15 working days"),
        (working(1), "1 working day"),
        (months(6), "6 months"),
        (working(7, back=True), "7 working days before"),
        (Period(48, Unit.HOURS), "48 hours"),
    ],
)
def test_a_period_reads_as_words(period: Period, words: str) -> None:
    assert str(period) == words


def test_calendar_days_say_that_weekends_count() -> None:
    answer = add(date(2025, 3, 3), Period(42, Unit.DAYS))
    assert answer.steps == (DayStep(date(2025, 4, 14), True, "42 days: weekends and bank holidays included"),)


@pytest.mark.parametrize("count", [-1, 100_001, 10**30])
def test_an_absurd_count_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 100,000"):
        working(count)


@pytest.mark.parametrize("unit", [Unit.WORKING_DAYS, Unit.DAYS, Unit.MONTHS])
@pytest.mark.parametrize("back", [False, True])
def test_a_result_outside_1900_to_2200_is_refused(unit: Unit, back: bool) -> None:
    with pytest.raises(ValueError, match="1900 to 2200"):
        add(date(2025, 3, 3), Period(100_000, unit, back))


@pytest.mark.parametrize("start", [date(1, 1, 1), date(9999, 12, 31), datetime(9999, 12, 31, 23, tzinfo=UTC)])
@pytest.mark.parametrize("unit", list(Unit))
def test_a_start_outside_1900_to_2200_is_refused(start: date, unit: Unit) -> None:
    with pytest.raises(ValueError, match="1900 to 2200"):
        due_on(start, Period(1, unit))


def test_the_first_and_last_day_allowed_can_be_reached() -> None:
    assert due_on(date(1900, 1, 2), Period(1, Unit.DAYS, back=True)) == date(1900, 1, 1)
    assert due_on(date(2200, 12, 30), Period(1, Unit.DAYS)) == date(2200, 12, 31)


@given(LOADED_DAYS, st.integers(0, 300), st.sampled_from((1, -1)))
def test_working_days_agree_with_a_naive_count_on_independent_holidays(start: date, count: int, sign: int) -> None:
    expected = naive_nth_working_day(start, count, sign, CLOSED)
    if 2015 <= expected.year <= 2028:
        assert due_on(start, working(count, back=sign < 0)) == expected


@given(ANY_DAYS, st.integers(0, 2000))
def test_counting_what_was_added_gives_the_number_added(start: date, count: int) -> None:
    assert working_days_between(start, due_on(start, working(count))) == count


@given(LOADED_DAYS, LOADED_DAYS)
def test_the_days_between_are_those_a_walk_would_count(start: date, end: date) -> None:
    walk = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    assert working_days_between(start, end) == sum(day.weekday() < 5 and day not in CLOSED for day in walk)


@given(ANY_DAYS.map(next_working_day), st.integers(0, 500))
def test_back_and_forth_from_a_working_day_returns_to_it(start: date, count: int) -> None:
    assert due_on(due_on(start, working(count)), working(count, back=True)) == start
    assert due_on(due_on(start, working(count, back=True)), working(count)) == start


@given(ANY_DAYS | ANY_MOMENTS, PERIODS)
def test_the_sum_with_its_working_gives_the_date_without(start: date | datetime, period: Period) -> None:
    answer = add(start, period)
    assert answer.due_on == due_on(start, period)
    assert answer.due_at is None or answer.due_at.date() == answer.due_on


@given(ANY_DAYS, st.integers(1, 100), st.booleans())
def test_the_working_lists_every_day_once_and_ends_on_the_due_date(start: date, count: int, back: bool) -> None:
    steps = add(start, working(count, back=back)).steps
    sign = timedelta(days=-1 if back else 1)
    days = [start, *(step.on for step in steps)]
    assert all(later - earlier == sign for earlier, later in pairwise(days))
    assert [step.on for step in steps][-1] == due_on(start, working(count, back=back))
    assert [step.why for step in steps if step.counts] == [f"day {n} of {count}" for n in range(1, count + 1)]
    assert all(step.counts == is_working_day(step.on) for step in steps)
