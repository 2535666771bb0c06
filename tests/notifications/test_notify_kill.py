"""Killed at random points, the process that hands over by GOV.UK Notify loses nothing and doubles nothing."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from threading import Event, Timer

import pytest

from notifications.models import LetterState
from notifications.process.worker import deliver
from notifications.transports.notify import Account, Notify
from reviews.core.clock import LONDON, StoppedClock
from tests.notifications.mornings import LETTERHEAD, letters_of, queue, states
from tests.notifications.notify_server import API_KEY, TEMPLATE, NotifyServer

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
LETTERS, KILLS = 150, 15
SOON, LATE = timedelta(seconds=1), timedelta(minutes=11)
BEFORE, TAKEN, AFTER, UNDER_WAY = "before it is taken in", "taken in", "after the answer", "taken in much later"


def test_killed_again_and_again_it_doubles_nothing(database, database_url, anyshire, clock):
    server = NotifyServer(clock.now())
    server.start()
    chance = random.Random(database_url.partition(":")[0])  # noqa: S311  # the same points every time
    queue(database, anyshire, clock, LETTERS)

    on_its_way = Event()
    for _ in range(KILLS):
        point, waiting, on_its_way = chance.choice([BEFORE, TAKEN, AFTER, UNDER_WAY]), on_its_way, Event()
        run_and_kill(database_url, server, point, chance, on_its_way)
        waiting.set()
        # at once, or when what was being handed over can no longer come in
        server.now += SOON if point == UNDER_WAY else chance.choice([SOON, LATE])
    on_its_way.set()
    server.before = server.after = lambda: None
    for _ in range(4):
        server.now += timedelta(hours=2)
        deliver(database, StoppedClock(server.now), Notify(Account.of(server.settings())), letterhead=LETTERHEAD)
    server.stop()

    assert {letter.message_id for letter in letters_of(database)} == set(server.references())
    assert {reference: count for reference, count in Counter(server.references()).items() if count > 1} == {}
    assert set(states(database)) == {LetterState.SENT}
    numbers = {row["reference"]: row["id"] for row in server.taken}
    assert {letter.message_id: letter.provider_id for letter in letters_of(database)} == numbers
    assert len(server.asked) >= KILLS // 3


def run_and_kill(database_url: str, server: NotifyServer, point: str, chance: random.Random, comes_in: Event) -> None:
    """Kill it with SIGKILL around one of its next letters; one that is under way then comes in with `comes_in`."""
    left = chance.randrange(1, 8)
    killed = Event()

    def here() -> None:
        nonlocal left
        if killed.is_set():
            return
        left -= 1
        if left:
            return
        if point == AFTER:
            Timer(chance.random() / 50, process.kill).start()
        else:
            process.kill()
            process.wait()  # what follows happens when the process is dead: the letter in its hands still comes in
        killed.set()
        if point == UNDER_WAY:
            comes_in.wait(timeout=60)

    server.before = lambda: here() if point in (BEFORE, UNDER_WAY) else None
    server.after = lambda: here() if point in (TAKEN, AFTER) else None
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.notifications.deliver_by_notify",
            f"{server.now.astimezone(LONDON):%Y-%m-%dT%H:%M:%S}",
        ],
        cwd=ROOT,
        env={**os.environ, **settings_of(database_url, server)},
    )
    assert process.wait(timeout=60) in (-signal.SIGKILL, 0)
    assert killed.wait(timeout=10)


def settings_of(database_url: str, server: NotifyServer) -> dict[str, str]:
    given = {
        "DATABASE_URL": database_url,
        "MAIL_URL": "notify://",
        "NOTIFY_API_KEY": API_KEY,
        "NOTIFY_BASE_URL": server.url,
        "NOTIFY_TEMPLATE_ID": TEMPLATE,
    }
    return {f"FOLLOWTHROUGH_{name}": value for name, value in given.items()}
