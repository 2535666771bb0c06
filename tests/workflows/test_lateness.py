"""How late something is, in the unit it is counted in and with its word."""

from datetime import date

import pytest

from workflows.core.bank_holidays import BUNDLED
from workflows.core.lateness import Lateness, LateUnit, days_past, lateness
from workflows.core.working_days import Period, Unit, due_on

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("unit", "until", "words"),
    [
        (Unit.WORKING_DAYS, date(2026, 11, 20), ""),
        (Unit.WORKING_DAYS, date(2026, 11, 21), "less than a working day late"),
        (Unit.WORKING_DAYS, date(2026, 11, 23), "1 working day late"),
        (Unit.WORKING_DAYS, date(2026, 12, 28), "24 working days late"),
        (Unit.DAYS, date(2026, 11, 21), "1 day late"),
        (Unit.MONTHS, date(2026, 12, 28), "38 days late"),
        (Unit.HOURS, date(2026, 11, 22), "48 hours late"),
        (Unit.HOURS, date(2026, 11, 19), ""),
    ],
)
def test_it_is_counted_in_the_unit_of_its_period(unit: Unit, until: date, words: str) -> None:
    assert lateness(FRIDAY, until, unit, BUNDLED).in_words == words


def test_a_practice_review_of_march_that_is_not_published_at_the_end_of_october_is_47_days_late() -> None:
    due = due_on(date(2025, 3, 14), Period(6, Unit.MONTHS))
    late = lateness(due, date(2025, 10, 31), Unit.MONTHS, BUNDLED)
    assert late.in_words == "47 days late"
    assert late.as_data() == {"days_late": 47, "late_unit": "days", "days_late_between": None}


def test_a_range_has_no_number_of_its_own() -> None:
    late = Lateness(LateUnit.WORKING_DAYS, is_late=True, least=3, most=21)
    assert late.in_words == "3 to 21 working days late"
    assert late.as_data() == {"days_late": None, "late_unit": "working days", "days_late_between": [3, 21]}


def test_what_has_no_day_is_not_late() -> None:
    assert not days_past(None, FRIDAY).is_late
    assert not days_past(FRIDAY, None).is_late
