"""Lists of past cases, imported by the command into the invented partnership."""

import json
from pathlib import Path

import pytest

from tests.changes import nothing_changes
from workflows.definitions import CASE_WORKFLOWS

SAMPLES = Path(__file__).parents[1] / "samples"
REVIEWS, DEATHS = SAMPLES / "F04_reviews_synthetic.csv", SAMPLES / "cdop_list.csv"
HERE = ("--partnership", "ANYSHIRE")
OF_REVIEWS = ("--workflow", "rapid_review", *HERE)
OF_DEATHS = ("--workflow", "cdop_case", *HERE)


def bring_in(terminal, file, *more):
    return terminal.json("cases", "import", file, *more)


def counts(found):
    return found["rows"], found["created"], found["updated"], found["unchanged"], len(found["refused"])


def by_reference(found):
    return {case["reference"]: case for case in found["cases"]}


def test_the_reviews_of_an_area_come_in_as_histories(terminal):
    found = bring_in(terminal, REVIEWS, *OF_REVIEWS)
    cases = by_reference(found)
    late = {
        (reference, clock["name"]): clock["days_late"]
        for reference, case in cases.items()
        for clock in case["clocks"]
        if clock["met_on"] and clock["days_late"]
    }

    assert counts(found) == (15, 22, 0, 0, 0)
    assert cases["ES-19-01-LCSPR"]["tracks"] == [
        {"name": "review", "stage": "finalised"},
        {"name": "publication", "stage": "published"},
        {"name": "action_plan", "stage": "none"},
    ]
    # notified before September 2022: the fifteen days count from awareness
    reviews = {"ES-19-02": 2, "ES-19-03": 3, "ES-19-04": 2, "ES-21-01": 4, "ES-21-02": 3, "ES-21-03": 3, "ES-21-04": 2}
    reviews |= {"ES-21-05": 3, "ES-21-06": 7, "ES-21-07": 3, "ES-22-01": 3}
    assert late == {(reference, "rapid_review"): days for reference, days in reviews.items()} | {
        ("ES-19-01-LCSPR", "publication"): 603,
        ("ES-19-03-LCSPR", "publication"): 743,
    }
    assert [clock["name"] for clock in cases["ES-21-03"]["clocks"]] == ["sin", "rapid_review"]


def test_two_reports_are_held_back_by_criminal_proceedings(terminal):
    bring_in(terminal, REVIEWS, *OF_REVIEWS)
    shown = terminal.json("cases", "show", "ES-19-02-LCSPR", *HERE)

    assert [(hold["reason"], hold["review_on"]) for hold in shown["holds"]] == [("criminal_proceedings", None)]
    assert [(link["led_to"], link["reference"]) for link in shown["links"]] == [(False, "ES-19-02")]
    assert [(event["what"], event["on"]) for event in shown["history"]][-2:] == [
        ("sign_off", "2021-09-17"),
        ("place_hold", None),
    ]
    assert all(event["imported"] for event in shown["history"])


def test_a_list_of_deaths_comes_in_with_what_is_not_counted(terminal):
    found = bring_in(terminal, DEATHS, *OF_DEATHS)

    assert counts(found) == (6, 6, 0, 0, 0)
    assert [case["stage"] for case in found["cases"]] == [
        "reviewed",
        "reviewed",
        "triaged",
        "out_of_scope",
        "transferred_out",
        "out_of_scope",
    ]


@pytest.mark.parametrize(("file", "kind"), [(REVIEWS, OF_REVIEWS), (DEATHS, OF_DEATHS)])
def test_the_same_list_again_changes_nothing(terminal, seeded, file, kind):
    first = bring_in(terminal, file, *kind)
    with nothing_changes(seeded):
        again = bring_in(terminal, file, *kind)

    assert counts(again)[1:] == (0, 0, first["created"], 0)
    assert [case["clocks"] for case in again["cases"]] == [case["clocks"] for case in first["cases"]]


def test_a_dry_run_says_what_would_be_and_writes_nothing(terminal, seeded):
    with nothing_changes(seeded):
        dry = bring_in(terminal, REVIEWS, *OF_REVIEWS, "--dry-run")
    real = bring_in(terminal, REVIEWS, *OF_REVIEWS)

    assert (dry.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert dry == real


def test_a_row_that_contradicts_itself_stops_the_list_unless_the_others_are_wanted(terminal, seeded, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(REVIEWS.read_text().replace("2021-07-15", "2019-05-01"))
    with nothing_changes(seeded):
        strict = terminal.run("cases", "import", path, *OF_REVIEWS, "--json")
    lenient = bring_in(terminal, path, *OF_REVIEWS, "--lenient")

    assert strict.code == 1
    assert strict.err == "Nothing was stored, because 1 row cannot be imported. --lenient imports the others.\n"
    assert [(one["row"], one["column"]) for one in json.loads(strict.out)["refused"]] == [(6, "publication_date")]
    assert (counts(lenient)[1], len(lenient["refused"])) == (20, 1)


def test_the_counts_stand_in_words_too(terminal):
    answer = terminal.run("cases", "import", DEATHS, *OF_DEATHS, "--dry-run")

    assert answer.code == 0
    assert answer.out.startswith("Nothing was written. It would be: 6 created, 0 updated, 0 unchanged, from 6 rows.")


def test_what_cannot_be_is_refused_and_nothing_is_stored(terminal, seeded, tmp_path):
    act = ("cases", "import")
    with nothing_changes(seeded):
        assert "no kind of case called inquest" in terminal.refused(*act, REVIEWS, "--workflow", "inquest", *HERE)
        assert "No column has the heading “death_ref”" in terminal.refused(*act, REVIEWS, *OF_DEATHS)
        assert "no partnership NOWHERE" in terminal.refused(
            *act, REVIEWS, "--workflow", "rapid_review", "--partnership", "NOWHERE"
        )
        assert "Your role cannot do this" in terminal.refused(
            *act, REVIEWS, *OF_REVIEWS, "--as", "cdop@anyshire.example"
        )
        assert "Your role cannot do this" in terminal.refused(
            *act, DEATHS, *OF_DEATHS, "--as", "manager@anyshire.example"
        )
        assert "that you may read it" in terminal.refused(*act, tmp_path / "nothing.csv", *OF_REVIEWS)
        (tmp_path / "mapping.json").write_text('{"case_ref": "Child name"}')
        assert "may identify a child" in terminal.refused(
            *act, REVIEWS, *OF_REVIEWS, "--mapping", tmp_path / "mapping.json"
        )


def test_an_old_grade_of_a_child_death_is_kept_as_it_was(terminal, tmp_path):
    """From the file to the terminal and back: 1* stays 1*, and a form of another time refuses it."""
    heads = "death_ref,date_of_death,date_notified,record_status,review_completed,modifiable_factors,old_domain_family"
    row = "OLD-1,2016-05-01,2016-05-02,in scope,{},yes,1*"
    path = tmp_path / "deaths.csv"
    path.write_text(f"{heads}\n{row.format('2020-03-01')}\n", encoding="utf-8")
    command = ("cases", "import", str(path), "--workflow", "cdop_case", "--partnership", "ANYSHIRE")
    assert "which holds here" in terminal.json(*command, "--lenient")["refused"][0]["reason"]
    path.write_text(f"{heads}\n{row.format('2017-03-01')}\n", encoding="utf-8")
    assert terminal.json(*command)["created"] == 1
    facts = terminal.json("cases", "show", "OLD-1")["facts"]
    assert facts["old_domain_family"] == {
        "value": "1_star_of_3",
        "words": "1*: as the form has it, and not the same as 1",
    }


@pytest.mark.parametrize(
    ("decided", "completed", "due", "is_late"),
    [
        ("2009-06-15", "2009-11-02", "2009-10-15", True),
        ("2010-02-26", "2010-06-28", "2010-06-26", True),
        ("2010-03-01", "2010-08-30", "2010-09-01", False),
    ],
)
def test_a_serious_case_review_has_the_clocks_of_its_guidance(terminal, tmp_path, decided, completed, due, is_late):
    """Four months from the decision under the guidance of 2006, six under that of 2010."""
    path = tmp_path / "reviews.csv"
    heads = "case_ref,refer,commission,file_report,decided_on_contested,decided_on_sources"
    sources = "The minutes have the first; the letter the other"
    path.write_text(
        f"{heads}\nSCR-1,{decided},{decided},{completed},2009-05-01,{sources}\nSCR-2,{decided},,{completed},,\n",
        encoding="utf-8",
    )
    found = terminal.json("cases", "import", str(path), "--workflow", "scr_legacy", *HERE)
    assert (found["created"], found["refused"]) == (2, [])
    review = terminal.json("cases", "show", "SCR-1")
    clocks = {clock["name"]: clock for clock in review["clocks"]}
    assert (clocks["completion"]["due"][:10], clocks["completion"]["met_on"]) == (due, completed)
    assert bool(clocks["completion"]["days_late"]) is is_late
    assert clocks["decision"]["met_on"] == decided
    assert review["facts"]["decided_on_contested"]["value"] == "2009-05-01"
    # nobody knows the day of the decision: the clock that counts from it never began
    assert [clock["name"] for clock in terminal.json("cases", "show", "SCR-2")["clocks"]] in ([], ["decision"])


def test_what_belongs_to_a_step_without_a_day_is_refused_and_not_lost(terminal, tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("case_ref,refer,commission,reviewer\nSCR-1,2012-01-09,,Dr Vane\n", encoding="utf-8")
    answer = terminal.json("cases", "import", str(path), "--workflow", "scr_legacy", *HERE, "--lenient")
    assert answer["refused"] == [
        {"row": 2, "column": "reviewer", "reason": "This belongs to “Commission”: enter its day in “commission” too."}
    ]


def test_the_columns_of_a_kind_are_shown_and_written_as_an_empty_list(terminal, tmp_path):
    path = tmp_path / "template.csv"
    shown = terminal.json("cases", "import", "--workflow", "lcspr", "--columns", "--template", path)
    words = terminal.run("cases", "import", "--workflow", "lcspr", "--columns").out

    names = {column["name"]: column["what"] for column in shown["columns"]}
    assert names["hold_reason"].startswith("Why publication is held back (“Put publication on hold”): “Criminal")
    assert {"case_ref", "checkpoint", "publication_forecast", "child_pseudonyms"} <= names.keys()
    assert "checkpoint 2" in words
    assert path.read_text(encoding="utf-8-sig").splitlines() == [",".join(names)]
    assert "Name the file" in terminal.run("cases", "import", "--workflow", "lcspr").err


@pytest.mark.faults
def test_every_case_is_listed_with_what_is_recorded_and_comes_back_without_a_change(terminal, seeded, tmp_path):
    """Slow, as every case of the invented partnership goes out and in again, of every kind."""
    bring_in(terminal, REVIEWS, *OF_REVIEWS)
    listed = terminal.json("cases", "list", *HERE, "--workflow", "rapid_review")
    cases = {case["reference"]: case for case in listed}
    shown = terminal.json("cases", "show", "ES-19-01", *HERE)
    same = ("stage", "tracks", "clocks", "holds", "links", "facts", "steps_recorded", "late", "opened_on", "closed_on")

    assert {key: cases["ES-19-01"][key] for key in same} == {key: shown[key] for key in same}
    assert sum(case["stage"] == "closed_lcspr" for case in listed if case["reference"].startswith("ES-")) == 7
    assert len(terminal.json("cases", "list", *HERE)) > len(listed)
    for kind in CASE_WORKFLOWS:
        path = tmp_path / f"{kind}.csv"
        exported = terminal.json("cases", "export", "--workflow", kind, *HERE, "--out", path)
        with nothing_changes(seeded):
            back = terminal.json("cases", "import", path, "--workflow", kind, *HERE)
        assert (back["rows"], back["created"], back["updated"], back["refused"]) == (exported["cases"], 0, 0, [])


def test_another_person_lists_only_the_cases_they_may_see(terminal):
    listed = terminal.json("cases", "list", *HERE, "--as", "cdop@anyshire.example")
    assert {case["workflow"] for case in listed} == {"cdop_case"}
    assert "no kind of case" in terminal.refused("cases", "list", *HERE, "--workflow", "inquest")


def test_a_row_of_another_partnership_is_refused_and_named(terminal, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "case_ref,partnership,la_aware_date,notified_date\nA-1,ANYSHIRE,2020-01-06,2020-01-07\n"
        "M-1,MIDMARCH,2020-01-06,2020-01-07\n"
    )
    found = bring_in(terminal, path, *OF_REVIEWS, "--as", "manager@anyshire.example", "--lenient")
    assert [(cell["row"], cell["column"]) for cell in found["refused"]] == [(3, "partnership")]
    assert [case["reference"] for case in found["cases"]] == ["A-1"]
