"""A relay that is killed in the middle of its work loses nothing."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from notifications.models import LetterState
from notifications.post import post_for
from notifications.relay import deliver
from tests.notifications.mornings import SENDER, letters_of, queue, states

ROOT = Path(__file__).parents[2]
LETTERS, KILLS = 240, 5


def test_killed_again_and_again_it_loses_nothing(database, database_url, anyshire, clock, mail_server):
    queue(database, anyshire, clock, LETTERS)
    uncertain = 0
    for number in range(KILLS):
        run_and_kill(database_url, mail_server, after=LETTERS // (KILLS + 1) * (number + 1) + number)
        uncertain += [letter.state for letter in letters_of(database)].count(LetterState.SENDING)

    last = deliver(database, clock, post_for(mail_server.url, SENDER))

    copies = Counter(mail_server.message_ids())
    assert set(copies) == {letter.message_id for letter in letters_of(database)}
    assert 0 < sum(copies.values()) - LETTERS <= KILLS
    assert set(states(database)) == {LetterState.SENT}
    assert (uncertain, last.uncertain) == (KILLS, 1)


def run_and_kill(database_url, mail_server, after):
    """Kill the relay with SIGKILL at the moment when the server has its letter and it has no answer."""
    killed = []

    def kill(number):
        if number >= after and not killed:
            killed.append(number)
            relay.send_signal(signal.SIGKILL)

    mail_server.on_letter = kill
    script = [sys.executable, "-m", "tests.notifications.deliver_once", database_url, mail_server.url]
    relay = subprocess.Popen(script, cwd=ROOT)
    assert relay.wait(timeout=60) == -signal.SIGKILL
    mail_server.on_letter = lambda number: None
