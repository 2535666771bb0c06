"""Saved column mappings for trackers, reused and reported on the command line and on the page."""

import json

import pytest
import sqlalchemy as sa

from reviews.models import ColumnMapping
from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
MAPPING = {"action": "Was zu tun ist", "due": "Bis", "reference": "Nr"}
SAID = "Using the columns remembered for these headings: "


@pytest.fixture
def files(tmp_path):
    tracker, mapping = tmp_path / "tracker.csv", tmp_path / "mapping.json"
    tracker.write_text("Nr;Was zu tun ist;Bis\n1;Train the staff.;27/11/2026\n")
    mapping.write_text(json.dumps(MAPPING))
    return tracker, mapping


def bring_in(terminal, tracker, *more, plan="T-1"):
    return terminal.run("actions", "import", tracker, "--plan", plan, *HERE, *more)


def remembered(database):
    with database() as session:
        return session.scalars(sa.select(ColumnMapping.mapping)).all()


def test_what_was_saved_holds_next_time_and_is_said(terminal, seeded, files):
    tracker, mapping = files
    first = bring_in(terminal, tracker, "--mapping", mapping, "--save-mapping", "--json")
    again = bring_in(terminal, tracker, "--json", plan="T-2")
    done, found = json.loads(first.out), json.loads(again.out)

    assert (first.err, done["mapping"], done["mapping_saved"]) == ("", "given", True)
    assert remembered(seeded) == [MAPPING]
    assert (again.code, found["mapping"], found["mapping_saved"], found["created"]) == (0, "remembered", False, 1)
    assert again.err.startswith(SAID)
    assert again.err.count("\n") == 1
    assert "due is “Bis”" in again.err
    assert bring_in(terminal, tracker, plan="T-3").err == again.err


def test_nothing_is_remembered_unasked_in_a_dry_run_or_where_nothing_came_in(terminal, seeded, files, tmp_path):
    tracker, mapping = files
    twice = tmp_path / "twice.csv"
    twice.write_text("Nr;Was zu tun ist;Bis\n1;Train;\n1;Audit;\n")
    bring_in(terminal, tracker, "--mapping", mapping)
    bring_in(terminal, tracker, "--mapping", mapping, "--save-mapping", "--dry-run")
    assert bring_in(terminal, twice, "--mapping", mapping, "--save-mapping").code == 1
    assert remembered(seeded) == []


def test_a_mapping_that_is_given_goes_before_what_was_remembered(terminal, files, tmp_path):
    tracker, mapping = files
    bring_in(terminal, tracker, "--mapping", mapping, "--save-mapping")
    other, none = tmp_path / "other.json", tmp_path / "none.json"
    other.write_text(json.dumps({"action": "Was zu tun ist", "reference": "Nr", "due": ""}))
    none.write_text("{}")
    answer = bring_in(terminal, tracker, "--mapping", other, "--json", plan="T-2")
    assert (answer.err, json.loads(answer.out)["mapping"]) == ("", "given")
    assert json.loads(answer.out)["actions"][0]["due_on"] is None
    guessed = bring_in(terminal, tracker, "--mapping", none, "--json", plan="T-3")
    assert (guessed.code, guessed.err, json.loads(guessed.out)["mapping"]) == (0, "", "given")


def test_it_is_remembered_for_its_headings_and_its_partnership_alone(terminal, files, tmp_path):
    tracker, mapping = files
    bring_in(terminal, tracker, "--mapping", mapping, "--save-mapping")
    elsewhere = terminal.json("actions", "import", tracker, "--plan", "T-1", "--partnership", "MIDMARCH")
    assert elsewhere["mapping"] == "guessed"
    other = tmp_path / "other.csv"
    other.write_text("Nr;Was zu tun ist;Ende\n1;Train the staff.;27/11/2026\n")
    answer = bring_in(terminal, other, "--json")
    assert (answer.err, json.loads(answer.out)["mapping"]) == ("", "guessed")


def test_saving_what_is_not_given_is_refused_and_nothing_is_stored(terminal, seeded, files):
    with nothing_changes(seeded):
        answer = bring_in(terminal, files[0], "--save-mapping")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "--save-mapping needs --mapping or --answers: name that file too.\n"


def test_a_tracker_that_speaks_for_itself_says_that_its_columns_are_guessed(terminal, tmp_path):
    tracker = tmp_path / "plain.csv"
    tracker.write_text("Ref,Action,Due date\n1,Train the staff.,27/11/2026\n")
    answer = bring_in(terminal, tracker, "--json")
    assert (answer.err, json.loads(answer.out)["mapping"]) == ("", "guessed")
