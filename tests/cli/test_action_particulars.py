"""The particulars, ratings and evidence of an action are kept from the terminal as on the pages."""

import pytest

from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
MANAGER = ("--as", "manager@anyshire.example")
CHAIR = ("--as", "chair@anyshire.example")
OWNER = ("--as", "owner-1@anyshire.example")
LATE = "SP-2026-02/R1/A1"


def test_what_is_kept_of_an_action_is_changed_and_taken_away_again(terminal):
    said = ("--deputy", "Owner-6@anyshire.example", "--kind", "training", "--start", "2026-06-01")
    found = terminal.json("actions", "arrange", LATE, *said, "--review", "2027-01-08", "--order", "2", *HERE, *MANAGER)
    assert [found[name] for name in ("deputy", "kind", "start_on", "review_on", "order")] == [
        "owner-6@anyshire.example",
        "training",
        "2026-06-01",
        "2027-01-08",
        2,
    ]
    found = terminal.json(
        "actions", "arrange", LATE, "--deputy", "none", "--review", "none", "--order", "none", *HERE, *MANAGER
    )
    assert [found[name] for name in ("deputy", "kind", "review_on", "order")] == [None, "training", None, None]


def test_ratings_are_said_beside_the_one_that_is_worked_out(terminal):
    own = terminal.json("actions", "rate", LATE, "--own", "Green", *HERE, *OWNER)
    otherwise = terminal.json("actions", "rate", LATE, "--override", "amber", "--reason", "Booked", *HERE, *CHAIR)
    back = terminal.json("actions", "rate", LATE, "--no-override", *HERE, *CHAIR)
    names = ("rating", "self_rating", "chair_rating", "chair_rating_reason")
    assert [own[name] for name in names] == ["Red", "Green", "", ""]
    assert [otherwise[name] for name in names] == ["Red", "Green", "Amber", "Booked"]
    assert [back[name] for name in names] == ["Red", "Green", "", ""]


def test_an_action_is_blocked_planned_about_and_goes_on(terminal):
    blocked = terminal.json("actions", "block", LATE, "--reason", "No trainer", *HERE, *OWNER)
    planned = terminal.json("actions", "plan", LATE, "--text", "Jo asks the board", *HERE, *OWNER)
    going = terminal.json("actions", "unblock", LATE, *HERE, *OWNER)
    assert [(each["status"], each["blocked_plan"]) for each in (blocked, planned, going)] == [
        ("blocked", ""),
        ("blocked", "Jo asks the board"),
        ("in_progress", ""),
    ]


def test_evidence_is_withdrawn_by_its_number(terminal):
    submitted = terminal.json("actions", "submit", LATE, "--evidence", "Minutes of May.", *HERE, *OWNER)
    number = next(each["number"] for each in submitted["evidence"] if each["text"] == "Minutes of May.")
    said = ("--number", str(number), "--reason", "It named a family")
    found = terminal.json("actions", "withdraw-evidence", LATE, *said, *HERE, *OWNER)
    [piece] = [each for each in found["evidence"] if each["number"] == number]
    assert (piece["withdrawn_on"], piece["withdrawn_reason"]) == ("2026-11-20", "It named a family")
    assert "already been withdrawn" in terminal.refused("actions", "withdraw-evidence", LATE, *said, *HERE, *OWNER)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("arrange", LATE, *MANAGER), "You have not changed anything"),
        (("arrange", LATE, "--deputy", "owner-6@anyshire.example", *OWNER), "is not yours to record"),
        (("arrange", LATE, "--kind", "audit", *CHAIR), "Only the owner, their deputy"),
        (("arrange", LATE, "--order", "first", *MANAGER), "“first” is not a whole number"),
        (("arrange", LATE, "--start", "2026-02-31", *MANAGER), "“2026-02-31” is not a date"),
        (("arrange", LATE, "--start", "2027-02-01", *MANAGER), "must be the same as or before the due date"),
        (("rate", LATE, *OWNER), "Give one of --own, --override and --no-override"),
        (("rate", LATE, "--own", "Green", "--no-override", *OWNER), "Give one of"),
        (("rate", LATE, "--override", "Green", "--reason", "x", *OWNER), "cannot if they are its owner or deputy"),
        (("rate", LATE, "--override", "Green", *CHAIR), "Say why you rate it differently"),
        (("rate", LATE, "--no-override", *CHAIR), "There is no chair's rating to remove"),
        (("rate", LATE, "--own", "none", *OWNER), "already the assessment"),
        (("block", LATE, *OWNER), "Missing: What is in the way"),
        (("plan", LATE, "--text", "x", *OWNER), "is a step from blocked"),
        (("withdraw-evidence", LATE, "--number", "999999", "--reason", "x", *OWNER), "There is no evidence 999999"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_sentence_and_changes_nothing(terminal, seeded, arguments, sentence):
    with nothing_changes(seeded):
        assert sentence in terminal.refused("actions", *arguments, *HERE)


def test_an_action_is_named_for_mails_by_somebody_who_says_that_the_name_is_safe(terminal):
    name = ("--reference-name", "Bruising protocol")
    assert "Say that nobody can be recognised" in terminal.refused("actions", "arrange", LATE, *name, *HERE, *MANAGER)
    found = terminal.json("actions", "arrange", LATE, *name, "--safe", *HERE, *MANAGER)
    gone = terminal.json("actions", "arrange", LATE, "--reference-name", "none", *HERE, *MANAGER)
    assert [found["reference_name"], gone["reference_name"]] == ["Bruising protocol", ""]
