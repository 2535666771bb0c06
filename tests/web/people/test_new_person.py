"""The pages on which people are added and given roles."""

import pytest
import sqlalchemy as sa

from reviews.models import Event, EventKind, Membership, Person
from reviews.people.offboarding import disable_person
from tests.builders import a_person, a_unit
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

MANAGER, OWNER = "manager@anyshire.example", "owner@anyshire.example"
NEW = {
    "email": " Ann.Lee@Anyshire.example ",
    "name": "Ann  Lee",
    "job_title": "Head of quality",
    "role": "action_owner",
}


def council(world, word="Council"):
    return str(world.anyshire.agencies[word].id)


def posts_of(doors, email):
    with doors.database() as session:
        found = sa.select(Membership).join(Person).where(Person.email == email).order_by(Membership.id)
        return [(post.role, post.job_title, post.agency_id) for post in session.scalars(found)]


def test_a_person_is_added_with_one_role_by_one_press(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.open("/people")
    assert "/people/new" in visitor.links
    assert visitor.open("/people/new") == 200
    sent = [visitor.send("/people/new", **NEW, agency=council(world), form_id="one") for _ in range(2)]
    assert (sent, visitor.location) == ([303, 303], "/people")
    visitor.follow()
    assert "Ann Lee is now action owner. They cannot sign in yet: invite them when you want them" in visitor.html
    assert "Ann Lee ann.lee@anyshire.example Action owner Head of quality Anyshire Council" in visitor.said
    assert posts_of(doors, "ann.lee@anyshire.example") == [(Role.ACTION_OWNER, "Head of quality", int(council(world)))]
    assert rows(doors.database, Event, Event.kind == EventKind.PERSON_ADDED) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": ""}, "Enter the e-mail address"),
        ({"email": "ann at anyshire"}, "Enter an e-mail address in the correct format, such as name@example.com."),
        ({"name": ""}, "Enter the name"),
        ({"job_title": "x" * 201}, "200"),
        ({"role": ""}, "Choose the role"),
        ({"role": "emperor"}, "“Role”: choose one from the list"),
        ({"agency": ""}, "Choose the agency"),
        ({"email": OWNER}, "already has the role action owner in this partnership"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(doors, world, typed, sentence):
    visitor, before = doors.visitor(MANAGER), rows(doors.database, Membership)
    assert visitor.send("/people/new", **{**NEW, "agency": council(world), **typed}) == 422
    assert sentence in visitor.html
    assert f'value="{typed.get("job_title", NEW["job_title"])}"' in visitor.html
    assert rows(doors.database, Membership) == before


def test_an_agency_of_another_partnership_cannot_be_chosen(doors, world):
    theirs = str(world.midmarch.agencies["Council"].id)
    assert doors.visitor(MANAGER).send("/people/new", **NEW, agency=theirs) == 422


def test_somebody_who_is_there_gets_a_further_role(doors, world):
    visitor, owner = doors.visitor(MANAGER), world.anyshire.people[Role.ACTION_OWNER]
    address = f"/people/{owner.id}/roles/new"
    visitor.open("/people")
    assert address in visitor.links
    assert visitor.open(address) == 200
    assert OWNER in visitor.said
    assert "E-mail address" not in visitor.said
    lead = {"job_title": "Safeguarding lead", "role": "agency_lead", "agency": council(world, "Police")}
    assert visitor.send(address, **lead) == 303
    assert posts_of(doors, OWNER)[1:] == [(Role.AGENCY_LEAD, "Safeguarding lead", int(council(world, "Police")))]
    assert visitor.send(address, **lead) == 422


def test_somebody_of_another_partnership_keeps_their_account_and_their_name(doors, world):
    theirs = world.midmarch.people[Role.LEAD_REVIEWER]
    visitor, people = doors.visitor(MANAGER), rows(doors.database, Person)
    assert visitor.open(f"/people/{theirs.id}/roles/new") == 404
    assert visitor.send("/people/new", **{**NEW, "email": theirs.email, "agency": council(world)}) == 303
    assert rows(doors.database, Person) == people
    with doors.database() as session:
        assert session.get_one(Person, theirs.id).name == theirs.name


def test_an_account_that_is_shut_gets_no_role(doors, world):
    with doors.database.begin() as session:
        disable_person(a_unit(session), email=OWNER)
    visitor = doors.visitor(MANAGER)
    typed = {**NEW, "email": OWNER, "role": "scrutiny_member", "agency": council(world)}
    assert visitor.send("/people/new", **typed) == 422
    assert f"The account of {OWNER} is disabled" in visitor.said


def test_whoever_manages_two_partnerships_says_for_which(doors, world):
    with doors.database.begin() as session:
        place = world.midmarch
        a_person(session, place.partnership, Role.BUSINESS_MANAGER, place.agencies["Council"], MANAGER)
    visitor = doors.visitor(MANAGER)
    visitor.open("/people")
    assert "/people/new?partnership=MIDMARCH" in visitor.links
    theirs = str(world.midmarch.agencies["Council"].id)
    assert visitor.send("/people/new?partnership=MIDMARCH", **NEW, agency=theirs) == 303
    with doors.database() as session:
        found = sa.select(Membership.partnership_id).join(Person).where(Person.email == "ann.lee@anyshire.example")
        assert session.scalars(found).all() == [world.midmarch.partnership.id]


@pytest.mark.parametrize("word", ["admin", "chair", "agency-lead", "owner", "cdop"])
def test_nobody_else_lets_people_in(doors, world, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    owner = world.anyshire.people[Role.ACTION_OWNER]
    assert [visitor.open(page) for page in ("/people/new", f"/people/{owner.id}/roles/new")] == [403, 403]
    assert visitor.send("/people/new", **NEW, agency=council(world)) == 403


@pytest.mark.parametrize("role", [Role.CDOP_MANAGER, Role.CDOP_PANEL_MEMBER])
def test_roles_of_child_death_review_are_not_offered_to_who_does_not_work_in_it(doors, world, role):
    visitor = doors.visitor(MANAGER)
    visitor.open("/people/new")
    assert f'value="{role.value}"' not in visitor.html
    assert visitor.send("/people/new", **{**NEW, "role": role.value, "agency": council(world)}) == 422
    assert "“Role”: choose one from the list" in visitor.html


def test_a_manager_who_is_the_cdop_manager_too_is_offered_them(doors, world):
    with doors.database.begin() as session:
        place = world.anyshire
        a_person(session, place.partnership, Role.CDOP_MANAGER, place.agencies["Council"], MANAGER)
    visitor = doors.visitor(MANAGER)
    visitor.open("/people/new")
    assert 'value="cdop_panel_member"' in visitor.html
    typed = {**NEW, "role": "cdop_panel_member", "agency": council(world)}
    assert visitor.send("/people/new", **typed) == 303
