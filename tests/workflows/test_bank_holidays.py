"""The bank holidays of the product, worked out again by rule and compared with an independent list."""

from collections.abc import Iterator
from datetime import date, timedelta

import holidays
import pytest
from dateutil.easter import easter

from workflows.core.bank_holidays import BUNDLED, Calendar, Division
from workflows.core.working_days import Period, Unit, add, count_between

YEARS = range(1995, 2029)
DAY = timedelta(days=1)
ENGLAND, SCOTLAND, NORTHERN_IRELAND = Division.ENGLAND_AND_WALES, Division.SCOTLAND, Division.NORTHERN_IRELAND

MOVED = {
    1995: {(5, 1): (5, 8)},
    2002: {(5, 27): (6, 4)},
    2012: {(5, 28): (6, 4)},
    2020: {(5, 4): (5, 8)},
    2022: {(5, 30): (6, 2)},
}
"""Early May and spring bank holidays that a proclamation moved, by their usual day."""
EXTRA = {1999: (12, 31), 2002: (6, 3), 2011: (4, 29), 2012: (6, 5), 2023: (5, 8)}
EXTRA_2022 = (date(2022, 6, 3), date(2022, 9, 19))
WORLD_CUP = date(2026, 6, 15)


def calendar(division: Division) -> Calendar:
    return BUNDLED.of(division)


def monday(year: int, month: int, *, last: bool) -> date:
    days = [day for day in (date(year, month, 1) + DAY * n for n in range(31)) if day.month == month]
    mondays = [day for day in days if day.weekday() == 0]
    return mondays[-1 if last else 0]


def mondays_in(year: int, division: Division) -> Iterator[date]:
    for usual in (monday(year, 5, last=False), monday(year, 5, last=True)):
        yield date(year, *MOVED.get(year, {}).get((usual.month, usual.day), (usual.month, usual.day)))
    yield monday(year, 8, last=division is not SCOTLAND)


def fixed_in(year: int, division: Division) -> Iterator[date]:
    yield date(year, 1, 1)
    if division is SCOTLAND:
        yield date(year, 1, 2)
        if year >= 2007:
            yield date(year, 11, 30)
    if division is NORTHERN_IRELAND:
        yield from (date(year, 3, 17), date(year, 7, 12))
    yield from (date(year, 12, 25), date(year, 12, 26))


def by_rule(year: int, division: Division) -> set[date]:
    """Work out the bank holidays of a year: what falls on a weekend gives the next free weekday."""
    sunday = easter(year)
    found = {sunday - 2 * DAY, *mondays_in(year, division)}
    found |= {sunday + DAY} if division is not SCOTLAND else set()
    found |= {date(year, *EXTRA[year])} if year in EXTRA else set()
    found |= set(EXTRA_2022) if year == 2022 else set()
    found |= {WORLD_CUP} if (year, division) == (2026, SCOTLAND) else set()
    fixed = list(fixed_in(year, division))
    found |= {day for day in fixed if day.weekday() < 5}
    for day in (day for day in fixed if day.weekday() > 4):
        while day.weekday() > 4 or day in found:
            day += DAY
        found.add(day)
    return found


@pytest.mark.parametrize("division", Division)
def test_every_bank_holiday_from_1995_follows_from_the_rule(division: Division) -> None:
    ours = set(calendar(division).days)
    assert ours == {day for year in YEARS for day in by_rule(year, division)}
    assert all(day.weekday() < 5 for day in ours)
    assert calendar(division).first_year == 1995


@pytest.mark.parametrize(("division", "code"), [(ENGLAND, "ENG"), (SCOTLAND, "SCT"), (NORTHERN_IRELAND, "NIR")])
def test_every_bank_holiday_agrees_with_an_independent_list(division: Division, code: str) -> None:
    listed = holidays.country_holidays("GB", subdiv=code, years=range(1994, 2030))
    theirs = {day for day in listed if day.weekday() < 5 and day.year in YEARS}
    if division is SCOTLAND:
        theirs.remove(date(2006, 11, 30))  # the Act that made St Andrew's Day a bank holiday is of 2007
    assert set(calendar(division).days) == theirs


def test_scotland_and_northern_ireland_have_days_of_their_own() -> None:
    second, boyne = date(2024, 1, 2), date(2024, 7, 12)
    assert calendar(SCOTLAND).title(second) == "2nd January"
    assert calendar(NORTHERN_IRELAND).title(boyne) == "Battle of the Boyne (Orangemen\u2019s Day)"
    assert calendar(ENGLAND).is_working_day(second)
    assert calendar(ENGLAND).is_working_day(boyne)
    assert calendar(SCOTLAND).is_working_day(date(2024, 4, 1))


@pytest.mark.parametrize(("division", "due"), [(ENGLAND, date(2024, 1, 3)), (SCOTLAND, date(2024, 1, 4))])
def test_a_period_counts_by_the_division_it_names(division: Division, due: date) -> None:
    period = Period(2, Unit.WORKING_DAYS, bank_holidays=division)
    assert add(date(2023, 12, 29), period).due_on == due
    assert str(period) == ("2 working days" if division is ENGLAND else "2 working days of Scotland")


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2011, 4, 21), date(2011, 5, 3), 4),  # Easter, the royal wedding and early May
        (date(2012, 6, 1), date(2012, 6, 6), 1),
        (date(1999, 12, 24), date(2000, 1, 4), 3),
        (date(2002, 5, 31), date(2002, 6, 5), 1),
        (date(2019, 3, 8), date(2019, 3, 29), 15),
        (date(2019, 3, 29), date(2019, 3, 8), 15),
        (date(2024, 4, 2), date(2024, 3, 28), 1),
        (date(2024, 3, 28), date(2024, 3, 28), 0),
    ],
)
def test_working_days_between_two_days(start: date, end: date, days: int) -> None:
    found = count_between(start, end, Unit.WORKING_DAYS)
    assert found.days == days == sum(step.counts for step in found.steps)
    assert not found.provisional
    back = Period(days, Unit.WORKING_DAYS, end < start)
    assert not days or BUNDLED.is_working_day(end) is False or add(start, back).due_on == end


def test_days_between_two_days_are_all_days() -> None:
    assert count_between(date(2014, 12, 30), date(2015, 1, 2), Unit.DAYS).days == 3
    assert count_between(date(2015, 1, 2), date(2014, 12, 30), Unit.DAYS).days == 3


def test_a_count_beyond_what_is_known_is_provisional() -> None:
    assert count_between(date(1994, 12, 1), date(1995, 1, 9), Unit.WORKING_DAYS).provisional
    assert count_between(date(2028, 12, 20), date(2029, 1, 9), Unit.WORKING_DAYS).provisional
