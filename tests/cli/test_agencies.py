"""Agencies and leavers, from the terminal."""

import pytest

from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
CHANGE = ("agencies", "change")
LEAVER = "owner-8@anyshire.example"


def listed(terminal):
    return {line["name"]: line for line in terminal.json("agencies", "list", *HERE)}


def test_an_agency_is_added_and_listed(terminal):
    made = terminal.json("agencies", "add", "Ambulance Trust", *HERE)
    line = listed(terminal)["Ambulance Trust"]

    assert made == {"name": "Ambulance Trust", "kind": "other", "partnership": "ANYSHIRE"}
    assert (line["kind"], line["people"], line["outstanding"], line["ended_on"]) == ("other", 0, 0, None)
    assert "Ambulance Trust" in terminal.run("agencies", "list", *HERE).out


def test_a_rename_moves_what_is_open(terminal, seeded):
    before = listed(terminal)["Anyshire Police"]
    said = ("Anyshire Police", "--into", "Anyshire Constabulary", "--on", "2026-04-01", *HERE)
    with nothing_changes(seeded):
        planned = terminal.json(*CHANGE, *said, "--dry-run")
    done = terminal.json(*CHANGE, *said, "--as", "manager@anyshire.example")
    after = listed(terminal)

    assert planned["dry_run"]
    assert planned["actions"]
    assert {each["agency"] for each in done["actions"]} == {"Anyshire Constabulary"}
    assert (done["old"], done["new"], done["on"]) == (["Anyshire Police"], ["Anyshire Constabulary"], "2026-04-01")
    assert after["Anyshire Constabulary"]["outstanding"] == before["outstanding"]
    assert (after["Anyshire Constabulary"]["kind"], after["Anyshire Police"]["outstanding"]) == ("police", 0)
    assert after["Anyshire Police"]["goes_on_as"] == ["Anyshire Constabulary"]
    assert after["Anyshire Police"]["ended_on"] == "2026-04-01"


def test_a_split_names_what_has_no_choice_and_takes_all_choices(terminal, seeded):
    said = ("Anyshire Police", "--into", "North", "--into", "South", "--on", "2026-04-01", *HERE)
    with nothing_changes(seeded):
        refused = terminal.refused(*CHANGE, *said)
    assert "Choose one for everything that is open" in refused
    planned = terminal.json(*CHANGE, "Anyshire Police", "--into", "North", "--on", "2026-04-01", *HERE, "--dry-run")
    goes = [word for each in planned["actions"] for word in ("--action", f"{each['action']}=North")]
    goes += [word for each in planned["requests"] for word in ("--action", f"{each['case']}=North")]
    goes += [word for each in planned["people"] for word in ("--person", f"{each['email'].upper()}=south")]

    done = terminal.json(*CHANGE, *said, *goes)

    assert {each["agency"] for each in done["people"]} == {"South"}
    assert {each["agency"] for each in done["actions"]} == {"North"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Nowhere", "--into", "North", "--on", "2026-04-01"), "ANYSHIRE has no agency “Nowhere”."),
        (("Anyshire Police", "--into", "North", "--on", "2099-04-01"), "The day must not be in the future"),
        (("Anyshire Police", "--into", "North", "--on", "1.4.26"), "is not a date"),
        (("Anyshire Police", "--into", "North", "--on", "2026-04-01", "--action", "A1"), "must be like NAME=VALUE"),
        (
            ("Anyshire Police", "--into", "North", "--on", "2026-04-01", "--as", "owner@anyshire.example"),
            "Your role cannot do this",
        ),
    ],
)
def test_a_wrong_change_is_refused(terminal, seeded, words, sentence):
    with nothing_changes(seeded):
        assert sentence in terminal.refused(*CHANGE, *words, *HERE)


def test_a_leavers_action_is_handed_on_and_the_rest_parked(terminal):
    found = terminal.json("people", "disable", LEAVER, "--hand-on", "LCSPR-2026-09/R2/A2=chair@anyshire.example")

    went = {each["action"]: each for each in found["handed_on"]}
    assert sorted(went) == found["open_actions"]
    assert (went["LCSPR-2026-09/R2/A2"]["to"], went["LCSPR-2026-09/R2/A2"]["parked"]) == (
        "chair@anyshire.example",
        False,
    )
    assert all(each["parked"] == (each["to"] is not None) for name, each in went.items() if "09/R2/A2" not in name)


def test_a_role_is_ended(terminal, seeded):
    end = ("people", "end-role", LEAVER, "--role")
    found = terminal.json(*end, "action_owner", *HERE)

    assert (found["role"], found["partnership"]) == ("action_owner", "ANYSHIRE")
    assert "LCSPR-2026-09/R2/A2" in found["open_actions"]
    with nothing_changes(seeded):
        assert "does not have the role action owner" in terminal.refused(*end, "action_owner", *HERE)
        assert "no person with the address" in terminal.refused(
            "people", "end-role", "a@b.example", *end[3:], "cdop_manager", *HERE
        )
