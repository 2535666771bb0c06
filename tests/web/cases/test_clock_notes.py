"""The pages on which the reason for a late clock and a forecast are recorded."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.models import Case, Event, EventKind
from tests.builders import RETURNS_IN, TO_THE_PANEL, TODAY, a_case, take
from tests.web.visitor import rows, typed

MANAGER, CHAIR = "manager@anyshire.example", "chair@anyshire.example"
LATE = "/cases/RR-1/clocks/rapid_review/2026-10-05/late"
FORECAST = "/cases/RR-1/clocks/rapid_review/2026-10-05/forecast"


@pytest.fixture
def review(doors, world):
    """A rapid review due at the Panel on 26 October, and not there yet."""
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=date(2026, 10, 1), reference="RR-1")
        take(session, case, *TO_THE_PANEL[:4], on=date(2026, 10, 5))


@pytest.mark.parametrize("page", ["/cases/RR-1", "/cases/RR-1/clocks"])
def test_a_late_clock_without_a_reason_says_so_and_where_to_give_one(doors, review, page):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(page) == 200
    assert "No reason given yet. Say why it is late" in visitor.said
    assert LATE in visitor.links


def test_others_see_that_there_is_none_but_no_way_to_give_it(doors, review):
    visitor = doors.visitor(CHAIR)
    visitor.open("/cases/RR-1/clocks")
    assert "No reason given yet." in visitor.said
    assert LATE not in visitor.links
    assert visitor.open(LATE) == 403
    assert visitor.open(FORECAST) == 403


def test_the_reason_that_was_given_stands_beside_the_lateness_and_in_the_history(doors, review):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(LATE) == 200
    assert "Due 26 October 2026. 19 working days late." in visitor.said
    assert visitor.send(LATE, reason="Two agencies were slow") == 303
    assert visitor.follow() == 200
    assert "Why it is late Two agencies were slow Change the reason" in visitor.said
    visitor.open("/cases/RR-1/history")
    assert "Rapid review to the Panel: why it is late" in visitor.said
    assert "Reason: Two agencies were slow" in visitor.said


def test_a_forecast_is_shown_beside_the_due_date_wherever_the_clock_is(doors, review):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(FORECAST, forecast_on="2026-12-01", reason="The chair is ill") == 303
    visitor.follow()
    assert "Forecast 1 December 2026 (the due date stays)" in visitor.said
    for page in ("/cases/RR-1", "/cases"):
        visitor.open(page)
        assert "Forecast 1 December 2026" in visitor.said
    visitor.open("/cases/RR-1/history")
    assert "Rapid review to the Panel: forecast for 1 December 2026" in visitor.said


def test_an_emptied_forecast_is_taken_back(doors, review):
    visitor = doors.visitor(MANAGER)
    visitor.send(FORECAST, forecast_on="2026-12-01", reason="The chair is ill")
    visitor.open(FORECAST)
    assert "Leave it empty to remove the forecast." in visitor.said
    assert visitor.send(FORECAST, forecast_on="", reason="No more is known") == 303
    visitor.open("/cases/RR-1/history")
    assert "forecast taken back, was 1 December 2026" in visitor.said


@pytest.mark.parametrize(
    ("address", "typed", "sentence"),
    [
        (LATE, {"reason": ""}, "Enter why it is late"),
        (LATE, {"reason": "x" * 2001}, "Field cannot be longer than 2000 characters"),
        (FORECAST, {"forecast_on": "2026-11-19", "reason": "Past"}, "The forecast must be today or later"),
        (FORECAST, {"forecast_on": "2026-13-45", "reason": "Odd"}, "must be a real date"),
        (FORECAST, {"forecast_on": "2026-12-01", "reason": ""}, "Enter the reason"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(doors, review, address, typed, sentence):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(address, **typed) == 422
    assert sentence in visitor.said
    assert all(
        str(value) in visitor.html for value in typed.values() if len(value) in range(3, 50) and "-" not in value
    )
    assert rows(doors.database, Event, Event.kind.in_((EventKind.CLOCK_FORECAST, EventKind.LATE_REASON_GIVEN))) == 0


@pytest.mark.parametrize(
    "address",
    [
        "/cases/RR-1/clocks/rapid_review/2026-10-06/late",
        "/cases/RR-1/clocks/nonsense/2026-10-05/late",
        "/cases/RR-1/clocks/rapid_review/yesterday/forecast",
    ],
)
def test_a_clock_that_is_not_there_is_not_found(doors, review, address):
    assert doors.visitor(MANAGER).open(address) == 404


def test_another_partnerships_clock_is_not_found(doors, review):
    assert doors.visitor("manager@midmarch.example").open(LATE) == 404


def test_one_press_is_one_reason_and_whoever_was_overtaken_sees_it(doors, review):
    visitor, other = doors.visitor(MANAGER), doors.visitor(MANAGER)
    visitor.open(LATE)
    sent = {"reason": "Ours", "form_id": visitor.hidden("form_id"), "version": visitor.hidden("version")}
    assert other.send(LATE, reason="Theirs") == 303
    assert visitor.send(LATE, **sent) == 409
    assert "It says now: Theirs" in visitor.said
    sent |= {"version": visitor.hidden("version")}
    assert [visitor.send(LATE, **sent), visitor.send(LATE, **sent)] == [303, 303]
    assert rows(doors.database, Event, Event.kind == EventKind.LATE_REASON_GIVEN) == 2


def returns_in(doors):
    with doors.database.begin() as session:
        take(session, session.scalars(sa.select(Case).where(Case.reference == "RR-1")).one(), RETURNS_IN)


def test_a_partnership_may_ask_for_the_reason_with_every_late_step(doors, review):
    returns_in(doors)
    manager = doors.visitor(MANAGER)
    assert manager.send("/settings/late-reasons", required="y") == 303
    address, answers = "/cases/RR-1/steps/hold_meeting", typed("rapid_review", "hold_meeting")
    manager.open(address)
    assert "Why it is late" in manager.said
    assert "Why it is late (optional)" not in manager.said
    assert manager.send(address, **answers) == 409
    assert "Say why it is late. Your partnership asks for a reason." in manager.said
    assert "#late_reason" in manager.links
    assert manager.send(address, **answers, late_reason="The trial", form_id="2") == 303
    manager.open("/cases/RR-1/clocks")
    assert "Why it was late The trial" in manager.said


def test_a_reason_given_before_stays_when_the_step_comes_late(doors, review):
    returns_in(doors)
    with doors.database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == "RR-1")).one()
        for clock in case.clocks:
            clock.late_reason = "The office was shut"
        take(session, case, "hold_meeting")
        assert {clock.late_reason for clock in case.clocks if clock.met_on == TODAY} == {"The office was shut"}
