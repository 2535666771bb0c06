"""Reasons for being late, and forecasts: who may record them. The due date never moves."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.clocks import give_late_reason, set_forecast
from reviews.cases.page_queries import case_file
from reviews.models import CaseClock, Event, EventKind
from reviews.transactions.unit_of_work import NotFound, Stale, unit_of_work
from tests.builders import BUILDER, TO_THE_PANEL, TODAY, a_case, a_world, take
from tests.changes import nothing_changes
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role

AWARE, NOTIFIED, DUE = date(2026, 10, 1), date(2026, 10, 5), date(2026, 10, 26)
FORECAST = date(2026, 12, 1)


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def review(database, world):
    """A rapid review notified on 5 October: its letters went out late, and it is not at the Panel yet."""
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=AWARE, reference="RR-1")
        take(session, case, *TO_THE_PANEL[:3], on=NOTIFIED)
        take(session, case, "open_gathering", on=date(2026, 10, 8))


@pytest.fixture
def explain(database, clock):
    def act(name="rapid_review", since=NOTIFIED, *, reason="Two agencies were slow", actor=BUILDER, case="RR-1"):
        with unit_of_work(database, actor, clock) as unit:
            give_late_reason(unit, unit.case(case), name, since, reason=reason)

    return act


@pytest.fixture
def forecast(database, clock):
    def act(day=FORECAST, name="rapid_review", since=NOTIFIED, *, reason="The chair is ill", actor=BUILDER):
        with unit_of_work(database, actor, clock) as unit:
            set_forecast(unit, unit.case("RR-1"), name, since, forecast_on=day, reason=reason)

    return act


def the_clock(database, name="rapid_review"):
    with database() as session:
        return session.scalars(sa.select(CaseClock).where(CaseClock.name == name)).one()


def events(database, kind):
    with database() as session:
        return [
            event.details for event in session.scalars(sa.select(Event).where(Event.kind == kind).order_by(Event.id))
        ]


def test_the_reason_of_a_running_clock_is_kept_and_told_in_the_history(database, review, explain):
    explain()
    explain(reason=" The chair was ill ")
    assert the_clock(database).late_reason == "The chair was ill"
    assert [(told["clock"], told["was"], told["now"]) for told in events(database, EventKind.LATE_REASON_GIVEN)] == [
        ("rapid_review", None, "Two agencies were slow"),
        ("rapid_review", "Two agencies were slow", "The chair was ill"),
    ]


def test_a_clock_that_was_met_late_can_still_be_explained(database, review, explain):
    explain("letters")
    letters = the_clock(database, "letters")
    assert (letters.met_on, letters.late_reason) == (date(2026, 10, 8), "Two agencies were slow")


def test_a_clock_in_time_has_nothing_to_be_explained(database, review, explain):
    with nothing_changes(database), pytest.raises(Refused, match="not late"):
        explain("sin", AWARE)


def test_a_clock_that_is_no_longer_needed_is_not_late(database, review, explain):
    with database.begin() as session:
        case = case_file(session, BUILDER, "RR-1", today=TODAY).case
        take(session, case, "withdraw", on=TODAY)
    with pytest.raises(Refused, match="not late"):
        explain()


def test_a_forecast_stands_beside_the_due_date_which_never_moves(database, review, forecast):
    forecast()
    assert (the_clock(database).due_on, the_clock(database).forecast_on) == (DUE, FORECAST)
    forecast(date(2026, 12, 8), reason="Still ill")
    forecast(None, reason="No more is known")
    assert (the_clock(database).due_on, the_clock(database).forecast_on) == (DUE, None)
    assert [(told["was"], told["now"], told["because"]) for told in events(database, EventKind.CLOCK_FORECAST)] == [
        (None, "2026-12-01", "The chair is ill"),
        ("2026-12-01", "2026-12-08", "Still ill"),
        ("2026-12-08", None, "No more is known"),
    ]


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (date(2026, 11, 19), "The forecast must be today or later"),
        (date(2201, 1, 1), "The forecast must be today or later"),
        (None, "There is no forecast to remove"),
    ],
)
def test_a_forecast_on_a_bad_day_is_refused(database, review, forecast, day, sentence):
    with nothing_changes(database), pytest.raises(Refused, match=sentence):
        forecast(day)


def test_the_same_forecast_again_is_refused(database, review, forecast):
    forecast()
    with nothing_changes(database), pytest.raises(Refused, match="already the forecast"):
        forecast()


def test_nothing_is_forecast_of_a_clock_that_has_ended(database, review, forecast):
    with nothing_changes(database), pytest.raises(Refused, match="has ended"):
        forecast(name="letters")


@pytest.mark.parametrize("reason", ["", "  \n "])
def test_both_want_a_reason(database, review, explain, forecast, reason):
    with nothing_changes(database):
        with pytest.raises(NotReady, match="Give a reason"):
            explain(reason=reason)
        with pytest.raises(NotReady, match="Give a reason"):
            forecast(reason=reason)


def test_a_clock_that_never_started_is_not_there(review, explain, forecast):
    for since, name in ((AWARE, "rapid_review"), (NOTIFIED, "panel_question"), (NOTIFIED, "nonsense")):
        with pytest.raises(NotFound):
            explain(name, since)
        with pytest.raises(NotFound):
            forecast(name=name, since=since)


def test_the_business_unit_says_it_and_nobody_else(database, world, review, explain, forecast):
    for role in (Role.SUBGROUP_CHAIR, Role.SAFEGUARDING_PARTNER, Role.INDEPENDENT_CHAIR):
        with nothing_changes(database), pytest.raises(NotAllowed):
            explain(actor=world.anyshire.actors[role])
    explain(actor=world.anyshire.actors[Role.BUSINESS_UNIT_ADMIN])
    forecast(actor=world.anyshire.actors[Role.BUSINESS_MANAGER])


def test_another_partnerships_clock_does_not_exist(world, review, explain):
    with pytest.raises(NotFound):
        explain(actor=world.midmarch.actors[Role.BUSINESS_MANAGER])


def test_a_clock_of_a_child_death_is_explained_by_the_cdop_manager_alone(database, world, explain):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "cdop_case", opened_on=AWARE, reference="CDOP-1")
        name, since = next((clock.name, clock.counted_from_on) for clock in case.clocks if clock.due_on < TODAY)
    with pytest.raises(NotFound):
        explain(name, since, case="CDOP-1", actor=world.anyshire.actors[Role.BUSINESS_MANAGER])
    with pytest.raises(NotAllowed):
        explain(name, since, case="CDOP-1", actor=world.anyshire.actors[Role.CDOP_PANEL_MEMBER])
    explain(name, since, case="CDOP-1", actor=world.anyshire.actors[Role.CDOP_MANAGER])


def test_a_note_counts_as_a_change_to_whoever_has_the_page_open(database, clock, review, forecast):
    with unit_of_work(database, BUILDER, clock) as unit:
        seen = unit.case("RR-1").version
    forecast()
    with pytest.raises(Stale), unit_of_work(database, BUILDER, clock) as unit:
        unit.case("RR-1", version=seen)
