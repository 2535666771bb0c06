"""Loading a list of bank holidays: the days and the due dates that change."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.due_date_changes import load_holidays
from reviews.core.db import engine_of, open_database
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import CaseClock, Event, EventKind, HolidayLoad
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TO_THE_PANEL, TODAY, a_case, a_world, take
from tests.changes import changes_of, nothing_changes
from tests.feeds import listed
from workflows.core.bank_holidays import BUNDLED
from workflows.core.vocabulary import Role

THANKS = date(2026, 11, 27)
CHRISTMAS = date(2026, 12, 25)
WITH_THANKS = listed(d2026_11_27="National day of thanks")


@pytest.fixture
def anyshire(database):
    return a_world(database).anyshire


@pytest.fixture
def load(database, clock):
    def act(days, actor=BUILDER, at=clock):
        with unit_of_work(database, actor, at) as unit:
            return load_holidays(unit, days, source="bank-holidays.json")

    return act


@pytest.fixture
def notified(database, anyshire):
    """A rapid review whose local authority became aware, and which was notified, on 20 November 2026."""
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, reference="RR-1", opened_on=TODAY)
        take(session, case, *TO_THE_PANEL[:3], on=TODAY)
        return case


def clocks(database):
    with database() as session:
        return {clock.name: clock for clock in session.scalars(sa.select(CaseClock))}


def moves(found):
    return {clock.clock: (clock.was, clock.now, clock.because) for clock in found.clocks}


def test_what_the_product_brings_changes_nothing_when_it_is_loaded(load, database):
    with nothing_changes(database):
        found = load(BUNDLED.days)

    assert (found.added, found.changed, found.dropped, found.stay, found.clocks) == ({}, {}, {}, {}, [])
    assert found.known_to == date(2028, 12, 31)


def test_added_changed_and_dropped_days_are_listed_and_known_to_every_process(load, database, database_url):
    days = listed(date(2026, 12, 28), d2026_11_27="National day of thanks", d2026_12_25="Christmas")
    found = load(days)
    elsewhere = open_database(database_url)
    with elsewhere() as session:
        calendar = present_calendar(session)
    engine_of(elsewhere).dispose()

    assert found.added == {THANKS: "National day of thanks"}
    assert found.changed == {CHRISTMAS: ("Christmas Day", "Christmas")}
    assert list(found.dropped) == [date(2026, 12, 28)]
    assert dict(calendar.days) == days
    assert BUNDLED.is_working_day(THANKS)


def test_a_load_says_from_where_it_came_and_who_loaded_it(load, database, clock):
    load(WITH_THANKS)
    with database() as session:
        (one,) = session.scalars(sa.select(HolidayLoad))
    assert (one.source, one.loaded_by, one.loaded_at) == ("bank-holidays.json", "builder", clock.at)
    assert one.known_to == date(2028, 12, 31)


def test_the_same_list_again_changes_nothing(load, database, notified):
    load(WITH_THANKS)
    with nothing_changes(database):
        found = load(WITH_THANKS)
    assert (found.added, found.clocks) == ({}, [])


def test_a_past_day_that_is_no_longer_listed_stays(load):
    past, coming = date(2026, 8, 31), date(2027, 8, 30)
    found = load(listed(past, coming))

    assert list(found.stay) == [past]
    assert list(found.dropped) == [coming]


def test_a_list_says_nothing_of_the_years_it_does_not_reach(load, database):
    short = {day: title for day, title in WITH_THANKS.items() if day.year == 2026}
    found = load(short)
    with database() as session:
        assert present_calendar(session).last_day == date(2028, 12, 31)
    assert (list(found.added), found.dropped, found.stay) == ([THANKS], {}, {})


def test_a_day_that_was_dropped_may_come_back(load, database):
    load(listed(CHRISTMAS))
    found = load(BUNDLED.days)
    with database() as session:
        assert dict(present_calendar(session).days) == BUNDLED.days
    assert list(found.added) == [CHRISTMAS]


def test_a_running_clock_moves_and_its_case_says_why(load, database, notified):
    found = load(WITH_THANKS)
    why = "National day of thanks on 27 November 2026 is a bank holiday now"

    assert moves(found) == {
        "meeting": (date(2026, 12, 8), date(2026, 12, 9), why),
        "rapid_review": (date(2026, 12, 11), date(2026, 12, 14), why),
    }
    assert clocks(database)["rapid_review"].due_on == date(2026, 12, 14)
    assert clocks(database)["letters"].due_on == date(2026, 11, 23)
    with database() as session:
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.CLOCK_MOVED).order_by(Event.id)).all()
    assert [(event.case_id, event.happened_on, event.details) for event in events][-1] == (
        notified.id,
        TODAY,
        {"clock": "rapid_review", "was": "2026-12-11", "now": "2026-12-14", "because": why},
    )


def test_a_clock_that_has_ended_keeps_its_date(load, database, anyshire):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, opened_on=TODAY)
        take(session, case, *TO_THE_PANEL, on=TODAY)
    before = {name: clock.due_on for name, clock in clocks(database).items()}

    assert load(WITH_THANKS).clocks == []
    assert {name: clock.due_on for name, clock in clocks(database).items()} == before


def test_months_do_not_move(load, database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, "lcspr", opened_on=TODAY)
    assert load(WITH_THANKS).clocks == []


def test_whoever_has_the_case_open_sees_that_it_changed(load, database, notified):
    with changes_of(database) as changes:
        load(WITH_THANKS)

    assert changes.changed == {"cases": {"version"}, "case_clocks": {"due_on"}}
    assert changes.added == {"events": 2, "bank_holidays": 1, "holiday_loads": 1}


def test_a_date_beyond_the_years_known_is_provisional_until_they_are_loaded(load, database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, la_aware_at=date(2028, 12, 27))
    assert (clocks(database)["sin"].due_on, clocks(database)["sin"].provisional) == (date(2029, 1, 3), True)
    found = load(listed(d2029_01_01="New Year’s Day", d2029_03_30="Good Friday"))

    why = "New Year’s Day on 1 January 2029 is a bank holiday now"
    assert moves(found) == {"sin": (date(2029, 1, 3), date(2029, 1, 4), why)}
    assert not clocks(database)["sin"].provisional


def test_a_date_that_stays_becomes_firm_and_the_case_says_so(load, database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, la_aware_at=date(2029, 1, 8))
    assert clocks(database)["sin"].provisional
    found = load(listed(d2029_01_01="New Year’s Day", d2029_03_30="Good Friday"))

    due = date(2029, 1, 15)
    assert moves(found) == {"sin": (due, due, "the bank holidays are known to 31 December 2029")}
    assert not clocks(database)["sin"].provisional


def test_a_clock_that_starts_later_counts_by_what_was_loaded(load, database, anyshire):
    load(WITH_THANKS)
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, opened_on=TODAY)
        take(session, case, *TO_THE_PANEL[:3], on=TODAY)
    assert clocks(database)["rapid_review"].due_on == date(2026, 12, 14)


def test_what_was_not_counted_when_it_was_loaded_is_put_right_by_loading_again(load, database, notified):
    load(WITH_THANKS)
    with database.begin() as session:
        session.execute(sa.update(CaseClock).where(CaseClock.name == "rapid_review").values(due_on=date(2026, 12, 11)))
    assert moves(load(WITH_THANKS)) == {
        "rapid_review": (
            date(2026, 12, 11),
            date(2026, 12, 14),
            "National day of thanks on 27 November 2026 is a bank holiday now",
        )
    }


@pytest.mark.parametrize("role", Role)
def test_only_the_operator_loads_bank_holidays(load, database, anyshire, role):
    with nothing_changes(database), pytest.raises(NotAllowed):
        load(WITH_THANKS, actor=anyshire.actors[role])
