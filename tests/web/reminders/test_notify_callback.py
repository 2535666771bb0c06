"""Delivery callbacks from GOV.UK Notify, and refusal of calls from anybody else."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifications.base.retry_policy import HORIZON
from notifications.models import AddressProblem, Letter, LetterState
from reviews.core.settings import Environment, Settings
from web.app import create_app
from web.core.app_context import AppContext
from workflows.core.vocabulary import Role

TOKEN = "a token of more than thirty-two characters"
ADDRESS = "/notify/callback"
REFERENCE = "<one@followthrough.example>"
NUMBER = "740e5834-3a29-46b4-9a6f-16142fde533a"
OTHER = "11111111-3a29-46b4-9a6f-16142fde533a"


@pytest.fixture
def letter(database, clock, world):
    """Give a letter to an owner that Notify has."""
    with database.begin() as session:
        kept = Letter(
            letter_key="one",
            kind="morning",
            partnership_id=world.anyshire.partnership.id,
            person_id=world.anyshire.people[Role.ACTION_OWNER].id,
            morning=clock.now().date(),
            subject="Action RR-2025-03/R1/A1: due on 4 December 2026",
            body="Good morning\n",
            message_id=REFERENCE,
            next_try_at=clock.now(),
            state=LetterState.SENT,
            sent_at=clock.now() - timedelta(minutes=5),
            first_tried_at=clock.now() - timedelta(minutes=5),
            tries=1,
            provider_id=NUMBER,
        )
        session.add(kept)
        session.flush()
        return kept


@pytest.fixture
def client(database, clock, tmp_path) -> FlaskClient:
    return a_client(database, clock, tmp_path, notify_callback_token=TOKEN)


def a_client(database, clock, home, **more: Any) -> FlaskClient:
    """Give a door that asks for the tokens of forms, as the real one does."""
    return create_app(AppContext(Settings(home=home, env=Environment.TEST, **more), database, clock)).test_client()


def call(client: FlaskClient, status: str, at: datetime, *, token: str = TOKEN, **more: Any) -> int:
    report = {
        "id": NUMBER,
        "reference": REFERENCE,
        "to": "owner@anyshire.example",
        "status": status,
        "created_at": at.isoformat(),
        "completed_at": at.isoformat().replace("+00:00", "Z"),
        "sent_at": at.isoformat(),
        "notification_type": "email",
        "template_id": "f33517ff-2a88-4f6e-b855-c550268ce08a",
        "template_version": 1,
    }
    return client.post(ADDRESS, json=report | more, headers={"Authorization": f"Bearer {token}"}).status_code


def now_is(database) -> Letter:
    with database() as session:
        return session.scalars(sa.select(Letter)).one()


def change(database, **values: Any) -> None:
    with database.begin() as session:
        session.execute(sa.update(Letter).values(values))


def troubles(database) -> int:
    with database() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(AddressProblem))


def test_delivered_is_written_down_with_its_moment(client, database, letter, clock):
    at = clock.now() - timedelta(minutes=1)

    assert call(client, "delivered", at) == 204
    assert (now_is(database).state, now_is(database).reported_at) == (LetterState.DELIVERED, at)


def test_a_permanent_failure_is_a_trouble_of_the_address(client, database, letter, clock):
    assert call(client, "permanent-failure", clock.now(), to="Owner@Anyshire.example") == 204

    assert (now_is(database).state, now_is(database).answer) == (LetterState.BOUNCED, "permanent-failure")
    assert troubles(database) == 1


@pytest.mark.parametrize("status", ["temporary-failure", "technical-failure"])
def test_what_never_arrived_goes_again_after_a_wait(client, database, letter, clock, status):
    assert call(client, status, clock.now()) == 204

    queued = now_is(database)
    assert (queued.state, queued.answer) == (LetterState.QUEUED, status)
    assert queued.next_try_at > clock.now() + timedelta(minutes=4)
    assert troubles(database) == 0


def test_what_never_arrived_in_three_days_is_given_up(client, database, letter, clock):
    change(database, first_tried_at=clock.now() - HORIZON)

    call(client, "temporary-failure", clock.now())

    assert now_is(database).state is LetterState.FAILED


def test_a_call_back_that_comes_before_our_own_note_stands(client, database, letter, clock):
    change(
        database, state=LetterState.SENDING, provider_id="", sent_at=None, lease_by="host|1|a", lease_until=clock.now()
    )

    call(client, "delivered", clock.now())

    heard = now_is(database)
    assert (heard.state, heard.provider_id, heard.lease_by) == (LetterState.DELIVERED, NUMBER, "")


@pytest.mark.parametrize(
    "more",
    [
        {"id": OTHER},
        {"reference": "<two@followthrough.example>"},
        {"reference": ""},
        {"reference": None},
        {"reference": {"a": 1}},
        {"reference": REFERENCE + "\0"},
        {"reference": "\ud800"},
        {"to": None},
        {"status": "pending"},
        {"status": ["delivered"]},
        {"notification_type": "sms"},
        {"completed_at": "yesterday", "sent_at": None},
        {"completed_at": "0001-01-01T00:00:00+23:59"},
    ],
)
def test_what_does_not_fit_the_letter_changes_nothing_and_reads_the_same(client, database, letter, clock, more):
    for status in ("permanent-failure", "technical-failure"):
        assert call(client, **{"status": status, "at": clock.now(), **more}) == 204
    assert (now_is(database).state, now_is(database).reported_at) == (LetterState.SENT, None)
    assert troubles(database) == 0


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "tökén"])
def test_without_the_token_nothing_is_taken_in(client, database, letter, clock, token):
    assert call(client, "permanent-failure", clock.now(), token=token) == 401
    assert now_is(database).state is LetterState.SENT


@pytest.mark.parametrize("given", [{}, {"notify_callback_token": ""}])
def test_where_no_token_is_set_the_address_is_not_there(database, letter, clock, tmp_path, given):
    client = a_client(database, clock, tmp_path, **given)

    assert call(client, "delivered", clock.now(), token="") == 404
    assert now_is(database).state is LetterState.SENT


def test_a_session_is_no_token(doors, database, letter, clock):
    assert doors.visitor("manager@anyshire.example").send(ADDRESS, status="delivered") == 404


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'"delivered"', b"\xff", b"[" * 50_000, b'{"id":' * 9_000])
def test_d10_whatever_else_is_posted_is_no_fault(client, database, letter, text):
    answer = client.post(ADDRESS, data=text, headers={"Authorization": f"Bearer {TOKEN}"})

    assert (answer.status_code, answer.data) == (204, b"")


def test_what_is_larger_than_a_megabyte_is_refused(client, letter):
    text = json.dumps({"reference": "x" * 1_000_001})

    answer = client.post(ADDRESS, data=text, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 413


def test_reports_out_of_order_and_repeated_change_nothing(client, database, letter, clock):
    first, second, third = (clock.now() - timedelta(minutes=minutes) for minutes in (3, 2, 1))
    call(client, "delivered", second)
    for status in ("technical-failure", "permanent-failure", "delivered"):
        call(client, status, first)
    call(client, "temporary-failure", third)
    assert (now_is(database).state, now_is(database).reported_at) == (LetterState.DELIVERED, second)

    call(client, "permanent-failure", third)
    for _ in range(3):
        call(client, "permanent-failure", third)
        call(client, "delivered", clock.now())
        call(client, "technical-failure", clock.now())
    assert (now_is(database).state, now_is(database).reported_at) == (LetterState.BOUNCED, third)
    assert troubles(database) == 1


def test_the_failure_of_an_earlier_try_does_not_send_the_letter_again(client, database, letter, clock):
    call(client, "technical-failure", clock.now())
    sending = {"state": LetterState.SENDING, "tries": 2, "lease_by": "host|1|a", "lease_until": clock.now()}
    change(database, **sending)
    call(client, "technical-failure", clock.now())
    assert now_is(database).state is LetterState.SENDING

    change(database, state=LetterState.SENT, provider_id=OTHER)
    call(client, "technical-failure", clock.now() + timedelta(hours=1))
    assert now_is(database).state is LetterState.SENT


def test_a_time_to_come_does_not_close_the_ear(client, database, letter, clock):
    call(client, "delivered", clock.now() + timedelta(days=400))

    assert now_is(database).reported_at == clock.now()
