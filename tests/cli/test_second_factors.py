"""Second factors at the terminal: who must have one, starting anew, and what the check says of those that are lost."""

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from notifications.models import Letter
from reviews.core.db import engine_of, open_database
from reviews.core.sealed import derived_key, seal
from reviews.models import AuthenticatorApp, Event, EventKind, Passkey, Person
from reviews.people.authenticator_apps import PURPOSE
from tests.cli.terminal import Terminal

ANYSHIRE = ("--partnership", "ANYSHIRE")
MANAGER, CHAIR = "mary@anyshire.example", "chair@anyshire.example"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
KEY = "a key of more than thirty-two characters"


@pytest.fixture
def terminal(database_url, tmp_path):
    return Terminal(tmp_path / "home", database_url)


@pytest.fixture
def people(terminal):
    terminal.run("partnerships", "add", "ANYSHIRE", "--name", "Anyshire Safeguarding Children Partnership")
    terminal.run("agencies", "add", "Anyshire Council", "--kind", "local_authority", *ANYSHIRE)
    for email, role in ((MANAGER, "business_manager"), (CHAIR, "subgroup_chair")):
        more = ("--agency", "Anyshire Council", "--role", role, *ANYSHIRE)
        answer = terminal.run("people", "add", email, "--name", role, "--job-title", role, *more)
        assert answer.code == 0, answer


@pytest.fixture
def stored(terminal, people):
    opened = open_database(terminal.database_url)
    yield opened
    engine_of(opened).dispose()


def has_both(stored, email=CHAIR):
    with stored.begin() as session:
        person_id = session.scalars(sa.select(Person.id).where(Person.email == email)).one()
        passkey = {"credential_id": b"1", "public_key": b"2", "user_handle": b"3", "aaguid": "", "backed_up": False}
        mine = {"person_id": person_id, "name": "Phone", "made_at": NOW}
        session.add(Passkey(rp_id="old.example", sign_count=0, **passkey, **mine))
        sealed = seal(derived_key(KEY, PURPOSE), "JBSWY3DPEHPK3PXP", "authenticator_apps|secret|1")
        session.add(AuthenticatorApp(id=1, secret=sealed, last_step=0, confirmed_at=NOW, **mine))


def test_a_new_partnership_asks_whoever_sees_cases_and_can_ask_others(terminal, people):
    asked = ("partnerships", "second-factor")
    assert terminal.json(*asked, *ANYSHIRE) == {"partnership": "ANYSHIRE", "second_factor": "case-readers"}
    assert terminal.json(*asked, "nobody", *ANYSHIRE, "--as", MANAGER)["second_factor"] == "nobody"
    assert "can be done by: business manager" in terminal.refused(*asked, "everybody", *ANYSHIRE, "--as", CHAIR)
    assert terminal.run(*asked, *ANYSHIRE).out == "ANYSHIRE: nobody must have a second factor.\n"


def test_the_operator_resets_a_factor_and_who_asked_is_on_record(terminal, stored):
    reset = ("people", "reset-factor", CHAIR, "--reason", "Lost her phone")
    assert "has no second factor" in terminal.refused(*reset)
    has_both(stored)
    assert "Nobody resets their own" in terminal.refused(*reset, "--as", CHAIR)
    assert terminal.json(*reset, "--as", MANAGER)["asked_by"] == MANAGER
    with stored() as session:
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.FACTOR_RESET)).one()
        assert (event.recorded_by.split(" ")[0], event.details["what"]) == ("operator", "done")
        assert event.details["asked_by"].endswith(f"business_manager <{MANAGER}>")
        assert (
            session.scalars(sa.select(Passkey.id)).all() == session.scalars(sa.select(AuthenticatorApp.id)).all() == []
        )
        assert "removed your passkeys" in session.scalars(sa.select(Letter.body)).one()


def test_the_check_says_which_factors_no_longer_work(terminal, stored):
    assert check(terminal, KEY, "https://old.example")["sound"]
    has_both(stored)
    assert check(terminal, KEY, "https://old.example")["sound"]
    moved = check(terminal, KEY, "https://new.example")
    assert not moved["sound"]
    assert "1 passkeys were made for old.example" in moved["finding"]
    other_key = check(terminal, f"another, {KEY}", "https://old.example")["finding"]
    assert "1 authenticator apps were set up with another FOLLOWTHROUGH_SECRET_KEY" in other_key


def check(terminal, key, address):
    answer = terminal.run("check", "--json", SECRET_KEY=key, BASE_URL=address)
    return next(each for each in json.loads(answer.out)["findings"] if each["code"] == "C09")
