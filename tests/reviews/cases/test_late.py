"""A case is late with whatever is late in it or inside it; an action by the day it was done."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.actions.list_queries import AGES, ActionFilter, action_list
from reviews.actions.steps import accept_action, return_action, submit_action
from reviews.cases.late import action_lateness
from reviews.cases.list_queries import CaseFilter, CaseLine, late_clock, tracker
from reviews.core.db import Database
from reviews.models import Action, Case
from reviews.summary.queries import chair_summary, count_late_cases, late_cases
from tests.builders import (
    TO_THE_PANEL,
    TODAY,
    Place,
    World,
    a_case,
    a_person,
    a_unit,
    a_world,
    actor_of,
    an_action,
    small_cases,
    take,
)
from workflows.core.vocabulary import Role
from workflows.definitions.action import OPEN, ActionStage

ASKED_ON = TODAY - timedelta(days=8)
DUE = TODAY - timedelta(days=3)
ASKED = ("Anyshire Police", "Anyshire Hospitals")


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database) -> Session:
    with database() as opened:
        yield opened


def a_review_whose_agencies_are_late(session: Session, place: Place) -> Case:
    case = a_case(session, place.partnership, opened_on=ASKED_ON)
    take(session, case, *TO_THE_PANEL[:3], on=ASKED_ON)
    take(session, case, "open_gathering", on=ASKED_ON, agencies_asked=ASKED, returns_due_on=DUE)
    session.flush()
    return case


def late(session: Session, actor: Actor) -> list[CaseLine]:
    near = TODAY + timedelta(days=14)
    return list(tracker(session, actor, today=TODAY, near=near, filters=CaseFilter(clock="late")).rows)


def test_a_case_is_late_with_the_requests_inside_it(session: Session, world: World) -> None:
    place = world.anyshire
    case, manager = a_review_whose_agencies_are_late(session, place), place.actors[Role.BUSINESS_MANAGER]

    (line,) = late(session, manager)
    first = line.clocks[0]
    assert (line.reference, first.inside, first.due_on) == (case.reference, f"{case.reference}.I1", DUE)
    assert first.lateness(TODAY).in_words == "3 days late"
    assert [
        each.reference for each in late_cases(session, manager, partnership_id=place.partnership.id, today=TODAY)
    ] == [case.reference]
    assert late_clock(session, manager, case, today=TODAY) == first

    for request in small_cases(session, case):
        take(session, request, "receive", on=TODAY)
    session.flush()
    assert late(session, manager) == []
    assert count_late_cases(session, manager, partnership_id=place.partnership.id, today=TODAY) == 0


def test_the_lead_of_an_agency_does_not_learn_that_others_are_late(session: Session, world: World) -> None:
    place = world.anyshire
    case = a_review_whose_agencies_are_late(session, place)
    police, hospitals = (
        actor_of(session, a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies[word]))
        for word in ("Police", "Hospitals")
    )
    assert [line.reference for line in late(session, police)] == [case.reference]
    take(session, small_cases(session, case)[0], "receive", on=TODAY)
    session.flush()
    assert late(session, police) == []
    assert [line.clocks[0].inside for line in late(session, hospitals)] == [f"{case.reference}.I2"]


def test_the_clocks_of_a_closed_case_run_no_more(session: Session, world: World) -> None:
    case = a_review_whose_agencies_are_late(session, world.anyshire)
    case.closed_on = TODAY
    session.flush()
    assert late(session, world.anyshire.actors[Role.BUSINESS_MANAGER]) == []


def counts(session: Session, place: Place, today: date) -> dict[str, int]:
    chair = place.actors[Role.SUBGROUP_CHAIR]
    totals = chair_summary(session, chair, partnership_id=place.partnership.id, today=today).totals
    return {name: totals[name] for name in ("overdue", "awaiting_sign_off", *AGES) if totals[name]}


def rated(session: Session, place: Place, today: date) -> tuple[str, str]:
    manager = place.actors[Role.BUSINESS_MANAGER]
    (line,) = action_list(session, manager, today=today, wanted=ActionFilter()).rows
    return line.rating, line.lateness(today).in_words


def test_what_is_submitted_late_stays_as_late_as_on_the_day_it_was_done(session: Session, world: World) -> None:
    place = world.anyshire
    action = an_action(session, a_case(session, place.partnership), due_on=TODAY - timedelta(days=28))
    assert rated(session, place, TODAY) == ("Red", "28 days late")

    submit_action(a_unit(session), action, evidence="Minutes", happened_on=TODAY - timedelta(days=2))
    session.flush()
    weeks_later = TODAY + timedelta(days=40)
    for today in (TODAY, weeks_later):
        assert rated(session, place, today) == ("Red", "26 days late")
        assert counts(session, place, today) == {"overdue": 1, "awaiting_sign_off": 1, "1-30": 1}

    accept_action(a_unit(session), action, happened_on=TODAY)
    session.flush()
    assert rated(session, place, weeks_later) == ("Blue", "26 days late")
    assert counts(session, place, weeks_later) == {}


def test_a_submission_that_is_returned_was_never_made(session: Session, world: World) -> None:
    place = world.anyshire
    action = an_action(session, a_case(session, place.partnership), due_on=TODAY - timedelta(days=28))
    submit_action(a_unit(session), action, evidence="Minutes", happened_on=TODAY - timedelta(days=28))
    session.flush()
    assert rated(session, place, TODAY)[1] == ""
    assert counts(session, place, TODAY) == {"awaiting_sign_off": 1}
    return_action(a_unit(session), action, reason="The audit is missing.", happened_on=TODAY)
    session.flush()
    assert action.done_on is None
    assert rated(session, place, TODAY) == ("Red", "28 days late")
    assert counts(session, place, TODAY) == {"overdue": 1, "1-30": 1}


def test_to_submit_turns_nothing_green(session: Session, world: World) -> None:
    place = world.anyshire
    action = an_action(session, a_case(session, place.partnership), due_on=TODAY + timedelta(days=5))
    assert rated(session, place, TODAY) == ("Amber", "")
    submit_action(a_unit(session), action, evidence="Minutes", happened_on=TODAY)
    session.flush()
    assert rated(session, place, TODAY) == ("Amber", "")
    assert rated(session, place, TODAY + timedelta(days=30)) == ("Amber", "")


@pytest.mark.parametrize("days", [1, 30, 31, 90, 91])
def test_each_late_submission_is_in_one_age(session: Session, world: World, days: int) -> None:
    place = world.anyshire
    action = an_action(session, a_case(session, place.partnership), due_on=TODAY - timedelta(days=days))
    waiting = counts(session, place, TODAY)
    submit_action(a_unit(session), action, evidence="Minutes", happened_on=TODAY)
    session.flush()
    assert counts(session, place, TODAY + timedelta(days=200)) == waiting | {"awaiting_sign_off": 1}


@pytest.mark.parametrize("stage", list(ActionStage))
def test_the_list_and_a_single_action_say_the_same(session: Session, world: World, stage: ActionStage) -> None:
    place = world.anyshire
    case = a_case(session, place.partnership)
    for done_on in (None, TODAY - timedelta(days=1), TODAY - timedelta(days=20)):
        action = an_action(session, case, due_on=TODAY - timedelta(days=10))
        session.execute(sa.update(Action).where(Action.id == action.id).values(stage=stage, done_on=done_on))
    manager = place.actors[Role.BUSINESS_MANAGER]
    found = action_list(session, manager, today=TODAY, wanted=ActionFilter(group="overdue")).rows
    rows = session.execute(sa.select(Action.reference, Action.stage, Action.due_on, Action.done_on)).all()
    expected = {
        row.reference
        for row in rows
        if action_lateness(row.stage, row.due_on, row.done_on, TODAY).is_late and stage in ("submitted", *OPEN)
    }
    assert {line.reference for line in found} == expected
