"""How long does one morning take a program, and how much memory? ``python -m tests.bench.morning ours|floor URL PORT``.

Each in a process of its own, so that the memory is that of the program alone.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from notifications.letters.links import Letterhead
from notifications.process.plan_round import plan_round
from notifications.process.worker import deliver
from notifications.transports.configured import transport_for
from reviews.core.clock import StoppedClock
from reviews.core.db import Database, open_database
from tests.bench.floor_post import SENDER, hand_over_all
from tests.bench.floor_round import first_round
from tests.bench.nation import NOW
from tests.bench.raw import Raw
from tests.migrating import ROOT

LETTERHEAD = Letterhead("http://127.0.0.1", "a key of forty characters and no more, so")
HIGH_WATER = "VmHWM:"


@dataclass(frozen=True, slots=True)
class Morning:
    """Seconds to decide and write down, and to hand over; the most bytes that were held by the end of each."""

    decided: float
    handed_over: float
    held_deciding: int
    held: int


def measure_morning(program: str, url: str, port: int) -> Morning:
    command = [sys.executable, "-m", "tests.bench.morning", program, url, str(port)]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return Morning(**json.loads(said.stdout))


def _floor(url: str, port: int) -> Morning:
    database = Raw(url)
    return _measured(lambda: first_round(database), lambda: hand_over_all(database, port))


def _ours(url: str, port: int) -> Morning:
    database = open_database(url)
    _warm(database)
    clock, post = StoppedClock(NOW), transport_for(f"smtp://127.0.0.1:{port}", f"Followthrough <{SENDER}>")
    return _measured(
        lambda: plan_round(database, NOW, letterhead=LETTERHEAD),
        lambda: deliver(database, clock, post, letterhead=LETTERHEAD),
    )


def _warm(database: Database) -> None:
    """The process that does this each morning has run for a while: what is made once is there."""
    plan_round(database, NOW, letterhead=LETTERHEAD, dry_run=True, codes={"AREA-001"})


def _measured(decide: Callable[[], object], hand_over: Callable[[], object]) -> Morning:
    begun = perf_counter()
    decide()
    decided, held = perf_counter(), _most_held()
    hand_over()
    return Morning(decided - begun, perf_counter() - decided, held, _most_held())


def _most_held() -> int:
    """Give the most bytes held so far. On Linux `getrusage` would count what started this process as well."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = next(line for line in status.read_text().splitlines() if line.startswith(HIGH_WATER))
    return int(line.split()[1]) * 1024


PROGRAMS = {"floor": _floor, "ours": _ours}

if __name__ == "__main__":
    print(json.dumps(asdict(PROGRAMS[sys.argv[1]](sys.argv[2], int(sys.argv[3])))))  # noqa: T201  # another process reads it
