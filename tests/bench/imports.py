"""Measures what 10,000 rows of a tracker take, and 10,000 different owners to decide, in time and memory.

Both are done by the command, in a process of its own, in a partnership that has nothing else.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.stores import PREFIX, Store
from tests.migrating import ROOT

ROWS = 10_000
MOST_SECONDS, MOST_MEGABYTES = 10, 200
PARTNERSHIP, PLAN, OWNER = "FELLMERE", "SP-2026-01", "jo.rees@fellmere.example"
READY: Sequence[Sequence[str]] = (
    ("migrate",),
    ("partnerships", "add", PARTNERSHIP, "--name", "Fellmere Safeguarding Children Partnership"),
    ("agencies", "add", "Fellmere Council", "--kind", "local_authority", "--partnership", PARTNERSHIP),
    ("people", "add", OWNER, "--name", "Jo Rees", "--job-title", "Business manager", "--agency", "Fellmere Council",
     "--role", "business_manager", "--partnership", PARTNERSHIP),
)  # fmt: skip
MEASURED = """
import json, resource, sys, time
from web.cli import main

begun = time.process_time()
try:
    main(sys.argv[1:])
finally:
    used = {"seconds": time.process_time() - begun, "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    print(json.dumps(used), file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of the processor, and the most memory that the process held."""

    seconds: float
    megabytes: float


def measure_imports(store: Store) -> tuple[Used, Used]:
    """Give what reading and storing took, and what deciding took."""
    name = f"{PREFIX}import"
    url = store.make(name)
    with TemporaryDirectory() as folder:
        home = Path(folder)
        for words in READY:
            _run(home, url, *words)
        tracker, answers = home / "tracker.csv", home / "answers.json"
        _write(tracker, answers)
        where = ("--partnership", PARTNERSHIP)
        stored = _run(home, url, "actions", "import", str(tracker), "--plan", PLAN, *where)
        decided = _run(home, url, "actions", "decide", PLAN, "--answers", str(answers), *where)
    store.drop(name)
    return stored, decided


def _write(tracker: Path, answers: Path) -> None:
    with tracker.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("Ref", "Recommendation", "Action", "Due", "Owner", "Status", "Progress"))
        rows.writerows(
            (
                f"A{number}",
                f"Recommendation {number // 10} asks for something",
                f"Do thing number {number} for the children and tell the board",
                "31/03/2027",
                f"Officer {number}",
                "In progress",
                f"Begun in step {number}",
            )
            for number in range(ROWS)
        )
    answers.write_text(json.dumps({f"Officer {number}": OWNER for number in range(ROWS)}), encoding="utf-8")


def _run(home: Path, url: str, *words: str) -> Used:
    ours = {"FOLLOWTHROUGH_HOME": str(home), "FOLLOWTHROUGH_ENV": "test", "FOLLOWTHROUGH_DATABASE_URL": url}
    said = subprocess.run(
        [sys.executable, "-c", MEASURED, *words], cwd=ROOT, env={**os.environ, **ours}, capture_output=True, check=True
    )
    used = json.loads(said.stderr.splitlines()[-1])
    return Used(used["seconds"], used["bytes"] / 1e6)
