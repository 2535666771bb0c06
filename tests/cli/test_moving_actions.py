"""An action is moved from the terminal as from the page: the same steps, the same refusals."""

import pytest

from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
MANAGER = ("--as", "manager@anyshire.example")
CHAIR = ("--as", "chair@anyshire.example")
PARTNER = ("--as", "partner@anyshire.example")
OWNER = ("--as", "owner-1@anyshire.example")
LATE = "SP-2026-02/R1/A1"


def test_an_action_runs_from_its_owner_to_its_closing(terminal):
    begun = terminal.json("actions", "progress", LATE, "--text", "Half done.", *HERE, *OWNER)
    submitted = terminal.json("actions", "submit", LATE, "--evidence", "Minutes of May.", *HERE, *OWNER)
    returned = terminal.json("actions", "return", LATE, "--reason", "Signed minutes, please.", *HERE, *MANAGER)
    terminal.json("actions", "submit", LATE, "--evidence", "Signed minutes.", *HERE, *OWNER)
    accepted = terminal.json("actions", "accept", LATE, "--meeting", "Subgroup, November", *HERE, *CHAIR)

    assert {"reference", "text", "status", "owner", "agency", "due_on", "original_due_on"} <= begun.keys()
    statuses = [each["status"] for each in (begun, submitted, returned, accepted)]
    assert statuses == ["in_progress", "submitted", "in_progress", "closed_complete"]


def test_an_action_is_given_to_another_owner_and_to_their_agency(terminal):
    found = terminal.json("actions", "assign", LATE, "--owner", "Owner-6@anyshire.example", *HERE, *MANAGER)

    assert (found["owner"], found["agency"]) == ("owner-6@anyshire.example", "Anyshire Schools Partnership")


def test_more_time_keeps_the_first_date(terminal):
    found = terminal.json("actions", "extend", LATE, "--to", "2027-01-15", "--reason", "Venue lost", *HERE, *CHAIR)

    assert (found["due_on"], found["original_due_on"], found["times_extended"]) == ("2027-01-15", "2026-07-03", 1)


def test_more_time_is_asked_for_and_refused(terminal):
    wish = ("--to", "2027-10-15", "--reason", "Venue lost", *HERE, *OWNER)
    terminal.json("actions", "extend", LATE, "--to", "2027-01-15", "--reason", "Venue lost", *HERE, *CHAIR)
    terminal.json("actions", "ask-extension", LATE, *wish)
    asked_twice = terminal.refused("actions", "ask-extension", LATE, *wish)
    chair = terminal.refused("actions", "refuse-extension", LATE, "--reason", "No venue is needed", *HERE, *CHAIR)
    found = terminal.json("actions", "refuse-extension", LATE, "--reason", "No venue is needed", *HERE, *PARTNER)
    nobody_asks = terminal.refused("actions", "refuse-extension", LATE, "--reason", "x", *HERE, *PARTNER)

    assert "More time has already been asked for" in asked_twice
    assert "Only a safeguarding partner can grant a second extension" in chair
    assert (found["times_extended"], found["due_on"]) == (1, "2027-01-15")
    assert "Nobody is waiting for an answer" in nobody_asks


def test_an_action_is_withdrawn_with_the_reason(terminal):
    found = terminal.json("actions", "withdraw", LATE, "--reason", "Done by the trust.", *HERE, *CHAIR)

    assert found["status"] == "no_longer_needed"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("accept", LATE, *CHAIR), "is a step from submitted; the action is at in progress"),
        (("submit", "SP-2026-02/R2/A1", "--as", "owner-3@anyshire.example"), "Missing: "),
        (("extend", LATE, "--to", "2027-01-15", "--reason", "x", *OWNER), "is not yours to record"),
        (("extend", LATE, "--to", "2026-01-15", "--reason", "x", *CHAIR), "must be after the present due date"),
        (("extend", LATE, "--to", "2027-02-31", "--reason", "x", *CHAIR), "“2027-02-31” is not a date"),
        (("extend", LATE, "--to", "2027-01-15", "--reason", "", *CHAIR), "Missing: Why more time is needed"),
        (("withdraw", LATE, *CHAIR), "Missing: Why"),
        (("return", LATE, "--reason", "x", *CHAIR), "is a step from submitted"),
        (("progress", LATE, "--text", " ", *OWNER), "Missing: What has happened"),
        (("progress", LATE, "--text", "x", "--on", "2026-11-21", *OWNER), "lies in the future"),
        (("progress", LATE, "--text", "x" * 100_000, *OWNER), "must be 20,000 characters or fewer"),
        (("assign", LATE, "--owner", "nobody@anyshire.example", *MANAGER), "Nobody with this e-mail address"),
        (("assign", LATE, "--owner", "owner-1@midmarch.example", *MANAGER), "Nobody with this e-mail address"),
        (("assign", LATE, "--owner", "leaver@anyshire.example", *MANAGER), "Nobody with this e-mail address"),
        (("assign", "SP-9/R1/A1", "--owner", "owner-1@anyshire.example"), "There is no action SP-9/R1/A1 in ANYSHIRE"),
        (("submit", LATE, "--as", "owner@midmarch.example"), "There is no partnership ANYSHIRE"),
        (("submit", LATE, "--as", "leaver@anyshire.example"), "has an open account"),
    ],
)
def test_a_move_that_cannot_be_made_is_refused_in_one_sentence_and_changes_nothing(
    terminal, seeded, arguments, sentence
):
    with nothing_changes(seeded):
        assert sentence in terminal.refused("actions", *arguments, *HERE, "--json")


def test_an_action_of_child_death_review_does_not_exist_for_the_business_manager(terminal):
    unknown = terminal.refused("actions", "progress", "CD-2026-99/R1/A1", "--text", "x", *HERE, *MANAGER)
    hidden = terminal.refused("actions", "progress", "CD-2026-13/R1/A1", "--text", "x", *HERE, *MANAGER)

    assert hidden == unknown.replace("CD-2026-99", "CD-2026-13")


def test_the_owner_does_not_accept_what_they_did(terminal):
    terminal.json("actions", "submit", LATE, "--evidence", "Minutes.", *HERE, *OWNER)

    assert "is not yours to record" in terminal.refused("actions", "accept", LATE, *HERE, *OWNER)


def test_asking_to_close_takes_a_file_and_one_that_is_something_else_is_refused(terminal, tmp_path):
    program, minutes = tmp_path / "program.pdf", tmp_path / "minutes.txt"
    program.write_bytes(b"MZ")
    minutes.write_text("We met.")
    assert "its content is not" in terminal.refused("actions", "submit", LATE, "--file", program, *HERE, *OWNER)
    terminal.json("actions", "progress", LATE, "--text", "Done.", *HERE, *OWNER)
    assert terminal.json("actions", "submit", LATE, "--file", minutes, *HERE, *OWNER)["status"] == "submitted"
    findings = {each["code"]: each["finding"] for each in terminal.json("check")["findings"]}
    assert findings["C05"] == "Every stored file is there, and none is known to be damaged."
    assert findings["C06"] == "Every stored file belongs to a record."
