"""Two columns with the same heading, distinguished by their column letters."""

from datetime import date

import pytest

from reviews.imports.readers.cells import Unreadable
from reviews.imports.readers.plan import corrections, headings_of, outline_of, read_plan
from reviews.imports.readers.sheets import read_sheets

TRACKER = "Ref,Action,Date,Lead,Date\n1,Train the staff,31/03/2027,Jane,30/04/2027\n2,Audit,30/06/2027,Jane,\x07x\n"


@pytest.fixture
def tracker(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text(TRACKER)
    return path


def dates(path, mapping):
    return [row.due.on for row in read_plan(path, mapping=mapping).rows]


def test_without_a_word_the_first_is_read_and_said_to_be_one_of_two(tracker):
    plan = read_plan(tracker)
    (told,) = (doubt for doubt in plan.doubts if doubt.row == 1)

    assert plan.rows[0].due.on == date(2027, 3, 31)
    assert (told.field, told.text) == ("due", "Date (column C)")
    assert "“Date (column E)”" in told.reason
    assert plan.rows[0].others == (("Date (column E)", "30/04/2027"),)


def test_a_complaint_names_the_column_by_its_letter(tracker):
    (refused,) = read_plan(tracker).refused

    assert (refused.row, refused.column) == (3, "Date (column E)")


def test_a_mapping_names_one_by_its_letter_and_then_nothing_is_asked(tracker):
    assert dates(tracker, {"due": "Date (column E)"}) == [date(2027, 4, 30)]
    assert dates(tracker, {"due": "date (column c)"}) == [date(2027, 3, 31)]
    assert not [doubt for doubt in read_plan(tracker, mapping={"due": "Date (column E)"}).doubts if doubt.row == 1]


def test_a_mapping_that_could_mean_either_is_refused(tracker):
    with pytest.raises(Unreadable, match=r"“Date \(column C\)” or “Date \(column E\)”"):
        read_plan(tracker, mapping={"due": "Date"})


def test_the_page_can_give_each_its_own_meaning(tracker):
    sheets = read_sheets(tracker)
    guessed = outline_of(sheets, {})
    chosen = {column.heading: column.field for column in guessed.columns}
    assert [(each.heading, each.field, each.is_guess) for each in guessed.columns if "Date" in each.heading] == [
        ("Date (column C)", "due", True),
        ("Date (column E)", "", False),
    ]
    mapping = corrections(guessed, chosen | {"Date (column C)": "", "Date (column E)": "due"})

    assert mapping == {"due": "Date (column E)"}
    assert {each.heading: each.field for each in outline_of(sheets, mapping).columns}["Date (column E)"] == "due"


def test_headings_that_nobody_understands_are_told_apart_too(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text("Nr,Wert,Wert\n1,Train the staff,x\n")
    sheets = read_sheets(path)

    assert [each.heading for each in outline_of(sheets, {}).columns] == ["Nr", "Wert (column B)", "Wert (column C)"]
    assert [row.action for row in read_plan(path, mapping={"action": "Wert (column B)"}).rows] == ["Train the staff"]


def test_a_row_that_repeats_such_headings_is_no_action(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text("Ref,Action,Date,Date\n1,Train,31/03/2027,\nRef,Action,Date,Date\n2,Audit,31/03/2027,\n")
    plan = read_plan(path)

    assert [row.reference for row in plan.rows] == ["1", "2"]
    assert [row.reason for row in plan.skipped] == ["It repeats the headings."]


def test_files_with_other_letters_are_other_files(tmp_path):
    one, other = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text(TRACKER)
    other.write_text(TRACKER.replace("Ref,Action,Date,Lead,Date", "Ref,Action,Lead,Date,Date"))

    assert headings_of(read_sheets(one)) != headings_of(read_sheets(other))
