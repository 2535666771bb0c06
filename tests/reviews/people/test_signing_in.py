"""Signing in, and the end of a session."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.core.secrets import hash_password, is_password
from reviews.models import Person, SignIn
from reviews.people.queries import actor_signed_in
from reviews.people.sign_in import hash_token, note_seen, sign_in, sign_out
from reviews.transactions.unit_of_work import reading
from tests.builders import a_partnership, a_person
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

PASSWORD = "a long enough password"
HASH = hash_password(PASSWORD)


@pytest.fixture
def ada(database: Database) -> Person:
    with database.begin() as session:
        person = a_person(session, a_partnership(session), Role.SUBGROUP_CHAIR, email="ada@anyshire.example")
        person.password_hash = HASH
        return person


def signed_in(database: Database, clock: StoppedClock, token: str | None) -> bool:
    with reading(database) as session:
        return actor_signed_in(session, hash_token(token or ""), now=clock.now()) is not None


def test_the_right_password_opens_a_session_and_only_its_hash_is_kept(
    database: Database, clock: StoppedClock, ada: Person
) -> None:
    token = sign_in(database, clock, email=" ADA@anyshire.example", password=PASSWORD)
    assert token is not None
    assert signed_in(database, clock, token)
    with reading(database) as session:
        assert session.scalars(sa.select(SignIn.token_hash)).all() == [hash_token(token)]
        actor = actor_signed_in(session, hash_token(token), now=clock.now()).actor
    assert (actor.person_id, {post.role for post in actor.roles_held}) == (ada.id, {Role.SUBGROUP_CHAIR})


def test_an_unknown_address_and_a_shut_account_are_answered_alike(
    database: Database, clock: StoppedClock, ada: Person
) -> None:
    assert sign_in(database, clock, email="nobody@anyshire.example", password=PASSWORD) is None
    with database.begin() as session:
        session.get_one(Person, ada.id).disabled_at = clock.now()
    assert sign_in(database, clock, email=ada.email, password=PASSWORD) is None
    with reading(database) as session:
        assert session.scalars(sa.select(SignIn)).all() == []


def test_an_account_without_a_password_cannot_sign_in(database: Database, clock: StoppedClock, ada: Person) -> None:
    with database.begin() as session:
        session.get_one(Person, ada.id).password_hash = None
    for password in ("", "nobody has this password"):
        assert sign_in(database, clock, email=ada.email, password=password) is None


def test_a_session_ends_when_its_holder_signs_out(database: Database, clock: StoppedClock, ada: Person) -> None:
    token = sign_in(database, clock, email=ada.email, password=PASSWORD)
    assert token is not None
    sign_out(database, clock, token=token)
    assert not signed_in(database, clock, token)


def test_a_session_ends_after_half_an_hour_of_nothing_and_after_half_a_day_of_anything(
    database: Database, clock: StoppedClock, ada: Person
) -> None:
    token = sign_in(database, clock, email=ada.email, password=PASSWORD)
    assert token is not None
    began = clock.at
    clock.at = began + timedelta(minutes=29)
    assert signed_in(database, clock, token)
    note_seen(database, clock, token=token)
    clock.at = began + timedelta(minutes=58)
    assert signed_in(database, clock, token)
    clock.at = began + timedelta(minutes=60)
    assert not signed_in(database, clock, token)
    clock.at = began + timedelta(hours=12)
    note_seen(database, clock, token=token)
    assert not signed_in(database, clock, token)


def test_a_shut_account_ends_its_sessions_at_once(database: Database, clock: StoppedClock, ada: Person) -> None:
    token = sign_in(database, clock, email=ada.email, password=PASSWORD)
    with database.begin() as session:
        session.get_one(Person, ada.id).disabled_at = clock.now()
    assert not signed_in(database, clock, token)


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 129])
def test_a_password_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(Refused, match="12 to 128 characters"):
        hash_password(password)


def test_passwords_are_kept_as_argon2id() -> None:
    assert HASH.startswith("$argon2id$")
    assert is_password(PASSWORD, HASH)
    assert not is_password(PASSWORD.upper(), HASH)
    assert not is_password(PASSWORD, None)
    assert not is_password(PASSWORD, "no hash at all")
