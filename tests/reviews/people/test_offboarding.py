"""Every open action of somebody who leaves gets a new owner or is parked."""

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, system
from reviews.actions.details import assign_action
from reviews.models import Action, Event, EventKind, Membership, Person
from reviews.people.accounts import add_person
from reviews.people.offboarding import disable_person, end_role, open_actions_of
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import TODAY, World, a_case, a_person, a_world, an_action
from tests.changes import nothing_changes
from tests.web.visitor import statements
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database) -> World:
    return a_world(database)


@pytest.fixture
def manager(world):
    return world.anyshire.actors[Role.BUSINESS_MANAGER]


def leaver(world) -> Person:
    return world.anyshire.people[Role.ACTION_OWNER]


def some_actions(database, world, *stages, workflow="rapid_review", word="Council", **more) -> list[Action]:
    place = world.anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership, workflow)
        owned = {"owner": leaver(world), "agency": place.agencies[word]} | more
        return [an_action(session, case, stage=stage, **owned) for stage in stages or ("",)]


def now(database, action) -> Action:
    with reading(database) as session:
        return session.get_one(Action, action.id)


def disable(database, clock, actor, email, **hand_on):
    with unit_of_work(database, actor, clock) as unit:
        return disable_person(unit, email=email, **hand_on)


def test_what_is_not_handed_on_is_parked_with_the_agency_lead(database, clock, world, manager) -> None:
    live, submitted, closed = some_actions(database, world, "in_progress", "submitted", "closed_complete")
    lead = world.anyshire.people[Role.AGENCY_LEAD]

    left = disable(database, clock, manager, leaver(world).email)

    assert [(each.reference, each.to, each.parked) for each in left] == [
        (live.reference, lead.email, True),
        (submitted.reference, lead.email, True),
    ]
    assert [now(database, each).owner_id for each in (live, submitted, closed)] == [lead.id, lead.id, leaver(world).id]
    assert now(database, live).owner_text == f"Previously: {leaver(world).name}"
    assert now(database, live).awaiting_owner
    assert now(database, live).version == live.version + 1
    with reading(database) as session:
        events = session.scalars(
            sa.select(Event).where(Event.kind == EventKind.ACTION_PARKED, Event.action_id == live.id)
        )
        assert events.one().details == {"owner": lead.id, "previous": leaver(world).id, "parked": True}


def test_an_action_is_handed_on_to_whom_is_named_and_with_them_to_their_agency(database, clock, world, manager) -> None:
    given, kept = some_actions(database, world, "", "")
    place = world.anyshire
    with database.begin() as session:
        nurse = a_person(session, place.partnership, agency=place.agencies["Hospitals"])
    disable(database, clock, manager, leaver(world).email, hand_on={given.reference: nurse.email.upper()})

    found = now(database, given)
    assert (found.owner_id, found.lead_agency_id, found.owner_text) == (nurse.id, place.agencies["Hospitals"].id, "")
    assert now(database, kept).awaiting_owner
    assert not found.awaiting_owner


@pytest.mark.parametrize("word", ["Police", None])
def test_where_there_is_no_lead_the_business_manager_keeps_it(database, clock, world, manager, word) -> None:
    agency = world.anyshire.agencies[word] if word else None
    (action,) = some_actions(database, world, agency=agency)
    left = disable(database, clock, manager, leaver(world).email)
    assert [(each.reference, each.to, each.parked) for each in left] == [(action.reference, manager.email, True)]
    found = now(database, action)
    assert (found.owner_id, found.previous_owner_id) == (manager.person_id, leaver(world).id)
    assert (found.awaiting_owner, found.lead_agency_id) == (True, action.lead_agency_id)


def test_a_manager_who_leaves_hands_on_to_another_manager(database, clock, world, manager) -> None:
    place = world.anyshire
    with database.begin() as session:
        other = a_person(session, place.partnership, Role.BUSINESS_MANAGER, email="second@anyshire.example")
    (action,) = some_actions(database, world, word="Police", owner=place.people[Role.BUSINESS_MANAGER])
    disable(database, clock, system("operator"), manager.email)
    assert now(database, action).owner_id == other.id


UNIT = (Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN)


def test_without_a_lead_and_a_business_unit_the_action_has_no_owner_and_is_named(database, clock, world) -> None:
    with database.begin() as session:
        managers = (Membership.role.in_(UNIT), Membership.person_id != leaver(world).id)
        session.execute(sa.update(Membership).where(*managers).values(ended_on=clock.now().date()))
    (action,) = some_actions(database, world, word="Police", owner_text="Ann; Bea")
    left = disable(database, clock, system("operator"), leaver(world).email)
    assert [(each.reference, each.to, each.parked) for each in left] == [(action.reference, None, False)]
    found = now(database, action)
    assert (found.owner_id, found.owner_text, found.lead_agency_id) == (None, "", action.lead_agency_id)
    with reading(database) as session:
        (details,) = session.scalars(
            sa.select(Event.details)
            .where(Event.kind == "action_assigned", Event.id > 0)
            .order_by(Event.id.desc())
            .limit(1)
        )
    assert details["owner_text"] == "Ann; Bea"


def test_a_lead_who_leaves_is_not_their_own_keeper(database, clock, world, manager) -> None:
    lead = world.anyshire.people[Role.AGENCY_LEAD]
    (action,) = some_actions(database, world, owner=lead)
    disable(database, clock, manager, lead.email)
    assert now(database, action).owner_id == manager.person_id


def test_in_child_death_review_the_cdop_manager_keeps_it_and_the_manager_hears_nothing(
    database, clock, world, manager
) -> None:
    (unseen,) = some_actions(database, world, workflow="cdop_case")
    email = leaver(world).email
    with nothing_changes(database), pytest.raises(Refused):
        disable(database, clock, manager, email, hand_on={unseen.reference: manager.email})
    assert disable(database, clock, manager, email) == []
    assert now(database, unseen).owner_id == world.anyshire.people[Role.CDOP_MANAGER].id


def test_nobody_who_has_left_is_a_deputy(database, clock, world, manager) -> None:
    live, closed = some_actions(
        database, world, "", "closed_complete", owner=world.anyshire.people[Role.SUBGROUP_CHAIR]
    )
    with database.begin() as session:
        session.execute(sa.update(Action).values(deputy_id=leaver(world).id))
    disable(database, clock, manager, leaver(world).email)
    assert [now(database, each).deputy_id for each in (live, closed)] == [None, leaver(world).id]


@pytest.mark.parametrize("email", ["nobody@anyshire.example", "owner@midmarch.example", "owner@anyshire.example"])
def test_an_action_is_handed_on_only_to_somebody_else_who_works_there(database, clock, world, manager, email) -> None:
    (action,) = some_actions(database, world)
    with nothing_changes(database), pytest.raises(Refused) as refusal:
        disable(database, clock, manager, leaver(world).email, hand_on={action.reference: email})
    assert refusal.value.sentence.startswith(f"{action.reference}: nobody else with the address {email}")


def test_an_action_that_is_not_theirs_is_not_handed_on(database, clock, world, manager) -> None:
    (other,) = some_actions(database, world, owner=world.anyshire.people[Role.SUBGROUP_CHAIR])
    with nothing_changes(database), pytest.raises(Refused) as refusal:
        disable(database, clock, manager, leaver(world).email, hand_on={other.reference: manager.email})
    assert refusal.value.sentence == f"{other.reference} is not one of their open actions."


def test_actions_of_one_reference_in_two_partnerships_are_told_apart(database, clock, world) -> None:
    (ours,) = some_actions(database, world)
    with database.begin() as session:
        a_person(session, world.midmarch.partnership, email=leaver(world).email)
        theirs = an_action(session, a_case(session, world.midmarch.partnership), owner=leaver(world))
    assert ours.reference == theirs.reference
    operator, manager = system("operator"), "manager@midmarch.example"
    with nothing_changes(database), pytest.raises(Refused) as refusal:
        disable(database, clock, operator, leaver(world).email, hand_on={ours.reference: manager})
    assert refusal.value.sentence.endswith(f"Name one as ANYSHIRE:{ours.reference}.")
    disable(database, clock, operator, leaver(world).email, hand_on={f"MIDMARCH:{ours.reference}": manager})
    assert now(database, theirs).owner_id == world.midmarch.people[Role.BUSINESS_MANAGER].id
    assert now(database, ours).owner_id == world.anyshire.people[Role.AGENCY_LEAD].id


def test_a_parked_action_can_be_taken_on_by_who_keeps_it(database, clock, world, manager) -> None:
    (action,) = some_actions(database, world)
    disable(database, clock, manager, leaver(world).email)
    lead = world.anyshire.people[Role.AGENCY_LEAD]
    with unit_of_work(database, manager, clock) as unit:
        assign_action(unit, unit.action(action.reference), owner_email=lead.email)
    assert (now(database, action).owner_id, now(database, action).owner_text) == (lead.id, "")
    assert (now(database, action).awaiting_owner, now(database, action).previous_owner_id) == (False, None)


def test_the_last_role_in_a_partnership_ends_with_the_actions_there_alone(database, clock, world, manager) -> None:
    (ours,) = some_actions(database, world)
    with database.begin() as session:
        a_person(session, world.midmarch.partnership, email=leaver(world).email)
        theirs = an_action(session, a_case(session, world.midmarch.partnership), owner=leaver(world))
    with unit_of_work(database, manager, clock) as unit:
        left = end_role(unit, unit.partnership("ANYSHIRE"), email=leaver(world).email, role=Role.ACTION_OWNER)
    assert [each.reference for each in left] == [ours.reference]
    assert now(database, theirs).owner_id == leaver(world).id
    with reading(database) as session:
        assert session.get_one(Person, leaver(world).id).disabled_at is None


def test_who_keeps_another_role_keeps_the_actions(database, clock, world, manager) -> None:
    (action,) = some_actions(database, world)
    place = world.anyshire
    with database.begin() as session:
        a_person(session, place.partnership, Role.SUBGROUP_CHAIR, place.agencies["Council"], leaver(world).email)
    ended = {"email": leaver(world).email, "role": Role.SUBGROUP_CHAIR}
    with nothing_changes(database), pytest.raises(Refused), unit_of_work(database, manager, clock) as unit:
        end_role(unit, unit.partnership("ANYSHIRE"), **ended, hand_on={action.reference: manager.email})
    with unit_of_work(database, manager, clock) as unit:
        assert end_role(unit, unit.partnership("ANYSHIRE"), **ended) == []
    assert now(database, action).owner_id == leaver(world).id
    with nothing_changes(database), pytest.raises(Refused), unit_of_work(database, manager, clock) as unit:
        end_role(unit, unit.partnership("ANYSHIRE"), **ended)


def test_a_role_that_ended_is_taken_up_again(database, clock, world, manager) -> None:
    place = world.anyshire
    with unit_of_work(database, manager, clock) as unit:
        end_role(unit, unit.partnership("ANYSHIRE"), email=leaver(world).email, role=Role.ACTION_OWNER)
        unit.session.flush()
        words = {"email": leaver(world).email, "name": "Ann", "job_title": "Head", "agency": place.agencies["Police"]}
        add_person(unit, unit.partnership("ANYSHIRE"), **words, role=Role.ACTION_OWNER)
    with reading(database) as session:
        (post,) = session.scalars(sa.select(Membership).where(Membership.person_id == leaver(world).id))
    assert (post.ended_on, post.job_title, post.agency_id) == (None, "Head", place.agencies["Police"].id)


def test_only_the_business_manager_there_ends_a_role(database, clock, world) -> None:
    ended = {"email": leaver(world).email, "role": Role.ACTION_OWNER}
    others = [actor for role, actor in world.anyshire.actors.items() if role is not Role.BUSINESS_MANAGER]
    for actor in others:
        with nothing_changes(database), pytest.raises(NotAllowed), unit_of_work(database, actor, clock) as unit:
            end_role(unit, unit.partnership("ANYSHIRE"), **ended)
    theirs = world.midmarch.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotFound), unit_of_work(database, theirs, clock) as unit:
        end_role(unit, unit.partnership("MIDMARCH"), **ended)


def test_leaving_asks_the_database_no_more_for_many_actions(database, clock, world, manager) -> None:
    some_actions(database, world, "")
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR]
    some_actions(database, world, *[""] * 60, owner=chair)
    with statements(database) as for_few:
        disable(database, clock, manager, leaver(world).email)
    with statements(database) as for_many:
        disable(database, clock, manager, chair.email)
    assert len(for_many) == len(for_few)
    with reading(database) as session:
        places = [world.anyshire.partnership.id]
        leader = world.anyshire.people[Role.AGENCY_LEAD]
        assert len(open_actions_of(session, manager, leader.id, places, today=TODAY)) == 61
