"""A plan taken out by the command and read in again, in every format and by everybody who may."""

import csv
import io
import json

import pytest

from reviews.exports.formats import FORMATS
from tests.changes import changes_of, nothing_changes

HERE = ("--partnership", "ANYSHIRE")
PLANS = ("LCSPR-2025-01", "LCSPR-2026-04", "SP-2025-01", "LR-2026-01")


def export(terminal, path, *more, plan="LCSPR-2026-04"):
    into = path.suffix[1:]
    return terminal.json("actions", "export", "--plan", plan, "--format", into, "--out", path, *HERE, *more)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("into", ["xlsx", "csv", "json"])
def test_the_plans_of_the_demonstration_come_back_with_nothing_changed(terminal, seeded, tmp_path, plan, into):
    path = tmp_path / f"plan.{into}"
    taken = export(terminal, path, plan=plan)
    with nothing_changes(seeded):
        found = terminal.json("actions", "import", path, "--plan", plan, *HERE)
    assert taken["actions"] == found["rows"] == found["unchanged"] > 0
    assert (found["created"], found["updated"]) == (0, 0)
    assert found["refused"] == found["needs_decision"] == found["skipped"] == []


@pytest.mark.parametrize("into", list(FORMATS))
def test_every_export_is_one_entry_in_the_history_of_the_case(terminal, seeded, tmp_path, into):
    with changes_of(seeded) as changes:
        taken = export(terminal, tmp_path / f"plan.{into}", "--as", "manager@anyshire.example")
    assert (changes.added, changes.changed) == ({"events": 1}, {})
    assert (tmp_path / f"plan.{into}").stat().st_size == taken["bytes"]
    shown = terminal.json("cases", "show", "LCSPR-2026-04", *HERE)
    assert "plan_exported" in json.dumps(shown["history"])


def test_an_owner_takes_out_their_own_actions_only(terminal, tmp_path):
    whole = export(terminal, tmp_path / "whole.csv", plan="SP-2025-01")
    own = export(terminal, tmp_path / "own.csv", "--as", "owner@anyshire.example", plan="SP-2025-01")
    assert (whole["actions"], own["actions"]) == (4, 1)
    (row,) = rows(tmp_path / "own.csv")
    assert (row["Owner e-mail"], row["Recommendation"]) == ("owner@anyshire.example", "")


def test_csv_and_json_are_printed_and_nothing_beside_them(terminal):
    for into in ("csv", "json"):
        answer = terminal.run("actions", "export", "--plan", "SP-2025-01", "--format", into, "--out", "-", *HERE)
        assert (answer.code, answer.err) == (0, "")
        if into == "json":
            assert json.loads(answer.out)["plan"] == "SP-2025-01"
        else:
            assert len(list(csv.reader(io.StringIO(answer.out)))) > 1


def test_what_cannot_be_is_refused_with_one_sentence_and_nothing_is_written(terminal, seeded, tmp_path):
    act = ("actions", "export", "--format", "xlsx", *HERE)
    (tmp_path / "folder").mkdir()
    there = tmp_path / "there.xlsx"
    there.write_bytes(b"kept")
    with nothing_changes(seeded):
        assert "plan NO-1" in terminal.refused(*act, "--plan", "NO-1", "--out", there)
        assert "Only csv and json" in terminal.refused(*act, "--plan", "SP-2025-01", "--out", "-")
        assert "cannot be written" in terminal.refused(*act, "--plan", "SP-2025-01", "--out", tmp_path / "folder")
        assert "cannot be written" in terminal.refused(
            *act, "--plan", "SP-2025-01", "--out", tmp_path / "no" / "a.xlsx"
        )
        assert "plan SP-2025-01" in terminal.refused(
            *act, "--plan", "SP-2025-01", "--out", there, "--as", "manager@midmarch.example"
        )
    assert there.read_bytes() == b"kept"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["there.xlsx"]


def test_the_file_that_is_named_is_replaced(terminal, tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("old")
    export(terminal, path)
    assert json.loads(path.read_text())["plan"] == "LCSPR-2026-04"


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
