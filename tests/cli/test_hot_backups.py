"""Twenty backups while four processes write: each is whole, and has all that was acknowledged before it began (R23)."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.cli.test_backups import empty_url, run

__all__ = ["empty_url"]

WRITERS, BACKUPS = 4, 20
WRITER = """
import io, sys, time
from pathlib import Path
import sqlalchemy as sa
from reviews.access.permissions import system
from reviews.core.clock import SystemClock
from reviews.core.db import open_database
from reviews.core.settings import Settings
from reviews.files.store import storing_files
from reviews.models import Evidence
from reviews.transactions.unit_of_work import unit_of_work

url, settings, name = sys.argv[1], Settings(home=Path(sys.argv[2])), sys.argv[3]
database, clock = open_database(url), SystemClock()
with database() as session:
    action = session.scalar(sa.select(Evidence.action_id).limit(1))
number = 0
while True:
    number += 1
    with storing_files(database, settings, clock.now()) as take:
        stored = take(io.BytesIO(f"{name} {number}".encode()), "note.txt")
        with unit_of_work(database, system(name), clock) as unit:
            row = Evidence(action_id=action, text=name, offered_by=name, offered_at=unit.now, kind="file")
            row.file_name, row.stored_as = stored.file_name, stored.stored_as
            row.sha256, row.size, row.wrapped_key = stored.sha256, stored.size, stored.wrapped_key
            unit.session.add(row)
    print(stored.stored_as, flush=True)
    time.sleep(0.08)
"""


@contextmanager
def writers(terminal: Terminal, folder: Path):
    """Let processes store files with their rows, each of which they print once it is committed."""
    printed = [folder / f"writer-{number}" for number in range(WRITERS)]
    outputs = [path.open("w") for path in printed]
    processes = [
        subprocess.Popen(
            (sys.executable, "-c", WRITER, terminal.database_url, terminal.home, f"writer {number}"),
            stdout=outputs[number],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for number in range(WRITERS)
    ]
    try:
        yield lambda: {line for path in printed for line in path.read_text().split("\n")[:-1]}
        assert [process.poll() for process in processes] == [None] * WRITERS
    finally:
        for process, output in zip(processes, outputs, strict=True):
            process.kill()
            process.wait()
            output.close()


@pytest.mark.faults
def test_r23_each_of_twenty_hot_backups_is_whole_and_misses_nothing(terminal, empty_url, tmp_path):
    terminal.home.mkdir(mode=0o700)
    with writers(terminal, tmp_path) as acknowledged:
        deadline = time.monotonic() + 60
        while len(acknowledged()) < WRITERS:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        for number in range(BACKUPS):
            before, folder = acknowledged(), tmp_path / f"backup-{number}"
            run(terminal, "backup", folder)
            files = {path.name for path in folder.joinpath("files").iterdir()}
            assert before <= files, number
            assert json.loads(run(terminal, "backup", "verify", folder, "--json"))["ok"]
            if number < BACKUPS - 1:
                shutil.rmtree(folder)
    elsewhere = Terminal(tmp_path / "elsewhere", empty_url("sqlite"))
    run(elsewhere, "restore", folder)
    assert json.loads(run(elsewhere, "files", "verify", "--json"))["ok"]
    assert len(acknowledged()) > BACKUPS
