"""When a session ends, what the page says of it, and what asks for a fresh proof."""

from datetime import timedelta

import pytest

from reviews.core.secrets import hash_password
from reviews.core.settings import Environment, Settings
from reviews.models import Membership, Person
from reviews.people.accounts import set_password
from reviews.people.address_changes import change_email
from reviews.people.offboarding import disable_person
from tests.builders import a_unit
from tests.web.visitor import rows
from web.app import move_into
from web.core.app_context import AppContext
from workflows.core.vocabulary import Role

MANAGER, OWNER = "manager@anyshire.example", "owner@anyshire.example"
PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
NEW_PERSON = {
    "email": "new@anyshire.example",
    "name": "Nia New",
    "role": "action_owner",
    "job_title": "Lead nurse",
}


@pytest.fixture
def account(doors, world):
    """Give the manager and the owner a password."""
    with doors.database.begin() as session:
        for role in (Role.BUSINESS_MANAGER, Role.ACTION_OWNER):
            session.get_one(Person, world.anyshire.people[role].id).password_hash = HASH


def signed_in(doors, email=OWNER):
    visitor = doors.visitor()
    assert visitor.send("/sign-in", email=email, password=PASSWORD) == 303
    return visitor


def stolen_from(doors, visitor):
    """Give another browser with the cookie of the first."""
    other = doors.visitor()
    other.client.set_cookie("followthrough", visitor.client.get_cookie("followthrough").value)
    assert other.open("/actions/mine") == 200
    return other


def is_out(visitor):
    code = visitor.open("/actions/mine")
    return (code, visitor.location) == (303, "/sign-in?next=/actions/mine")


def sign_out(doors, visitor):
    visitor.send("/sign-out")


def password_changed(doors, visitor):
    with doors.database.begin() as session:
        set_password(a_unit(session), email=OWNER, password_hash=HASH)


def disabled(doors, visitor):
    with doors.database.begin() as session:
        disable_person(a_unit(session), email=OWNER)


def role_ended(doors, visitor):
    person = _person(doors)
    manager = doors.visitor(MANAGER)
    assert manager.send(f"/people/{person}/roles/action_owner/end?partnership=ANYSHIRE") == 303


def address_changed(doors, visitor):
    with doors.database.begin() as session:
        change_email(a_unit(session), email=OWNER, to="other@anyshire.example")


def idle_for_31_minutes(doors, visitor):
    doors.clock.at += timedelta(minutes=31)


def twelve_hours(doors, visitor):
    for _ in range(36):
        doors.clock.at += timedelta(minutes=20)
        visitor.open("/actions/mine")


def _person(doors):
    with doors.database() as session:
        return session.query(Person).filter_by(email=OWNER).one().id


@pytest.mark.parametrize(
    "end",
    [
        sign_out,
        password_changed,
        disabled,
        role_ended,
        address_changed,
        idle_for_31_minutes,
        twelve_hours,
    ],
)
def test_c11_a_copied_cookie_is_worth_nothing_after(doors, account, end):
    visitor = signed_in(doors)
    copy = stolen_from(doors, visitor)
    end(doors, visitor)
    assert is_out(copy)
    assert is_out(visitor)


def test_c11_a_session_that_somebody_planted_is_not_taken_over(doors, account):
    thief = signed_in(doors)
    victim = stolen_from(doors, thief)
    victim.send("/sign-in", email=MANAGER, password=PASSWORD)
    thief.open("/actions/mine")
    assert "Business manager" not in thief.html
    victim.open("/actions/mine")
    assert "Business manager" in victim.html


def test_an_installation_may_end_sessions_sooner(doors, account, tmp_path):
    settings = Settings(home=tmp_path, env=Environment.TEST, session_idle_minutes=10, session_hours=1)
    move_into(doors.app, AppContext(settings, doors.database, doors.clock))
    doors.app.config["WTF_CSRF_ENABLED"] = False
    visitor = signed_in(doors)
    doors.clock.at += timedelta(minutes=11)
    assert is_out(visitor)
    visitor = signed_in(doors)
    for _ in range(7):
        doors.clock.at += timedelta(minutes=9)
        visitor.open("/actions/mine")
    assert is_out(visitor)


@pytest.mark.parametrize(("minutes", "hours"), [(31, 12), (30, 13), (0, 12)])
def test_no_installation_lets_them_last_longer(tmp_path, minutes, hours):
    with pytest.raises(ValueError, match=r"(less|greater) than or equal"):
        Settings(home=tmp_path, session_idle_minutes=minutes, session_hours=hours)


def test_each_page_says_until_when_the_session_lasts(doors, account, clock):
    visitor = signed_in(doors)
    visitor.open("/actions/mine")
    assert "Signed in until <span data-session-until>8:30am</span>" in visitor.html
    assert 'data-session="1800"' in visitor.html
    for _ in range(28):
        clock.at += timedelta(minutes=25)
        visitor.open("/actions/mine")
    assert "Signed in until <span data-session-until>8:00pm</span>" in visitor.html
    assert "data-session-final" in visitor.html


def test_the_notice_keeps_a_session(doors, account, clock):
    visitor = signed_in(doors)
    clock.at += timedelta(minutes=29)
    assert visitor.send("/stay-signed-in") == 200
    assert visitor.client.post("/stay-signed-in").json == {"until": "8:59am", "seconds": 1800, "final": False}
    clock.at += timedelta(minutes=29)
    assert visitor.open("/actions/mine") == 200


def test_roles_are_given_and_ended_with_a_fresh_proof(doors, account, clock, world):
    visitor = signed_in(doors, MANAGER)
    assert visitor.open("/people/new") == 200
    clock.at += timedelta(minutes=11)
    owner = world.anyshire.people[Role.ACTION_OWNER].id
    for page in ("/people/new", f"/people/{owner}/roles/new", f"/people/{owner}/roles/action_owner/end"):
        assert visitor.open(page) == 303
        assert visitor.location == f"/confirm-it-is-you?to=roles&next={page}"
    there = visitor.location
    visitor.follow()
    assert "Enter your password before you give or end a role." in visitor.said
    assert visitor.send(there, password="wrong wrong wrong") == 422
    assert "The password is wrong." in visitor.said
    assert visitor.send(there, password=PASSWORD) == 303
    assert visitor.location == f"/people/{owner}/roles/action_owner/end"
    assert visitor.follow() == 200
    clock.at += timedelta(minutes=11)
    assert visitor.open("/people/new") == 303


def test_what_was_typed_before_the_proof_comes_back_after_it(doors, account, clock, world):
    visitor = signed_in(doors, MANAGER)
    council = str(world.anyshire.agencies["Council"].id)
    clock.at += timedelta(minutes=11)
    before = rows(doors.database, Membership)
    assert visitor.send("/people/new", **NEW_PERSON, agency=council) == 303
    assert visitor.location.startswith("/confirm-it-is-you?to=roles&next=/saved/")
    assert visitor.send(visitor.location, password=PASSWORD) == 303
    assert visitor.follow() == 303
    address = visitor.location
    assert visitor.follow() == 200
    assert "Nia New" in visitor.html
    assert rows(doors.database, Membership) == before
    assert visitor.send(address, **NEW_PERSON, agency=council, form_id=visitor.hidden("form_id")) == 303
    assert rows(doors.database, Membership) == before + 1


def test_a_wrong_proof_locks_as_signing_in_does(doors, account, clock):
    visitor = signed_in(doors, MANAGER)
    assert [visitor.send("/confirm-it-is-you", password="wrong") for _ in range(7)] == [422] * 5 + [429] * 2
    assert visitor.send("/confirm-it-is-you", password=PASSWORD) == 429
    assert visitor.open("/actions/mine") == 200


def test_a_proof_begins_another_session_and_ends_the_earlier_one(doors, account):
    visitor = signed_in(doors, MANAGER)
    copy = stolen_from(doors, visitor)
    assert visitor.send("/confirm-it-is-you", password=PASSWORD) == 303
    assert visitor.open("/actions/mine") == 200
    assert is_out(copy)


@pytest.mark.parametrize(("page", "code"), [("?all=1", 303), ("/csv?all=1", 303), ("", 200)])
def test_a_whole_partnership_is_taken_out_with_a_fresh_proof(doors, account, clock, page, code):
    visitor = signed_in(doors, MANAGER)
    clock.at += timedelta(minutes=11)
    assert visitor.open(f"/actions/export{page}") == code
    assert visitor.location.startswith("/confirm-it-is-you?to=export") is (code == 303)


def test_d15_pages_are_stored_by_nobody_and_signing_out_clears_the_browser(doors, account):
    visitor = signed_in(doors)
    for page in ("/actions/mine", "/saved", "/confirm-it-is-you", "/nowhere", "/actions/mine/x.css"):
        answer = visitor.client.get(page)
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Cookie")
    assert visitor.open("/actions/mine/x.css") == 404
    answer = visitor.client.post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
