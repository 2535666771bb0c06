"""How much memory do 100,000 cases take that are held in a list? ``python -m tests.bench.memory URL`` counts it alone.

They are lines of the tracker with their stages and running clocks, as its query gives them, page after page.
"""

import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.access.permissions import system
from reviews.cases.list_queries import CaseFilter, CaseLine, tracker
from reviews.core.db import open_database
from reviews.transactions.unit_of_work import reading
from tests.bench.nation import TODAY
from tests.migrating import ROOT

MOST, SAID_OF = 10_000, 100_000
EVERY_CASE = CaseFilter(status="all")


def measure_memory(url: str) -> tuple[int, float]:
    """Give how many cases were held, and the bytes that 100,000 of them would take."""
    command = [sys.executable, "-m", "tests.bench.memory", url]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    held, taken = json.loads(said.stdout)
    return held, taken / held * SAID_OF


def _measure(url: str) -> tuple[int, int]:
    pages = _pages(url)
    next(pages)  # what is made once is there by now
    held: list[CaseLine] = []
    gc.collect()
    tracemalloc.start()
    for page in pages:
        held.extend(page)
        if len(held) >= MOST:
            break
    gc.collect()
    return len(held), tracemalloc.get_traced_memory()[0]


def _pages(url: str) -> Iterator[Sequence[CaseLine]]:
    with reading(open_database(url)) as session:
        number = 1
        while page := _page(session, number):
            yield page
            number += 1


def _page(session: Session, number: int) -> Sequence[CaseLine]:
    everybody = system("benchmark")
    page = tracker(session, everybody, today=TODAY, near=TODAY, filters=EVERY_CASE, sort="reference", number=number)
    return page.rows


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1])))  # noqa: T201  # another process reads it
