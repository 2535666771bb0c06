"""An import that is taken back at the terminal, by the number that it printed."""

import re

from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
MANAGER = ("--as", "manager@anyshire.example")
UNDO = ("actions", "undo-import")
TRACKER = "Ref,Action,Due date\n1,Train the staff.,27/11/2026\n2,Audit thirty files.,\n"


def bring_in(terminal, tmp_path, text=TRACKER, plan="T-1"):
    tracker = tmp_path / "tracker.csv"
    tracker.write_text(text)
    return terminal.json("actions", "import", tracker, "--plan", plan, *HERE)


def outstanding(terminal):
    return terminal.json("summary", *HERE)["outstanding"]


def test_the_number_that_an_import_prints_takes_it_back(terminal, tmp_path):
    before = outstanding(terminal)
    tracker = tmp_path / "tracker.csv"
    tracker.write_text(TRACKER)
    said = terminal.run("actions", "import", tracker, "--plan", "T-1", *HERE).out
    command = re.search(r"To undo it: followthrough (.+)", said)[1].split()
    assert command[:2] == list(UNDO)
    assert outstanding(terminal) == before + 2
    undone = terminal.json(*command, *MANAGER)
    assert (undone["ended"], undone["restored"], undone["kept"]) == (["T-1/1", "T-1/2"], [], [])
    assert outstanding(terminal) == before


def test_what_an_import_says_to_do_next_can_be_done_as_it_stands(terminal, tmp_path):
    tracker = tmp_path / "tracker.csv"
    tracker.write_text(
        "Ref,Action,Due date,Owner\n" + "".join(f"{n},Do {n},31 March,Officer {n}\n" for n in range(120))
    )
    said = terminal.run("actions", "import", tracker, "--plan", "T-1", "--silent", *HERE).out
    assert "And 140 more. Use --json to see them all." in said
    commands = re.findall(r"followthrough (actions (?:decide|start-reminders|undo-import) .+)", said)
    assert [command.split()[1] for command in commands] == ["decide", "start-reminders", "undo-import"]
    assert [terminal.run(*command.split()).code for command in commands] == [0, 0, 0]


def test_what_was_done_since_is_kept_and_named_and_a_dry_run_writes_nothing(terminal, seeded, tmp_path):
    run = str(bring_in(terminal, tmp_path)["run"])
    terminal.json("actions", "assign", "T-1/1", "--owner", "owner-4@anyshire.example", *HERE, *MANAGER)
    with nothing_changes(seeded):
        would = terminal.json(*UNDO, run, *HERE, "--dry-run")
    done = terminal.json(*UNDO, run, *HERE)
    assert (would.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert would == done
    assert done["ended"] == ["T-1/2"]
    assert done["kept"] == [{"reference": "T-1/1", "why": "Somebody has worked on it since the import."}]


def test_words_that_it_changed_come_back_and_the_same_file_brings_the_actions_back(terminal, tmp_path):
    first = bring_in(terminal, tmp_path)["run"]
    second = bring_in(terminal, tmp_path, TRACKER.replace("Audit thirty", "Audit forty"))["run"]
    assert terminal.json(*UNDO, str(second), *HERE)["restored"] == [{"reference": "T-1/2", "fields": ["text", "title"]}]
    assert terminal.json(*UNDO, str(first), *HERE)["ended"] == ["T-1/1"]
    again = bring_in(terminal, tmp_path)
    assert (again["created"], [one["reference"] for one in again["actions"]]) == (1, ["T-1/1", "T-1/2"])


def test_an_import_is_undone_once_where_it_is_and_by_those_who_may(terminal, seeded, tmp_path):
    run = str(bring_in(terminal, tmp_path)["run"])
    terminal.json(*UNDO, run, *HERE)
    other = str(bring_in(terminal, tmp_path, plan="T-2")["run"])
    with nothing_changes(seeded):
        assert "already been undone" in terminal.refused(*UNDO, run, *HERE)
        assert f"import {other} in MIDMARCH" in terminal.refused(*UNDO, other, "--partnership", "MIDMARCH")
        assert "Your role cannot do this" in terminal.refused(*UNDO, other, *HERE, "--as", "chair@anyshire.example")
        assert "import 999999" in terminal.refused(*UNDO, "999999", *HERE)
