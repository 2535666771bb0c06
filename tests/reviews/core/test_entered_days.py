"""One rule for every day that is entered: no command takes one of a year that nobody can mean."""

from datetime import date

import pytest

from reviews.actions.details import edit_details
from reviews.actions.evidence import record_assurance
from reviews.actions.parts import add_action_part, end_action_part
from reviews.actions.steps import extend_action, set_due_date
from reviews.cases.clocks import set_forecast
from reviews.cases.steps import open_case, take_case_step
from reviews.imports.readers.written_dates import read_date, read_past_day
from reviews.models import PartState
from reviews.people.absences import record_absence
from reviews.recommendations.commands import answer_recommendation
from reviews.settings.local_periods import set_local_period
from tests.builders import TODAY, a_case, a_recommendation, a_unit, a_world, an_action
from workflows.core.engine import Refused

ABSURD = (date(1, 1, 1), date(27, 3, 31), date(1900, 1, 1), date(9999, 3, 31))

YEARS = "must be in the years 1950 to 2100."
STRICTER = (
    "The forecast must be today or later, up to the end of 2100.",
    "The new date must be after the present due date",
    "The due date must be in the future.",
)
"""Sentences of commands that take days of some years only."""


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def unit(database):
    with database() as session:
        yield a_unit(session)


@pytest.fixture
def case(unit, world):
    return a_case(unit.session, world.anyshire.partnership, reference="RR-1")


def commands(unit, case, partnership):
    """Give every command that takes a day from a person."""
    action = an_action(unit.session, case)
    undated = an_action(unit.session, case, due_on=None)
    recommendation = a_recommendation(unit.session, case, "Plan each discharge together.")
    part = add_action_part(unit, action, agency_text="A district council")
    clock = case.clocks[0]
    return {
        "add an action": lambda day: an_action(unit.session, case, due_on=day),
        "begin an action": lambda day: an_action(unit.session, case, start_on=day),
        "change its details": lambda day: edit_details(unit, action, {"review_on": day}),
        "give more time": lambda day: extend_action(unit, action, new_due_on=day, reason="More", happened_on=TODAY),
        "set its date": lambda day: set_due_date(unit, undated, due_on=day, happened_on=TODAY),
        "add a part": lambda day: add_action_part(unit, action, agency_text="Another", due_on=day),
        "end a part": lambda day: end_action_part(unit, action, part, state=PartState.DONE, ended_on=day),
        "give assurance": lambda day: record_assurance(
            unit, action, kind="visit", seen_on=day, text="Seen", is_assured=True
        ),
        "open a case": lambda day: open_case(
            unit, workflow="strategy_plan", partnership=partnership, happened_on=day, answers={}
        ),
        "take a step": lambda day: take_case_step(unit, case, "decide_notify", happened_on=day, answers={}),
        "forecast": lambda day: set_forecast(
            unit, case, clock.name, clock.counted_from_on, forecast_on=day, reason="It takes longer"
        ),
        "respond": lambda day: answer_recommendation(
            unit, case, recommendation, response="accepted", reason="", by="The partners", on=day
        ),
        "be away": lambda day: record_absence(
            unit,
            partnership,
            email="owner@anyshire.example",
            deputy_email="chair@anyshire.example",
            from_on=day,
            until_on=day,
        ),
        "set a period": lambda day: set_local_period(
            unit,
            partnership,
            workflow="rapid_review",
            deadline="meeting",
            effective_from=day,
            authority="Executive, 12 March 2027",
            ladder="calendar-ladder",
        ),
    }


@pytest.mark.parametrize("day", ABSURD, ids=str)
def test_b7_no_command_takes_a_day_of_a_year_that_nobody_can_mean(unit, case, world, day):
    partnership = unit.partnership("ANYSHIRE")
    for what, act in commands(unit, case, partnership).items():
        with pytest.raises(Refused) as refusal:
            act(day)
        assert YEARS in refusal.value.sentence or refusal.value.sentence.startswith(STRICTER), what


@pytest.mark.parametrize("day", ABSURD, ids=str)
def test_b7_no_list_brings_one_in(day):
    assert read_date(day.isoformat(), day).how == "unreadable"
    assert read_past_day(day.isoformat(), day).how == "unreadable"
    assert read_past_day(f"{day.year:04}").how != "certain"
