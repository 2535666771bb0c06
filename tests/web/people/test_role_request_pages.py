"""The pages on which a role waits for a second person, and what a chair may not do with an action of their own."""

from dataclasses import replace

import sqlalchemy as sa

from reviews.actions.steps import record_progress
from reviews.models import Action, Invitation, Membership, Person, RoleRequest
from tests.builders import TODAY, a_case, a_person, a_unit, an_action
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

MANAGER, COLLEAGUE = "manager@anyshire.example", "colleague@anyshire.example"
NEW = {"email": "ann@anyshire.example", "name": "Ann Lee", "job_title": "Chair", "role": "subgroup_chair"}


def ask(doors, world, **typed):
    visitor = doors.visitor(MANAGER)
    council = str(world.anyshire.agencies["Council"].id)
    code = visitor.send("/people/new", **{**NEW, "agency": council, **typed})
    return visitor, code


def a_colleague(doors, world):
    with doors.database.begin() as session:
        a_person(session, world.anyshire.partnership, Role.BUSINESS_MANAGER, email=COLLEAGUE)
    return doors.visitor(COLLEAGUE)


def number_of(doors):
    with doors.database() as session:
        return session.scalars(sa.select(RoleRequest.id)).one()


def roles_of(doors, email):
    with doors.database() as session:
        found = sa.select(Membership.role).join(Person, Person.id == Membership.person_id).where(Person.email == email)
        return session.scalars(found).all()


def test_c13_a_manager_does_not_make_themself_chair(doors, world):
    for role in ("subgroup_chair", "safeguarding_partner", "lead_reviewer"):
        visitor, code = ask(doors, world, email=MANAGER, role=role)
        assert (code, "You cannot give a role to yourself" in visitor.said) == (403, True)
    assert roles_of(doors, MANAGER) == [Role.BUSINESS_MANAGER]
    visitor.open("/people?role=business_manager")
    own = world.anyshire.people[Role.BUSINESS_MANAGER].id
    assert [link for link in visitor.links if f"/people/{own}/" in link and "email" not in link] == []


def test_c13_a_role_waits_on_the_page_of_people_until_somebody_else_confirms_it(doors, world):
    visitor, code = ask(doors, world)
    assert code == 303
    visitor.follow()
    assert "Ann Lee becomes subgroup chair once a second person confirms it, within 14 days." in visitor.html
    assert "Nobody else here may confirm it. Ask whoever runs Followthrough" in visitor.said
    confirm = f"/people/roles/{number_of(doors)}/confirm"
    assert confirm not in visitor.links
    assert [visitor.open(confirm), visitor.send(confirm)] == [403, 403]
    assert roles_of(doors, NEW["email"]) == []
    other = a_colleague(doors, world)
    other.open("/people")
    assert confirm in other.links
    assert "Nobody else here" not in other.said
    assert other.open(confirm) == 200
    assert [other.send(confirm, form_id="one") for _ in range(2)] == [303, 303]
    other.follow()
    assert "Confirmed by Business manager" in other.said
    assert roles_of(doors, NEW["email"]) == [Role.SUBGROUP_CHAIR]


def test_whoever_confirms_a_role_can_invite_the_person_at_once(doors, world):
    ask(doors, world)
    other, confirm = a_colleague(doors, world), f"/people/roles/{number_of(doors)}/confirm"
    other.open(confirm)
    assert "Send an invitation by mail" in other.said
    assert "and so is Ann Lee" not in other.said
    assert other.send(confirm, invite="y") == 303
    other.follow()
    assert "An invitation is on its way to ann@anyshire.example." in other.said
    assert rows(doors.database, Invitation) == 1


def test_a_role_is_refused_with_a_reason(doors, world):
    ask(doors, world)
    other, refuse = a_colleague(doors, world), f"/people/roles/{number_of(doors)}/refuse"
    assert (other.open(refuse), other.send(refuse)) == (200, 422)
    assert "Say why they do not get it" in other.said
    assert other.send(refuse, reason="The wrong Ann.") == 303
    other.follow()
    assert "Refused by Business manager" in other.said
    assert "The wrong Ann." in other.said
    assert rows(doors.database, Membership, Membership.role == Role.SUBGROUP_CHAIR) == 2
    assert other.send(refuse.replace("refuse", "confirm")) == 422


def test_a_role_of_another_partnership_does_not_wait_here(doors, world):
    ask(doors, world)
    theirs = doors.visitor("manager@midmarch.example")
    number = number_of(doors)
    assert [theirs.open(f"/people/roles/{number}/{act}") for act in ("confirm", "refuse")] == [404, 404]
    theirs.open("/people")
    assert "Ann Lee" not in theirs.said


def test_b3_a_chair_does_not_grant_the_time_they_asked_for(doors, world):
    chair = "chair@anyshire.example"
    with doors.database.begin() as session:
        place = world.anyshire
        owner = session.merge(place.people[Role.SUBGROUP_CHAIR])
        action = an_action(session, a_case(session, place.partnership), owner=owner, stage="in_progress")
        address = f"/actions/{action.address}"
    visitor = doors.visitor(chair)
    wish = {"wanted_due_on": "2027-03-01", "extension_reason": "A leaver.", "happened_on": "2026-11-20"}
    assert visitor.send(f"{address}/ask_extension", **wish) == 303
    grant = {"new_due_on": "2027-03-01", "extension_reason": "A leaver.", "happened_on": "2026-11-20"}
    assert (visitor.open(f"{address}/extend"), visitor.send(f"{address}/extend", **grant)) == (409, 409)
    assert "It is not open to: the owner and their deputy; whoever asked for the time." in visitor.said
    partner = doors.visitor("partner@anyshire.example")
    assert partner.send(f"{address}/extend", **grant) == 303
    assert rows(doors.database, Action, Action.times_extended == 1) == 1


def test_d20_the_history_shows_who_was_at_the_terminal_and_for_whom(doors, world):
    with doors.database.begin() as session:
        place = world.anyshire
        manager = replace(place.actors[Role.BUSINESS_MANAGER], operator="operator (root)")
        action = an_action(session, a_case(session, place.partnership), stage="in_progress")
        record_progress(a_unit(session, manager), action, text="Two wards are trained.", happened_on=TODAY)
        address = f"/actions/{action.address}"
    visitor = doors.visitor(MANAGER)
    visitor.open(address)
    assert f"operator (root) for {manager.name}" in visitor.said
