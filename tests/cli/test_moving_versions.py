"""Running cases moved to another version of their rules by the command, and back."""

from datetime import timedelta

import pytest

from tests.builders import TO_THE_PANEL, TODAY, a_case, a_world, take
from tests.changes import nothing_changes
from tests.cli.terminal import Terminal
from tests.versions import LOOK, NEXT, RAPID, another, renamed, with_clocks, with_period
from workflows.files.write import write_workflow

MIGRATE = ("workflows", "migrate", "rapid_review", "--to", str(NEXT))
HERE = ("--partnership", "ANYSHIRE")
MANAGER = "manager@anyshire.example"


@pytest.fixture
def terminal(database_url, tmp_path):
    return Terminal(tmp_path / "home", database_url)


@pytest.fixture
def stored(database):
    """Two partnerships with running reviews: four of the first, one of the second."""
    world = a_world(database)
    with database.begin() as session:
        for days, place in enumerate((world.anyshire, world.anyshire, world.anyshire, world.anyshire, world.midmarch)):
            case = a_case(session, place.partnership, opened_on=TODAY - timedelta(days=days))
            take(session, case, *TO_THE_PANEL[: 3 + days % 2], on=TODAY - timedelta(days=days))
    return database


@pytest.fixture
def known(terminal, stored, tmp_path):
    """Another version, added from its file: a stage is renamed, a period is shorter, a deadline goes, one comes."""
    found = with_clocks(with_period(renamed(another(), "gathering", "collecting"), "meeting", 10), LOOK)
    path = tmp_path / "rapid_review.yaml"
    path.write_text(write_workflow(with_clocks(found, without=("letters",))))
    answer = terminal.run("workflows", "add", path)
    assert (answer.code, answer.err) == (0, "")


def test_a_dry_run_says_what_would_change_and_writes_nothing(terminal, stored, known):
    with nothing_changes(stored):
        dry = terminal.json(*MIGRATE, "--dry-run")
    real = terminal.json(*MIGRATE, "--reason", "The new rules are agreed.")

    assert (dry.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert dry == real
    assert len(real["can"]) == 5
    assert real["cannot"] == []
    stages = {(each["was"], each["now"]) for one in real["can"] for each in one["stages"]}
    assert ("gathering", "collecting") in stages
    assert {each["clock"] for one in real["can"] for each in one["clocks"] if not each["was"]} == {"early_look"}


def test_the_case_says_from_which_version_to_which_and_why(terminal, known):
    (one, *_) = terminal.json(*MIGRATE, "--reason", "The new rules are agreed.")["can"]
    shown = terminal.json("cases", "show", one["case"], "--partnership", one["partnership"])
    (moved,) = [event["moved"] for event in shown["history"] if event["what"] == "version_moved"]

    assert shown["version"] == NEXT
    assert (moved["from"], moved["to"], moved["reason"]) == (RAPID.version, NEXT, "The new rules are agreed.")
    assert "before" not in moved


def test_all_goes_back_and_then_there_is_nothing_to_take_back(terminal, stored, known):
    moved = terminal.json(*MIGRATE)
    with nothing_changes(stored):
        dry = terminal.json(*MIGRATE, "--revert", "--dry-run")
    back = terminal.json(*MIGRATE, "--revert")

    assert [one["case"] for one in back["back"]] == [one["case"] for one in moved["can"]]
    assert dry["back"] == back["back"]
    assert "to take back" in terminal.refused(*MIGRATE, "--revert")


def test_a_second_move_says_that_there_is_nothing_to_do(terminal, stored, known):
    first = terminal.json(*MIGRATE)
    with nothing_changes(stored):
        again = terminal.run(*MIGRATE)
    assert again.code == 0
    assert f"0 cases moved to version {NEXT}, 0 cases cannot; {len(first['can'])} run under it already." in again.out


def test_a_person_moves_what_is_theirs_and_the_operator_one_partnership(terminal, known):
    mine = terminal.json(*MIGRATE, "--as", MANAGER, "--dry-run")
    here = terminal.json(*MIGRATE, *HERE, "--dry-run")
    every = terminal.json(*MIGRATE, "--dry-run")

    assert mine["can"] == here["can"] != []
    assert {one["partnership"] for one in here["can"]} == {"ANYSHIRE"}
    assert len(every["can"]) > len(here["can"])


def test_it_stands_in_words_too(terminal, known):
    answer = terminal.run(*MIGRATE, "--dry-run", *HERE)
    assert answer.code == 0
    assert answer.out.startswith("Nothing was written. Rapid review: ")
    assert "Gathering → Collecting" in answer.out
    back = terminal.run(*MIGRATE, *HERE), terminal.run(*MIGRATE, *HERE, "--revert")
    assert f"went back from version {NEXT}." in back[1].out


def test_what_cannot_be_is_refused_in_one_sentence(terminal, stored, known):
    others = ("workflows", "migrate", "cdop_case", "--to", "1")
    with nothing_changes(stored):
        assert "has no version 99" in terminal.refused("workflows", "migrate", "rapid_review", "--to", "99")
        assert "no kind of case “nil”" in terminal.refused("workflows", "migrate", "nil", "--to", "1")
        assert "You cannot move cases of this kind." in terminal.refused(*others, "--as", MANAGER)
        assert "You cannot move cases of this kind." in terminal.refused(*MIGRATE, "--as", "chair@anyshire.example")
        assert "no partnership NOWHERE" in terminal.refused(*MIGRATE, "--partnership", "NOWHERE")
        assert "no partnership MIDMARCH" in terminal.refused(*MIGRATE, "--partnership", "MIDMARCH", "--as", MANAGER)
        assert "Leave out --reason" in terminal.refused(*MIGRATE, "--revert", "--reason", "So.")
        assert "500 characters" in terminal.refused(*MIGRATE, "--reason", "x" * 501)
