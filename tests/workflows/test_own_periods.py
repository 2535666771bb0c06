"""Local periods of a partnership beside those set by law, guidance and custom."""

from datetime import date

import pytest

from workflows.core.local_periods import against_ladder, against_period, due_period, local_period, target_period
from workflows.core.vocabulary import Deadline, Edition, Ladder, Rank, Role, Rung
from workflows.core.working_days import Period, Unit

CUSTOM = Edition(date(2000, 1, 1), Period(4, Unit.MONTHS), Rank.LOCAL, "Custom")
GUIDANCE = Edition(date(2027, 1, 1), Period(15, Unit.WORKING_DAYS), Rank.NATIONAL, "Guidance of 2027")
AHEAD = Edition(date(2000, 1, 1), Period(7, Unit.WORKING_DAYS, back=True), Rank.LAW, "Regulations")


def a_deadline(*editions):
    return Deadline("answer", "Answer", counted_from="asked", met_by=("answered",), editions=editions)


def refused(deadline, count, unit=Unit.WORKING_DAYS, on=date(2026, 1, 1)):
    return list(against_period(deadline, count, unit, on=on))


@pytest.mark.parametrize("unit", Unit)
def test_custom_takes_any_period_of_any_unit(unit):
    assert refused(a_deadline(CUSTOM), 60, unit) == []


@pytest.mark.parametrize(("count", "may"), [(0, True), (14, True), (15, False), (16, False)])
def test_what_binds_takes_a_shorter_one_only(count, may):
    assert (refused(a_deadline(GUIDANCE), count, on=date(2027, 1, 1)) == []) is may


@pytest.mark.parametrize(("count", "may"), [(6, False), (7, False), (8, True)])
def test_what_is_counted_back_takes_a_longer_one_only(count, may):
    assert (refused(a_deadline(AHEAD), count) == []) is may


def test_an_edition_that_comes_into_force_later_is_heeded_too():
    deadline = a_deadline(CUSTOM, GUIDANCE)
    assert refused(deadline, 20) == [
        "“Answer” is set by national expectation: 15 working days. A target must be earlier: 14 working days or fewer."
    ]
    assert refused(deadline, 10) == []


def test_an_edition_that_no_longer_holds_is_not_heeded():
    ended = Edition(date(2000, 1, 1), Period(5, Unit.WORKING_DAYS), Rank.LAW, "Until 2020")
    since = Edition(date(2020, 1, 1), Period(5, Unit.WORKING_DAYS), Rank.LOCAL, "Since 2020")
    assert refused(a_deadline(ended, since), 10) == []


def test_a_period_goes_in_the_direction_of_its_deadline():
    assert local_period(AHEAD, 10, Unit.WORKING_DAYS) == Period(10, Unit.WORKING_DAYS, back=True)
    assert local_period(AHEAD, None, None) is None


def test_it_replaces_custom_and_stands_beside_what_binds():
    own = Period(10, Unit.WORKING_DAYS)
    assert (due_period(CUSTOM, own), target_period(CUSTOM, own)) == (own, None)
    assert (due_period(GUIDANCE, own), target_period(GUIDANCE, own)) == (GUIDANCE.period, own)
    assert (due_period(CUSTOM, None), target_period(GUIDANCE, None)) == (CUSTOM.period, None)


@pytest.mark.parametrize(("days", "edition", "may"), [(0, GUIDANCE, False), (1, GUIDANCE, True), (0, CUSTOM, True)])
def test_a_binding_clock_keeps_somebody_who_is_told_once_it_is_late(days, edition, may):
    ladder = Ladder("quiet", "Quiet ladder", (Rung("last", days, frozenset({Role.BUSINESS_MANAGER})),), "Custom")
    assert (list(against_ladder(a_deadline(edition), ladder, on=date(2027, 1, 1))) == []) is may
