"""Roles that need a second person: asked for, confirmed, refused, and ended by themselves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import ONE_PERSON, SECOND_PERSON, Actor, NotAllowed
from reviews.core.db import Database
from reviews.models import Event, EventKind, Person, RoleAnswer, RoleRequest
from reviews.people.accounts import add_person
from reviews.people.offboarding import disable_person, end_role
from reviews.people.role_requests import (
    WAITS_FOR,
    confirm_role,
    find_request,
    lapse_requests,
    refuse_role,
    role_requests,
)
from reviews.transactions.unit_of_work import NotFound
from tests.builders import BUILDER, NOW, Place, World, a_person, a_unit, a_world, actor_of
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role

CHAIR, KINDS = Role.SUBGROUP_CHAIR, (EventKind.ROLE_ASKED, EventKind.ROLE_CONFIRMED, EventKind.PERSON_ADDED)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def place(world: World) -> Place:
    return world.anyshire


@pytest.fixture
def session(database: Database, place: Place) -> Iterator[Session]:
    with database() as opened:
        yield opened


@pytest.fixture
def manager(place: Place) -> Actor:
    return place.actors[Role.BUSINESS_MANAGER]


@pytest.fixture
def colleague(session: Session, place: Place) -> Actor:
    """A second business manager of the same partnership."""
    person = a_person(session, place.partnership, Role.BUSINESS_MANAGER, place.agencies["Police"])
    return actor_of(session, person)


def give(session: Session, place: Place, by: Actor, email: str = "ann@anyshire.example", role: Role = CHAIR) -> Person:
    agency = place.agencies["Council"]
    person = add_person(
        a_unit(session, by), place.partnership, email=email, name="Ann Lee", job_title="Chair", agency=agency, role=role
    )
    session.flush()
    return person


def roles_of(session: Session, person: Person) -> set[Role]:
    return {held.role for held in actor_of(session, person).roles_held}


def waiting(session: Session) -> RoleRequest:
    return session.scalars(sa.select(RoleRequest).where(RoleRequest.answered_at.is_(None))).one()


def test_every_role_is_given_by_one_person_or_needs_a_second() -> None:
    assert set(Role) == SECOND_PERSON | ONE_PERSON
    assert SECOND_PERSON.isdisjoint(ONE_PERSON)


@pytest.mark.parametrize("role", sorted(Role))
def test_c13_nobody_gives_themself_a_role(session: Session, place: Place, manager: Actor, role: Role) -> None:
    cdop_too = replace(manager, roles_held=(*manager.roles_held, *place.actors[Role.CDOP_MANAGER].roles_held))
    for me in (cdop_too, replace(cdop_too, operator="operator (root)")):
        with pytest.raises(NotAllowed, match="You cannot give a role to yourself"):
            give(session, place, me, f" {manager.email.upper()} ", role)
    assert session.scalar(sa.select(sa.func.count()).select_from(RoleRequest)) == 0


@pytest.mark.parametrize("role", sorted(SECOND_PERSON))
def test_c13_a_role_of_power_gives_nothing_until_a_second_person_confirms_it(
    session: Session, place: Place, manager: Actor, colleague: Actor, role: Role
) -> None:
    deaths = place.actors[Role.CDOP_MANAGER].roles_held
    first, second = (replace(each, roles_held=(*each.roles_held, *deaths)) for each in (manager, colleague))
    person = give(session, place, first, role=role)
    assert roles_of(session, person) == set()
    for same in (first, replace(first, operator="operator (root)"), replace(second, person_id=person.id)):
        with pytest.raises(NotAllowed, match="A second person must confirm this role"):
            confirm_role(a_unit(session, same), waiting(session))
    confirm_role(a_unit(session, second), waiting(session))
    assert roles_of(session, person) == {role}
    events = session.scalars(sa.select(Event).where(Event.kind.in_(KINDS)).order_by(Event.id)).all()[-3:]
    assert {each.kind for each in events} == set(KINDS)
    assert [each.recorded_by_id for each in events] == [first.person_id, second.person_id, second.person_id]


@pytest.mark.parametrize("role", [Role.SUBGROUP_CHAIR, Role.CDOP_MANAGER])
def test_c13_who_may_not_give_the_role_does_not_confirm_it(
    session: Session, world: World, place: Place, manager: Actor, role: Role
) -> None:
    deaths = place.actors[Role.CDOP_MANAGER]
    give(session, place, replace(manager, roles_held=(*manager.roles_held, *deaths.roles_held)), role=role)
    others = [place.actors[Role.BUSINESS_UNIT_ADMIN], place.actors[Role.SUBGROUP_CHAIR], deaths]
    for other in others:
        with pytest.raises(NotAllowed):
            confirm_role(a_unit(session, other), waiting(session))
    with pytest.raises(NotFound):
        find_request(a_unit(session, world.midmarch.actors[Role.BUSINESS_MANAGER]), waiting(session).id)


def test_the_terminal_counts_as_the_second_person_and_is_on_record(
    session: Session, place: Place, manager: Actor
) -> None:
    person = give(session, place, replace(manager, operator="operator (root)"))
    assert roles_of(session, person) == {CHAIR}
    event = session.scalars(sa.select(Event).where(Event.kind == EventKind.PERSON_ADDED)).all()[-1]
    assert event.recorded_by == f"operator (root) for {manager.name} <{manager.email}>"
    assert event.recorded_by_id == manager.person_id


def test_the_operator_confirms_where_nobody_else_may_and_the_list_says_so(
    session: Session, place: Place, manager: Actor
) -> None:
    person = give(session, place, manager)
    (line,) = role_requests(session, manager, now=NOW)
    assert (line.nobody_else, line.may_confirm, line.may_refuse) == (True, False, True)
    confirm_role(a_unit(session, BUILDER), waiting(session))
    assert roles_of(session, person) == {CHAIR}


def test_where_somebody_else_may_confirm_the_list_offers_it_to_them(
    session: Session, place: Place, manager: Actor, colleague: Actor
) -> None:
    give(session, place, manager)
    lines = [role_requests(session, each, now=NOW)[0] for each in (manager, colleague)]
    assert [(line.nobody_else, line.may_confirm) for line in lines] == [(False, False), (False, True)]
    assert role_requests(session, place.actors[Role.SUBGROUP_CHAIR], now=NOW) == []


def test_a_role_given_at_the_terminal_answers_the_request_for_it(
    session: Session, place: Place, manager: Actor
) -> None:
    person = give(session, place, manager)
    request = waiting(session)
    give(session, place, BUILDER)
    assert (request.answer, roles_of(session, person)) == (RoleAnswer.CONFIRMED, {CHAIR})


def test_a_role_is_refused_with_a_reason_and_whoever_asked_may_take_it_back(
    session: Session, place: Place, manager: Actor
) -> None:
    person = give(session, place, manager)
    with pytest.raises(NotReady, match="Give a reason"):
        refuse_role(a_unit(session, manager), waiting(session), reason=" ")
    request = refuse_role(a_unit(session, manager), waiting(session), reason="The wrong Ann.")
    assert (request.answer, roles_of(session, person)) == (RoleAnswer.REFUSED, set())
    with pytest.raises(Refused, match="it has been answered"):
        confirm_role(a_unit(session, BUILDER), request)
    (line,) = role_requests(session, manager, now=NOW)
    assert (line.answer, line.reason, line.may_confirm) == (RoleAnswer.REFUSED, "The wrong Ann.", False)


def test_a_role_that_nobody_confirms_ends_by_itself(session: Session, place: Place, manager: Actor) -> None:
    person = give(session, place, manager)
    with pytest.raises(Refused, match="already waits to be confirmed"):
        give(session, place, manager)
    late = NOW + WAITS_FOR
    with pytest.raises(Refused, match="waited longer than 14 days and has ended"):
        confirm_role(a_unit(session, BUILDER, late), waiting(session))
    lapse_requests(a_unit(session, BUILDER, late - timedelta(minutes=1)))
    assert waiting(session).answer is None
    lapse_requests(a_unit(session, BUILDER, late))
    session.flush()
    assert session.scalars(sa.select(RoleRequest)).one().answer is RoleAnswer.LAPSED
    assert session.scalars(sa.select(Event.kind).where(Event.kind == EventKind.ROLE_LAPSED)).all()
    give(session, place, manager)
    confirm_role(a_unit(session, BUILDER), waiting(session))
    assert roles_of(session, person) == {CHAIR}


def test_who_has_left_meanwhile_gets_nothing(session: Session, place: Place, manager: Actor) -> None:
    owner = place.people[Role.ACTION_OWNER]
    give(session, place, manager, owner.email)
    disable_person(a_unit(session), email=owner.email)
    with pytest.raises(Refused, match="is disabled"):
        confirm_role(a_unit(session, BUILDER), waiting(session))


def test_one_person_takes_power_away_and_nobody_ends_their_own(session: Session, place: Place, manager: Actor) -> None:
    chair = place.people[CHAIR]
    end_role(a_unit(session, manager), place.partnership, email=chair.email, role=CHAIR)
    assert roles_of(session, chair) == set()
    with pytest.raises(NotAllowed, match="You cannot end a role of your own"):
        end_role(a_unit(session, manager), place.partnership, email=manager.email, role=Role.BUSINESS_MANAGER)
    with pytest.raises(NotAllowed, match="You cannot disable your own account"):
        disable_person(a_unit(session, manager), email=manager.email)
