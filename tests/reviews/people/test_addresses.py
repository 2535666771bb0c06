"""Changing the e-mail address of a person, and the history of it."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.models import Event, EventKind, Person
from reviews.people.accounts import change_email
from reviews.people.offboarding import disable_person
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import BUILDER, a_person, a_unit, a_world
from tests.changes import changes_of, nothing_changes
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

OWNER, NEW = "owner@anyshire.example", "new@anyshire.example"


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def change(database, clock, world):
    def change(role=Role.BUSINESS_MANAGER, email=OWNER, to=NEW, place=world.anyshire, actor=None):
        actor = actor or (place.actors[role] if role else BUILDER)
        with unit_of_work(database, actor, clock) as unit:
            return change_email(unit, email=email, to=to).email

    return change


@pytest.mark.parametrize("role", [Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, None])
def test_the_unit_changes_an_address_and_the_old_one_stays_in_the_history(database, world, change, role):
    with changes_of(database) as changes:
        assert change(role, " OWNER@anyshire.example", " New@Anyshire.example ") == NEW
    assert (changes.added, changes.changed) == ({"events": 1}, {"people": {"email"}})
    with database() as session:
        event = session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
    owner = world.anyshire.people[Role.ACTION_OWNER]
    assert (event.kind, event.details) == (EventKind.EMAIL_CHANGED, {"person": owner.id, "was": OWNER})


def test_nobody_else_changes_it(database, world, change):
    unit = {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}
    for role in set(Role) - unit:
        with nothing_changes(database), pytest.raises(NotAllowed):
            change(role)
    with nothing_changes(database), pytest.raises(NotFound):
        change(place=world.midmarch)


@pytest.mark.parametrize(
    "to", ["", "nobody", "a b@c.example", "a@b.example\nBcc: c@d.example", f"{'a' * 250}@b.example"]
)
def test_what_is_no_address_is_refused(database, change, to):
    with nothing_changes(database), pytest.raises(Refused, match="Enter an e-mail address in the correct format"):
        change(to=to)


def test_an_address_is_one_persons(database, change):
    with nothing_changes(database):
        with pytest.raises(Refused, match=r"Somebody else already has the address chair@midmarch\.example"):
            change(to="Chair@Midmarch.example")
        with pytest.raises(Refused, match="already have"):
            change(to=OWNER.upper())


def test_who_works_in_two_partnerships_is_for_who_keeps_both(database, world, change):
    with database.begin() as session:
        a_person(session, world.midmarch.partnership, Role.AGENCY_LEAD, world.midmarch.agencies["Police"], OWNER)
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotAllowed):
        change()
    theirs = world.midmarch.actors[Role.BUSINESS_UNIT_ADMIN].roles_held
    with changes_of(database) as changes:
        change(actor=replace(manager, roles_held=(*manager.roles_held, *theirs)))
    assert changes.added == {"events": 2}


@pytest.mark.parametrize("word", ["cdop", "cdop-member"])
def test_mail_about_child_deaths_is_not_led_elsewhere(database, world, change, word):
    manager, cdop = (world.anyshire.actors[role] for role in (Role.BUSINESS_MANAGER, Role.CDOP_MANAGER))
    with nothing_changes(database), pytest.raises(NotAllowed, match="Only the CDOP manager"):
        change(email=f"{word}@anyshire.example")
    both = replace(manager, roles_held=(*manager.roles_held, *cdop.roles_held))
    assert change(email=f"{word}@anyshire.example", actor=both) == NEW


def test_who_has_left_keeps_their_address(database, world, change):
    with database.begin() as session:
        disable_person(a_unit(session), email=OWNER)
    with nothing_changes(database), pytest.raises(Refused, match="has left"):
        change()
    with database() as session:
        assert session.scalar(sa.select(Person.id).where(Person.email == NEW)) is None
