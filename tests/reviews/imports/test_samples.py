"""Published trackers are read as a person reads them."""

from datetime import date
from pathlib import Path

from reviews.imports.readers.plan import read_plan
from reviews.imports.readers.result import TrackerPlan

SAMPLES = Path(__file__).parents[2] / "samples"
END_OF_MARCH = date(2015, 3, 31)


def sample(beginning: str) -> TrackerPlan:
    (path,) = SAMPLES.glob(f"{beginning}_*")
    return read_plan(path)


def test_p01_has_six_actions_under_two_objectives():
    plan = sample("P01")

    assert [row.row for row in plan.rows] == [5, 6, 7, 8, 9, 10]
    assert [row.reference for row in plan.rows] == ["1/1", "1/2", "2/1", "2/2", "2/3", "2/4"]
    assert [row.recommendation_reference for row in plan.rows] == ["1", "1", "2", "2", "2", "2"]
    assert len({row.recommendation for row in plan.rows}) == 2
    assert plan.refused == ()
    assert plan.doubts == ()


def test_p01_merged_dates_leads_and_outcomes_hold_for_each_row():
    plan = sample("P01")

    assert {row.due.on for row in plan.rows} == {END_OF_MARCH}
    assert [row.due.text for row in plan.rows] == ["March 2015"] * 2 + ["March 2015."] * 4
    assert plan.rows[1].owners == ("Officer A", "Officer B", "Officer C", "Officer D", "Officer E")
    assert plan.rows[5].owners == ("Officer E", "Officer F", "Officer D", "Officer G")
    assert all(row.outcome for row in plan.rows)


def test_p01_progress_that_begins_with_a_month_is_no_completion():
    plan = sample("P01")

    assert {row.completed for row in plan.rows} == {"not_stated"}
    assert [row.progress_covers for row in plan.rows] == [2, 2, 4, 4, 4, 4]
    assert all(row.progress.startswith("March 2014") for row in plan.rows)


def test_p01_title_rows_are_named_as_skipped():
    assert sample("P01").skipped[0].text == "Appendix 3"


def test_p06_has_three_actions_under_one_recommendation():
    plan = sample("P06")

    assert [row.reference for row in plan.rows] == ["1a", "1b", "1c"]
    assert {row.reference_from for row in plan.rows} == {"text"}
    assert {row.recommendation_reference for row in plan.rows} == {"1"}
    assert plan.rows[0].action.startswith("(1a) Raise performance")
    assert [row.due.on for row in plan.rows] == [date(2013, 3, 31), date(2013, 1, 31), date(2013, 3, 31)]
    assert [row.owners for row in plan.rows] == [("Operations Managers (two)",), ("YOS Information Officer",), ()]


def test_p06_a_claim_shared_by_three_actions_closes_none_and_is_put_to_a_person():
    plan = sample("P06")

    claims = [doubt for doubt in plan.doubts if doubt.field == "progress"]
    assert {row.completed for row in plan.rows} == {"doubt"}
    assert [claim.row for claim in claims] == [5, 6, 7]
    assert "covers 3 actions" in claims[0].reason


def test_s02_has_six_actions_two_of_them_with_nine_strands():
    plan = sample("S02")

    assert [row.reference for row in plan.rows] == ["a/i", "a/ii", "a/iii", "b/i", "b/ii", "c/i"]
    assert [len(row.agency_parts) for row in plan.rows] == [0, 0, 0, 0, 9, 9]
    assert plan.rows[5].agency_parts[3].name == "Newcastle Under Lyme"
    assert plan.rows[5].agency_parts[3].text == "review/revision taking place in 2017"
    assert [sheet.name for sheet in plan.other_sheets] == ["Training", "Policies"]


def test_s02_areas_hold_for_the_rows_below_and_say_that_they_were_taken_from_above():
    rows = sample("S02").rows

    assert [row.recommendation_reference for row in rows] == ["a", "a", "a", "b", "b", "c"]
    assert [row.recommendation_from_above for row in rows] == [False, True, True, False, True, False]


def test_s02_counts_of_authorities_are_progress_and_nothing_has_a_date():
    plan = sample("S02")

    assert {row.completed for row in plan.rows} == {"not_stated"}
    assert {row.rating_text for row in plan.rows} == {""}
    assert {row.due.on for row in plan.rows} == {None}
    assert plan.doubts == ()


def test_b08_each_clash_is_named_with_its_rows_and_the_first_stays():
    plan = sample("B08")

    assert [row.row for row in plan.rows] == [2, 3, 4, 5]
    assert [row.row for row in plan.refused] == [6, 8, 9]
    assert all("row 2, row 6, row 8 and row 9" in row.reason for row in plan.refused)
    assert [doubt.row for doubt in plan.doubts if "is the same as row 3" in doubt.reason] == [7]


def test_b09_only_the_real_date_is_taken_and_the_others_are_named():
    plan = sample("B09")

    assert [row.due.on for row in plan.rows] == [None] * 8 + [date(2024, 2, 29)]
    assert [row.due.how for row in plan.rows[:8]] == ["unreadable"] * 8
    assert [doubt.text for doubt in plan.doubts][:2] == ["31/02/2024", "29/02/2023"]
    assert plan.doubts[0].reason == "There is no 31 February 2024."
    assert "0205" in plan.doubts[6].reason


def test_b13_what_looks_like_a_formula_stays_text():
    rows = sample("B13").rows

    assert len(rows) == 12
    assert rows[0].action == "=cmd|' /C calc'!A0"
    assert rows[5].action == "\t=1+1"
    assert rows[9].action == "-"


def test_b22_semicolons_separate_and_commas_and_foreign_columns_stay():
    rows = sample("B22").rows

    assert [row.reference for row in rows] == ["1.1", "1.2", "2.1", "2.2", "3.1"]
    assert rows[4].action == "Survey, with comma"
    assert rows[4].recommendation == "Text; with semicolon"
    assert rows[0].others == (("Cost", "1.234,50"),)
