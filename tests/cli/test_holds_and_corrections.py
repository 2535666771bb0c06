"""Holds, forecasts, lateness and corrections at the terminal."""

from contextlib import contextmanager
from datetime import date

from reviews.cases.clocks import give_late_reason, set_forecast
from reviews.cases.corrections import correct_step
from reviews.cases.event_log import case_history
from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import engine_of, open_database
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER
from tests.cli.test_importing_cases import HERE, OF_REVIEWS, REVIEWS, bring_in

HELD = ("cases", "show", "LCSPR-2026-09", "--partnership", "ANYSHIRE")
CLOCK = StoppedClock(read_moment("2026-11-20T08:00"))


@contextmanager
def at_work(terminal):
    database = open_database(terminal.database_url)
    with unit_of_work(database, BUILDER, CLOCK) as unit:
        yield unit
    engine_of(database).dispose()


def test_a_hold_says_all_that_is_known_of_it(terminal):
    (hold,) = terminal.json(*HELD)["holds"]
    assert hold["told"] == "The three safeguarding partners and the lead reviewer"
    assert hold["evidence"] == "Letter of the Crown Prosecution Service"
    assert (hold["track"], hold["reason"], hold["returns_to"]) == ("publication", "criminal_proceedings", "not_ready")
    assert all(date.fromisoformat(hold[day]) for day in ("since", "told_on", "review_on", "expected_end_on"))


def test_a_hold_is_told_in_words(terminal):
    said = terminal.run(*HELD).out
    assert "On hold" in said
    assert "Criminal proceedings" in " ".join(said.split())


def test_an_imported_hold_has_no_invented_days(terminal):
    bring_in(terminal, REVIEWS, *OF_REVIEWS)
    (hold,) = terminal.json("cases", "show", "ES-19-02-LCSPR", *HERE)["holds"]
    assert hold["reason"] == "criminal_proceedings"
    assert [hold[name] for name in ("review_on", "expected_end_on", "told_on")] == [None, None, None]
    assert "not recorded" in terminal.run("cases", "show", "ES-19-02-LCSPR", *HERE).out


def test_a_forecast_and_a_reason_stand_beside_the_due_date(terminal):
    with at_work(terminal) as unit:
        case = unit.case("LCSPR-2026-09", partnership="ANYSHIRE")
        clock = next(each for each in case.clocks if each.is_running and each.due_on < unit.today)
        name, since, due_on = clock.name, clock.counted_from_on, clock.due_on
        set_forecast(unit, case, name, since, forecast_on=date(2027, 2, 1), reason="The trial was moved")
        give_late_reason(unit, case, name, since, reason="The trial")
    shown = terminal.json(*HELD)
    found = next(each for each in shown["clocks"] if (each["name"], each["counted_from"]) == (name, since.isoformat()))
    assert (found["due"], found["forecast"], found["late_reason"]) == (due_on.isoformat(), "2027-02-01", "The trial")
    noted = {event["what"]: event["noted"] for event in shown["history"] if "noted" in event}
    assert noted["clock_forecast"]["because"] == "The trial was moved"
    assert noted["late_reason_given"]["now"] == "The trial"
    assert "The trial" in terminal.run(*HELD).out


def test_a_clock_that_was_dropped_has_no_lateness_neither_in_time_nor_late(terminal):
    clocks = [
        clock
        for reference in ("RR-2026-02", "LCSPR-2026-07", "LCSPR-2026-09")
        for clock in terminal.json("cases", "show", reference, "--partnership", "ANYSHIRE")["clocks"]
    ]
    assert {clock["days_late"] for clock in clocks if clock["ended_on"]} == {None}
    assert all(isinstance(clock["days_late"], int) for clock in clocks if not clock["ended_on"])


def test_a_history_without_the_day_says_nothing_of_lateness(terminal):
    bring_in(terminal, REVIEWS, *OF_REVIEWS)
    shown = terminal.json("cases", "show", "ES-21-03", *HERE)
    undated = {event["what"] for event in shown["history"] if event["on"] is None}
    assert undated
    assert all(clock["met_on"] or clock["ended_on"] or clock["days_late"] for clock in shown["clocks"])


def test_what_was_corrected_is_marked_and_the_correction_says_what_changed(terminal):
    with at_work(terminal) as unit:
        case = unit.case("LCSPR-2026-09", partnership="ANYSHIRE")
        events = case_history(unit.session, BUILDER, case, size=100).rows
        event = next(event for event in events if event.step == "begin_scoping")
        correct_step(unit, case, event.id, happened_on=event.happened_on.replace(day=9), answers={}, reason="Misread")
    history = terminal.json(*HELD)["history"]
    assert [event["what"] for event in history if "corrected_on" in event] == ["begin_scoping"]
    (correction,) = [event for event in history if event["what"] == "step_corrected"]
    assert (correction["step"], correction["noted"]["reason"]) == ("begin_scoping", "Misread")
