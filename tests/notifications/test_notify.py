"""Sending emails through GOV.UK Notify, never the same one twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from notifications.base.retry_policy import FIRST_WAIT, SETTLES
from notifications.models import AddressProblem, LetterState
from notifications.process.worker import deliver
from notifications.transports.configured import transport_of
from notifications.transports.envelope import (
    NotSent,
    Outgoing,
    RefusedForGood,
    Returned,
    TryLater,
    Unknown,
    Unreachable,
)
from notifications.transports.notify import Account, Notify, Service
from reviews.core.clock import StoppedClock
from tests.notifications.mornings import LETTERHEAD, letters_of, queue, states
from tests.notifications.notify_server import (
    API_KEY,
    BAD_ADDRESS,
    BAD_TEMPLATE,
    SECRET,
    SERVICE,
    TEMPLATE,
    NotifyServer,
)
from workflows.core.engine import Refused


@pytest.fixture
def server(clock) -> Iterator[NotifyServer]:
    server = NotifyServer(clock.now())
    server.start()
    yield server
    server.stop()


def a_letter(clock, number: int = 1) -> Outgoing:
    words = ("owner@anyshire.example", "Action RR-2025-03/R1/A1: due on 4 December 2026", "Good morning\n")
    return Outgoing(*words, f"<{number}@followthrough.example>", clock.now())


def a_post(server: NotifyServer, limit: float = 5, **more: str) -> Notify:
    return Notify(Account.of(server.settings(**more)), limit=limit)


def later(server: NotifyServer, clock: StoppedClock, by: timedelta) -> StoppedClock:
    server.now = clock.now() + by
    return StoppedClock(server.now)


def test_a_letter_goes_to_one_address_with_subject_body_and_its_reference(server, clock):
    number = a_post(server).send(a_letter(clock))

    (taken,) = server.taken
    assert number == taken["id"]
    assert taken["email_address"] == "owner@anyshire.example"
    assert taken["template_id"] == TEMPLATE
    subject = "Action RR-2025-03/R1/A1: due on 4 December 2026"
    assert taken["personalisation"] == {"subject": subject, "body": "Good morning\n"}
    assert taken["reference"] == "<1@followthrough.example>"
    assert "email_reply_to_id" not in taken


def test_a_reply_to_address_is_named_where_one_is_set(server, clock):
    a_post(server, notify_reply_to_id=SERVICE).send(a_letter(clock))

    assert server.taken[0]["email_reply_to_id"] == SERVICE


@pytest.mark.parametrize(
    ("code", "error", "outcome"),
    [
        (429, {"error": "RateLimitError", "message": "Exceeded rate limit"}, TryLater),
        (500, {"error": "Exception", "message": "Internal server error"}, TryLater),
        (503, {}, TryLater),
        (200, {}, Unknown),
        (202, {}, Unknown),
        (400, BAD_ADDRESS, Returned),
        (413, {}, RefusedForGood),
        (400, BAD_TEMPLATE, Unreachable),
        (
            400,
            {"error": "BadRequestError", "message": "Can't send to this recipient using a team-only API key"},
            Unreachable,
        ),
        (403, {"error": "AuthError", "message": "Invalid token: API key not found"}, Unreachable),
        (404, {}, Unreachable),
        (302, {}, Unreachable),
    ],
)
def test_what_notify_answers_decides(server, clock, code, error, outcome):
    server.answers = [(code, error)]

    with pytest.raises(NotSent) as caught:
        a_post(server).send(a_letter(clock))

    assert (type(caught.value), caught.value.code) == (outcome, str(code))
    assert server.taken == []


@pytest.mark.parametrize("rude", ["hang", "hang first", "drop", "drip"])
def test_without_a_whole_answer_nobody_knows(server, clock, rude):
    server.rude = rude

    with pytest.raises(Unknown):
        a_post(server, limit=0.3).send(a_letter(clock))


def test_a_service_that_is_not_there_has_nothing(server, clock):
    nowhere = server.settings(notify_base_url="http://127.0.0.1:9")

    with pytest.raises(Unreachable):
        Notify(Account.of(nowhere)).send(a_letter(clock))


@pytest.mark.parametrize("body", [None, {}, {"id": "x", "reference": "<1@followthrough.example>"}, {"id": SERVICE}])
def test_only_the_documented_body_counts_as_handed_over(server, clock, body):
    server.body = body
    server.rude = "" if body is not None else "babble"

    with pytest.raises(Unknown, match="unreadable"):
        a_post(server).send(a_letter(clock))


def test_what_nobody_can_read_says_nothing_of_what_is_there(server, clock):
    server.rude = "babble"

    with pytest.raises(TryLater, match="unreadable"):
        a_post(server).taken(a_letter(clock), settled=True)


def test_a_process_that_slept_with_a_letter_in_its_hands_is_refused(server, clock):
    letter = a_letter(clock)
    later(server, clock, timedelta(seconds=31))

    with pytest.raises(Unreachable, match="403"):
        a_post(server).send(letter)
    assert server.taken == []


@pytest.mark.parametrize(("status", "is_taken"), [("created", True), ("sending", True), ("technical-failure", False)])
def test_what_never_arrived_counts_as_not_taken(server, clock, status, is_taken):
    a_post(server).send(a_letter(clock))
    server.taken[0]["status"] = status

    taken = a_post(server).taken(a_letter(clock), settled=True)

    assert (taken is not None) == is_taken


def test_nothing_found_a_moment_after_the_last_try_says_nothing(server, clock):
    with pytest.raises(TryLater, match="settling"):
        a_post(server).taken(a_letter(clock), settled=False)
    assert a_post(server).taken(a_letter(clock), settled=True) is None


def test_a_letter_keeps_its_number_at_notify(database, anyshire, clock, server):
    queue(database, anyshire, clock, 2)

    deliver(database, clock, a_post(server), letterhead=LETTERHEAD)

    assert [letter.provider_id for letter in letters_of(database)] == [row["id"] for row in server.taken]
    assert server.asked == []


@pytest.mark.parametrize("rude", ["hang", "drop"])
def test_a_letter_without_an_answer_is_asked_for_and_not_sent_again(database, anyshire, clock, server, rude):
    queue(database, anyshire, clock, 1)
    server.rude = rude
    first = deliver(database, clock, a_post(server, limit=0.3), letterhead=LETTERHEAD)
    server.rude = ""

    second = deliver(database, later(server, clock, FIRST_WAIT * 2), a_post(server), letterhead=LETTERHEAD)

    assert (first.uncertain, second.sent) == (1, 1)
    (letter,) = letters_of(database)
    assert (letter.state, letter.provider_id) == (LetterState.SENT, server.taken[0]["id"])
    assert len(server.taken) == len(server.asked) == 1


def test_a_letter_that_never_came_in_is_sent_when_that_is_sure(database, anyshire, clock, server):
    queue(database, anyshire, clock, 1)
    server.rude = "drop"
    server.before = raising_once(server)
    deliver(database, clock, a_post(server, limit=0.3), letterhead=LETTERHEAD)
    server.rude = ""

    at_once = deliver(database, clock, a_post(server), ignore_waits=True, letterhead=LETTERHEAD)
    then = deliver(database, later(server, clock, FIRST_WAIT * 4), a_post(server), letterhead=LETTERHEAD)

    assert (at_once.sent, at_once.retry, then.sent) == (0, 1, 1)
    assert len(server.taken) == 1
    assert SETTLES < FIRST_WAIT


def raising_once(server):
    """Lose the first letter before it is taken in."""

    def lose():
        server.before = lambda: None
        raise OSError

    return lose


def test_what_became_of_a_letter_meanwhile_is_heard_when_it_is_asked_for(database, anyshire, clock, server):
    queue(database, anyshire, clock, 1)
    server.rude = "drop"
    deliver(database, clock, a_post(server, limit=0.3), letterhead=LETTERHEAD)
    server.rude = ""
    server.taken[0] |= {"status": "permanent-failure", "completed_at": clock.now().isoformat()}

    deliver(database, later(server, clock, FIRST_WAIT * 2), a_post(server), letterhead=LETTERHEAD)

    assert states(database) == [LetterState.BOUNCED]
    with database() as session:
        assert session.query(AddressProblem.answer).all() == [("permanent-failure",)]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"notify_api_key": None}, "FOLLOWTHROUGH_NOTIFY_API_KEY is missing"),
        ({"notify_api_key": "short"}, "FOLLOWTHROUGH_NOTIFY_API_KEY does not look"),
        ({"notify_api_key": f"name-{SERVICE}-{SECRET[:-1]}!"}, "FOLLOWTHROUGH_NOTIFY_API_KEY does not look"),
        ({"notify_template_id": ""}, "FOLLOWTHROUGH_NOTIFY_TEMPLATE_ID is missing"),
        ({"notify_template_id": "mine"}, "FOLLOWTHROUGH_NOTIFY_TEMPLATE_ID does not look"),
        ({"notify_reply_to_id": "mine"}, "FOLLOWTHROUGH_NOTIFY_REPLY_TO_ID does not look"),
        ({"notify_base_url": "http://notify.example"}, "FOLLOWTHROUGH_NOTIFY_BASE_URL must be"),
        ({"notify_base_url": "https://"}, "FOLLOWTHROUGH_NOTIFY_BASE_URL must be"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_refused_by_its_name(server, given, name):
    with pytest.raises(Refused, match=name) as caught:
        transport_of(server.settings(**given))
    assert SECRET[:-1] not in caught.value.sentence


def test_the_key_is_never_shown(server):
    assert SECRET not in repr(Account.of(server.settings()))
    assert API_KEY not in repr(server.settings())


def test_the_service_is_spoken_to_over_tls():
    assert Service.of("https://notify.example:8443/base/") == Service("notify.example", 8443, "/base", secure=True)
