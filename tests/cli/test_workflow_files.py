"""Definitions are exported as files, added again, and take the place of the built-in ones."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from reviews.core.db import engine_of, open_database
from reviews.models import AddedDefinition
from tests.builders import NOW
from tests.workflows.example import example
from workflows.definitions import WORKFLOWS
from workflows.files.write import write_workflow


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "school_review.yaml"
    path.write_text(example(), encoding="utf-8")
    return path


def changed(file: Path, was: str, now: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert was in text
    file.write_text(text.replace(was, now, 1), encoding="utf-8")
    return file


def stored(terminal, **row) -> None:
    """Put a row there as an earlier release may have left it."""
    database = open_database(terminal.database_url)
    with database.begin() as session:
        session.add(AddedDefinition(added_at=NOW, added_by="somebody", **row))
    engine_of(database).dispose()


def rows(terminal) -> int:
    database = open_database(terminal.database_url)
    with database() as session:
        found = session.scalar(sa.select(sa.func.count()).select_from(AddedDefinition))
    engine_of(database).dispose()
    return found or 0


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_every_definition_goes_out_and_would_be_sound_coming_in(bare, tmp_path, name):
    out = tmp_path / f"{name}.yaml"
    assert bare.run("workflows", "export", name, "--out", out).code == 0
    assert bare.run("workflows", "export", name).out == out.read_text(encoding="utf-8")
    assert bare.json("workflows", "check", out) == {"sound": [name], "faults": []}


def test_an_export_does_not_write_over_a_file(bare, file):
    assert "File exists" in bare.refused("workflows", "export", "lcspr", "--out", file)
    assert file.read_text(encoding="utf-8") == example()


def test_earlier_versions_are_shown_drawn_and_exported(bare):
    assert bare.json("workflows", "show", "rapid_review", "--version", "1")["effective_from"] == "2018-06-29"
    assert bare.run("workflows", "diagram", "rapid_review", "--version", "1").out.startswith("stateDiagram-v2")
    assert "version: 1\n" in bare.run("workflows", "export", "rapid_review", "--version", "1").out
    said = bare.refused("workflows", "show", "rapid_review", "--version", "9")
    assert said == "There is no version 9 of rapid_review. There is: 1, 2, 4."
    listed = {row["name"]: row for row in bare.json("workflows", "list")}
    assert listed["rapid_review"]["versions"] == [1, 2, 4]
    assert listed["rapid_review"]["effective_from"] == "2026-11-01"


def test_a_file_is_checked_with_every_fault_on_a_line_of_its_own(bare, file):
    changed(changed(file, "realm: reviews", "realm: review"), "kind: day", "kind: days")
    answer = bare.run("workflows", "check", file)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.splitlines() == [
        "school_review.yaml:8: realm of the workflow is unknown: “review”. Did you mean reviews?",
        "school_review.yaml:59: kind of fact report_wanted_on is unknown: “days”. Did you mean day?",
    ]
    assert bare.run("workflows", "check", file, "--json").code == 1


def test_a_kind_is_added_once_and_then_listed_and_shown(terminal, file):
    dry = terminal.json("workflows", "add", file, "--dry-run")
    assert (dry["dry_run"], dry["outcome"], rows(terminal)) == (True, "added", 0)
    assert terminal.json("workflows", "add", file)["outcome"] == "added"
    assert terminal.json("workflows", "add", file)["outcome"] == "unchanged"
    assert rows(terminal) == 1
    assert terminal.json("workflows", "list")[-1]["name"] == "school_review"
    assert terminal.json("workflows", "show", "school_review")["prefix"] == "SCH"
    assert "school_review" in terminal.json("workflows", "check")["sound"]
    assert "## School" not in terminal.run("workflows", "show", "school_review").err


def test_a_file_with_faults_is_not_added_in_part(terminal, file):
    changed(file, "prefix: SCH", "prefix: RR")
    answer = terminal.run("workflows", "add", file)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "school_review.yaml:7: rapid_review has the prefix RR too.\n"
    assert rows(terminal) == 0


def test_another_text_under_the_same_version_is_refused(terminal, file):
    terminal.json("workflows", "add", file)
    changed(file, "title: Begin", "title: Start")
    assert "Give yours a higher version" in terminal.refused("workflows", "add", file)
    assert terminal.json("workflows", "add", changed(file, "version: 1", "version: 2"))["version"] == 2


def test_an_unknown_partnership_and_a_missing_file_are_refused(terminal, file, tmp_path):
    assert "There is no partnership NOWHERE" in terminal.refused("workflows", "add", file, "--partnership", "NOWHERE")
    assert "No such file" in terminal.refused("workflows", "add", tmp_path / "none.yaml")
    assert "No such file" in terminal.refused("workflows", "check", tmp_path / "none.yaml")


def test_a_version_that_a_release_brings_too_is_named_and_does_not_stop_the_start(terminal):
    stored(terminal, name="risk_entry", version=1, text=write_workflow(WORKFLOWS["risk_entry"]), source="risk.yaml")
    answer = terminal.run("check")
    assert answer.code == 1
    assert (
        "C04 FAULT risk_entry version 1 was added here from risk.yaml, and is now built into the product" in answer.out
    )
    assert terminal.run("summary", "--partnership", "ANYSHIRE").code == 0


def test_an_added_definition_that_no_longer_holds_stops_the_start_with_its_line(terminal):
    text = example().replace("only_if: no_action_open", "only_if: taken_away")
    stored(terminal, name="school_review", version=1, text=text, source="school.yaml")
    said = terminal.refused("summary", "--partnership", "ANYSHIRE")
    assert said.startswith("school.yaml:87: only_if of step close_review is unknown: “taken_away”")
    assert "C04 FAULT school.yaml:87" in terminal.run("check").out
