"""The pages and mails of a change of an address: nothing changes until both addresses have confirmed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter
from reviews.models import Event, EventKind, Person, SignIn
from tests.notifications.mornings import Pigeonhole, deliver_to, mail_comes_back
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

OWNER, NEW = "owner@anyshire.example", "new@anyshire.example"
MANAGER, ADMIN = "manager@anyshire.example", "admin@anyshire.example"
OUR_ADDRESS = "https://followthrough.example"


def posted(doors):
    """Deliver what waits, and give by address the subject and the link of each mail."""
    post = Pigeonhole()
    deliver_to(post, doors.database, doors.clock)
    return {
        letter.to: (
            letter.subject,
            next(word for word in letter.body.split() if word.startswith(OUR_ADDRESS)).removeprefix(OUR_ADDRESS),
        )
        for letter in post.letters
    }


def address_of_owner(doors, world):
    with doors.database() as session:
        return session.get_one(Person, world.anyshire.people[Role.ACTION_OWNER].id).email


@pytest.fixture
def links(doors, world):
    """Have the owner ask for a new address, and give the link of each mail."""
    visitor = doors.visitor(OWNER)
    assert visitor.send("/account/address", email=NEW, form_id="a" * 32) == 303
    assert visitor.follow() == 200
    assert "It is to be new@anyshire.example." in visitor.said
    found = posted(doors)
    with doors.database() as session:
        assert all("Somebody signed in as you asks that" in body for body in session.scalars(sa.select(Letter.body)))
    assert {to: subject for to, (subject, _) in found.items()} == {
        OWNER: "Confirm your new address for Followthrough",
        NEW: "Confirm this address for Followthrough",
    }
    return {to: link for to, (_, link) in found.items()}


@pytest.mark.parametrize("order", [(OWNER, NEW), (NEW, OWNER)])
def test_d6_the_address_changes_with_the_second_confirmation(doors, world, links, order):
    first, last = order
    visitor = doors.visitor()
    for link in links.values():
        assert visitor.client.head(link).status_code == 200
        assert visitor.open(link) == 200
        assert "Somebody signed in as" in visitor.said
    assert visitor.send(links[first], answer="yes") == 303
    assert visitor.follow() == 200
    assert "Confirmed. The address changes once the other one is confirmed too." in visitor.said
    assert visitor.open(links[first]) == 410
    assert address_of_owner(doors, world) == OWNER
    assert visitor.send(links[last], answer="yes") == 303
    assert address_of_owner(doors, world) == NEW
    assert [visitor.open(link) for link in links.values()] == [410, 410]
    assert rows(doors.database, SignIn, SignIn.ended_at.is_(None)) == 0
    found = posted(doors)
    assert {to: subject for to, (subject, _) in found.items()} == {
        OWNER: "You get mail from Followthrough at another address now",
        NEW: "You get mail from Followthrough at this address now",
    }
    with doors.database() as session:
        said = session.execute(
            sa.select(Event.kind, Event.recorded_by).where(Event.kind.in_(["email_confirmed", "email_changed"]))
        ).all()
    assert [kind for kind, _ in said] == ["email_confirmed", "email_confirmed", "email_changed"]
    assert {"link"} < {by for _, by in said}


def test_d6_asked_and_never_confirmed_the_old_address_stays_theirs(doors, world, links, clock):
    visitor = doors.visitor()
    assert visitor.send(links[NEW], answer="yes") == 303
    assert doors.visitor(OWNER).open("/actions/mine") == 200
    clock.at += timedelta(days=7)
    assert [visitor.open(link) for link in links.values()] == [410, 410]
    assert visitor.send(links[OWNER], answer="yes") == 410
    assert address_of_owner(doors, world) == OWNER
    again = doors.visitor(OWNER)
    assert again.send("/account/address", email="newer@anyshire.example", form_id="b" * 32) == 303
    assert set(posted(doors)) == {OWNER, "newer@anyshire.example"}


@pytest.mark.parametrize("side", [OWNER, NEW])
def test_either_address_refuses_and_nothing_changes(doors, world, links, side):
    visitor = doors.visitor()
    assert visitor.send(links[side], answer="perhaps") == 422
    assert visitor.send(links[side], answer="no") == 303
    assert [visitor.open(link) for link in links.values()] == [410, 410]
    assert address_of_owner(doors, world) == OWNER
    assert rows(doors.database, Event, Event.kind == EventKind.EMAIL_NOT_CHANGED) == 1


def test_the_link_of_one_address_is_not_that_of_the_other(doors, world, links):
    visitor = doors.visitor()
    assert visitor.open(links[OWNER].replace("/old/", "/new/")) == 404
    assert visitor.open("/address/old/" + "x" * 43) == 404


def test_the_owner_withdraws_it(doors, world, links):
    visitor = doors.visitor(OWNER)
    assert visitor.open("/account/address/withdraw") == 200
    assert visitor.send("/account/address/withdraw", form_id="c" * 32) == 303
    assert [visitor.open(link) for link in links.values()] == [410, 410]
    assert visitor.open("/account/address/withdraw") == 404


def test_a_second_person_confirms_where_mail_to_the_old_address_comes_back(doors, world):
    owner = world.anyshire.people[Role.ACTION_OWNER]
    mail_comes_back(doors.database, world.anyshire, owner)
    page = f"/people/{owner.id}/email"
    manager, admin = doors.visitor(MANAGER), doors.visitor(ADMIN)
    assert manager.send(page, email=NEW, form_id="d" * 32) == 303
    found = posted(doors)
    assert set(found) == {NEW}
    assert manager.send(f"{page}/confirm", form_id="e" * 32) == 422
    assert admin.open(page) == 200
    assert "Confirm in place of the old address" in admin.said
    assert admin.open(f"{page}/confirm") == 200
    assert admin.send(f"{page}/confirm", form_id="f" * 32) == 303
    assert admin.follow() == 200
    assert "new@anyshire.example must confirm too" in admin.said
    assert doors.visitor().send(found[NEW][1], answer="yes") == 303
    assert address_of_owner(doors, world) == NEW
    assert admin.open("/reminders/addresses") == 200
    assert "Mail comes back: 0" in admin.said


def test_the_domains_are_set_on_a_page(doors, world):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/settings/domains") == 200
    assert visitor.send("/settings/domains", domains="anyshire.example\r\nnhs.example", form_id="g" * 32) == 303
    assert visitor.follow() == 200
    assert "Allowed domains of new addresses: 2." in visitor.said
    owner = doors.visitor(OWNER)
    assert owner.send("/account/address", email="x@evil.example", form_id="h" * 32) == 422
