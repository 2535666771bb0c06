"""The pages of the second factor: half a session opens nothing else, setting up, proving, and what somebody has."""

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from notifications.models import Letter
from reviews.core.secrets import hash_password
from reviews.models import Event, EventKind, FactorRule, Partnership, Person
from tests.builders import a_person
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

EMAIL, PASSWORD = "chair@anyshire.example", "correct horse battery"
HASH = hash_password(PASSWORD)
HERE = "/account/second-factor"


@pytest.fixture
def account(doors, world):
    """Let the chair sign in with a password, where whoever sees cases must have a second factor."""
    with doors.database.begin() as session:
        session.get_one(Person, world.anyshire.people[Role.SUBGROUP_CHAIR].id).password_hash = HASH
        session.get_one(Partnership, world.anyshire.partnership.id).factor_rule = FactorRule.CASE_READERS


def signs_in(doors, where="/sign-in"):
    visitor = doors.visitor()
    assert visitor.send(where, email=EMAIL, password=PASSWORD) == 303
    return visitor


def adds_an_app(visitor, doors, name="Phone"):
    """Set an app up, and give it with the recovery codes that are shown."""
    assert visitor.send(f"{HERE}/apps", form_id=f"app {name}") == 303
    page = visitor.location
    assert visitor.open(page) == 200
    app = pyotp.TOTP(re.search(r'<span class="ft-code">([^<]+)', visitor.html)[1].replace(" ", ""))
    assert "data:image/svg+xml" in visitor.html
    visitor.send(page, code=app.at(doors.clock.now()), name=name, form_id=f"first code {name}")
    return app, re.findall(r'<li class="ft-code">([^<]+)', visitor.html)


def later(doors, **by):
    doors.clock.at += timedelta(**by)


def test_who_must_have_one_and_has_none_is_led_to_set_one_up_before_anything_else(doors, account):
    visitor = signs_in(doors, "/sign-in?next=/cases")
    assert visitor.follow() == 303
    assert visitor.location == "/second-factor?next=/cases"
    assert visitor.follow() == 303
    assert visitor.follow() == 200
    assert "Set up a second factor" in visitor.said
    assert 'aria-label="Menu"' not in visitor.html
    assert "not signed in yet" in visitor.html
    assert 'action="/sign-out"' in visitor.html
    assert 'href="/account"' not in visitor.html

    _, codes = adds_an_app(visitor, doors)
    assert len(codes) == 10
    assert 'href="/cases"' in visitor.html
    assert visitor.open("/cases") == 200
    with doors.database() as session:
        assert "An app that shows codes was added" in session.scalars(sa.select(Letter.body)).one()


def test_whoever_has_set_one_up_first_goes_on_to_their_first_page(doors, account):
    visitor = signs_in(doors)
    adds_an_app(visitor, doors)
    assert 'href="/">I have them: continue' in visitor.html


def test_c11_the_token_of_half_a_session_is_worth_nothing_afterwards(doors, account):
    visitor = signs_in(doors)
    stale = doors.visitor()
    with visitor.client.session_transaction() as half, stale.client.session_transaction() as copied:
        copied["token"] = half["token"]
    adds_an_app(visitor, doors)
    assert stale.open("/cases") == 303
    assert stale.location.startswith("/sign-in")


def test_a_code_lets_in_and_used_again_it_does_not(doors, account):
    app, _ = adds_an_app(signs_in(doors), doors)
    later(doors, minutes=1)
    visitor = signs_in(doors, "/sign-in?next=/cases")
    assert visitor.open(f"{HERE}/passkeys") == 303, "who has a factor proves it before making another"
    assert visitor.open("/second-factor?next=/cases") == 200
    assert "Enter the code" in visitor.said
    assert visitor.send("/second-factor", code="000 000") == 422
    assert "The code is wrong or has been used" in visitor.said
    code = app.at(doors.clock.now())
    assert visitor.send("/second-factor", code=code) == 303
    assert visitor.location == "/cases"
    assert visitor.follow() == 200
    assert signs_in(doors).send("/second-factor", code=code) == 422


def test_five_wrong_codes_lead_back_to_the_password(doors, account):
    adds_an_app(signs_in(doors), doors)
    visitor = signs_in(doors)
    assert [visitor.send("/second-factor", code="000000") for _ in range(5)] == [422, 422, 422, 422, 303]
    assert visitor.follow() == 200
    assert "Sign in again" in visitor.said


def test_a_recovery_code_lets_in_but_does_not_make_new_ones(doors, account):
    app, codes = adds_an_app(signs_in(doors), doors)
    visitor = signs_in(doors)
    assert visitor.send("/second-factor/recovery-code", code=codes[0]) == 303
    assert visitor.follow() == 200
    assert "9 of 10 left" in visitor.said
    assert visitor.open(f"{HERE}/recovery-codes") == 303
    later(doors, minutes=1)
    assert visitor.send("/second-factor", code=app.at(doors.clock.now())) == 303
    assert visitor.send(f"{HERE}/recovery-codes", form_id="new codes") == 200
    assert len(re.findall(r'<li class="ft-code">', visitor.html)) == 10
    assert signs_in(doors).send("/second-factor/recovery-code", code=codes[1]) == 422


def test_c11_a_change_needs_fresh_proof_and_ends_the_other_sessions(doors, account):
    app, _ = adds_an_app(signs_in(doors), doors)
    other, visitor = doors.visitor(EMAIL), doors.visitor(EMAIL)
    adds = f"{HERE}/apps"
    assert visitor.send(adds) == 303
    assert visitor.location.startswith("/second-factor")
    later(doors, minutes=1)
    assert visitor.send("/second-factor", code=app.at(doors.clock.now())) == 303
    adds_an_app(visitor, doors, "Tablet")
    assert visitor.follow() == 200
    assert "Tablet" in visitor.said
    assert other.open("/cases") == 303
    assert visitor.send(f"{HERE}/app/1", name="Old phone") == 303
    assert visitor.send(f"{HERE}/app/1/remove", form_id="remove") == 303
    assert visitor.follow() == 200
    assert "“Old phone” is removed" in visitor.said
    assert rows(doors.database, Event, Event.kind == EventKind.FACTOR_CHANGED) == 5


def test_somebody_who_need_not_have_one_adds_one_after_the_password(doors, world):
    owner = world.anyshire.people[Role.ACTION_OWNER]
    with doors.database.begin() as session:
        session.get_one(Person, owner.id).password_hash = HASH
    visitor = doors.visitor(owner.email)
    assert visitor.send(f"{HERE}/apps") == 303
    assert visitor.follow() == 200
    assert "Enter your password again" in visitor.said
    assert visitor.send("/second-factor", password="wrong") == 422
    assert visitor.send("/second-factor", password=PASSWORD) == 303
    _, codes = adds_an_app(visitor, doors)
    assert len(codes) == 10


@pytest.mark.parametrize("answer", ["", "{}", '{"id": 3}', '{"id": "AAAA", "response": null}', "[]", "x" * 30_000])
def test_what_no_browser_sends_as_a_passkey_is_refused_in_words(doors, account, answer):
    adds_an_app(signs_in(doors), doors)
    doors.app.extensions["followthrough"] = at_localhost(doors)
    visitor = signs_in(doors)
    assert visitor.send("/second-factor/passkey/options") == 200
    assert visitor.send("/second-factor/passkey", answer=answer) == 422
    assert "The passkey was not accepted" in visitor.said


def at_localhost(doors):
    context = doors.app.extensions["followthrough"]
    settings = context.settings.model_copy(update={"base_url": "http://localhost"})
    return type(context)(settings, context.database, context.clock)


def test_a_reset_is_asked_on_one_page_confirmed_on_another_and_told(doors, account, world):
    adds_an_app(signs_in(doors), doors)
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR].id
    asks = doors.visitor("manager@anyshire.example")
    assert asks.send(f"/people/{chair}/second-factor", reason="Lost her phone", form_id="alone") == 422
    assert "followthrough people reset-factor" in asks.said
    second = second_manager(doors, world)
    assert asks.open(f"/people/{chair}/second-factor") == 200
    assert asks.send(f"/people/{chair}/second-factor", reason="Lost her phone", form_id="ask") == 303
    assert asks.follow() == 200
    assert "Another person has to confirm it." in asks.said
    assert asks.send("/people/second-factor/1/confirm", form_id="own") == 422
    assert "You asked for this yourself" in asks.said
    confirms = doors.visitor(second)
    assert confirms.open("/people/second-factor") == 200
    assert confirms.send("/people/second-factor/1/confirm", form_id="confirm") == 303
    later(doors, hours=25)
    visitor = signs_in(doors)
    assert visitor.open("/second-factor") == 303
    assert visitor.follow() == 200
    assert "Set up a second factor" in visitor.said
    with doors.database() as session:
        told = session.scalars(sa.select(Letter.body).where(Letter.person_id == chair).order_by(Letter.id)).all()
    assert [next(words for words in WORDS if words in " ".join(body.split())) for body in told] == [
        "added to your account",
        "asks that the second factor",
        "confirmed that your second factor",
    ]


WORDS = ("added to your account", "asks that the second factor", "confirmed that your second factor")


def second_manager(doors, world):
    with doors.database.begin() as session:
        partnership = session.get_one(Partnership, world.anyshire.partnership.id)
        return a_person(session, partnership, Role.BUSINESS_MANAGER).email


def test_the_rule_is_set_on_the_page_of_settings(doors, world):
    visitor = doors.visitor("manager@anyshire.example")
    assert visitor.open("/settings/second-factor") == 200
    assert visitor.send("/settings/second-factor", rule="everybody") == 303
    with doors.database() as session:
        assert session.get_one(Partnership, world.anyshire.partnership.id).factor_rule is FactorRule.EVERYBODY
    assert rows(doors.database, Event, Event.kind == EventKind.FACTOR_RULE_SET) == 1
