"""Trackers that are untidy in other ways than the published ones."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from reviews.imports.readers.answers import Answers
from reviews.imports.readers.cells import Unreadable
from reviews.imports.readers.entries import TEXT_MISSING
from reviews.imports.readers.plan import read_plan
from reviews.imports.readers.result import TrackerPlan

HEADINGS = ["Ref", "Recommendation", "Action", "Owner", "Due date", "Status", "Progress"]


def a_workbook(folder: Path, *rows: list[object], merges: tuple[str, ...] = (), **others: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for number, (name, lines) in enumerate({"Plan": list(rows), **others}.items()):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = name
        for line in lines:
            sheet.append(line)
    for merge in merges:
        book["Plan"].merge_cells(merge)
    path = folder / "tracker.xlsx"
    book.save(path)
    return path


def a_plan(folder: Path, *rows: list[object], merges: tuple[str, ...] = ()) -> TrackerPlan:
    return read_plan(a_workbook(folder, *rows, merges=merges))


def test_lines_across_totals_and_keys_are_skipped_by_name(tmp_path):
    plan = a_plan(
        tmp_path,
        ["No.", "Action", "Lead", "Target date"],
        ["Priority 1: Neglect"],
        [1, "Train", "Jane", "31/3/24"],
        ["Priority 2: Data"],
        [2, "Share", "Ann", "31/3/24"],
        ["Total", 2],
        ["Key: G = on track"],
        ["Red", "Not started"],
        merges=("A2:D2", "A4:D4"),
    )

    assert [(row.reference, row.recommendation) for row in plan.rows] == [
        ("1", "Priority 1: Neglect"),
        ("2", "Priority 2: Data"),
    ]
    assert [row.row for row in plan.skipped] == [2, 4, 6, 7, 8]
    assert plan.refused == ()


def test_a_heading_over_two_rows_is_read_as_one(tmp_path):
    plan = a_plan(
        tmp_path,
        ["Ref", "Action", "Lead", None, "By when"],
        [None, None, "Officer", "Agency", None],
        ["1", "Train", "Jane", "Police", "31/03/2025"],
        merges=("A1:A2", "B1:B2", "C1:D1", "E1:E2"),
    )

    assert [(row.owners, row.agency) for row in plan.rows] == [(("Jane",), "Police")]


def test_a_second_table_with_other_headings_is_read_and_a_repeated_header_is_not(tmp_path):
    plan = a_plan(
        tmp_path,
        ["Ref", "Action", "Owner", "Due date"],
        ["1", "Train", "Jane", "01/02/2025"],
        ["Ref", "Action", "Owner", "Due date"],
        ["2", "Share", "Ann", "01/02/2025"],
        [],
        ["Closed actions"],
        ["Ref", "Action", "Lead", "Status", "Date completed"],
        ["9", "Write", "Bob", "Closed", "01/01/2025"],
    )

    assert [(row.reference, row.owners, row.completed) for row in plan.rows] == [
        ("1", ("Jane",), "not_stated"),
        ("2", ("Ann",), "not_stated"),
        ("9", ("Bob",), "yes"),
    ]
    assert plan.rows[2].others == (("Date completed", "01/01/2025"),)


def test_a_recommendation_in_a_row_of_its_own_holds_below_and_one_without_action_is_named(tmp_path):
    plan = a_plan(
        tmp_path,
        ["Rec No", "Recommendation", "Action No", "Action", "Owner"],
        [1, "First"],
        [None, None, 1.1, "Train", "Jane"],
        [2, "Second"],
    )

    assert [(row.reference, row.recommendation_reference, row.recommendation) for row in plan.rows] == [
        ("1.1", "1", "First")
    ]
    assert [(doubt.row, doubt.text) for doubt in plan.doubts] == [(4, "Second")]


def test_a_blank_recommendation_stays_blank_where_the_tracker_repeats_them(tmp_path):
    plan = a_plan(tmp_path, HEADINGS, ["1", "R", "a"], ["2", "R", "b"], ["3", None, "c"])

    assert [row.recommendation for row in plan.rows] == ["R", "R", ""]


def test_an_action_merged_over_several_owners_is_one_action(tmp_path):
    plan = a_plan(
        tmp_path,
        HEADINGS,
        ["1", "R", "Train", "Jane", "31/01/2025", None, "one"],
        [None, None, None, "Ann", "28/02/2025", None, "two"],
        merges=("A2:A3", "B2:B3", "C2:C3"),
    )

    (row,) = plan.rows
    assert (row.owners, row.progress, row.due.on) == (("Jane", "Ann"), "one\ntwo", None)
    assert "more than one date" in plan.doubts[0].reason


def test_a_row_with_other_details_but_no_action_comes_in_and_its_text_is_asked(tmp_path):
    rows = (HEADINGS, ["1", None, "Train"], ["2", None, None, "Jane", "31/01/2025"])
    plan = a_plan(tmp_path, *rows)
    answered = read_plan(tmp_path / "tracker.xlsx", answers=Answers({"3/action": "Share"}))

    assert [(row.action, row.owners) for row in plan.rows] == [("Train", ()), (TEXT_MISSING, ("Jane",))]
    assert [(doubt.row, doubt.field, doubt.text) for doubt in plan.doubts] == [(3, "action", "")]
    assert [row.action for row in answered.rows] == ["Train", "Share"]
    assert answered.doubts == ()


def test_a_row_without_action_and_reference_is_more_about_the_row_above(tmp_path):
    plan = a_plan(tmp_path, HEADINGS, ["1", None, "Train", "Jane"], [None, None, None, "Ann"], ["2", None, "Share"])

    assert [(row.action, row.owners) for row in plan.rows] == [("Train", ("Jane", "Ann")), ("Share", ())]
    assert [(doubt.row, doubt.field) for doubt in plan.doubts] == [(3, "action")]


def test_a_missing_reference_is_made_and_said(tmp_path):
    plan = a_plan(tmp_path, HEADINGS, ["A1", None, "Train"], [None, None, "Share"])

    assert [(row.reference, row.reference_from) for row in plan.rows] == [("A1", "stated"), ("A2", "made")]
    assert "was called A2" in plan.doubts[0].reason


def test_a_status_merged_over_several_actions_closes_none(tmp_path):
    plan = a_plan(
        tmp_path,
        HEADINGS,
        ["1", None, "Train", None, None, "Complete"],
        ["2", None, "Share"],
        merges=("F2:F3",),
    )

    assert [row.completed for row in plan.rows] == ["doubt", "doubt"]
    assert "covers 2 actions" in plan.doubts[0].reason


def test_date_cells_decimals_and_dates_where_a_reference_should_be(tmp_path):
    path = a_workbook(tmp_path, HEADINGS, [1.1, None, "Train", None, date(2025, 3, 31)], [date(2025, 1, 1), None, "b"])
    book = openpyxl.load_workbook(path)
    book["Plan"]["A2"].number_format = "0.00"
    book.save(path)
    plan = read_plan(path)

    assert plan.rows[0].reference == "1.10"
    assert (plan.rows[0].due.on, plan.rows[0].due.text) == (date(2025, 3, 31), "31/03/2025")
    assert "may have changed a reference" in plan.doubts[0].reason


def test_a_formula_without_a_result_is_never_the_text_of_an_action_and_is_said(tmp_path):
    plan = a_plan(tmp_path, HEADINGS, ["1", None, "=A1&B1"])

    assert [(row.row, row.action) for row in plan.rows] == [(2, TEXT_MISSING)]
    assert [(doubt.row, doubt.field) for doubt in plan.doubts] == [(2, "action")]
    (formula,) = plan.left_out
    assert (formula.row, formula.column) == (2, "Action")
    assert "=A1&B1 has no result" in formula.what


def test_too_long_a_text_and_a_control_character_refuse_their_row_only(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text(f"Ref,Action,Owner\n1,{'a' * 200_000},Jane\n2,Tr\x00ain,Jane\n3,Share,Jane\n", encoding="utf-8")
    plan = read_plan(path)

    assert [row.reference for row in plan.rows] == ["3"]
    assert [(row.row, row.column) for row in plan.refused] == [(2, "Action"), (3, "Action")]
    assert "U+0000" in plan.refused[1].reason


def test_wrong_quotation_marks_refuse_their_row_and_an_open_one_the_file(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text('Ref,Action\n1,"He said "no" twice"\n2,Share\n')

    assert [(row.row) for row in read_plan(path).refused] == [2]

    path.write_text('Ref,Action\n1,"never closed\n2,Share\n')
    with pytest.raises(Unreadable, match="is not closed"):
        read_plan(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_common_encoding_and_separator_is_read(tmp_path, encoding, separator):
    lines = [["Ref", "Action", "Owner"], ["1", "Café – “audit”", "Zoë"], ["2", "Share", "Jane"]]
    path = tmp_path / "tracker.csv"
    path.write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))

    assert [(row.action, row.owners) for row in read_plan(path).rows] == [
        ("Café – “audit”", ("Zoë",)),
        ("Share", ("Jane",)),
    ]


def test_a_mapping_names_what_cannot_be_guessed(tmp_path):
    path = a_workbook(tmp_path, ["Sachstand", "Aufgabe"], ["open", "Train"])

    assert read_plan(path, mapping={"action": "aufgabe"}).rows[0].action == "Train"
    with pytest.raises(Unreadable, match=r"“Sachstand”, “Aufgabe”"):
        read_plan(path)
    with pytest.raises(Unreadable, match="not in the file"):
        read_plan(path, mapping={"action": "Nothing"})
    with pytest.raises(Unreadable, match="fields are"):
        read_plan(path, mapping={"acton": "Aufgabe"})


def test_several_sheets_are_read_together_and_one_alone_when_named(tmp_path):
    header = ["Ref", "Action", "Owner"]
    path = a_workbook(tmp_path, header, ["1", "Train", "Jane"], Police=[header, ["1", "Other", "Ann"]], Notes=[["x"]])
    plan = read_plan(path)

    assert plan.sheets_read == ("Plan", "Police")
    assert [(row.sheet, row.row) for row in plan.refused] == [("Police", 2)]
    assert [sheet.name for sheet in plan.other_sheets] == ["Notes"]
    assert [row.action for row in read_plan(path, sheet="police").rows] == ["Other"]
    with pytest.raises(Unreadable, match="“Plan”, “Police”, “Notes”"):
        read_plan(path, sheet="Health")


def test_a_sheet_pointed_at_that_is_not_there_is_a_doubt(tmp_path):
    plan = a_plan(tmp_path, HEADINGS, ["1", None, "Train", None, None, None, "see sheet 7"])

    assert (plan.rows[0].agency_parts, plan.doubts[0].text) == ((), "7")


def test_numbers_repeated_beside_their_recommendations_number_the_recommendations(tmp_path):
    plan = a_plan(
        tmp_path,
        HEADINGS,
        [1, "First", "a"],
        [1, "First", "b"],
        [2, "Second", "c"],
        [2, "Second", "d"],
        [3, "Third", "e"],
    )

    assert [row.reference for row in plan.rows] == ["1/1", "1/2", "2/1", "2/2", "3/1"]
    assert plan.refused == ()


def test_one_repeated_number_is_a_clash(tmp_path):
    plan = a_plan(tmp_path, HEADINGS, ["1.1", "First", "a"], ["1.2", "Second", "b"], ["1.1", "First", "c"])

    assert [(row.row, row.column) for row in plan.refused] == [(4, "reference")]


def test_a_later_update_in_another_column_is_kept_and_its_claim_noticed(tmp_path):
    plan = a_plan(
        tmp_path,
        ["Ref", "Action", "Owner", "Update July", "Update October"],
        ["1", "Train", "ditto", "begun", "Completed"],
    )

    assert plan.rows[0].others == (("Update October", "Completed"),)
    assert [(doubt.field, doubt.text) for doubt in plan.doubts] == [("owner", "ditto"), ("Update October", "Completed")]
    assert (plan.rows[0].owners, plan.rows[0].completed) == ((), "doubt")
