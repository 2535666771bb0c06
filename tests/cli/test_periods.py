"""A partnership's own periods, read and set at the terminal."""

import pytest
import sqlalchemy as sa

from reviews.models import Partnership
from tests.builders import TO_THE_PANEL, a_case, take
from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
AGREED = ("--authority", "Executive, 12 October 2026")
MEETING = ("rapid_review", "meeting")
TEN = ("--period", "10", "--unit", "working-days")


def setting(*more):
    return ("periods", "set", *MEETING, *HERE, "--from", "2026-11-20", *AGREED, *more)


def the_meeting(terminal):
    listed = terminal.json("periods", "list", *HERE)["deadlines"]
    return next(line for line in listed if (line["workflow"], line["deadline"]) == MEETING)


def test_the_list_has_each_deadline_with_its_rank_and_nothing_local_yet(terminal):
    line = the_meeting(terminal)
    assert (line["period"], line["unit"], line["rank"]) == (12, "working-days", "local custom")
    assert (line["local"], line["rules"]) == (None, [])


def test_what_is_set_is_listed_with_who_set_it(terminal):
    data = terminal.json(*setting(*TEN, "--ladder", "check-ladder", "--as", "manager@anyshire.example"))
    assert (data["partnership"], data["period"], data["effective_from"]) == ("ANYSHIRE", 10, "2026-11-20")
    local = the_meeting(terminal)["local"]
    assert (local["period"], local["unit"], local["ladder"]) == (10, "working-days", "check-ladder")
    assert local["set_by"].endswith("<manager@anyshire.example>")


def test_a_dry_run_says_the_same_and_writes_nothing(terminal, seeded):
    with nothing_changes(seeded):
        dry = terminal.json(*setting(*TEN), "--dry-run")
    real = terminal.json(*setting(*TEN))
    assert (dry.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert dry == real


def test_what_a_review_is_counted_from_is_set_and_listed(terminal):
    review = ("periods", "set", "rapid_review", "rapid_review", *HERE, "--from", "2022-09-01", *AGREED)
    assert terminal.json(*review, "--counted-from", "awareness")["counted_from"] == "la_aware_at"
    listed = terminal.json("periods", "list", *HERE)["deadlines"]
    line = next(line for line in listed if line["deadline"] == "rapid_review")
    assert (line["counted_from"], line["local"]["counted_from"]) == ("submit_sin", "la_aware_at")


def test_it_can_be_taken_back(terminal):
    terminal.run(*setting(*TEN))
    answer = terminal.run("periods", "clear", *MEETING, *HERE, "--from", "2026-11-20", *AGREED)
    assert answer.out == "ANYSHIRE, rapid_review meeting: nothing set locally from 2026-11-20.\n"
    line = the_meeting(terminal)
    assert (line["local"], len(line["rules"])) == (None, 2)


def test_it_stands_in_words_too(terminal):
    assert terminal.run(*setting(*TEN)).out == "ANYSHIRE, rapid_review meeting: 10 working days from 2026-11-20.\n"
    listed = terminal.run("periods", "list", *HERE).out
    assert "rapid_review meeting" in listed
    assert "2026-11-20" in listed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (setting("--period", "10"), "Use --period and --unit together."),
        (setting(), "Enter a period, or choose a ladder or what it is counted from."),
        (setting("--period", "-1", "--unit", "days"), "A period must be a whole number from 0 to 100,000."),
        (setting("--ladder", "calendar-ladder"), "There is no ladder “calendar-ladder” for clocks."),
        (
            ("periods", "set", "rapid_review", "sin", *HERE, "--from", "2026-11-20", *AGREED, *TEN),
            "4 working days or fewer.",
        ),
        (
            ("periods", "set", "rapid_review", "nothing", *HERE, "--from", "2026-11-20", *AGREED, *TEN),
            "There is no deadline nothing of rapid_review",
        ),
        (
            ("periods", "clear", *MEETING, *HERE, "--from", "2026-11-20", *AGREED),
            "There is no local period or ladder for “Rapid review meeting” on 20 November 2026.",
        ),
        (setting(*TEN, "--as", "chair@anyshire.example"), "Your role cannot do this."),
        (setting(*TEN, "--as", "cdop@anyshire.example"), "Your role cannot do this."),
        (setting(*TEN, "--as", "manager@midmarch.example"), "There is no partnership ANYSHIRE"),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_written(terminal, seeded, arguments, sentence):
    with nothing_changes(seeded):
        assert sentence in terminal.refused(*arguments)


def test_the_target_stands_beside_the_date_of_a_case(terminal, seeded):
    terminal.run(
        *("periods", "set", "rapid_review", "rapid_review", *HERE, "--from", "2020-01-01", *AGREED),
        *("--period", "12", "--unit", "working-days"),
    )
    with seeded.begin() as session:
        place = session.scalars(sa.select(Partnership).where(Partnership.code == "ANYSHIRE")).one()
        take(session, a_case(session, place, reference="RR-LOCAL"), *TO_THE_PANEL[:3])
    clocks = {clock["name"]: clock for clock in terminal.json("cases", "show", "RR-LOCAL", *HERE)["clocks"]}
    review = clocks["rapid_review"]
    assert (review["due"], review["target_on"], review["rank"]) == ("2026-12-11", "2026-12-08", "national expectation")
    assert review["local"] == {
        "period": 12,
        "unit": "working-days",
        "back": False,
        "effective_from": "2020-01-01",
        "authority": "Executive, 12 October 2026",
    }
    assert (clocks["meeting"]["target_on"], clocks["meeting"]["local"]) == (None, None)
