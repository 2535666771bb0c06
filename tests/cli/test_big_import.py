"""Ten thousand rows, five hundred of them bad in thirty-one ways: named, left out, all or nothing, quick and small."""

import csv
import json
import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa

from reviews.models import Action, Case, ImportRun, ProgressUpdate
from tests.changes import nothing_changes

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
ROWS, BAD = 10_000, 500
MOST_SECONDS, MOST_BYTES = 10.0, 206_000_000  # 5 MB of them are the languages that the word stemmer loads
COLUMNS = (
    *("Ref", "Recommendation", "Action", "Success measure", "Due", "Owner", "Agency", "Status", "RAG", "Progress"),
    "Evidence",
)
Row = dict[str, str]
CONTROL, LONG, CLASH = "control character", "The limit is", "is used for"
CHILD = """
import json, os, resource, sys, time
from pathlib import Path
from tests.pace import slowness
from web.cli import main

before, begun = slowness(), time.process_time()
try:
    main(sys.argv[1:])
finally:
    seconds = time.process_time() - begun
    status = Path("/proc/self/status")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if status.exists():
        most = int(status.read_text().split("VmHWM:")[1].split()[0])
    Path(os.environ["USED"]).write_text(json.dumps([seconds / max(before, slowness()), most * 1024]))
"""

WIDE = {ord(figure): ord(figure) + 0xFEE0 for figure in "0123456789"}


def holding(column: str, text: str) -> Callable[[Row, Row], Row]:
    return lambda row, _before: row | {column: text}


def again(change: Callable[[str], str]) -> Callable[[Row, Row], Row]:
    """The reference of the row before, written otherwise, for another action."""
    return lambda row, before: row | {"Ref": change(before["Ref"])}


WAYS: dict[str, tuple[Callable[[Row, Row], Row], str]] = {
    **{f"a bell in {name}": (holding(name, "Ring\x07 it"), CONTROL) for name in COLUMNS if name != "Ref"},
    "a NUL": (holding("Action", "Train\0 them"), CONTROL),
    "an escape": (holding("Progress", "\x1b[31mred"), CONTROL),
    "a delete": (holding("Owner", "Sam\x7f"), CONTROL),
    "a control character of another kind": (holding("Evidence", "a\x9fb"), CONTROL),
    "a backspace in the reference": (holding("Ref", "9\x08.1"), CONTROL),
    **{f"a long {name}": (holding(name, "x" * 10_001), LONG) for name in COLUMNS if name not in ("Ref", "Due")},
    "a long date": (holding("Due", "31/03/2027" * 1_001), LONG),
    "a reference of 81 letters": (holding("Ref", "R" + "1" * 80), "80 characters or fewer"),
    "a reference used twice": (again(str), CLASH),
    "a reference used twice, with a blank": (again(lambda text: f" {text} "), CLASH),
    "a reference used twice, with a full stop": (again(lambda text: f"{text}."), CLASH),
    "a reference used twice, in small letters": (again(str.lower), CLASH),
    "a reference used twice, in wide figures": (again(lambda text: text.translate(WIDE)), CLASH),
}


def a_row(number: int) -> Row:
    cells = (
        *(f"A{number // 10}.{number % 10}", f"Recommendation {number // 10} asks for something"),
        f"Do thing number {number} for the children and tell the board",
        *(f"Children say {number}", "31/03/2027", f"Officer {number % 50}", "Anyshire Council", "In progress"),
        *("Amber", f"Begun in step {number}", f"Minutes {number}" if number % 5 == 0 else ""),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def the_rows() -> tuple[list[Row], dict[int, str]]:
    """Give the rows, and which way each bad one is bad by its row in the file."""
    rows, bad, names = [a_row(0)], {}, list(WAYS)
    for number in range(1, ROWS):
        row = a_row(number)
        if number % (ROWS // BAD) == 5:
            name = names[len(bad) % len(names)]
            row = WAYS[name][0](row, rows[-1])
            bad[number + 2] = name
        rows.append(row)
    return rows, bad


@pytest.fixture(scope="module")
def tracker(tmp_path_factory) -> tuple[Path, dict[int, str]]:
    rows, bad = the_rows()
    path = tmp_path_factory.mktemp("big") / "tracker.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path, bad


def command(path: Path, *more: str) -> list[str]:
    return ["actions", "import", str(path), "--plan", "SP-BIG", "--partnership", "ANYSHIRE", *more]


def started(terminal, used: Path, *arguments: str, **more) -> subprocess.Popen[bytes]:
    ours = {f"FOLLOWTHROUGH_{name}": value for name, value in (("HOME", str(terminal.home)), ("ENV", "test"))}
    ours |= {"FOLLOWTHROUGH_NOW": terminal.now, "FOLLOWTHROUGH_DATABASE_URL": terminal.database_url}
    environment = {**os.environ, **ours, "USED": str(used)}
    return subprocess.Popen([sys.executable, "-c", CHILD, *arguments], cwd=ROOT, env=environment, **more)


def counted(database, table) -> int:
    with database() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_there_are_thirty_one_ways_to_be_bad():
    assert len(WAYS) == 31


def test_strict_writes_nothing_and_names_each_bad_row_with_its_column_and_reason(terminal, seeded, tracker):
    path, bad = tracker
    with nothing_changes(seeded):
        answer = terminal.run(*command(path, "--json"))
    refused = json.loads(answer.out)["refused"]

    assert answer.code == 1
    assert "Nothing was stored" in answer.err
    assert {one["row"] for one in refused} == set(bad)
    assert len(bad) == BAD
    for one in refused:
        assert WAYS[bad[one["row"]]][1] in one["reason"], one
        assert one["column"] in (*COLUMNS, "reference"), one


def test_lenient_writes_the_good_rows_and_no_others_within_its_bounds_and_a_second_time_nothing(
    terminal, seeded, tracker, tmp_path
):
    path, bad = tracker
    before = counted(seeded, Action)
    child = started(terminal, tmp_path / "used", *command(path, "--lenient", "--json"), stdout=subprocess.PIPE)
    done = json.loads(child.communicate(timeout=120)[0])
    seconds, most = json.loads((tmp_path / "used").read_text())

    assert (done["created"], len({one["row"] for one in done["refused"]})) == (ROWS - BAD, BAD)
    assert {one["row"] for one in done["actions"]} == set(range(2, ROWS + 2)) - set(bad)
    assert counted(seeded, Action) - before == ROWS - BAD
    assert seconds < MOST_SECONDS
    assert most < MOST_BYTES
    with nothing_changes(seeded):
        again = terminal.json(*command(path, "--lenient"))
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, ROWS - BAD)


def test_a_workbook_of_ten_thousand_rows_comes_in_within_the_same_bounds(terminal, seeded, tracker, tmp_path):
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Plan")
    for row in ([*COLUMNS], *([*a_row(number).values()] for number in range(ROWS))):
        sheet.append(row)
    path = tmp_path / "tracker.xlsx"
    workbook.save(path)
    child = started(terminal, tmp_path / "used", *command(path, "--json"), stdout=subprocess.PIPE)
    done = json.loads(child.communicate(timeout=120)[0])
    seconds, most = json.loads((tmp_path / "used").read_text())

    assert (done["created"], done["refused"]) == (ROWS, [])
    assert seconds < MOST_SECONDS
    assert most < MOST_BYTES


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_killed_at_any_moment_it_is_all_or_nothing(terminal, seeded, tracker, tmp_path, seed):
    """Some moment from the start of the process to the end of what it writes: about as long as it takes."""
    tables = (Action, Case, ProgressUpdate, ImportRun)
    before = [counted(seeded, table) for table in tables]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = started(terminal, tmp_path / "used", *command(tracker[0], "--lenient"), **quiet)
    time.sleep(random.Random(seed).uniform(0.5, 8.0))  # noqa: S311 - repeatable, no secret
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    after = [counted(seeded, table) for table in tables]

    assert after[0] - before[0] in (0, ROWS - BAD)
    assert (after == before) == (after[0] == before[0])


@pytest.mark.parametrize("later", [0.0, 0.4], ids=["among the rows", "among what is written"])
def test_killed_in_the_middle_it_is_all_or_nothing(terminal, seeded, tracker, tmp_path, later):
    """The bar on the terminal tells how far it is; at its end the writing begins."""
    before = [counted(seeded, table) for table in (Action, Case, ProgressUpdate, ImportRun)]
    screen, theirs = pty.openpty()
    child = started(
        terminal, tmp_path / "used", *command(tracker[0], "--lenient"), stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = ""
    while ("100%" if later else "%") not in shown:
        shown += os.read(screen, 4096).decode(errors="replace")
    time.sleep(later)
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    os.close(screen)
    after = [counted(seeded, table) for table in (Action, Case, ProgressUpdate, ImportRun)]

    assert "9,500 rows" in shown
    assert after[0] - before[0] in (0, ROWS - BAD)
    assert (after == before) == (after[0] == before[0])
