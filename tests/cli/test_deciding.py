"""Decisions about an imported file at the terminal: from a file, listed, and walked through."""

import json
import time

import pytest
import sqlalchemy as sa

from reviews.models import Action, ColumnMapping
from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
OWNER = "owner@anyshire.example"
TRACKER = (
    "Ref,Action,Officer,By when\n1,Train the staff,Officer A,31/03/2027\n2,Audit files,Officer A,Sept 16\n"
    "3,Ask schools,Officer B,30/04/2027\n"
)


@pytest.fixture
def tracker(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text(TRACKER)
    return path


@pytest.fixture
def answers(tmp_path):
    def write(given):
        path = tmp_path / "answers.json"
        path.write_text(json.dumps(given))
        return path

    return write


def of_plan(database, plan):
    with database() as session:
        found = session.scalars(sa.select(Action).where(Action.reference.startswith(f"{plan}/")).order_by(Action.id))
        return [(row.owner.email if row.owner else row.owner_text, str(row.due_on)) for row in found]


def test_a_file_of_answers_decides_while_it_is_imported(terminal, seeded, tracker, answers):
    given = answers({"Officer A": OWNER, "3/due": "2027-09-16", "4/owner": "-"})
    done = terminal.json("actions", "import", tracker, "--plan", "T-1", *HERE, "--answers", given)
    assert (done["needs_decision"], done["created"], done["decided"] > 0) == ([], 3, True)
    assert of_plan(seeded, "T-1") == [(OWNER, "2027-03-31"), (OWNER, "2027-09-16"), ("Officer B", "2027-04-30")]
    again = terminal.json("actions", "import", tracker, "--plan", "T-1", *HERE)
    assert (again["unchanged"], again["needs_decision"]) == (3, [])


def test_what_waits_is_listed_by_its_text_and_decided_from_a_file(terminal, seeded, tracker, answers):
    terminal.json("actions", "import", tracker, "--plan", "T-1", *HERE)
    found = terminal.json("actions", "decide", "T-1", *HERE)
    assert (found["plan"], found["open"], found["decided"]) == ("T-1", 4, 0)
    assert {(each["field"], each["text"], each["rows"]) for each in found["waiting"]} == {
        ("owner", "Officer A", 2),
        ("owner", "Officer B", 1),
        ("due", "Sept 16", 1),
    }
    assert {"reason", "offered"} <= found["waiting"][0].keys()
    given = answers({"Officer A": OWNER, "due/Sept 16": "2027-09-16"})
    done = terminal.json("actions", "decide", "T-1", *HERE, "--answers", given, "--as", "manager@anyshire.example")
    assert (done["decided"], done["open"]) == (3, 1)
    assert of_plan(seeded, "T-1")[:2] == [(OWNER, "2027-03-31"), (OWNER, "2027-09-16")]
    assert "Officer B" in terminal.run("actions", "decide", "T-1", *HERE).out
    with nothing_changes(seeded):
        assert terminal.json("actions", "decide", "T-1", *HERE, "--answers", given)["decided"] == 0


def test_answers_are_remembered_and_said_to_be_used(terminal, seeded, tracker, answers):
    given = answers({"Officer A": OWNER, "4/owner": "-"})
    terminal.json("actions", "import", tracker, "--plan", "T-1", *HERE, "--answers", given, "--save-mapping")
    with seeded() as session:
        assert session.scalars(sa.select(ColumnMapping.answers)).one() == {"Officer A": OWNER}
    again = terminal.run("actions", "import", tracker, "--plan", "T-2", *HERE)
    assert again.err == "Using 1 answers remembered for these headings.\n"
    assert of_plan(seeded, "T-2")[0][0] == OWNER


@pytest.mark.parametrize(
    ("given", "sentence"),
    [("nobody@x.example", "Nobody here has the address"), ("Sept", "Nobody here has the address")],
)
def test_an_answer_that_cannot_be_is_refused_in_one_sentence(terminal, seeded, tracker, answers, given, sentence):
    terminal.json("actions", "import", tracker, "--plan", "T-1", *HERE)
    path = answers({"Officer A": given})
    with nothing_changes(seeded):
        assert sentence in terminal.refused("actions", "decide", "T-1", *HERE, "--answers", path)
    assert "There is no plan T-9" in terminal.refused("actions", "decide", "T-9", *HERE)
    assert "Your role cannot do this" in terminal.refused(
        "actions", "decide", "T-1", *HERE, "--as", "chair@anyshire.example"
    )


def test_a_file_without_actions_opens_no_plan(terminal, seeded, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("Ref,Action,Officer\n")
    with nothing_changes(seeded):
        assert "no plan was opened" in terminal.refused("actions", "import", path, "--plan", "T-1", *HERE)


def test_hundreds_of_distinct_owners_are_decided_in_seconds(terminal, seeded, tmp_path, answers):
    number = 400
    lines = "".join(f"{n},Action {n},Officer {n},31/03/2027\n" for n in range(number))
    path = tmp_path / "many.csv"
    path.write_text(f"Ref,Action,Officer,By when\n{lines}")
    terminal.json("actions", "import", path, "--plan", "T-1", *HERE)
    given = answers({f"Officer {n}": OWNER for n in range(number)})
    began = time.monotonic()
    done = terminal.json("actions", "decide", "T-1", *HERE, "--answers", given)
    assert (done["decided"], done["open"]) == (number, 0)
    assert time.monotonic() - began < 8
