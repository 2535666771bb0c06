"""A relay that is killed in the middle of its work loses nothing, and a letter that kills does not stop the others."""

import random
import signal
import threading
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa

from notifications.models import Letter, LetterState
from notifications.process.worker import deliver
from notifications.transports.configured import transport_for
from tests.notifications.forked_processes import a_process_starter, has_ended, hit
from tests.notifications.mornings import LETTERHEAD, SENDER, letters_of, queue, states
from tests.notifications.quick_server import QuickServer
from workflows.core.vocabulary import Role

pytestmark = pytest.mark.faults

KILLED = {"postgresql": (16_000, 200, 2), "sqlite": (1_000, 20, 1)}
"""Letters, kills, and relays at once: one alone would have each core wait for the other."""
LATEST = 0.006
"""Seconds from a letter at which a relay is to be killed: about as many as one letter takes."""


@pytest.fixture
def server():
    quick = QuickServer()
    yield quick
    quick.stop()


def test_killed_at_random_again_and_again_it_loses_nothing(database, database_url, anyshire, clock, server):
    letters, kills, at_once = KILLED[database_url.partition(":")[0]]
    queue(database, anyshire, clock, letters)
    chance = random.Random(4)  # noqa: S311  # the same points each time, as far as a machine can
    with a_process_starter() as starter:
        relays = [starter.start("deliver", database_url, server.url) for _ in range(at_once)]
        for point in sorted(chance.sample(range(letters - kills), kills)):
            victim = relays.pop(0)
            kill_at(server, victim, point, chance.random() * LATEST)
            assert has_ended(victim, within=60)
            relays.append(starter.start("deliver", database_url, server.url))
        assert all(has_ended(relay, within=60) for relay in relays)
    clock.at += timedelta(hours=8)

    last = deliver(database, clock, transport_for(server.url, SENDER), letterhead=LETTERHEAD)

    copies = Counter(server.message_ids)
    assert set(copies) == {letter.message_id for letter in letters_of(database)}
    assert 0 < sum(copies.values()) - letters <= kills
    assert set(states(database)) == {LetterState.SENT}
    assert last.failed == last.suppressed == 0


def test_one_letter_that_raises_and_one_that_kills_stop_nobody(database, database_url, anyshire, clock, server):
    queue(database, anyshire, clock, 1000)
    with database.begin() as session:
        for number, harm in ((300, "raises"), (600, "kills")):
            one = Letter.message_id == f"<{Role.ACTION_OWNER}-{number}@followthrough.example>"
            session.execute(sa.update(Letter).where(one).values(subject=harm))
    with a_process_starter() as starter:
        morning = live_to_the_end(starter, database, database_url, server)

        assert (morning, len(server.message_ids), states(database).count(LetterState.SENT)) == (3, 998, 998)
        for _ in range(8):
            clock.at += timedelta(hours=8)
            live_to_the_end(starter, database, database_url, server, now=clock.at.isoformat())

    parked = [letter for letter in letters_of(database) if letter.state is not LetterState.SENT]
    assert [(letter.state, letter.tries, letter.answer) for letter in parked] == [
        (LetterState.UNCERTAIN, 8, "ZeroDivisionError"),
        (LetterState.UNCERTAIN, 8, "given up after 8 tries"),
    ]
    assert len(server.message_ids) == 998


def live_to_the_end(starter, database, database_url, server, **more):
    """Start the relay as often as it dies with a letter in its hands, and count its lives."""
    for life in count(1):
        assert has_ended(starter.start("deliver", database_url, server.url, **more), within=60)
        if LetterState.SENDING not in states(database):
            return life
    raise AssertionError


def kill_at(server, relay, point, after):
    """Kill the relay with SIGKILL some moments after the server has its next letter from that number on."""

    def on_letter(number):
        if number >= point:
            server.on_letter = lambda number: None
            threading.Timer(after, hit, (relay, signal.SIGKILL)).start()

    server.on_letter = on_letter
