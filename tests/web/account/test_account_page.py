"""The pages on which people look after their own account."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.core.secrets import hash_password
from reviews.models import Event, EventKind, Person, SignIn
from tests.web.visitor import rows
from web.account.browser_names import browser_name

OWNER, OLD, NEW = "owner@anyshire.example", "correct horse battery", "otter lantern gravel"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def account(doors):
    with doors.database.begin() as session:
        person = session.scalars(sa.select(Person).where(Person.email == OWNER)).one()
        person.password_hash = hash_password(OLD)


def signed_in(doors, password=OLD):
    visitor = doors.visitor()
    answer = visitor.client.post(
        "/sign-in", data={"email": OWNER, "password": password}, headers={"User-Agent": FIREFOX}
    )
    assert answer.status_code == 303
    return visitor


def test_a_person_sees_who_they_are_here_and_where_they_are_signed_in(doors, account, clock):
    signed_in(doors)
    clock.at += timedelta(minutes=5)
    visitor = signed_in(doors)
    assert visitor.open("/account") == 200
    assert OWNER in visitor.said
    assert "Action owner, Anyshire Council" in visitor.said
    assert "Where you are signed in: 2" in visitor.said
    assert visitor.said.count("Firefox on Windows") >= 2
    assert visitor.said.count("This one") == 1


def test_the_account_names_the_second_factors_and_an_address_that_waits(doors, account):
    visitor = signed_in(doors)
    visitor.open("/account")
    assert "Second factor None" in visitor.said
    assert {"/saved", "/account/devices", "/account/second-factor"} <= set(visitor.links)
    assert visitor.send("/account/address", email="owner.new@anyshire.example") == 303
    visitor.open("/account")
    assert "To be owner.new@anyshire.example once the old and the new address are confirmed" in visitor.said
    visitor.open("/account/address")
    assert "You asked for that" in visitor.said


def test_whoever_lost_a_session_reads_that_what_they_typed_is_kept(doors):
    visitor = doors.visitor()
    visitor.open("/sign-in?next=/saved/abc")
    assert "What you typed is saved for you, and comes back after you sign in." in visitor.said
    visitor.open("/sign-in?next=/cases")
    assert "What you typed" not in visitor.said


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "Another browser"),
    ],
)
def test_a_browser_is_known_roughly(user_agent, name):
    assert browser_name(user_agent) == name


def test_c11_a_session_is_ended_by_its_person_and_by_nobody_else(doors, account):
    stolen, visitor = signed_in(doors), signed_in(doors)
    with doors.database() as session:
        first = session.scalars(sa.select(SignIn.token_hash).order_by(SignIn.started_at)).all()
    visitor.open("/account")
    (key,) = [each for each in first if f'value="{each}"' in visitor.html]
    other = doors.visitor("chair@anyshire.example")
    assert other.send("/account", end=key) == 404
    assert stolen.open("/account") == 200
    assert visitor.send("/account", end=key) == 303
    assert stolen.open("/account") == 303
    assert visitor.open("/account") == 200
    assert rows(doors.database, Event, Event.kind == EventKind.SESSIONS_ENDED) == 1


def test_all_other_sessions_are_ended_by_one_press(doors, account):
    others, visitor = [signed_in(doors), signed_in(doors)], signed_in(doors)
    assert visitor.send("/account", end="others") == 303
    assert [each.open("/account") for each in others] == [303, 303]
    assert visitor.open("/account") == 200
    assert "2 other sessions are ended." in visitor.said


def test_a_session_that_is_over_is_not_listed(doors, account, clock):
    signed_in(doors)
    clock.at += timedelta(minutes=31)
    visitor = signed_in(doors)
    visitor.open("/account")
    assert "Where you are signed in: 1" in visitor.said


def test_c11_a_new_password_ends_every_session_and_the_cookie_of_this_one(doors, account):
    stolen, visitor = signed_in(doors), signed_in(doors)
    with visitor.client.session_transaction() as browser:
        before = browser["token"]
    assert visitor.send("/account/password", old_password=OLD, password=NEW) == 303
    assert visitor.open("/account") == 200
    assert stolen.open("/account") == 303
    with stolen.client.session_transaction() as browser:
        browser["token"] = before
    assert stolen.open("/account") == 303
    signed_in(doors, NEW)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("not this one", NEW, "This is not your present password"),
        (OLD, "owner@anyshire", "This password is easy to guess."),
        (OLD, "too short", "A password must have 12 to 128 characters."),
        ("", NEW, "Enter your present password"),
    ],
)
def test_a_new_password_needs_the_old_one_and_must_be_a_good_one(doors, account, old, new, sentence):
    visitor = signed_in(doors)
    assert visitor.send("/account/password", old_password=old, password=new) == 422
    assert sentence in visitor.said
    assert rows(doors.database, Event, Event.kind == EventKind.PASSWORD_CHANGED) == 0
    signed_in(doors)


def test_who_has_no_password_is_led_to_the_page_that_mails_a_link(doors):
    visitor = doors.visitor(OWNER)
    assert visitor.open("/account/password") == 200
    assert "/reset" in visitor.links
    assert visitor.send("/account/password", old_password=OLD, password=NEW) == 422


def test_a_person_changes_their_name_and_the_history_has_the_old_one(doors, world):
    visitor = doors.visitor(OWNER)
    assert visitor.send("/account/name", name=" Olive   Owner ") == 303
    assert visitor.follow() == 200
    assert "You are Olive Owner now." in visitor.said
    with doors.database() as session:
        details = session.scalars(sa.select(Event.details).where(Event.kind == EventKind.NAME_CHANGED)).one()
    assert details["was"].startswith("Action owner")
    assert visitor.send("/account/name", name="") == 422
