"""A case is opened and moved from the terminal with the facts its forms ask for, each read by its kind."""

import json

import pytest

from tests.builders import a_world
from tests.changes import nothing_changes
from tests.cli.terminal import Terminal

HERE = ("--partnership", "ANYSHIRE")
MANAGER = ("--as", "manager@anyshire.example")
CDOP = ("--as", "cdop@anyshire.example")
REFERRAL = {
    "referred_by": "A health visitor",
    "referring_agency": "Anyshire Hospitals",
    "la_aware_at": "2026-11-18T16:45",
    "summary": "An infant was hurt.",
    "under_18": "yes",
}
DEATH = {
    "death_on": "2021-03-30",
    "notified_by": "A registrar",
    "under_18": "yes",
    "birth": "live_born",
    "expected": "no",
}


@pytest.fixture
def terminal(database, database_url, tmp_path):
    """Give a terminal on two partnerships without any case."""
    a_world(database)
    return Terminal(tmp_path / "home", database_url)


def facts(**values):
    return [part for name, value in values.items() for part in ("--fact", f"{name}={value}")]


def opening(**values):
    return ("cases", "open", "rapid_review", *HERE, *MANAGER, *facts(**REFERRAL | values))


def test_a_case_is_opened_and_shown_as_it_stands(terminal):
    found = terminal.json(
        *opening(), "--on", "2026-11-18", "--title", "Harm to an infant", "--child", "Child A", "--child", "Child B"
    )

    assert (found["workflow"], found["opened_on"]) == ("rapid_review", "2026-11-18")
    assert found["title"] == "Harm to an infant"
    assert found["children"] == ["Child A", "Child B"]
    assert found["tracks"] == [{"name": "rapid_review", "stage": "referred", "since": "2026-11-18"}]
    assert terminal.json("cases", "show", found["reference"], *MANAGER) == found
    [sin] = [clock for clock in found["clocks"] if clock["name"] == "sin"]
    assert sin["due"].startswith("2026-11-25")


def test_a_step_is_recorded_with_every_kind_of_fact(terminal):
    reference = terminal.json(*opening())["reference"]
    invited = {"partners_invited": "Anyshire Council; Anyshire Integrated Care Board; Anyshire Police"}
    asked = "Anyshire Council; Anyshire Police ;"

    found = terminal.json(
        *("cases", "step", reference, "convene_discussion", *HERE, *MANAGER),
        *facts(**invited, discussion_attendees=asked),
    )

    assert found["tracks"][0]["stage"] == "threshold_discussion"
    assert found["history"][-1]["what"] == "convene_discussion"


def test_without_json_the_case_is_said_in_words(terminal):
    answer = terminal.run(*opening())

    assert answer.code == 0
    assert "rapid_review: referred" in answer.out
    assert "Serious incident notification" in answer.out


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"under_18": "maybe"}, "under_18 must be one of: yes, no; “maybe” is not."),
        ({"la_aware_at": "yesterday"}, "la_aware_at must be a moment such as 2026-11-20T14:30, or a day such as"),
        ({"incident_on": "2026-02-30"}, "incident_on must be a day such as 2026-11-20; “2026-02-30” is not."),
        ({"colour": "blue"}, "No fact colour is asked here; the facts are: referred_by, referring_agency, "),
        ({"summary": " "}, "Missing: What is said to have happened."),
        ({"under_18": "no"}, "Missing: Why the case is taken although the child is not under 18."),
        ({"summary": "x" * 20_001}, "“What is said to have happened” must be 20,000 characters or fewer."),
        ({"referred_by": "x" * 501}, "“Who referred, by role” must be 500 characters or fewer."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_fact_is_refused_with_its_name_and_what_is_allowed(terminal, database, wrong, sentence):
    with nothing_changes(database):
        assert sentence in terminal.refused(*opening(**wrong))


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--fact", "summary"), "“summary” is not of the form NAME=VALUE."),
        (("--fact", "under_18=yes"), "under_18 is given twice."),
        (("--on", "2026-11-21"), "lies in the future"),
    ],
)
def test_what_is_said_wrongly_is_refused(terminal, more, sentence):
    assert sentence in terminal.refused(*opening(), *more)


def test_choices_and_agencies_are_those_that_there_are(terminal):
    reference = terminal.json(*opening())["reference"]
    step = ("cases", "step", reference)
    invited = facts(partners_invited="Anyshire Council; Anyshire Integrated Care Board; Anyshire Police")

    assert "discussion_attendees must be one of: " in terminal.refused(
        *step, "convene_discussion", *HERE, *MANAGER, *invited, *facts(discussion_attendees="Midmarch Police")
    )
    there = facts(discussion_attendees="Anyshire Police")
    terminal.json(*step, "convene_discussion", *HERE, *MANAGER, *invited, *there)
    assert "nature must be one of: death, serious_harm, " in terminal.refused(
        *step, "decide_notify", *HERE, *MANAGER, *facts(nature="harm")
    )
    assert "has no step called dance" in terminal.refused(*step, "dance", *HERE, *MANAGER)


def test_who_may_not_record_it_or_see_it_is_told_so(terminal):
    reference = terminal.json(*opening())["reference"]
    transfer = facts(
        other_area="Midmarch", accepted_in_writing_on="2026-11-19", other_area_contact="A manager", our_role="observer"
    )
    step = ("cases", "step", reference, "transfer", *HERE, *transfer)

    assert "is not yours to record" in terminal.refused(*step, "--as", "chair@anyshire.example")
    assert f"There is no case {reference} in ANYSHIRE, or it is not yours to see." in terminal.refused(*step, *CDOP)
    assert "There is no kind of case called dance" in terminal.refused("cases", "open", "dance", *HERE, *MANAGER)
    assert "kind of case called information_request that you can open" in terminal.refused(
        "cases", "open", "information_request", *HERE, *MANAGER
    )


def test_the_day_chooses_the_edition_of_the_form(terminal):
    death = ("cases", "open", "cdop_case", *HERE, *CDOP)
    since = facts(**DEATH, suspected_stillbirth_at_home="no")

    assert "is not asked by the form in use before 1 April 2021" in terminal.refused(
        *death, *since, "--on", "2021-03-31"
    )
    assert "Missing: Suspected stillbirth at home." in terminal.refused(*death, *facts(**DEATH), "--on", "2021-04-01")
    assert terminal.json(*death, *since, "--on", "2021-04-01")["opened_on"] == "2021-04-01"
    assert terminal.json(*death, *facts(**DEATH), "--on", "2021-03-31")["opened_on"] == "2021-03-31"


def test_what_a_step_asks_can_be_read_before(bare):
    shown = bare.json("workflows", "show", "cdop_case")
    asks = {ask["name"]: ask for step in shown["steps"] for ask in step["asks"]}

    assert asks["suspected_stillbirth_at_home"]["since"] == "2021-04-01"
    assert asks["old_domain_child"]["until"] == "2019-03-31"
    assert {"value": "0_of_3", "label": "0: information missing"} in asks["old_domain_child"]["choices"]
    assert asks["age_reason"]["needed_when"] == {"fact": "under_18", "answers": [False]}
    assert json.dumps(shown)
