"""Inviting people, sending links that set a password, and ending sessions, from the terminal."""

import re
from email import message_from_string, policy

import pytest
import sqlalchemy as sa

from reviews.core.db import open_database
from reviews.models import Person
from reviews.people.sign_in import begin_session
from tests.builders import a_unit
from tests.changes import nothing_changes

HERE = ("--partnership", "FELLMERE")
ADA = "ada@fellmere.example"
WORKS = ("--name", "Ada Fell", "--job-title", "Named nurse", "--agency", "Fellmere Council", "--role", "action_owner")


@pytest.fixture
def fellmere(bare):
    """A machine on which nothing but a partnership and its council has been set up."""
    assert bare.run("partnerships", "add", "FELLMERE", "--name", "Fellmere Partnership").code == 0
    assert bare.run("agencies", "add", "Fellmere Council", "--kind", "local_authority", *HERE).code == 0
    return bare


def links(terminal):
    texts = [
        message_from_string(mail, policy=policy.default).get_body(("plain",)).get_content() for mail in terminal.mails
    ]
    return re.findall(r"http://127\.0\.0\.1:8000/(\w+)/[\w-]{43}\n", "\n".join(texts))


def test_the_first_account_is_made_and_invited_by_one_command(fellmere):
    added = fellmere.json("people", "add", ADA, *WORKS, *HERE, "--invite")
    assert (added["email"], added["invited"]) == (ADA, True)
    assert fellmere.json("deliver")["sent"] == 1
    assert links(fellmere) == ["invitation"]
    again = fellmere.json("people", "invite", "Ada@fellmere.example")
    assert (again["state"], again["mails"], again["partnership"]) == ("waiting", 2, "FELLMERE")
    assert again["expires_at"].startswith("2026-11-27T08:00")
    fellmere.json("deliver")
    assert links(fellmere) == ["invitation", "invitation"]
    assert fellmere.json("people", "invite", ADA, "--withdraw")["state"] == "withdrawn"


def test_a_link_that_sets_a_password_is_mailed_and_not_printed(fellmere):
    fellmere.json("people", "add", ADA, *WORKS, *HERE)
    asked = fellmere.json("people", "reset", ADA)
    assert set(asked) == {"email", "name", "asked_at"}
    assert fellmere.json("deliver")["sent"] == 1
    assert links(fellmere) == ["reset"]


def test_a_password_of_the_terminal_is_no_easier_to_guess(fellmere):
    fellmere.json("people", "add", ADA, *WORKS, *HERE)
    asked = fellmere.run("people", "password", ADA, piped=b"password1234\npassword1234\n")
    assert asked.code == 1
    assert "easy to guess" in asked.err
    assert fellmere.run("people", "password", ADA, piped=b"otter lantern gravel\n" * 2).code == 0


def test_sessions_are_listed_and_ended(fellmere):
    fellmere.json("people", "add", ADA, *WORKS, *HERE)
    with open_database(f"sqlite:///{fellmere.home / 'followthrough.db'}").begin() as session:
        unit = a_unit(session)
        begin_session(unit, session.scalars(sa.select(Person)).one(), browser="Firefox on Windows")
    (open_,) = fellmere.json("people", "sessions", ADA)["sessions"]
    assert open_["browser"] == "Firefox on Windows"
    assert fellmere.json("people", "sessions", ADA, "--end")["ended"] == 1
    assert fellmere.json("people", "sessions", ADA) == {"email": ADA, "sessions": [], "ended": 0}
    assert "is not signed in anywhere" in fellmere.run("people", "sessions", ADA).out


def test_who_is_unknown_or_of_another_partnership_is_not_found(terminal, seeded):
    asks = [("invite",), ("reset",), ("sessions",)]
    with nothing_changes(seeded):
        for ask in asks:
            assert "There is no person with the address" in terminal.refused("people", *ask, "nobody@anyshire.example")
        for ask in asks[:2]:
            refused = terminal.refused("people", *ask, "owner@midmarch.example", "--as", "manager@anyshire.example")
            assert refused.startswith("There is no person")
        invited = ("people", "invite", "owner@anyshire.example", "--as", "agency-lead@anyshire.example")
        assert "Your role cannot do this" in terminal.refused(*invited)
        assert "can sign in already" in terminal.refused("people", "invite", "owner@anyshire.example")
