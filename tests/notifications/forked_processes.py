"""Run beside the tests that kill, freeze and wake: processes that are there at once, each a fork of one that has
everything loaded.

It reads a line of JSON for each: `do` is "deliver" (hand over what is queued, then end), "round" (plan the morning
first) or "remind" (the reminder process); it answers with the number of the process.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from notifications.process.plan_round import plan_round
from notifications.process.scheduler import run
from notifications.process.worker import deliver
from notifications.transports.configured import MailTransport, transport_for
from notifications.transports.envelope import Outgoing, Taken
from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import open_database
from tests.notifications.mornings import LETTERHEAD, SENDER

ROOT = Path(__file__).parents[2]


class ProcessStarter:
    def __init__(self, parent: "subprocess.Popen[str]") -> None:
        self._parent = parent

    def start(self, do: str, database_url: str, mail_url: str, **more: object) -> int:
        """Start a process and give its number; `now` and `lease` (in seconds) may be given."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        task = {"do": do, "database": database_url, "mail": mail_url, **more}
        print(json.dumps(task), file=self._parent.stdin, flush=True)
        return int(self._parent.stdout.readline())


@contextmanager
def a_process_starter() -> Iterator[ProcessStarter]:
    script = [sys.executable, "-m", "tests.notifications.forked_processes"]
    pipe = subprocess.PIPE
    with subprocess.Popen(script, cwd=ROOT, text=True, start_new_session=True, stdin=pipe, stdout=pipe) as parent:
        try:
            yield ProcessStarter(parent)
        finally:
            os.killpg(parent.pid, signal.SIGKILL)


def hit(number: int, with_signal: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    try:
        os.kill(number, with_signal)
    except ProcessLookupError:
        return


def has_ended(number: int, *, within: float) -> bool:
    """Wait for the end of a process that is not our own child."""
    try:
        watched = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], within)[0])
    finally:
        os.close(watched)


@dataclass
class _Poisoned:
    """A post at which two letters do harm: of one, `raises` stands in the subject, of the other, `kills`."""

    transport: MailTransport

    def send(self, letter: Outgoing) -> str | None:
        if "raises" in letter.subject:
            raise ZeroDivisionError
        if "kills" in letter.subject:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.transport.send(letter)

    def taken(self, letter: Outgoing, *, settled: bool) -> Taken | None:
        return self.transport.taken(letter, settled=settled)

    def close(self) -> None:
        self.transport.close()


def _main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _live(json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _live(task: dict[str, Any]) -> None:
    code = 1
    try:
        _work(task)
        code = 0
    finally:
        os._exit(code)


def _work(task: dict[str, Any]) -> None:
    database, clock = open_database(task["database"]), StoppedClock(read_moment(task.get("now", "2026-11-20T08:00")))
    transport = _Poisoned(transport_for(task["mail"], SENDER))
    if task["do"] == "deliver":
        deliver(database, clock, transport, letterhead=LETTERHEAD)
    elif task["do"] == "round":
        plan_round(database, clock.now(), letterhead=LETTERHEAD)
        deliver(database, clock, transport, ignore_waits=True, letterhead=LETTERHEAD)
    else:
        run(database, clock, transport, letterhead=LETTERHEAD, lease=timedelta(seconds=task["lease"]))


if __name__ == "__main__":
    _main()
