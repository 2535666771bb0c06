"""Who may assure or accept an action: independence from its owner and their agency."""

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.actions.evidence import record_assurance
from reviews.actions.steps import accept_action, submit_action
from reviews.core.db import Database
from reviews.models import Action, Assurance, Event, EventKind
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import TODAY, World, a_case, a_person, a_world, actor_of, an_action
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


def an_action_of(database, world, agency="Council", workflow="rapid_review", **more) -> Action:
    place = world.anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership, workflow)
        owner = place.people[Role.ACTION_OWNER]
        return an_action(session, case, owner=owner, agency=place.agencies[agency], **more)


def assure(database, clock, actor, action, **more) -> None:
    said = {"kind": "visit", "seen_on": TODAY, "text": "Six of six files.", "is_assured": True} | more
    with unit_of_work(database, actor, clock) as unit:
        record_assurance(unit, unit.action(action.reference), **said)


def given(database) -> list[Assurance]:
    with reading(database) as session:
        return list(session.scalars(sa.select(Assurance).order_by(Assurance.id)))


def test_somebody_of_another_agency_says_what_they_saw(database, world, clock) -> None:
    action = an_action_of(database, world, "Police")
    assure(database, clock, world.anyshire.actors[Role.REVIEW_SUBGROUP_MEMBER], action, is_assured=False)
    assert [(row.kind, row.is_assured, row.text) for row in given(database)] == [("visit", False, "Six of six files.")]
    with reading(database) as session:
        assert session.get_one(Action, action.id).version == action.version + 1
        assert session.scalar(sa.select(Event.kind).order_by(Event.id.desc()).limit(1)) is EventKind.ASSURANCE_GIVEN


@pytest.mark.parametrize("role", [Role.BUSINESS_MANAGER, Role.INDEPENDENT_CHAIR, Role.BUSINESS_UNIT_ADMIN])
def test_those_who_work_for_the_partnership_speak_for_no_agency(database, world, clock, role) -> None:
    assure(database, clock, world.anyshire.actors[role], an_action_of(database, world, "Council"))
    assert len(given(database)) == 1


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (Role.ACTION_OWNER, "somebody other than the owner"),
        (Role.REVIEW_SUBGROUP_MEMBER, "another agency"),
        (Role.SUBGROUP_CHAIR, "another agency"),
        (Role.AGENCY_LEAD, "Your role cannot record assurance"),
    ],
)
def test_whoever_stands_too_near_does_not_vouch_for_it(database, world, clock, role, sentence) -> None:
    action = an_action_of(database, world, "Council")
    with pytest.raises(NotAllowed, match=sentence):
        assure(database, clock, world.anyshire.actors[role], action)
    assert given(database) == []


def test_for_a_child_death_the_panel_and_its_manager_vouch(database, world, clock) -> None:
    action = an_action_of(database, world, "Hospitals", "cdop_case")
    for role in (Role.CDOP_PANEL_MEMBER, Role.CDOP_MANAGER):
        assure(database, clock, world.anyshire.actors[role], action)
    assert len(given(database)) == 2


@pytest.mark.parametrize("wrong", [{"kind": "rumour"}, {"text": " "}, {"text": "x" * 10_001}])
def test_what_says_nothing_is_refused(database, world, clock, wrong) -> None:
    action = an_action_of(database, world)
    with pytest.raises(Refused):
        assure(database, clock, world.anyshire.actors[Role.BUSINESS_MANAGER], action, **wrong)
    assert given(database) == []


def submitted(database, world, clock, agency="Council") -> Action:
    action = an_action_of(database, world, agency)
    with unit_of_work(database, world.anyshire.actors[Role.ACTION_OWNER], clock) as unit:
        submit_action(unit, unit.action(action.reference), evidence="Minutes", happened_on=TODAY)
    return action


def accept(database, clock, actor, action) -> str:
    with unit_of_work(database, actor, clock) as unit:
        return accept_action(unit, unit.action(action.reference), happened_on=TODAY).stage


def test_the_only_chair_accepts_what_their_own_agency_did(database, world, clock) -> None:
    chair = world.anyshire.actors[Role.SUBGROUP_CHAIR]
    assert accept(database, clock, chair, submitted(database, world, clock)) == "closed_complete"


def test_where_another_agency_has_a_chair_that_one_accepts(database, world, clock) -> None:
    place = world.anyshire
    with database.begin() as session:
        second = actor_of(session, a_person(session, place.partnership, Role.SUBGROUP_CHAIR, place.agencies["Police"]))
    action = submitted(database, world, clock)
    with pytest.raises(NotReady, match="Somebody outside the lead agency must accept the action"):
        accept(database, clock, place.actors[Role.SUBGROUP_CHAIR], action)
    assert accept(database, clock, second, action) == "closed_complete"
