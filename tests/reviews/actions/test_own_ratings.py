"""Ratings by the owner and the chair, shown beside the computed rating and never replacing it."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import NotAllowed
from reviews.actions.list_queries import ActionFilter, action_list, because, rating
from reviews.actions.page_queries import action_file
from reviews.actions.ratings import remove_chair_rating, set_chair_rating, set_owner_rating
from reviews.core.db import Database
from reviews.models import Action, CaseTrack, Event, EventKind, PlanRules
from reviews.summary.queries import chair_summary
from tests.builders import TODAY, World, a_case, a_unit, a_world, an_action
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

FAR = TODAY + timedelta(days=100)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Session:
    with database() as opened:
        yield opened


def an_owned(session: Session, world: World, kind: str = "rapid_review", **more: Any) -> Action:
    place = world.anyshire
    known = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"], "due_on": FAR}
    return an_action(session, a_case(session, place.partnership, kind), **known | more)


def unit_of(session: Session, world: World, role: Role) -> Any:
    return a_unit(session, world.anyshire.actors[role])


def said(session: Session) -> list[Any]:
    events = sa.select(Event).where(Event.kind == EventKind.RATING_SAID).order_by(Event.id)
    return [event.details["rating"] for event in session.scalars(events)]


@pytest.mark.parametrize("role", [Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_UNIT_ADMIN])
def test_those_who_work_on_it_say_how_they_see_it_and_the_computed_colour_stays(session, world, role) -> None:
    action = an_owned(session, world)
    set_owner_rating(unit_of(session, world, role), action, rating="red")
    session.flush()
    chair = world.anyshire.actors[Role.SUBGROUP_CHAIR]
    assert action.owner_rating == "Red"
    assert action_file(session, chair, action.reference, today=TODAY).rating == "Green"
    set_owner_rating(unit_of(session, world, role), action, rating="")
    session.flush()
    assert said(session) == [
        {"who": "self", "before": "", "now": "Red"},
        {"who": "self", "before": "Red", "now": ""},
    ]


def test_the_chair_rates_otherwise_with_a_reason_and_takes_it_back(session, world) -> None:
    action = an_owned(session, world, due_on=TODAY - timedelta(days=1))
    chair = unit_of(session, world, Role.SUBGROUP_CHAIR)
    set_chair_rating(chair, action, rating="Green", reason=" The venue is booked. ")
    session.flush()
    [line] = action_list(session, chair.actor, today=TODAY, wanted=ActionFilter(rating="Red")).rows
    assert (line.rating, line.chair_rating, line.chair_rating_reason) == ("Red", "Green", "The venue is booked.")
    summary = chair_summary(session, chair.actor, partnership_id=world.anyshire.partnership.id, today=TODAY)
    assert (summary.by_rating["Red"], summary.rated_otherwise) == (1, 1)
    assert [row.chair_rating for row in summary.oldest] == ["Green"]
    remove_chair_rating(chair, action)
    session.flush()
    assert (action.chair_rating, action.chair_rating_reason, action.chair_rating_by) == ("", "", "")
    assert [each["now"] for each in said(session)] == ["Green", ""]
    with pytest.raises(Refused, match="There is no chair's rating"):
        remove_chair_rating(chair, action)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUBGROUP_CHAIR])
def test_nobody_but_the_chair_rates_an_action_of_a_review_otherwise(session, world, role) -> None:
    action = an_owned(session, world)
    with pytest.raises(NotAllowed):
        set_chair_rating(unit_of(session, world, role), action, rating="Green", reason="Because")
    action.chair_rating = "Amber"
    with pytest.raises(NotAllowed):
        remove_chair_rating(unit_of(session, world, role), action)


def test_in_child_death_review_it_is_the_cdop_manager_and_not_the_chair(session, world) -> None:
    action = an_owned(session, world, "cdop_case")
    with pytest.raises(NotAllowed):
        set_chair_rating(unit_of(session, world, Role.SUBGROUP_CHAIR), action, rating="Green", reason="Because")
    set_chair_rating(unit_of(session, world, Role.CDOP_MANAGER), action, rating="Blue", reason="Because")
    assert action.chair_rating == "Blue"


def test_a_chair_never_rates_an_action_of_their_own_otherwise(session, world) -> None:
    action = an_owned(session, world, owner=world.anyshire.people[Role.SUBGROUP_CHAIR])
    chair = unit_of(session, world, Role.SUBGROUP_CHAIR)
    with pytest.raises(NotAllowed, match="cannot if they are its owner or deputy"):
        set_chair_rating(chair, action, rating="Green", reason="Because")
    action.chair_rating = "Red"
    with pytest.raises(NotAllowed, match="cannot if they are its owner or deputy"):
        remove_chair_rating(chair, action)
    assert set_owner_rating(chair, action, rating="Green").owner_rating == "Green"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"rating": "Purple", "reason": "Because"}, "one of: Red, Amber, Green, Blue, Grey"),
        ({"rating": "", "reason": "Because"}, "one of"),
        ({"rating": "Green", "reason": " "}, "Say why"),
        ({"rating": "Green", "reason": "x" * 2_001}, "2,000 characters"),
    ],
)
def test_a_rating_without_a_colour_or_a_reason_is_refused(session, world, given, sentence) -> None:
    with pytest.raises(Refused, match=sentence):
        set_chair_rating(unit_of(session, world, Role.SUBGROUP_CHAIR), an_owned(session, world), **given)


@pytest.mark.parametrize("stage", ["proposed", "rejected", "superseded"])
def test_what_is_not_agreed_or_dropped_is_rated_by_nobody(session, world, stage) -> None:
    action = an_owned(session, world, stage=stage)
    with pytest.raises(NotAllowed):
        set_chair_rating(unit_of(session, world, Role.SUBGROUP_CHAIR), action, rating="Green", reason="Because")
    with pytest.raises(NotAllowed):
        set_owner_rating(unit_of(session, world, Role.ACTION_OWNER), action, rating="Green")


def test_saying_the_same_again_is_refused(session, world) -> None:
    action = an_owned(session, world)
    owner = unit_of(session, world, Role.ACTION_OWNER)
    set_owner_rating(owner, action, rating="Amber")
    with pytest.raises(Refused, match="already"):
        set_owner_rating(owner, action, rating="Amber")


def test_the_chairs_reason_is_not_for_readers_of_what_is_published(session, world) -> None:
    place = world.anyshire
    case = a_case(session, place.partnership, "lcspr")
    action = an_action(session, case, due_on=FAR)
    set_chair_rating(unit_of(session, world, Role.SUBGROUP_CHAIR), action, rating="Red", reason="What we fear")
    session.execute(
        sa.update(CaseTrack)
        .where(CaseTrack.case_id == case.id, CaseTrack.name == "publication")
        .values(stage="published")
    )
    session.flush()
    [line] = action_list(session, place.actors[Role.SCRUTINY_MEMBER], today=TODAY, wanted=ActionFilter()).rows
    assert (line.rating, line.chair_rating, line.chair_rating_reason) == ("Green", "", "")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"stage": "blocked"}, ("Red", "blocked, and nothing is planned about it")),
        ({"stage": "blocked", "blocked_plan": "Jo asks the board"}, ("Amber", "blocked, with a plan")),
        (
            {"stage": "blocked", "due_on": TODAY - timedelta(days=1)},
            ("Red", "past its due date, blocked, and nothing is planned about it"),
        ),
        ({"stage": "in_progress", "blocked_plan": "Left over"}, ("Green", "on track")),
        ({"stage": "in_progress", "blocked_plan": ""}, ("Green", "on track")),
    ],
)
def test_a_blocked_action_is_red_until_somebody_says_what_is_done_about_it(session, world, facts, expected) -> None:
    action = an_owned(session, world)
    for name, value in facts.items():
        setattr(action, name, value)
    session.flush()
    colour = session.scalar(sa.select(rating(TODAY)).where(Action.id == action.id))
    rules = session.get(PlanRules, action.case_id)
    assert (colour, because(colour, action, rules=rules, today=TODAY)) == expected
