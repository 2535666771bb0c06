"""Writes a plan as an Excel workbook, row by row: texts as text, dates as dates."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from math import ceil
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from reviews.core.clock import LONDON, moment_in_words
from reviews.exports.cell_text import name_of
from reviews.exports.columns import COLUMNS, Value, text_of
from reviews.exports.plan_rows import ExportedPlan
from reviews.imports.readers.exported_plan import CUT, FIELDS
from reviews.models.recommendations import RESPONSES

LONGEST_CELL = 32_000
"""In UTF-16 units; a spreadsheet cell holds 32,767."""
FIRST_EXCEL_YEAR = 1901
DAY_FORMAT = "dd/mm/yyyy"
COLOURS = {"Red": "F4B6B0", "Amber": "FBD99B", "Green": "B9DDC2", "Blue": "B5D2EE", "Grey": "DDDDDD"}

_WRAPPED = Alignment(vertical="top", wrap_text=True)
_BOLD = Font(name="Calibri", size=11, bold=True, color="FFFFFF")
_HEADER = PatternFill("solid", fgColor="1D3557")
_FILLS = {word: PatternFill("solid", fgColor=colour) for word, colour in COLOURS.items()}
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_LINE, _MOST_LINES = 15, 12  # points


def as_workbook(plan: ExportedPlan) -> bytes:
    """Write the sheets Actions, Progress, Recommendations and About; the import reads the first."""
    workbook = Workbook(write_only=True)
    workbook.properties.creator, workbook.properties.title = "Followthrough", _escaped(plan.reference)
    add_sheet(
        workbook,
        "Actions",
        [(column.heading, column.width) for column in COLUMNS],
        ([column.value(line) for column in COLUMNS] for line in plan.actions),
        frozen="B2",
    )
    add_sheet(workbook, "Progress", _PROGRESS, _progress(plan))
    add_sheet(workbook, "Recommendations", _RECOMMENDATIONS, _recommendations(plan))
    add_sheet(workbook, "About", [("About this file", 30), ("", 90)], _about(plan))
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def as_register(title: str, headings: Sequence[tuple[str, int]], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write a register as one sheet. `headings` have the width of their columns."""
    workbook = Workbook(write_only=True)
    workbook.properties.creator, workbook.properties.title = "Followthrough", _escaped(title)
    add_sheet(workbook, title, headings, rows, frozen="B2")
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


_AGAIN = (
    "Change the sheet Actions and import the file. An action is found by its reference. Only cells that you change "
    "count, and text that you add to Progress is added. To change dates and owners, use the page of the action."
)
_PROGRESS = [(FIELDS["reference"], 24), ("Day", 12), ("By", 26), ("Written down on", 14), ("Progress", 100)]
_RECOMMENDATIONS = [
    (FIELDS["recommendation_reference"], 16),
    (FIELDS["recommendation"], 70),
    ("Finding", 12),
    ("Response", 18),
    ("Reason", 50),
    ("Decided by", 26),
    ("Decided on", 12),
    ("For whom", 26),
    ("What will be different for children", 50),
    ("What would show it", 50),
    ("Opened again on", 12),
]


def _progress(plan: ExportedPlan) -> Iterable[Sequence[Value]]:
    for line in plan.actions:
        for each in line.records.progress:
            written = each.reported_at.astimezone(LONDON).date()
            text = f"Taken back: {each.text}" if each.taken_back_at else each.text
            yield line.action.reference, each.happened_on, name_of(each.reported_by), written, text


def _recommendations(plan: ExportedPlan) -> Iterable[Sequence[Value]]:
    for recommendation in plan.recommendations:
        finding = plan.findings.get(recommendation.finding_id or 0)
        yield (
            recommendation.reference,
            recommendation.text,
            finding.reference if finding else "",
            RESPONSES.get(recommendation.response, recommendation.response),
            recommendation.response_reason,
            recommendation.response_by,
            recommendation.responded_on,
            recommendation.addressee,
            recommendation.success,
            recommendation.evidence_wanted,
            recommendation.reopened_on,
        )


def _about(plan: ExportedPlan) -> Iterable[Sequence[Value]]:
    yield "Plan", f"{plan.reference}{f': {plan.title}' if plan.title else ''}"
    yield "Partnership", plan.partnership
    yield "Exported", f"{moment_in_words(plan.exported_at)} by {plan.exported_by}"
    yield "Actions", len(plan.actions)
    yield "Importing it again", _AGAIN
    yield from ((column.heading, column.means) for column in COLUMNS)


def add_sheet(
    workbook: Workbook,
    title: str,
    headings: Sequence[tuple[str, int]],
    rows: Iterable[Sequence[Value]],
    frozen: str = "A2",
) -> None:
    """Add a sheet with headings that stay in sight, filters and widths; a text stays text whatever it begins with."""
    sheet: Any = workbook.create_sheet(title)
    sheet.freeze_panes = frozen
    for number, (_, width) in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    cell = _cells(sheet)
    sheet.row_dimensions[1].height = 2 * _LINE
    sheet.append([_heading(sheet, heading) for heading, _ in headings])
    last = 1
    for last, row in enumerate(rows, start=2):
        sheet.row_dimensions[last].height = _height(row, [width for _, width in headings])
        sheet.append([cell(value) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{last}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.print_title_rows = "1:1"


def _heading(sheet: Any, text: str) -> Any:
    cell = _text(sheet, text)
    cell.font, cell.fill, cell.alignment = _BOLD, _HEADER, _WRAPPED
    return cell


def _cells(sheet: Any) -> Callable[[Value], Any]:
    """Give what makes a cell; the style of each kind is worked out once, as that takes longest."""
    plain, dated = _text(sheet, "", quoted=True), _text(sheet, "")
    plain.alignment = dated.alignment = _WRAPPED
    dated.number_format = DAY_FORMAT
    filled = {word: _text(sheet, word) for word in _FILLS}
    for word, cell in filled.items():
        cell.alignment, cell.fill = _WRAPPED, _FILLS[word]

    def make(value: Value) -> Any:
        is_day = isinstance(value, date) and value.year >= FIRST_EXCEL_YEAR
        if value is None or value == "":
            return None
        if is_day or isinstance(value, int):
            cell: Any = WriteOnlyCell(sheet, cast(Any, value))
            cell._style = (dated if is_day else plain)._style
            return cell
        text = text_of(value)
        cell = _text(sheet, text)
        cell._style = filled.get(text, plain)._style
        return cell

    return make


def _text(sheet: Any, text: str, *, quoted: bool = False) -> Any:
    """A cell that stays text whatever it begins with, also when it is edited."""
    cell: Any = WriteOnlyCell(sheet, _fitting(_escaped(text)))
    cell.data_type = "s"
    cell.quotePrefix = quoted
    return cell


def _escaped(text: str) -> str:
    """Write characters that XML cannot hold as `_x000B_`, and escape an underscore that would look like one."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _fitting(text: str) -> str:
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) // 2 <= LONGEST_CELL:
        return text
    return units[: 2 * LONGEST_CELL].decode("utf-16-le", "ignore") + CUT


def _height(row: Sequence[Value], widths: Sequence[int]) -> int:
    """The height of a row: most of the text, but a long history must not fill the screen with one action."""
    lines = [
        sum(ceil(max(len(part), 1) / width) for part in value[:2_000].splitlines())
        for value, width in zip(row, widths, strict=True)
        if isinstance(value, str) and value
    ]
    return _LINE * min(max(lines, default=1), _MOST_LINES)
