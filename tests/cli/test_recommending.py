"""Findings, recommendations and the responses to them from the terminal."""

import pytest

from tests.builders import a_case, a_world
from tests.changes import nothing_changes
from tests.cli.terminal import Terminal

HERE = ("--partnership", "ANYSHIRE")
MANAGER = ("--as", "manager@anyshire.example")
REVIEW = "RR-2026-03"


@pytest.fixture
def terminal(database, database_url, tmp_path):
    """Give a terminal on a partnership with one review."""
    world = a_world(database)
    with database.begin() as session:
        a_case(session, world.anyshire.partnership, reference=REVIEW)
    return Terminal(tmp_path / "home", database_url)


def asked(terminal, *arguments):
    return terminal.json(*arguments, *HERE, *MANAGER)


def test_a_finding_a_recommendation_and_its_response_are_kept(terminal):
    found = asked(terminal, "findings", "add", REVIEW, "--text", "Nobody asked.")
    assert found["findings"] == [{"reference": "F1", "text": "Nobody asked."}]
    asked(
        terminal,
        "recommendations",
        "add",
        REVIEW,
        "--text",
        "Ask.",
        "--finding",
        "F1",
        "--success",
        "Children are heard.",
    )
    decided = ("--response", "rejected", "--reason", "Done.", "--by", "Executive group", "--on", "2026-11-18")
    found = asked(terminal, "recommendations", "answer", REVIEW, "R1", *decided)
    assert found["recommendations"] == [
        {
            "reference": "R1",
            "text": "Ask.",
            "response": "rejected",
            "response_reason": "Done.",
            "response_by": "Executive group",
            "responded_on": "2026-11-18",
            "addressee": "",
            "success": "Children are heard.",
            "evidence_wanted": "",
            "finding": "F1",
            "reopened_on": None,
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("recommendations", "add", REVIEW, "--text", "Ask.", "--finding", "F9"), "F9"),
        (("recommendations", "answer", REVIEW, "R9", "--response", "accepted", "--by", "Somebody"), "R9"),
        (("findings", "add", "RR-1999-01", "--text", "Nobody asked."), "RR-1999-01"),
        (("findings", "add", REVIEW, "--text", " "), "Enter the finding"),
    ],
)
def test_what_is_not_there_is_said_and_nothing_changes(terminal, database, arguments, sentence):
    with nothing_changes(database):
        assert sentence in terminal.refused(*arguments, *HERE, *MANAGER)
