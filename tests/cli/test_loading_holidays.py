"""Bank holidays loaded by the command, and what comes of them."""

import json

from tests.changes import nothing_changes
from tests.feeds import feed, listed

HERE = ("--partnership", "ANYSHIRE")
WITH_THANKS = listed(d2026_11_27="National day of thanks")


def test_a_dry_run_lists_the_days_and_the_clocks_and_writes_nothing(terminal, seeded, tmp_path):
    path = feed(tmp_path / "list.json", WITH_THANKS)
    with nothing_changes(seeded):
        dry = terminal.json("holidays", "load", path, "--dry-run")
    real = terminal.json("holidays", "load", path)

    assert (dry.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert dry == real
    assert real["added"] == [{"date": "2026-11-27", "title": "National day of thanks"}]
    assert (real["changed"], real["dropped"], real["stay"]) == ([], [], [])
    assert real["clocks"]
    assert {"partnership", "case", "clock", "was", "now", "because"} <= real["clocks"][0].keys()


def test_the_case_shows_its_new_date_and_says_why_it_moved(terminal, tmp_path):
    (moved, *_) = terminal.json("holidays", "load", feed(tmp_path / "list.json", WITH_THANKS))["clocks"]
    shown = terminal.json("cases", "show", moved["case"], "--partnership", moved["partnership"])

    assert moved["now"] in [clock["due"] for clock in shown["clocks"] if clock["name"] == moved["clock"]]
    told = [event["moved"] for event in shown["history"] if event["what"] == "clock_moved"]
    assert {name: moved[name] for name in ("clock", "was", "now", "because")} in told


def test_the_same_list_again_moves_nothing(terminal, seeded, tmp_path):
    path = feed(tmp_path / "list.json", WITH_THANKS)
    terminal.json("holidays", "load", path)
    with nothing_changes(seeded):
        again = terminal.json("holidays", "load", path)
    assert (again["added"], again["clocks"]) == ([], [])


def test_date_sums_and_the_morning_round_go_by_what_was_loaded(terminal, tmp_path):
    before = terminal.json("dates", "add", "2026-11-26", "1", "--unit", "working-days")
    terminal.json("holidays", "load", feed(tmp_path / "list.json", WITH_THANKS))
    after = terminal.json("dates", "add", "2026-11-26", "1", "--unit", "working-days")
    morning = terminal.run("remind", "--as-of", "2026-11-27T08:00")

    assert (before["due"], after["due"]) == ("2026-11-27", "2026-11-30")
    assert "National day of thanks" in [step["why"] for step in after["steps"]]
    assert "No reminders on Friday 27 November 2026: National day of thanks." in morning.out


def test_date_sums_need_no_database(bare):
    assert bare.json("dates", "add", "2026-12-24", "1", "--unit", "working-days")["due"] == "2026-12-29"
    assert not bare.home.exists()


def test_the_changes_stand_in_words_too(terminal, tmp_path):
    answer = terminal.run("holidays", "load", feed(tmp_path / "list.json", WITH_THANKS), "--dry-run")

    assert answer.code == 0
    assert answer.out.startswith("Nothing was written. Bank holidays are known to 2028-12-31.")
    assert "National day of thanks" in answer.out


def test_what_is_no_list_is_refused_and_nothing_is_stored(terminal, seeded, tmp_path):
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"scotland": {}}))
    with nothing_changes(seeded):
        assert "does not list the bank holidays" in terminal.refused("holidays", "load", path)
        assert "No such file" in terminal.refused("holidays", "load", tmp_path / "nothing.json")


def test_the_days_can_be_taken_over_and_the_clocks_left_for_approval(terminal, tmp_path):
    path = feed(tmp_path / "list.json", WITH_THANKS)
    left = terminal.json("holidays", "load", path, "--leave-clocks")
    shown = terminal.json("cases", "show", left["clocks"][0]["case"], "--partnership", left["clocks"][0]["partnership"])
    moved = terminal.json("holidays", "load", path)

    assert (left["clocks_wait"], moved["clocks_wait"]) == (True, False)
    assert left["clocks"][0]["was"] in [clock["due"] for clock in shown["clocks"]]
    assert moved["clocks"] == left["clocks"]
    assert terminal.run("holidays", "load", path, "--leave-clocks").out.endswith("No clock moves.\n")
