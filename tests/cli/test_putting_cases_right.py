"""A case is put right at the terminal: what it is called and who is in it, its steps, and notes on its clocks."""

import pytest
import sqlalchemy as sa

from reviews.models import Partnership
from tests.builders import a_case, a_world
from tests.cli.terminal import Terminal
from tests.cli.test_recording_cases import MANAGER, facts, opening


@pytest.fixture
def terminal(database, database_url, tmp_path):
    a_world(database)
    return Terminal(tmp_path / "home", database_url)


def test_a_case_is_edited_with_a_reason(terminal):
    reference = terminal.json(*opening(), "--child", "Child A")["reference"]
    edit = ("cases", "edit", reference, *MANAGER, "--reason", "Opened in a hurry")
    found = terminal.json(
        *(*edit, "--title", "Harm to an infant", "--add-agency", "Anyshire Police", "--add-child", "Child C"),
        *("--rename-child", "Child A=Child B", "--our-role", "observer", "--lead-area", "Midmarch"),
    )
    assert (found["title"], found["agencies"]) == ("Harm to an infant", ["Anyshire Police"])
    assert (found["children"], found["our_role"], found["lead_area"]) == (
        ["Child B", "Child C"],
        "observer",
        "Midmarch",
    )
    noted = next(event["noted"] for event in found["history"] if event["what"] == "case_edited")
    assert noted["reason"] == "Opened in a hurry"
    found = terminal.json(*edit, "--remove-agency", "Anyshire Police", "--remove-child", "Child C")
    assert (found["agencies"], found["children"]) == ([], ["Child B"])
    assert terminal.refused(*edit) == "Change the title or the agencies: they are already as you entered them."
    assert "no agency called Nobody" in terminal.refused(*edit, "--add-agency", "Nobody")
    assert terminal.run("cases", "edit", reference, "--title", "x").code == 2


def test_a_step_is_corrected_and_the_record_says_what_holds(terminal):
    reference = terminal.json(*opening(), "--on", "2026-11-18")["reference"]
    correct = ("cases", "correct", reference, "receive_referral", *MANAGER, "--reason", "The age was wrong")
    found = terminal.json(*correct, *facts(summary="A toddler was hurt."), "--on", "2026-11-17")
    (entry,) = found["record"]
    assert (entry["on"], entry["facts"]["What is said to have happened"]) == ("2026-11-17", "A toddler was hurt.")
    assert "has no step nothing recorded" in terminal.refused("cases", "correct", reference, "nothing", "--reason", "x")


def test_a_clock_gets_a_forecast_and_a_reason(terminal):
    reference = terminal.json(*opening(), "--on", "2026-11-18")["reference"]
    noted = (*MANAGER, "--reason", "The office was shut")
    found = terminal.json("cases", "forecast", reference, "sin", *noted, "--on", "2026-12-01")
    [sin] = [clock for clock in found["clocks"] if clock["name"] == "sin"]
    assert sin["forecast"] == "2026-12-01"
    assert "is not late" in terminal.refused("cases", "late-reason", reference, "sin", *noted)
    terminal.now = "2026-11-30T08:00"
    found = terminal.json("cases", "late-reason", reference, "sin", *noted)
    [sin] = [clock for clock in found["clocks"] if clock["name"] == "sin"]
    assert sin["late_reason"] == "The office was shut"
    assert "has no such clock nothing" in terminal.refused("cases", "late-reason", reference, "nothing", *noted)


def test_a_plan_gets_its_title_with_the_import(terminal, tmp_path):
    (tmp_path / "plan.csv").write_text("Ref,Action\n1,Train the staff\n")
    bring_in = ("actions", "import", tmp_path / "plan.csv", "--plan", "SP-2026-01", "--partnership", "ANYSHIRE")
    assert terminal.json(*bring_in, "--title", "Neglect strategy")["plan_created"] is True
    assert terminal.json("cases", "show", "SP-2026-01")["title"] == "Neglect strategy"
    assert "exists already" in terminal.refused(*bring_in, "--title", "Another")


def test_a_lead_reviewer_is_named_by_address(terminal, database):
    with database.begin() as session:
        partnership = session.scalars(sa.select(Partnership).where(Partnership.code == "ANYSHIRE")).one()
        a_case(session, partnership, "lcspr", reference="LCSPR-2026-07")
    step = ("cases", "step", "LCSPR-2026-07", "name_reviewer", "--partnership", "ANYSHIRE", *MANAGER)
    until = "lead_reviewer_until=2027-02-01"
    found = terminal.json(*step, "--fact", "lead_reviewer=reviewer@anyshire.example", "--fact", until)
    assert [each["until"] for each in found["reviewers"]] == ["2027-02-01"]
    assert terminal.json("cases", "show", "LCSPR-2026-07", "--as", "reviewer@anyshire.example")["reference"]
    refused = terminal.refused(*step, "--fact", "lead_reviewer=owner@anyshire.example", "--fact", until)
    assert refused.endswith("does not have the role lead reviewer. Give them that role first.")


def test_the_kind_of_a_case_is_changed_with_the_facts_of_the_same_name(terminal):
    reference = terminal.json(*opening(), "--on", "2026-11-18", "--child", "Child A")["reference"]
    change = ("cases", "change-kind", reference, *MANAGER, "--reason", "Never a notification", "--to")
    proposal = ("--set", "proposed_by=Anyshire Hospitals", "--set", "proposal=How a bruise is seen")
    assert "no kind of case called nothing" in terminal.refused(*change, "nothing")
    assert "kept apart" in terminal.refused(*change, "cdop_case", *("--set", "death_on=2026-11-01"))
    assert "needs more before it can be recorded" in terminal.refused(*change, "learning_review", *proposal)
    found = terminal.json(*change, "learning_review", *proposal, "--set", "consideration=learning_review")
    assert (found["reference"], found["workflow"], found["children"]) == (reference, "learning_review", ["Child A"])
    assert (found["opened_on"], found["tracks"][0]["stage"], found["clocks"]) == ("2026-11-18", "proposed", [])
    assert found["facts"]["under_18"]["value"] is True
    assert [entry["step"] for entry in found["record"]] == ["propose"]
    noted = next(event["noted"] for event in found["history"] if event["what"] == "kind_changed")
    assert (noted["from"], noted["to"], noted["reason"]) == ("rapid_review", "learning_review", "Never a notification")
    assert [clock["clock"] for clock in noted["clocks"]] == ["sin"]
    assert {event["step"] for event in found["history"]} >= {"receive_referral", "propose"}


def test_the_score_of_a_risk_is_worked_out_and_never_entered(terminal):
    values = {"risk": "Visits may be missed.", "risk_owner": "The manager", "mitigation": "A list"}
    entered = facts(**values, next_review_on="2027-01-15", likelihood=3, impact=4)
    begin = ("cases", "open", "risk_entry", "--partnership", "ANYSHIRE", *MANAGER)
    assert "No fact score is asked here" in terminal.refused(*begin, *entered, *facts(score=25))
    found = terminal.json(*begin, *entered)
    assert found["facts"]["score"] == {"value": 12, "words": None}
    assert found["record"][0]["facts"]["Score, likelihood × impact"] == "12"
    shown = terminal.json("workflows", "show", "risk_entry")
    label = "Score, likelihood × impact"
    assert shown["products"] == [{"name": "score", "label": label, "factors": ["likelihood", "impact"]}]
