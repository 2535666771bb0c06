"""The pages that invite people, and say what became of it."""

import sqlalchemy as sa

from reviews.models import AccountMail, Invitation, Person
from tests.builders import a_person
from tests.notifications.mornings import Pigeonhole, deliver_to
from tests.web.people.test_new_person import NEW, council
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

MANAGER = "manager@anyshire.example"


def test_who_adds_a_person_invites_them_by_the_same_press(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.open("/people/new")
    assert 'name="invite" type="checkbox" value="y" checked' in visitor.html
    assert visitor.send("/people/new", **NEW, agency=council(world), invite="y") == 303
    visitor.follow()
    assert "An invitation is on its way to ann.lee@anyshire.example." in visitor.said
    post = Pigeonhole()
    deliver_to(post, doors.database, doors.clock)
    assert [letter.to for letter in post.letters] == ["ann.lee@anyshire.example"]
    visitor.open("/people?q=ann.lee")
    assert "Invitation sent" in visitor.said


def test_an_invitation_is_sent_again_and_withdrawn_on_its_page(doors, world):
    owner = world.anyshire.people[Role.ACTION_OWNER]
    visitor, address = doors.visitor(MANAGER), f"/people/{owner.id}/invitation"
    assert visitor.open(address) == 200
    assert "cannot sign in yet" in visitor.said
    for mails in (1, 2):
        assert visitor.send(address, act="send") == 303
        visitor.follow()
        assert "Invitation waiting" in visitor.said
        assert deliver_to(Pigeonhole(), doors.database, doors.clock).sent == 1
        visitor.open(address)
        assert "Invitation sent" in visitor.said
        assert ("2 mails in all" in visitor.said) is (mails == 2)
    assert visitor.send(address, act="withdraw") == 303
    visitor.follow()
    assert "Invitation withdrawn" in visitor.said
    assert visitor.send(address, act="withdraw") == 422


def test_those_who_were_ticked_are_invited_and_nobody_who_came_since(doors, world):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/people/invitations") == 200
    assert "Invite people: 12 cannot sign in yet" in visitor.said
    listed = [
        str(person.id) for person in world.anyshire.people.values() if f'value="{person.id}" checked' in visitor.html
    ]
    assert len(listed) == 12
    with doors.database.begin() as session:
        a_person(session, session.merge(world.anyshire.partnership), email="later@anyshire.example")
        session.get_one(Person, int(listed[0])).password_hash = "a hash"
    assert visitor.client.post("/people/invitations", data={"person": listed}).status_code == 303
    visitor.open("/people/invitations")
    assert "11 invitations are on the way. 1 of those ticked can sign in by now, or have left." in visitor.said
    people = sa.select(Person.email).join(Invitation, Invitation.person_id == Person.id)
    with doors.database() as session:
        assert "later@anyshire.example" not in session.scalars(people).all()
    assert visitor.html.count(" checked") == 1  # who came since


def test_a_press_without_anybody_ticked_says_so(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.send("/people/invitations") == 422
    assert "Tick at least one person." in visitor.said


def test_c13_pages_refuse_whoever_does_not_manage_people_and_people_of_elsewhere(doors, world):
    owner = world.anyshire.people[Role.ACTION_OWNER]
    for word in ("agency-lead", "admin", "chair", "owner"):
        visitor = doors.visitor(f"{word}@anyshire.example")
        for address in ("/people/invitations", f"/people/{owner.id}/invitation", "/people/new"):
            assert (visitor.open(address), visitor.send(address, act="send", person=owner.id)) == (403, 403)
    visitor = doors.visitor(MANAGER)
    stranger = world.midmarch.people[Role.ACTION_OWNER].id
    assert (visitor.open(f"/people/{stranger}/invitation"), visitor.send(f"/people/{stranger}/invitation")) == (
        404,
        404,
    )
    assert visitor.send("/people/invitations", person=stranger) == 303
    assert rows(doors.database, AccountMail) == 0
