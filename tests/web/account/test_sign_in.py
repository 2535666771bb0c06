"""The pages for signing in and out."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.core.secrets import hash_password
from reviews.models import Person, SignIn
from reviews.people.offboarding import disable_person
from tests.builders import a_unit
from workflows.core.vocabulary import Role

EMAIL, PASSWORD = "owner@anyshire.example", "correct horse battery"


@pytest.fixture
def account(doors, world):
    """Give the owner of Anyshire a password."""
    with doors.database.begin() as session:
        person = session.get_one(Person, world.anyshire.people[Role.ACTION_OWNER].id)
        person.password_hash = hash_password(PASSWORD)


def sign_in(visitor, where="/sign-in", email=EMAIL, password=PASSWORD):
    return visitor.send(where, email=email, password=password)


def test_a_person_signs_in_and_out(doors, account):
    visitor = doors.visitor()
    assert visitor.open("/sign-in") == 200
    assert sign_in(visitor) == 303
    assert visitor.open("/actions/mine") == 200
    assert visitor.send("/sign-out") == 303
    assert visitor.location == "/sign-in"
    assert visitor.open("/actions/mine") == 303


def test_the_address_is_read_in_any_case_and_with_blanks_around(doors, account):
    assert sign_in(doors.visitor(), email="  Owner@Anyshire.Example ") == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "incorrect donkey"), ("nobody@anyshire.example", PASSWORD), ("chair@anyshire.example", PASSWORD)],
)
def test_unknown_and_wrong_are_told_apart_to_nobody(doors, account, email, password):
    visitor = doors.visitor()
    assert sign_in(visitor, email=email, password=password) == 422
    assert "The e-mail address or password is wrong, or the account is disabled." in visitor.said
    assert email in visitor.html
    assert password not in visitor.html
    assert visitor.open("/actions/mine") == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "", "password": "x"}, "Enter your e-mail address"),
        ({"email": EMAIL, "password": ""}, "Enter your password"),
        ({"email": "x" * 300, "password": "x"}, "254 characters"),
        ({"email": EMAIL, "password": "x" * 200}, "128 characters"),
    ],
)
def test_what_is_missing_or_too_long_is_said(doors, account, typed, sentence):
    visitor = doors.visitor()
    assert visitor.send("/sign-in", **typed) == 422
    assert sentence in visitor.said


def test_four_wrong_passwords_cost_nothing_and_are_forgotten(doors, account):
    visitor = doors.visitor()
    for _ in range(3):
        assert [sign_in(visitor, password="wrong") for _ in range(4)] == [422] * 4
        assert sign_in(visitor) == 303


def test_too_many_wrong_passwords_are_answered_with_when_to_come_back(doors, account, clock):
    visitor = doors.visitor()
    for _ in range(9):
        assert sign_in(visitor, password="wrong") == 422
        clock.at += timedelta(seconds=20)
    assert sign_in(visitor, password="wrong") == 422
    answer = visitor.client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "There were too many wrong passwords. Try again in 15 minutes." in answer.get_data(as_text=True)
    clock.at += timedelta(minutes=15)
    assert sign_in(visitor) == 303


def test_a_browser_that_has_signed_in_before_still_gets_in_while_others_guess(doors, account, clock):
    known, stranger = doors.visitor(), doors.visitor()
    assert sign_in(known) == 303
    known.send("/sign-out")
    for _ in range(12):
        sign_in(stranger, password="wrong")
        clock.at += timedelta(seconds=20)
    assert sign_in(stranger) == 429
    assert sign_in(known) == 303


def test_the_cookie_of_a_known_device_says_nothing_and_outlives_signing_out(doors, account, world):
    answer = doors.app.test_client().post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if "-device=" in each]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    visitor = doors.visitor()
    sign_in(visitor)
    out = visitor.client.post("/sign-out")
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert visitor.client.get_cookie("followthrough-device") is not None


def test_a_shut_account_is_out_at_once_and_does_not_come_back(doors, account):
    visitor = doors.visitor()
    sign_in(visitor)
    assert visitor.open("/actions/mine") == 200
    with doors.database.begin() as session:
        disable_person(a_unit(session), email=EMAIL)
    assert visitor.open("/actions/mine") == 303
    assert sign_in(visitor) == 422


def test_a_session_that_was_ended_elsewhere_is_over(doors, account):
    visitor = doors.visitor()
    sign_in(visitor)
    with doors.database.begin() as session:
        session.execute(sa.update(SignIn).values(ended_at=doors.clock.now()))
    assert visitor.open("/actions/mine") == 303


def test_an_idle_session_ends_after_thirty_minutes(doors, account, clock):
    visitor = doors.visitor()
    sign_in(visitor)
    for _ in range(3):
        clock.at += timedelta(minutes=29)
        assert visitor.open("/actions/mine") == 200
    clock.at += timedelta(minutes=30)
    assert visitor.open("/actions/mine") == 303


def test_no_session_outlives_twelve_hours(doors, account, clock):
    visitor = doors.visitor()
    sign_in(visitor)
    for _ in range(12 * 3 - 1):
        clock.at += timedelta(minutes=20)
        assert visitor.open("/actions/mine") == 200
    clock.at += timedelta(minutes=20)
    assert visitor.open("/actions/mine") == 303


@pytest.mark.parametrize(
    ("wanted", "to"),
    [
        ("/actions/mine", "/actions/mine"),
        ("/actions?group=overdue&page=2", "/actions?group=overdue&page=2"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_our_own_pages_alone(doors, account, wanted, to):
    visitor = doors.visitor()
    response = visitor.client.post(
        "/sign-in", query_string={"next": wanted}, data={"email": EMAIL, "password": PASSWORD}
    )
    assert (response.status_code, response.headers["Location"]) == (303, to)


def test_the_page_that_was_asked_for_comes_after_signing_in(doors, account):
    visitor = doors.visitor()
    assert visitor.open("/actions?group=overdue&page=2") == 303
    assert sign_in(visitor, where=visitor.location) == 303
    assert visitor.location == "/actions?group=overdue&page=2"


def test_a_form_that_was_sent_too_late_is_not_what_comes_after(doors, account):
    visitor = doors.visitor()
    assert visitor.send("/actions/RR-2026-01.A1/progress", update="x") == 303
    assert visitor.location == "/sign-in"


def test_a_session_given_by_somebody_else_is_not_taken_over(doors, account):
    visitor = doors.visitor("chair@anyshire.example")
    with visitor.client.session_transaction() as before:
        given = before["token"]
        before["planted"] = "by somebody else"
    sign_in(visitor)
    with visitor.client.session_transaction() as after:
        assert after["token"] != given
        assert "planted" not in after


def test_only_the_hash_of_a_token_is_kept(doors, account):
    visitor = doors.visitor()
    sign_in(visitor)
    with visitor.client.session_transaction() as browser:
        token = browser["token"]
    with doors.database() as session:
        kept = session.scalars(sa.select(SignIn.token_hash)).all()
    assert token not in kept
    assert [len(each) for each in kept] == [64]


def test_the_cookie_is_for_this_site_and_not_for_scripts(doors, account):
    response = doors.app.test_client().post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    (cookie,) = [each for each in response.headers.getlist("Set-Cookie") if each.startswith("followthrough=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert PASSWORD not in cookie
