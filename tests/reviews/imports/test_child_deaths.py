"""Reading a panel's list of child deaths."""

from datetime import date

import pytest

from tests.reviews.imports.lists import DEATH, DEATHS, read, write


@pytest.fixture
def row(tmp_path):
    def act(**cells):
        return read(write(tmp_path / "list.csv", DEATH | cells), "cdop_case")

    return act


def steps(case):
    return [(step.name, step.on and step.on.exact) for step in case.steps]


def facts(case):
    return {fact.name: fact.value for step in case.steps for fact in step.facts}


def test_the_sample_is_read_whole():
    found = read(DEATHS, "cdop_case")

    assert (found.rows, found.refused, found.ignored) == (6, [], ())
    assert [case.steps[-1].name for case in found.cases] == [
        "review",
        "review",
        "triage",
        "rule_out",
        "transfer",
        "rule_out",
    ]


def test_a_death_in_scope_was_reviewed_on_its_day(row):
    (case,) = row().cases

    assert steps(case) == [("notify_death", date(2024, 4, 2)), ("triage", None), ("review", date(2025, 3, 12))]
    assert facts(case) == {
        "death_on": date(2024, 3, 30),
        "record_status": "in scope",
        "expected": False,
        "jar_needed": True,
        "neonatal": False,
        "factors": "smoking;unsafe sleeping",
        "modifiable": "yes",
    }


def test_what_is_not_known_of_a_death_stays_unknown(row):
    gaps = {"expected": "", "joint_agency_response": "", "neonatal": "", "factors": "", "modifiable_factors": ""}
    (case,) = row(**gaps, review_completed="", date_notified="").cases

    assert steps(case) == [("notify_death", None), ("triage", None)]
    assert facts(case) == {"death_on": date(2024, 3, 30), "record_status": "in scope"}


def test_a_status_nobody_gave_leaves_the_death_notified(row):
    (case,) = row(record_status="", review_completed="", modifiable_factors="").cases
    assert steps(case) == [("notify_death", date(2024, 4, 2))]


@pytest.mark.parametrize(
    ("status", "last", "told"),
    [
        ("not a live birth", "rule_out", {}),
        ("Duplicate", "rule_out", {"out_of_scope_reason": "duplicate"}),
        ("out of area", "transfer", {}),
    ],
)
def test_what_is_not_counted_stays_visible_as_what_it_is(row, status, last, told):
    (case,) = row(record_status=status, review_completed="", modifiable_factors="").cases

    assert case.steps[-1].name == last
    assert facts(case)["record_status"] == status.lower()
    assert told.items() <= facts(case).items()


def test_what_another_area_reviewed_is_kept_but_is_no_review_of_ours(row):
    (case,) = row(record_status="out of area").cases

    assert "review" not in [step.name for step in case.steps]
    assert "modifiable" not in facts(case)
    assert facts(case)["reviewed_elsewhere_on"] == date(2025, 3, 12)
    assert facts(case)["modifiable_elsewhere"] == "yes"


@pytest.mark.parametrize("status", ["not a live birth", "duplicate"])
def test_a_review_of_what_is_not_reviewed_is_refused(row, status):
    assert [(one.column, one.reason) for one in row(record_status=status).refused] == [
        ("review_completed", f"A death recorded as {status} is not reviewed."),
        ("modifiable_factors", f"A death recorded as {status} is not reviewed."),
    ]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"date_notified": "2024-03-29"}, "date_notified"),
        ({"review_completed": "2024-04-01"}, "review_completed"),
        ({"record_status": "in doubt"}, "record_status"),
        ({"expected": "partly"}, "expected"),
        ({"modifiable_factors": "some"}, "modifiable_factors"),
    ],
)
def test_a_contradiction_is_refused_with_its_column(row, cells, column):
    assert [one.column for one in row(**cells).refused] == [column]
