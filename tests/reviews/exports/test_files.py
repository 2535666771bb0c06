"""Contents of exported files, opened with independent libraries where there are any."""

import csv
import io
import json
import re
import zipfile
from datetime import date

import openpyxl
import pypdf
import pytest
from docx import Document
from openpyxl.utils import get_column_letter

from reviews.exports.columns import COLUMNS
from reviews.exports.formats import FORMATS
from reviews.imports.readers.exported_plan import CUT, guarded, unguarded
from reviews.models import ProgressUpdate
from tests.builders import BUILDER, NOW, TODAY, a_case, a_recommendation, a_world, an_action
from tests.reviews.exports.plans import DANGEROUS, ODD, a_hard_plan, exported, read_back, written
from workflows.core.vocabulary import Role

HEADINGS = [column.heading for column in COLUMNS]
RUN_BY_A_SPREADSHEET = re.compile("[=+\\-@\t\r＝＋－＠]")


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def session(database, place):
    with database() as session:
        yield session


@pytest.fixture
def plan(session, place):
    return exported(session, BUILDER, a_hard_plan(session, place).reference)


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def cells(sheet, heading):
    column = [cell.value for cell in sheet[1]].index(heading) + 1
    return [sheet.cell(row, column) for row in range(2, sheet.max_row + 1)]


def test_a_workbook_can_be_read_and_filtered_at_once(plan):
    workbook = opened(FORMATS["xlsx"].write(plan))
    sheet = workbook["Actions"]
    assert workbook.sheetnames == ["Actions", "Progress", "Recommendations", "About"]
    assert [cell.value for cell in sheet[1]] == HEADINGS
    assert (sheet.freeze_panes, sheet.max_row) == ("B2", 29)
    assert sheet.auto_filter.ref == f"A1:{get_column_letter(len(HEADINGS))}29"
    assert all(8 <= sheet.column_dimensions[get_column_letter(n)].width <= 60 for n in range(1, len(HEADINGS) + 1))
    assert all(cell.alignment.wrap_text for cell in cells(sheet, "Action"))


def test_d5_a_workbook_holds_no_formula_and_every_text_is_a_text(plan):
    content = FORMATS["xlsx"].write(plan)
    found = [cell for sheet in opened(content).worksheets for row in sheet.iter_rows() for cell in row]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(
            b"<f" in archive.read(name).replace(b"<fill", b"").replace(b"<fo", b"") for name in sheets(archive)
        )
    assert {type(cell.value) for cell in found} <= {str, int, type(None), *dates(found)}
    assert {cell.data_type for cell in found if isinstance(cell.value, str) and not cell.value.startswith("=")} == {"s"}
    texts = {cell.value for cell in found if isinstance(cell.value, str)}
    assert set(DANGEROUS) <= texts
    assert all(cell.quotePrefix for cell in found if cell.value in DANGEROUS)


def sheets(archive):
    return [name for name in archive.namelist() if name.startswith("xl/worksheets/")]


def dates(found):
    return {type(cell.value) for cell in found if cell.is_date}


def test_dates_in_a_workbook_are_dates(plan):
    due = [cell for cell in cells(opened(FORMATS["xlsx"].write(plan))["Actions"], "Due date") if cell.value]
    assert [cell.value for cell in due if not cell.is_date] == ["April to June 2027"]
    assert all(cell.number_format == "dd/mm/yyyy" for cell in due if cell.is_date)
    assert max(cell.value.date() for cell in due if cell.is_date) == date(2100, 1, 31)


def test_a_workbook_says_where_it_comes_from_and_names_nobody_in_its_properties(plan):
    workbook = opened(FORMATS["xlsx"].write(plan))
    about = {row[0].value: row[1].value for row in workbook["About"].iter_rows()}
    assert about["Exported"] == "20 November 2026 at 8:00am by builder"
    assert set(HEADINGS) <= about.keys()
    assert (workbook.properties.creator, workbook.properties.lastModifiedBy) == ("Followthrough", None)


def test_each_report_is_a_row_of_its_own_sheet_and_all_are_in_one_cell(plan):
    workbook = opened(FORMATS["xlsx"].write(plan))
    rows = list(workbook["Progress"].iter_rows(min_row=2, values_only=True))
    full = next(line for line in plan.actions if line.records.progress)
    cell = next(cell.value for cell in cells(workbook["Actions"], "Progress, newest first") if cell.value)
    assert len(rows) == len(full.records.progress) == len(DANGEROUS) + len(ODD) + 1
    assert all(each.text[:20].strip() in cell for each in full.records.progress if "\x0b" not in each.text)


def test_a_cell_longer_than_a_spreadsheet_holds_is_cut_with_a_word_and_comes_back_unchanged(session, place, tmp_path):
    case = a_case(session, place.partnership, "strategy_plan", reference="SP-1")
    action = an_action(session, case, text="Long story 😀.")
    for number in range(9):
        text = f"{number} " + "😀" * 4_000
        action.progress.append(ProgressUpdate(happened_on=TODAY, text=text, reported_by="R", reported_at=NOW))
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), "xlsx")
    cell = cells(openpyxl.load_workbook(path)["Actions"], "Progress, newest first")[0].value
    done = read_back(session, place.partnership, "SP-1", path)
    assert cell.endswith(CUT)
    assert len(cell.encode("utf-16-le")) // 2 < 32_767
    assert (done.unchanged, done.needs_decision, done.refused) == (1, [], [])


def test_d5_nothing_in_separated_values_can_be_run(plan):
    content = FORMATS["csv"].write(plan)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == HEADINGS
    assert [cell for row in rows for cell in row if RUN_BY_A_SPREADSHEET.match(cell)] == []
    assert rows[1][HEADINGS.index("Due date")] == "2026-09-21"


@pytest.mark.parametrize("text", [*DANGEROUS, *ODD, "", "'", "''", "'=", "\t=1", "\n=1", "=", "''''-"])
def test_d5_the_guard_of_a_text_comes_off_as_it_went_on(text):
    assert unguarded(guarded(text)) == text


def test_json_leaves_nothing_out(plan):
    data = json.loads(FORMATS["json"].write(plan))
    full = next(each for each in data["actions"] if each["progress"])
    assert (data["plan"], data["as_of"], len(data["actions"])) == ("SP-2026-77", "2026-11-20", 28)
    assert len(data["recommendations"]) == 2
    assert data["recommendations"][0]["finding"] == "F1"
    assert {name for name, value in full.items() if not value} == {"done_on", "late", "days_late", "days_late_between"}
    assert full["evidence"][2]["file_name"] == "=minutes.pdf"
    assert "stored_as" not in json.dumps(data)
    assert all(full["cells"][heading] for heading in HEADINGS if heading not in NOT_OF_THIS_ONE)


NOT_OF_THIS_ONE = {
    *("Recommendation reference", "Recommendation", "Response", "Finding"),
    *("Success measure", "Owner as written", "Due date as written", "Ended on", "Done on", "Late", "To be decided"),
}


def test_d1_d3_word_and_pdf_table_the_plan_as_a_board_reads_it(plan):
    for words in (words_of_word(plan), words_of_pdf(plan)):
        assert "Action plan SP-2026-77: =A neutral title" in words
        assert "28 actions, 7 overdue, 1 done, 3 without a date, 27 without an owner." in words
        assert 'R1 =HYPERLINK("x") should be shared.' in words
        assert "R2 Nobody has taken this up." in words
        assert "60 days late" in words
        assert "First 31 March 2026 Moved once" in words
        assert "<script>alert(1)</script>" in words
        assert "Siân ŵ Łukasz Ολγα Дарья" in words
        assert "OFFICIAL-SENSITIVE" in words


def words_of_word(plan):
    document = Document(io.BytesIO(FORMATS["docx"].write(plan)))
    section = document.sections[0]
    table = [
        " ".join(paragraph.text for paragraph in cell.paragraphs)
        for row in document.tables[0].rows
        for cell in row.cells
    ]
    texts = [each.text for each in (*section.header.paragraphs, *document.paragraphs)]
    return " ".join(" ".join([*texts, *table]).split())


def words_of_pdf(plan):
    reader = pypdf.PdfReader(io.BytesIO(FORMATS["pdf"].write(plan)))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_word_repeats_its_headings_and_names_nobody_in_its_properties(plan):
    document = Document(io.BytesIO(FORMATS["docx"].write(plan)))
    section, told = document.sections[0], document.core_properties
    first = document.tables[0].rows[0]._tr
    assert first.trPr is not None
    assert "tblHeader" in first.trPr.xml
    assert section.page_width > section.page_height
    assert (told.author, told.last_modified_by) == ("Followthrough", "Followthrough")


def test_every_page_of_the_pdf_has_headings_marking_and_its_number(plan):
    reader = pypdf.PdfReader(io.BytesIO(FORMATS["pdf"].write(plan)))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) > 10
    for number, words in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in words
        assert "Lead and owner Due Rating and status Latest progress" in words
        assert "OFFICIAL-SENSITIVE" in words
    assert reader.metadata.author in ("", None)


@pytest.mark.parametrize("into", list(FORMATS))
def test_a_plan_with_nothing_in_it_goes_out_too(session, place, into):
    a_case(session, place.partnership, "strategy_plan", reference="SP-1")
    assert FORMATS[into].write(exported(session, BUILDER, "SP-1"))


@pytest.mark.parametrize("into", ["docx", "pdf"])
def test_a_recommendation_longer_than_a_page_goes_out_too(session, place, into):
    case = a_case(session, place.partnership, "strategy_plan", reference="SP-1")
    for text in ("Share. " * 1_400, "Word" * 2_400, "a\n" * 900):
        an_action(session, case, recommendation=a_recommendation(session, case, text), text=text, due_text=text[:200])
    assert FORMATS[into].write(exported(session, BUILDER, "SP-1"))


def test_no_file_names_a_child(session, place):
    case = a_case(session, place.partnership, "rapid_review", reference="RR-1", pseudonyms=("Child Zebra",))
    an_action(session, case, owner=place.people[Role.ACTION_OWNER])
    plan = exported(session, BUILDER, "RR-1")
    assert "Zebra" not in words_of_word(plan) + words_of_pdf(plan)
    assert all(b"Zebra" not in FORMATS[into].write(plan) for into in ("csv", "json"))
