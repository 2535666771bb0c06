"""Published trackers, imported by the command into the invented partnership, and what comes of them afterwards."""

import csv
import json
import time
from pathlib import Path

import pytest

from tests.changes import nothing_changes

SAMPLES = Path(__file__).parents[1] / "samples"
HERE = ("--partnership", "ANYSHIRE")
MANAGER = ("--as", "manager@anyshire.example")
MORNING = ("remind", "--as-of", "2026-11-20T08:00")


def sample(beginning):
    (path,) = SAMPLES.glob(f"{beginning}_*")
    return path


def bring_in(terminal, beginning, *more):
    return terminal.json("actions", "import", sample(beginning), "--plan", f"T-{beginning}", *HERE, *more)


def counts(found):
    return found["rows"], found["created"], found["updated"], found["unchanged"], len(found["refused"])


def summary(terminal):
    found = terminal.json("summary", *HERE)
    return {name: found[name] for name in ("outstanding", "overdue", "due_soon", "no_owner", "no_date")}


def growth(before, after):
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


def test_p01_comes_in_as_its_readme_says(terminal):
    found = bring_in(terminal, "P01")
    first, last = found["actions"][0], found["actions"][-1]

    assert counts(found) == (6, 6, 0, 0, 0)
    assert found["plan_created"]
    assert {one["due_on"] for one in found["actions"]} == {"2015-03-31"}
    assert {one["due_text"] for one in found["actions"]} == {"March 2015", "March 2015."}
    assert (len(first["owners"]), len(last["owners"])) == (5, 4)
    assert len({one["recommendation"] for one in found["actions"]}) == 2
    assert {one["status"] for one in found["actions"]} == {"in_progress"}
    assert {"row", "reference", "text", "due_text", "due_on", "owners", "status", "status_text"} <= first.keys()
    assert {one["field"] for one in found["needs_decision"]} == {"owner"}
    assert len(found["needs_decision"]) == 2 * 5 + 4 * 4


def test_p01_moves_the_summary_and_the_lists(terminal):
    before = summary(terminal)
    bring_in(terminal, "P01")
    after = terminal.json("summary", *HERE)

    assert growth(before, after) == {"outstanding": 6, "overdue": 6, "no_owner": 6}
    assert after["by_agency"]["No agency"]["overdue"] == 6
    assert {line["reference"] for line in after["oldest"]} >= {f"T-P01/2/{n}" for n in (1, 2, 3, 4)}
    assert {line["due_on"] for line in after["oldest"][:6]} == {"2015-03-31"}


def test_p06_leaves_every_closing_to_a_person(terminal):
    found = bring_in(terminal, "P06")
    by_reference = {one["reference"]: one for one in found["actions"]}
    doubts = {(one["row"], one["field"]) for one in found["needs_decision"]}

    assert counts(found) == (3, 3, 0, 0, 0)
    assert list(by_reference) == ["T-P06/1a", "T-P06/1b", "T-P06/1c"]
    assert {one["status"] for one in found["actions"]} == {"in_progress"}
    assert by_reference["T-P06/1c"]["owners"] == []
    assert {(5, "progress"), (6, "progress"), (7, "progress"), (7, "owner")} <= doubts


def test_s02_has_strands_and_no_dates_and_nothing_turns_green(terminal):
    green = terminal.json("summary", *HERE)["by_rating"]["Green"]
    before = summary(terminal)
    found = bring_in(terminal, "S02")
    after = terminal.json("summary", *HERE)

    assert counts(found) == (6, 6, 0, 0, 0)
    assert sorted(len(one["strands"]) for one in found["actions"]) == [0, 0, 0, 0, 9, 9]
    assert growth(before, after) == {"outstanding": 6, "no_owner": 6, "no_date": 6}
    assert after["by_rating"]["Green"] == green


def test_b08_is_refused_with_each_clash_unless_the_others_are_wanted(terminal, seeded):
    arguments = ("actions", "import", sample("B08"), "--plan", "T-B08", *HERE)
    with nothing_changes(seeded):
        strict = terminal.run(*arguments, "--json")
    lenient = terminal.json(*arguments, "--lenient")

    assert strict.code == 1
    assert strict.err == "Nothing was stored, because 3 rows cannot be imported. --lenient imports the others.\n"
    assert [one["row"] for one in json.loads(strict.out)["refused"]] == [6, 8, 9]
    assert all("row 2, row 6, row 8 and row 9" in one["reason"] for one in lenient["refused"])
    assert counts(lenient) == (7, 4, 0, 0, 3)


def test_b09_keeps_the_words_of_dates_that_are_none(terminal):
    found = bring_in(terminal, "B09")
    undated = [one["due_text"] for one in found["actions"] if one["due_on"] is None]

    assert [one["due_on"] for one in found["actions"] if one["due_on"]] == ["2024-02-29"]
    assert len(undated) == len([one for one in found["needs_decision"] if one["field"] == "due"]) == 8
    assert undated[0] == "31/02/2024"


def test_b13_keeps_what_looks_like_a_formula_as_text_and_b22_is_read(terminal):
    assert bring_in(terminal, "B13")["actions"][0]["text"] == "=cmd|' /C calc'!A0"
    assert counts(bring_in(terminal, "B22")) == (5, 5, 0, 0, 0)


@pytest.mark.parametrize("beginning", ["P01", "P06", "S02", "B09", "B13", "B22"])
def test_the_same_tracker_again_changes_nothing(terminal, seeded, beginning):
    rows = bring_in(terminal, beginning)["rows"]
    with nothing_changes(seeded):
        again = bring_in(terminal, beginning)

    assert counts(again) == (rows, 0, 0, rows, 0)
    assert not again["plan_created"]


def test_a_dry_run_says_what_would_be_and_writes_nothing(terminal, seeded):
    with nothing_changes(seeded):
        dry = bring_in(terminal, "P01", "--dry-run")
    real = bring_in(terminal, "P01")

    assert (dry.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert (dry.pop("run"), real.pop("run") is None) == (None, False)
    assert dry == real


def test_imported_actions_are_held_back_until_somebody_owns_them_and_then_told_once(terminal):
    terminal.json(*MORNING)
    bring_in(terminal, "P01")
    monday = terminal.json("remind", "--as-of", "2026-11-23T08:00")
    held = {one["action"]: one["why"] for one in monday["held_back"]}
    given = terminal.json("actions", "assign", "T-P01/1/1", "--owner", "owner-4@anyshire.example", *HERE, *MANAGER)
    tuesday, wednesday = (terminal.json("remind", "--as-of", f"2026-11-{day}T08:00") for day in (24, 25))

    assert held["T-P01/1/1"] == "It has no owner yet."
    assert [mail for mail in monday["mails"] if about(mail, "T-P01/1/1")] == []
    assert given["owner"] == "owner-4@anyshire.example"
    told = {mail["to"]: about(mail, "T-P01/1/1") for mail in tuesday["mails"] if about(mail, "T-P01/1/1")}
    # a rung of every 14 days came after the import, and stands for what was overdue then
    assert told == {"owner-4@anyshire.example": ["due+4256"]}
    assert [mail for mail in wednesday["mails"] if about(mail, "T-P01/1/1")] == []


def test_an_imported_action_of_a_known_owner_climbs_the_ladder(terminal, tmp_path):
    tracker = tmp_path / "tracker.csv"
    tracker.write_text("Ref,Action,Lead,Due date\n1,Train the staff.,owner-6@anyshire.example,27/11/2026\n")
    found = terminal.json("actions", "import", tracker, "--plan", "T-1", *HERE, *MANAGER)
    heard = [
        (day, about(mail, "T-1/1"))
        for day in ("11-20", "11-23", "11-27", "11-30", "12-01")
        for mail in terminal.json("remind", "--as-of", f"2026-{day}T08:00")["mails"]
        if mail["to"] == "owner-6@anyshire.example" and about(mail, "T-1/1")
    ]

    assert found["needs_decision"] == []
    assert heard == [("11-23", ["due-7"]), ("11-27", ["due"]), ("11-30", ["due+1"])]


def test_a_tracker_goes_into_a_practice_review_that_is_there(terminal):
    found = terminal.json("actions", "import", sample("P06"), "--plan", "LCSPR-2026-04", *HERE, *MANAGER)

    assert not found["plan_created"]
    assert found["actions"][0]["reference"] == "LCSPR-2026-04/1a"


def test_other_headings_are_named_by_a_mapping_and_one_sheet_can_be_chosen(terminal, tmp_path):
    tracker, mapping = tmp_path / "tracker.csv", tmp_path / "mapping.json"
    tracker.write_text("Nr;Was zu tun ist;Bis\n1;Train the staff.;27/11/2026\n")
    mapping.write_text(json.dumps({"action": "Was zu tun ist", "due": "Bis", "reference": "Nr"}))
    act = ("actions", "import")

    found = terminal.json(*act, tracker, "--plan", "T-1", *HERE, "--mapping", mapping)

    assert [(one["reference"], one["due_on"]) for one in found["actions"]] == [("T-1/1", "2026-11-27")]
    assert "There is no sheet “Nothing”" in terminal.refused(
        *act, sample("S02"), "--plan", "T", *HERE, "--sheet", "Nothing"
    )


def test_the_row_of_the_headings_can_be_named_and_what_was_not_taken_is_said(terminal, tmp_path):
    tracker, mapping = tmp_path / "tracker.csv", tmp_path / "mapping.json"
    tracker.write_text("Ref,Action,Owner\n0,Old,Jane\nNr,Vorhaben,Wer\n1,Train the staff.,Ann\n\n* Agreed in May.,,\n")
    mapping.write_text(json.dumps({"action": "Vorhaben", "owner": "Wer", "reference": "Nr"}))
    act = ("actions", "import", tracker, "--plan", "T-1", *HERE, "--header-row", "3", "--mapping", mapping, "--dry-run")

    found = terminal.json(*act)
    words = terminal.run(*act).out

    assert [(one["text"], one["owners"]) for one in found["actions"]] == [("Train the staff.", ["Ann"])]
    assert [(one["sheet"], one["row"], one["column"]) for one in found["left_out"]] == [
        ("tracker", row, "") for row in (1, 2, 6)
    ]
    assert "Seen and not taken as it is" in words
    assert "It is below the table, and only a note. “* Agreed in May.”" in " ".join(words.split())


def test_two_thousand_rows_take_a_few_seconds(terminal, tmp_path):
    tracker = tmp_path / "tracker.csv"
    with tracker.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("Ref", "Recommendation", "Action", "Lead", "Due date"))
        for number in range(2000):
            about, owner = f"Recommendation {number // 4}", f"owner-{number % 8 + 1}@anyshire.example"
            rows.writerow((f"{number}", about, f"Action {number}", owner, "31/03/2027"))
    begun = time.process_time()
    found = terminal.json("actions", "import", tracker, "--plan", "T-1", *HERE)

    assert counts(found) == (2000, 2000, 0, 0, 0)
    assert time.process_time() - begun < 10


def test_a_file_that_is_no_tracker_is_refused_and_nothing_is_stored(terminal, seeded, tmp_path):
    files = {
        "nothing.xlsx": None,
        "picture.xlsx": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        "empty.csv": b"",
        "empty.xlsx": b"",
        "half.xlsx": sample("P01").read_bytes()[:3000],
        "letter.docx": b"PK\x03\x04",
        "prose.csv": b"Dear colleagues,\nthe plan follows.\n",
    }
    with nothing_changes(seeded):
        for name, content in files.items():
            if content is not None:
                (tmp_path / name).write_bytes(content)
            assert terminal.refused("actions", "import", tmp_path / name, "--plan", "T-1", *HERE, "--json")
        folder = tmp_path / "folder.xlsx"
        folder.mkdir()
        assert "that it is not a folder" in terminal.refused("actions", "import", folder, "--plan", "T-1", *HERE)


def test_a_plan_a_person_or_a_mapping_that_cannot_be_is_refused_and_nothing_is_stored(terminal, seeded, tmp_path):
    act = ("actions", "import", sample("P01"), "--plan")
    mapping = tmp_path / "mapping.json"
    with nothing_changes(seeded):
        assert "Your role cannot do this" in terminal.refused(*act, "T-1", *HERE, "--as", "owner@anyshire.example")
        assert "no partnership" in terminal.refused(*act, "T-1", *HERE, "--as", "manager@midmarch.example")
        assert "no partnership NOWHERE" in terminal.refused(*act, "T-1", "--partnership", "NOWHERE")
        assert "up to 40 letters" in terminal.refused(*act, "a b/c", *HERE)
        assert "up to 40 letters" in terminal.refused(*act, "a" * 100_000, *HERE)
        assert "Enter the reference of a case" in terminal.refused(*act, "", *HERE)
        assert "No such file" in terminal.refused(*act, "T-1", *HERE, "--mapping", mapping)
        for content in (b"{", b"[]", b'{"due": 1}', b'{"due": "Nothing"}', b'{"colour": "Date"}', b"\xff\xfe"):
            mapping.write_bytes(content)
            assert terminal.refused(*act, "T-1", *HERE, "--mapping", mapping)


def about(mail, reference):
    return [item["rung"] for item in mail["items"] if item.get("action") == reference]


def test_a_silent_plan_reminds_nobody_until_its_reminders_are_started(bare, tmp_path):
    tracker = tmp_path / "tracker.csv"
    tracker.write_text("Ref,Action,Lead,Due date\n1,Train the staff.,owner@anyshire.example,20/08/2026\n")
    into = ("--plan", "SP-1", "--partnership", "ANYSHIRE")
    here = ("--partnership", "ANYSHIRE")
    works = ("--name", "Olive Owner", "--job-title", "Lead", "--agency", "Council", "--role", "action_owner")
    assert bare.run("partnerships", "add", "ANYSHIRE", "--name", "Anyshire Partnership").code == 0
    assert bare.run("agencies", "add", "Council", "--kind", "local_authority", *here).code == 0
    assert bare.run("people", "add", "owner@anyshire.example", *works, *here).code == 0
    done = bare.json("actions", "import", tracker, *into, "--silent")
    silent = bare.json("remind", "--as-of", "2026-11-23T08:00")
    started = bare.json("actions", "start-reminders", "SP-1", "--partnership", "ANYSHIRE")
    reminded = bare.json("remind", "--as-of", "2026-11-24T08:00")

    assert done["silent"] is True
    assert (silent["mails"], [held["action"] for held in silent["held_back"]]) == ([], ["SP-1/1"])
    assert "silent" in silent["held_back"][0]["why"]
    assert started == {"plan": "SP-1", "partnership": "ANYSHIRE", "silent": False, "began_on": "2026-11-20"}
    assert [mail["items"] for mail in reminded["mails"]] == [[{"action": "SP-1/1", "rung": "brought-in"}]]
    assert "not silent" in bare.refused("actions", "start-reminders", "SP-1", "--partnership", "ANYSHIRE")
    assert "There is no plan" in bare.refused("actions", "start-reminders", "SP-9", "--partnership", "ANYSHIRE")
