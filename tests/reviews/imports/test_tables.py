"""Tables in a sheet: which row has the headings, which column is what, and what is said of everything else."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from reviews.imports.readers.answers import Answers
from reviews.imports.readers.cells import Unreadable, invisible_shown
from reviews.imports.readers.plan import read_plan
from reviews.imports.readers.result import TrackerPlan
from reviews.imports.readers.sheets import read_sheets
from reviews.imports.readers.tables import LEAVE_OUT, find_tables

SAMPLES = Path(__file__).parents[2] / "samples" / "import-cases"


def a_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "tracker.csv"
    path.write_bytes(text.encode(encoding))
    return path


def actions(plan: TrackerPlan) -> list[str]:
    return [row.action for row in plan.rows]


def asked(plan: TrackerPlan, field: str) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(doubt.row, doubt.text, doubt.offered) for doubt in plan.doubts if doubt.field == field]


def test_which_of_two_columns_is_the_action_is_asked_and_the_answer_obeyed():
    path = SAMPLES / "M19-two-question-headings.csv"
    fuller, other = "What will it do?", "How will the board do this?"
    answered = read_plan(path, answers=Answers({"1/action": other}))

    assert asked(read_plan(path), "action") == [(1, fuller, (fuller, other))]
    assert actions(answered) == ["Challenge agencies", "Text missing"]
    assert asked(answered, "action") == [(3, "", ())]
    assert asked(read_plan(path, answers=Answers({fuller: fuller})), "action") == []
    with pytest.raises(Unreadable, match="“Nothing” is no heading of the file"):
        read_plan(path, answers=Answers({"1/action": "Nothing"}))


def test_a_second_table_can_be_left_out():
    path = SAMPLES / "M11-second-table-below.xlsx"

    assert actions(read_plan(path, answers=Answers({"6/action": LEAVE_OUT}))) == ["Write it", "Train them"]


def test_the_row_of_the_headings_can_be_named(tmp_path):
    path = a_file(tmp_path, "Ref,Action,Owner\n1,Old action,Jane\nNr,Vorhaben,Wer\n2,Write the leaflet,Ann\n")

    assert actions(read_plan(path)) == ["Old action", "Vorhaben", "Write the leaflet"]
    plan = read_plan(path, header_row=3, mapping={"action": "Vorhaben", "owner": "Wer"})
    assert [(row.action, row.owners) for row in plan.rows] == [("Write the leaflet", ("Ann",))]
    assert [each.row for each in plan.left_out] == [1, 2]
    with pytest.raises(
        Unreadable, match="with --mapping FILE and --header-row N; --save-mapping remembers the columns"
    ):
        read_plan(a_file(tmp_path, "Ref,Cost\n1,20\n"), header_row=1)


def test_a_file_without_headings_is_read_by_its_cells_and_asked_about(tmp_path):
    path = a_file(
        tmp_path,
        "1.1,Write the leaflet for parents,jane@police.example,31/03/2027\n"
        "1.2,Train the wardens,ann@trust.example,30/04/2027\n",
    )
    plan = read_plan(path)

    assert [(row.reference, row.action, row.owners) for row in plan.rows] == [
        ("1.1", "Write the leaflet for parents", ("jane@police.example",)),
        ("1.2", "Train the wardens", ("ann@trust.example",)),
    ]
    assert all(row.due.on for row in plan.rows)
    assert {(doubt.row, doubt.field) for doubt in plan.doubts} == {(0, "action"), (0, "due"), (0, "owner")}


def test_unknown_headings_over_dates_and_addresses_are_headings_all_the_same(tmp_path):
    text = "Nr,Aufgabe,Wer,Frist\n1,Write the leaflet,jane@police.example,31/03/2027\n"
    plan = read_plan(a_file(tmp_path, text))

    assert [(row.action, row.owners) for row in plan.rows] == [("Write the leaflet", ("jane@police.example",))]
    assert asked(plan, "due") == [(1, "Frist", ("Frist",))]


@pytest.mark.parametrize(
    "cells", ["1,2\n3,4\n", "Dear colleagues\nthe plan follows\n", "Ref,Cost,Date\n1,20,31/03/2027\n"]
)
def test_a_file_with_nothing_to_do_in_it_is_refused(tmp_path, cells):
    with pytest.raises(Unreadable, match=r"no column of actions.*--header-row N"):
        read_plan(a_file(tmp_path, cells))


def test_a_key_explains_the_codes_of_the_table():
    (table,) = find_tables(read_sheets(SAMPLES / "M05-status-code-with-key.xlsx")[0], {})

    assert table.key == {"1": "Fully Achieved", "2": "On Track"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("Key: R = not started; A = late; G = done", {"r": "not started", "g": "done"}),
        ("R,Not started\nG,Done", {"r": "Not started", "g": "Done"}),
        ("G - done", {"g": "done"}),
        ("Great work everybody", {}),
    ],
)
def test_keys_are_written_in_many_ways_and_only_codes_in_use_count(tmp_path, line, key):
    path = a_file(tmp_path, f"Ref,Action,Owner,RAG\n1,Write it,Jane,R\n2,Train them,Ann,G\n\n{line}\n")
    (table,) = find_tables(read_sheets(path)[0], {})

    assert table.key == key
    assert actions(read_plan(path)) == ["Write it", "Train them"]


def test_titles_in_the_column_of_actions_are_sections(tmp_path):
    text = "Action,Owner,Due\nHEALTH,,\nWrite it,Jane,31/03/2027\nPriority 2: data\nShare it,Ann,31/03/2027\n"
    plan = read_plan(a_file(tmp_path, text))

    assert [(row.action, row.recommendation) for row in plan.rows] == [
        ("Write it", "HEALTH"),
        ("Share it", "Priority 2: data"),
    ]


def test_what_is_beside_the_texts_of_a_workbook_is_said(tmp_path):
    book = openpyxl.Workbook()
    plan, secret = book.active, book.create_sheet("Names")
    secret.append(["Child", "Pseudonym"])
    secret.sheet_state = "hidden"
    book.create_chartsheet("Progress")
    for line in (
        ["Ref", "Action", "Owner", "RAG"],
        ["1", "Write it", "Jane"],
        ["2", "Train them", "Ann"],
        ["3", "Go", "Al"],
    ):
        plan.append(line)
    plan["B2"].comment = Comment("Ask the family first", "Sam")
    plan["B2"].fill = PatternFill("solid", fgColor="FFFFC000")
    plan["D2"].fill = PatternFill("solid", fgColor="FFFF0000")
    plan["D3"].fill = PatternFill("solid", fgColor="FF92D050")
    plan["D4"].fill = PatternFill("solid", fgColor="FFD9D9D9")
    plan.row_dimensions[3].hidden = True
    plan.column_dimensions["C"].hidden = True
    for cell in plan[4]:
        cell.font = Font(strike=True)
    plan["B3"] = CellRichText("Train ", TextBlock(InlineFont(strike=True), "ten "), "wardens")
    path = tmp_path / "tracker.xlsx"
    book.save(path)

    found = read_plan(path)
    said = {(each.sheet, each.row, each.column, each.what) for each in found.left_out}

    assert said == {
        ("", 0, "", "The sheet “Progress” has a chart or a macro and no cells."),
        ("Names", 0, "", "This sheet was left out. It is hidden; name it to have it read."),
        ("Sheet", 0, "Owner", "This column is hidden in the file. It was read like any other."),
        ("Sheet", 3, "", "This row is hidden in the file. It was read like any other."),
        ("Sheet", 2, "Action", "The cell has a comment: “Ask the family first”"),
        ("Sheet", 2, "Action", "The cell is filled amber. A colour alone was not read."),
        ("Sheet", 3, "Action", "“ten” is struck through."),
        ("Sheet", 4, "", "The row is struck through."),
    }
    assert [(row.action, row.completed) for row in found.rows] == [
        ("Write it", "not_stated"),
        ("Train ten wardens", "not_stated"),
        ("Go", "doubt"),
    ]
    assert [row.rating_text for row in found.rows] == ["Red", "Green", ""]
    assert asked(found, "status") == [(4, "Go", ("not_needed", "complete", "not_started"))]
    assert asked(read_plan(path, answers=Answers({"4/status": "not_started"})), "status") == []


def test_a_macro_is_said(tmp_path):
    whole = io.BytesIO()
    book = openpyxl.Workbook()
    for line in (["Ref", "Action"], ["1", "Write it"]):
        book.active.append(line)
    book.save(whole)
    path = tmp_path / "tracker.xlsm"
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
        after.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")

    assert [each.what for each in read_plan(path).left_out] == ["The workbook has macros. None of them was run."]


def test_text_stays_as_it_stands_and_what_cannot_be_seen_is_shown(tmp_path):
    text = "\tAsk \u202e\u05d4\u05d9\u05dc\u05d3\u202c about\u00ad school"
    plan = read_plan(a_file(tmp_path, f'Ref,Action,Owner\n1,"{text}",Jane\u200b Smith\n'))

    assert actions(plan) == [text]
    assert plan.rows[0].owners == ("Jane Smith",)
    assert invisible_shown(text) == "\tAsk [U+202E]\u05d4\u05d9\u05dc\u05d3[U+202C] about[U+00AD] school"


def test_letters_of_a_mac_are_asked_about_and_the_answer_obeyed(tmp_path):
    path = a_file(tmp_path, "Ref,Action,Owner\n1,Ask the child’s café – “now”,Zoë\n2,Don’t wait,Ann\n", "mac_roman")
    plan = read_plan(path)

    assert actions(plan) == ["Ask the child’s café – “now”", "Don’t wait"]
    assert asked(plan, "encoding") == [(1, "Mac Roman", ("Mac Roman", "Windows-1252"))]
    assert asked(read_plan(path, answers=Answers({"1/encoding": "Mac Roman"})), "encoding") == []
    other = read_plan(path, answers=Answers({"1/encoding": "Windows-1252"}))
    assert actions(other)[1] == "DonÕt wait"
    assert asked(other, "encoding") == []


def test_an_export_of_windows_is_no_question(tmp_path):
    plan = read_plan(a_file(tmp_path, "Ref,Action,Owner\n1,Ask the child’s café – “now”,Zoë\n", "cp1252"))

    assert actions(plan) == ["Ask the child’s café – “now”"]
    assert plan.doubts == ()
