"""The pages of the links in mails about accounts: GET shows, POST spends, and nobody learns who has an account."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import AccountLetter
from reviews.core.secrets import hash_password
from reviews.models import AccountLink, AccountMail, Event, EventKind, Invitation, Person, SignIn
from reviews.people.address_changes import change_email
from reviews.people.invitations import invite
from reviews.people.offboarding import disable_person
from reviews.people.passwords import ask_for_reset
from tests.builders import a_unit
from tests.notifications.mornings import Pigeonhole, deliver_to
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role

OWNER, PASSWORD = "owner@anyshire.example", "otter lantern gravel"
REQUEST = re.compile(r'Number of this request: <span class="ft-code">[^<]+|nonce="[^"]+"|v=[0-9a-f]+')


def mailed(doors):
    """Deliver what waits, and give the path of the link in the last mail."""
    post = Pigeonhole()
    deliver_to(post, doors.database, doors.clock)
    (link,) = [word for word in post.letters[-1].body.split() if word.startswith("https://")]
    return link.removeprefix("https://followthrough.example")


def invited(doors, world, role=Role.ACTION_OWNER):
    with doors.database.begin() as session:
        invite(a_unit(session, now=doors.clock.now()), world.anyshire.partnership.id, world.anyshire.people[role].id)
    return mailed(doors)


def reset_asked(doors, email=OWNER):
    assert doors.visitor().send("/reset", email=email) == 303
    return mailed(doors)


def owner(doors):
    with doors.database() as session:
        return session.scalars(sa.select(Person).where(Person.email == OWNER)).one()


def page(visitor):
    return REQUEST.sub("", visitor.html)


def test_an_invited_person_chooses_a_password_and_is_in(doors, world):
    link, visitor = invited(doors, world), doors.visitor()
    assert visitor.open(link) == 200
    assert "You are invited to Followthrough by whoever runs Followthrough." in visitor.said
    assert "This invitation works until 27 November 2026" in visitor.said
    assert visitor.send(link, name="Olive Owner", password=PASSWORD) == 303
    assert visitor.open("/actions/mine") == 200
    assert "Olive Owner" in visitor.html
    signed_in = doors.visitor()
    assert signed_in.send("/sign-in", email=OWNER, password=PASSWORD) == 303
    kinds = (EventKind.INVITATION_ACCEPTED, EventKind.PASSWORD_CHANGED)
    with doors.database() as session:
        by = session.scalars(sa.select(Event.recorded_by).where(Event.kind.in_(kinds))).all()
    assert len(by) == 2
    assert all(OWNER in each for each in by)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "Olive", "password": ""}, "Choose a password"),
        ({"name": "", "password": PASSWORD}, "Enter your name"),
        ({"name": "Olive", "password": "too short"}, "A password must have 12 to 128 characters."),
        ({"name": "Olive", "password": "password1234"}, "This password is easy to guess."),
        ({"name": "O" * 201, "password": PASSWORD}, "200 characters"),
    ],
)
def test_what_is_refused_spends_nothing(doors, world, typed, sentence):
    link, visitor = invited(doors, world), doors.visitor()
    assert visitor.send(link, **typed) == 422
    assert sentence in visitor.said
    assert owner(doors).password_hash is None
    assert visitor.send(link, name="Olive", password=PASSWORD) == 303


def test_c1_a_mail_scanner_spends_nothing_and_marks_nobody_as_come_in(doors, world):
    link = invited(doors, world)
    client = doors.app.test_client()
    assert client.head(link).status_code == 200
    assert client.get(link, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    assert client.options(link).status_code == 200
    assert rows(doors.database, Invitation, Invitation.opened_at.is_not(None)) == 0
    assert [client.get(link).status_code for _ in range(3)] == [200] * 3
    assert rows(doors.database, Invitation, Invitation.opened_at.is_not(None)) == 1
    assert rows(doors.database, AccountLink, AccountLink.used_at.is_not(None)) == 0
    assert (owner(doors).password_hash, rows(doors.database, SignIn)) == (None, 0)
    assert doors.visitor().send(link, name="Olive", password=PASSWORD) == 303


def test_c2_a_token_of_another_kind_answers_as_an_unknown_one(doors, world):
    doors.app.config["WTF_CSRF_ENABLED"] = True
    invitation, reset = invited(doors, world), None
    with doors.database.begin() as session:
        ask_for_reset(a_unit(session), email="chair@anyshire.example")
    reset = mailed(doors)
    tokens = [link.rpartition("/")[2] for link in (invitation, reset)]
    visitor = doors.visitor()
    assert visitor.open("/invitation/nonsense") == 404
    unknown = page(visitor)
    swapped = [f"/reset/{tokens[0]}", f"/invitation/{tokens[1]}", f"/calendar/{tokens[0]}.ics", f"/l/{tokens[1]}"]
    changed = [f"{link[:-1]}{'x' if link[-1] != 'x' else 'y'}" for link in (invitation, reset)]
    answers = [(visitor.open(address), page(visitor)) for address in (*swapped, *changed)]
    assert answers == [(404, unknown)] * 6
    assert visitor.send(f"/reset/{tokens[0]}", password=PASSWORD) == 404


def test_c3_a_link_that_is_over_answers_the_same_whatever_ended_it(doors, world, clock):
    used = invited(doors, world)
    doors.visitor().send(used, name="Olive", password=PASSWORD)
    left = invited(doors, world, Role.SUBGROUP_CHAIR)
    moved = invited(doors, world, Role.AGENCY_LEAD)
    with doors.database.begin() as session:
        disable_person(a_unit(session), email="chair@anyshire.example")
        change_email(a_unit(session), email="agency-lead@anyshire.example", to="lead@anyshire.example")
    expired = reset_asked(doors)
    clock.at += timedelta(hours=1)
    visitor = doors.visitor()
    answers = [(visitor.open(link), page(visitor)) for link in (used, left, moved, expired)]
    assert {code for code, _ in answers} == {410}
    assert len({text for _, text in answers}) == 1
    assert "It has been used, has expired, or was withdrawn." in visitor.said
    assert {"/sign-in", "/reset"} <= set(visitor.links)
    assert visitor.send(expired, password=PASSWORD) == 410
    assert visitor.send(used, name="Olive", password=PASSWORD) == 410


def test_c5_the_token_is_in_no_log_and_no_referrer(doors, world, caplog):
    caplog.set_level(logging.DEBUG)
    link, visitor = invited(doors, world), doors.visitor()
    response = visitor.client.get(link)
    visitor.send(link, name="Olive", password="password1234")
    visitor.send(link, name="Olive", password=PASSWORD)
    visitor.open(link)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert link.rpartition("/")[2] not in caplog.text
    with doors.database() as session:
        assert link.rpartition("/")[2] not in str(session.scalars(sa.select(Event.details)).all())
        (letter_id,) = session.scalars(sa.select(AccountLetter.letter_id)).all()
    manager = doors.visitor("manager@anyshire.example")
    for address in ("/reminders?kind=invitation", f"/reminders/{letter_id}"):
        assert manager.open(address) == 200
        assert "Invitation" in manager.said
        assert link.rpartition("/")[2] not in manager.html


def test_c7_a_poisoned_host_does_not_reach_the_mail(doors):
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    answer = doors.app.test_client().post("/reset", data={"email": OWNER}, headers=evil)
    assert (answer.status_code, answer.headers["Location"]) in [(303, "/sign-in"), (400, None)]
    post = Pigeonhole()
    deliver_to(post, doors.database, doors.clock)
    (letter,) = post.letters
    assert "evil" not in letter.body + letter.html
    assert all(each.startswith("https://followthrough.example/") for each in re.findall(r"\w+://\S+", letter.body))


def test_c8_a_link_is_asked_for_alike_by_everybody(doors):
    with doors.database.begin() as session:
        disable_person(a_unit(session), email="chair@anyshire.example")
    answers = set()
    for email in (OWNER, "nobody@elsewhere.example", "chair@anyshire.example"):
        visitor = doors.visitor()
        answer = visitor.client.post("/reset", data={"email": email})
        headers = {name for name, _ in answer.headers}
        assert visitor.open("/sign-in") == 200
        answers.add((answer.status_code, answer.headers["Location"], frozenset(headers), visitor.said))
    assert len(answers) == 1
    asked = []
    for email in (OWNER, "nobody@elsewhere.example"):
        client = doors.app.test_client()
        with statements(doors.database) as each:
            client.post("/reset", data={"email": email})
        asked.append(each)
    assert asked[0] == asked[1]  # the same work, and so the same time
    assert "If there is an account with this address, a mail with a link is on its way." in visitor.said
    assert rows(doors.database, AccountMail) == 5


def test_an_address_that_is_none_is_refused(doors):
    visitor = doors.visitor()
    assert visitor.open("/reset") == 200
    assert visitor.send("/reset", email="not an address") == 422
    assert "Enter an e-mail address in the correct format" in visitor.said
    assert rows(doors.database, AccountMail) == 0


def test_c11_a_new_password_by_mail_ends_every_session_and_opens_a_locked_account(doors, world, clock):
    with doors.database.begin() as session:
        session.get_one(Person, owner(doors).id).password_hash = hash_password("what it was before")
    held = doors.visitor(OWNER)
    visitor = doors.visitor()
    for _ in range(10):
        visitor.send("/sign-in", email=OWNER, password="wrong")
    link = reset_asked(doors)
    assert visitor.open(link) == 200
    assert held.open("/actions/mine") == 200
    assert visitor.send(link, password=PASSWORD) == 303
    assert visitor.location == "/sign-in"
    assert held.open("/actions/mine") == 303
    assert visitor.open("/actions/mine") == 303
    assert visitor.send("/sign-in", email=OWNER, password=PASSWORD) == 303
    post = Pigeonhole()
    deliver_to(post, doors.database, doors.clock)
    assert [letter.subject for letter in post.letters] == ["Your password for Followthrough was changed"]


def test_c13_two_presses_at_once_let_one_in(doors, world):
    link = invited(doors, world)
    with ThreadPoolExecutor(2) as both:
        codes = list(both.map(lambda n: doors.visitor().send(link, name=f"Olive {n}", password=PASSWORD), "12"))
    assert sorted(codes) == [303, 410]
    assert rows(doors.database, SignIn) == 1


def test_who_never_had_a_password_asks_for_one_at_the_same_page(doors):
    visitor = doors.visitor()
    visitor.open("/sign-in")
    assert "/reset" in visitor.links
    assert visitor.send(reset_asked(doors), password=PASSWORD) == 303
    assert visitor.send("/sign-in", email=OWNER, password=PASSWORD) == 303


def test_a_form_that_did_not_come_from_our_page_spends_nothing(doors, world):
    doors.app.config["WTF_CSRF_ENABLED"] = True
    link, visitor = invited(doors, world), doors.visitor()
    assert visitor.send(link, name="Olive", password=PASSWORD) == 400
    assert owner(doors).password_hash is None
