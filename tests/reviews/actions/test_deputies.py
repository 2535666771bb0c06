"""What the deputy of an action's owner may and may not do, and changes to the details of an action."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import NotAllowed
from reviews.actions.details import NewAction, add_action, assign_action, edit_details
from reviews.actions.evidence import record_assurance
from reviews.actions.extensions import ask_extension
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.actions.ratings import set_chair_rating
from reviews.actions.steps import accept_action, record_progress, submit_action
from reviews.core.db import Database
from reviews.models import Action, Event, EventKind
from reviews.people.offboarding import disable_person
from reviews.transactions.unit_of_work import NotFound, Stale
from tests.builders import TODAY, World, a_case, a_person, a_unit, a_world, actor_of, an_action
from workflows.core.engine import ConflictOfInterest, Refused, WrongRole
from workflows.core.vocabulary import Role

Make = Callable[..., Action]
BY = date(2026, 12, 4)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Session:
    with database() as opened:
        yield opened


@pytest.fixture
def make(session: Session, world: World) -> Make:
    def make_one(kind: str = "rapid_review", **more: Any) -> Action:
        place = world.anyshire
        known = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"]}
        return an_action(session, a_case(session, place.partnership, kind), **known | more)

    return make_one


def a_colleague(session: Session, world: World) -> Any:
    place = world.anyshire
    person = a_person(session, place.partnership, Role.ACTION_OWNER, place.agencies["Police"])
    session.flush()
    return person


def give_deputy(session: Session, world: World, action: Action, email: str) -> None:
    edit_details(a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER]), action, {"deputy": email})
    session.flush()


def done_by(session: Session, actor: Any) -> list[str]:
    wanted = ActionFilter(group="outstanding", done_by_id=actor.person_id)
    return [line.reference for line in action_list(session, actor, today=TODAY, wanted=wanted, sort="mine").rows]


@pytest.mark.parametrize("kind", ["rapid_review", "cdop_case"])
def test_a_deputy_sees_the_action_and_does_what_the_owner_does(session, world, make, kind) -> None:
    action, colleague = make(kind, deputy_id=None), a_colleague(session, world)
    deputy = actor_of(session, colleague)
    with pytest.raises(NotFound):
        a_unit(session, deputy).action(action.reference)
    manager = world.anyshire.actors[Role.CDOP_MANAGER if kind == "cdop_case" else Role.BUSINESS_MANAGER]
    edit_details(a_unit(session, manager), action, {"deputy": colleague.email.upper()})
    session.flush()
    unit = a_unit(session, deputy)
    assert unit.action(action.reference) is action
    assert done_by(session, deputy) == [action.reference]
    record_progress(unit, action, text="Half done", happened_on=TODAY)
    ask_extension(unit, action, wanted_due_on=date(2027, 1, 8), reason="Ill", happened_on=TODAY)
    submit_action(unit, action, evidence="Minutes", happened_on=TODAY)
    assert (action.stage, action.submitted_by_id) == ("submitted", colleague.id)


def test_a_deputy_does_not_accept_rate_or_vouch_for_the_action_of_who_they_stand_in_for(session, world, make) -> None:
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR]
    action = make(deputy_id=chair.id, stage="submitted", evidence="Minutes")
    unit = a_unit(session, world.anyshire.actors[Role.SUBGROUP_CHAIR])
    with pytest.raises(ConflictOfInterest, match="not open to: the owner and their deputy"):
        accept_action(unit, action, happened_on=TODAY)
    with pytest.raises(NotAllowed, match="cannot if they are its owner or deputy"):
        set_chair_rating(unit, action, rating="Green", reason="I say so")
    with pytest.raises(NotAllowed, match="other than the owner"):
        record_assurance(unit, action, kind="visit", seen_on=TODAY, text="Seen", is_assured=True)


def test_an_owner_does_not_accept_what_their_deputy_submitted(session, world, make) -> None:
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR]
    action, colleague = make(owner=chair, stage="in_progress"), a_colleague(session, world)
    give_deputy(session, world, action, colleague.email)
    submit_action(a_unit(session, actor_of(session, colleague)), action, evidence="Minutes", happened_on=TODAY)
    with pytest.raises(ConflictOfInterest, match="not open to: the owner and their deputy"):
        accept_action(a_unit(session, world.anyshire.actors[Role.SUBGROUP_CHAIR]), action, happened_on=TODAY)


def test_a_deputy_who_is_one_no_more_sees_nothing(session, world, make) -> None:
    action, colleague = make(), a_colleague(session, world)
    give_deputy(session, world, action, colleague.email)
    give_deputy(session, world, action, "")
    deputy = actor_of(session, colleague)
    assert done_by(session, deputy) == []
    with pytest.raises(NotFound):
        a_unit(session, deputy).action(action.reference)


def test_what_somebody_owns_and_what_they_stand_in_for_is_listed_once_and_what_ended_is_not(
    session, world, make
) -> None:
    owner = world.anyshire.people[Role.ACTION_OWNER]
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR]
    own, other = make(), make(owner=chair, deputy_id=owner.id)
    make(owner=chair)
    make(owner=chair, deputy_id=owner.id, stage="closed_complete")
    assert sorted(done_by(session, world.anyshire.actors[Role.ACTION_OWNER])) == sorted(
        [own.reference, other.reference]
    )


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        (Role.ACTION_OWNER, {"kind": "training", "start_on": TODAY}),
        (Role.AGENCY_LEAD, {"review_on": BY}),
        (Role.BUSINESS_UNIT_ADMIN, {"kind": "policy", "review_on": BY}),
    ],
)
def test_the_workers_change_what_is_kept_and_the_history_says_from_what_to_what(
    session, world, make, role, wanted
) -> None:
    action = make()
    edit_details(a_unit(session, world.anyshire.actors[role]), action, wanted)
    session.flush()
    assert {name: getattr(action, name) for name in wanted} == wanted
    [event] = session.scalars(sa.select(Event).where(Event.kind == EventKind.ACTION_CHANGED))
    assert event.details == {
        "before": {name: "" if name == "kind" else None for name in wanted},
        "now": {name: value if isinstance(value, str) else value.isoformat() for name, value in wanted.items()},
    }


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({}, "You have not changed anything"),
        ({"kind": ""}, "You have not changed anything"),
        ({"kind": "gossip"}, "must be one of"),
        ({"start_on": date(2026, 12, 5)}, "must be the same as or before the due date"),
        ({"start_on": date(1066, 12, 5)}, "must be in the years 1950 to 2100"),
        ({"start_on": BY, "review_on": TODAY}, "same as or after the start date"),
        ({"deputy": "nobody@anyshire.example"}, "Nobody with this e-mail address"),
        ({"deputy": "owner@midmarch.example"}, "Nobody with this e-mail address"),
        ({"deputy": "owner@anyshire.example"}, "somebody other than the owner"),
    ],
)
def test_what_cannot_be_kept_is_refused(session, world, make, wanted, sentence) -> None:
    unit = a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER])
    with pytest.raises(Refused, match=sentence):
        edit_details(unit, make(), wanted)


def test_a_deputy_is_given_by_whom_an_action_is_given_to_an_owner(session, world, make) -> None:
    action, colleague = make(), a_colleague(session, world)
    with pytest.raises(WrongRole):
        edit_details(a_unit(session, world.anyshire.actors[Role.ACTION_OWNER]), action, {"deputy": colleague.email})
    lead = a_unit(session, world.anyshire.actors[Role.AGENCY_LEAD])
    assert edit_details(lead, action, {"deputy": colleague.email}).deputy_id == colleague.id


@pytest.mark.parametrize("role", [Role.SUBGROUP_CHAIR, Role.SAFEGUARDING_PARTNER, Role.CDOP_MANAGER])
def test_what_is_kept_is_not_for_those_who_do_not_work_on_it(session, world, make, role) -> None:
    with pytest.raises(NotAllowed):
        edit_details(a_unit(session, world.anyshire.actors[role]), make(), {"kind": "audit"})


def test_what_is_kept_of_a_finished_action_stands(session, world, make) -> None:
    with pytest.raises(Refused, match="finished"):
        edit_details(a_unit(session), make(stage="closed_complete"), {"kind": "audit"})


def test_a_change_is_seen_by_whoever_had_the_action_open(session, world, make) -> None:
    action = make()
    unit = a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER])
    seen = action.version
    edit_details(unit, action, {"kind": "audit"})
    session.flush()
    with pytest.raises(Stale):
        unit.action(action.reference, version=seen)


def test_an_action_comes_into_a_plan_with_its_particulars(session, world) -> None:
    place = world.anyshire
    owner, deputy = place.people[Role.ACTION_OWNER], a_colleague(session, world)
    days = {"due_on": BY, "start_on": TODAY, "review_on": date(2027, 1, 8)}
    new = NewAction("Train", owner_id=owner.id, deputy_id=deputy.id, kind="training", **days)
    action = add_action(a_unit(session), a_case(session, place.partnership), new)
    assert (action.deputy_id, action.kind) == (deputy.id, "training")
    assert (action.start_on, action.review_on) == (days["start_on"], days["review_on"])
    with pytest.raises(Refused, match="other than the owner"):
        add_action(
            a_unit(session),
            a_case(session, place.partnership),
            NewAction("Train", owner_id=owner.id, deputy_id=owner.id),
        )


def test_a_deputy_who_becomes_the_owner_stands_in_for_nobody(session, world, make) -> None:
    action, colleague = make(), a_colleague(session, world)
    give_deputy(session, world, action, colleague.email)
    assign_action(a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER]), action, owner_email=colleague.email)
    assert (action.owner_id, action.deputy_id) == (colleague.id, None)


def test_a_leavers_action_that_goes_to_its_deputy_has_none(session, world, make) -> None:
    action, colleague = make(), a_colleague(session, world)
    give_deputy(session, world, action, colleague.email)
    manager = a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER])
    leaver = world.anyshire.people[Role.ACTION_OWNER].email
    disable_person(manager, email=leaver, hand_on={action.reference: colleague.email})
    session.refresh(action)
    assert (action.owner_id, action.deputy_id) == (colleague.id, None)
