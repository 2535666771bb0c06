"""Recognises a plan that was exported from here, and reads it without guessing."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from reviews.imports.readers.cells import Cell, Sheet, clean, one_line, trimmed
from reviews.imports.readers.result import PlanRow
from reviews.imports.readers.written_dates import read_date

SIGNATURE = ("Reference", "Action", "Progress, newest first")
"""An export is recognised by these headings. Others may be deleted, moved or added."""
FIELDS: Mapping[str, str] = {
    "reference": "Reference",
    "recommendation_reference": "Recommendation reference",
    "recommendation": "Recommendation",
    "action": "Action",
    "outcome": "Success measure",
    "due": "Due date",
    "owner": "Owner",
    "agency": "Lead agency",
    "status": "Status",
    "rating": "Rating",
    "progress": "Progress, newest first",
    "evidence": "Evidence",
}
"""Field of the importer to heading of the export."""
OWNER_ADDRESS = "Owner e-mail"
AGENCY_AS_WRITTEN = "Lead agency as written"
FORMAT = "followthrough plan 1"
"""The format name in an exported JSON document."""
CUT = "\n\n[The rest does not fit into one cell: see the sheet Progress, or the export as CSV or JSON.]"
"""The end of a cell whose text is longer than a spreadsheet cell can hold."""

_ROWS_SEARCHED = 20
_LIKE_A_FORMULA = re.compile("'*[=+\\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
_DAY = re.compile(r"(?P<day>\d{2})/(?P<month>\d{2})/(?P<year>\d{4})|(?P<iso>\d{4}-\d{2}-\d{2})")


def guarded(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet could run as a formula, also where it begins with some."""
    return f"'{text}" if _LIKE_A_FORMULA.match(clean(text)) else text


def unguarded(text: str) -> str:
    """Take away the apostrophe that `guarded` added."""
    return text[1:] if text.startswith("'") and _LIKE_A_FORMULA.match(clean(text)) else text


def is_exported_plan(sheet: Sheet) -> bool:
    return bool(exported_headings(sheet))


def begins_as_export(text: str) -> bool:
    """Whether separated values begin as an export does: with commas, and quotation marks around every value."""
    return text.startswith(f'"{SIGNATURE[0]}","')


def exported_headings(sheet: Sheet) -> dict[int, str]:
    """Give the headings of an exported plan by column; none where the sheet is not one."""
    for row in sorted(sheet.rows)[:_ROWS_SEARCHED]:
        headings = {column: one_line(cell.text) for column, cell in sheet.rows[row].items()}
        if set(headings.values()).issuperset(SIGNATURE):
            return headings
    return {}


def exported_mapping(sheet: Sheet) -> dict[str, str]:
    """Give field to heading, for the headings that are still there."""
    headings = set(exported_headings(sheet).values())
    return {name: heading for name, heading in FIELDS.items() if heading in headings}


def without_formula_guards(sheet: Sheet) -> Sheet:
    """Undo `guarded` in a file of separated values that was exported from here."""
    if not is_exported_plan(sheet):
        return sheet
    rows = {
        row: {column: Cell(unguarded(cell.text), cell.on) for column, cell in cells.items()}
        for row, cells in sheet.rows.items()
    }
    return replace(sheet, rows=rows)


def with_exported_cells(row: PlanRow, sheet: Sheet, headings: Mapping[int, str]) -> PlanRow:
    """Add the text of every column, blank ones too. The owner's address, if any, replaces the name."""
    cells = {heading: trimmed(sheet.cell(row.row, column).text) for column, heading in headings.items()}
    address = cells.get(OWNER_ADDRESS, "")
    return replace(
        row,
        exported_cells=tuple(cells.items()),
        owners=(address,) if address else row.owners,
        agency=row.agency or cells.get(AGENCY_AS_WRITTEN, ""),
        guesses=(),
    )


def same_content(cell: str, now: str) -> bool:
    """Whether a cell has the same content as now: as text, as text cut short, or as a day in another notation."""
    cell, now = normalised(cell), normalised(now)
    if cell == now:
        return True
    if cell.endswith(CUT):
        return now.startswith(cell.removesuffix(CUT).rstrip())
    day = day_in(cell)
    return day is not None and day == day_in(now)


def normalised(text: str) -> str:
    """A text with the line breaks, invisible characters and outer blanks that a reader would change removed."""
    return trimmed(clean(text)).strip()


def day_in(text: str) -> date | None:
    """The day in a cell. Written in figures, it may be of any year."""
    found = _DAY.fullmatch(text.strip())
    try:
        if found and found["iso"]:
            return date.fromisoformat(found["iso"])
        if found:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return read_date(text).on


def text_beyond(text: str, existing: Iterable[str]) -> str:
    """The text of a cell without the existing entries, each taken out once.

    Of a cell that was cut short, only the text above the first existing entry: its end may be half an entry.
    """
    rest, entries = normalised(text), sorted(map(normalised, existing), key=len, reverse=True)
    if rest.endswith(CUT):
        return rest[: min((index for each in entries if (index := rest.find(each)) >= 0), default=0)].strip()
    for entry in entries:
        before, found, after = rest.partition(entry)
        rest = f"{before}\n\n{after}" if found else rest
    return re.sub(r"\n{3,}", "\n\n", rest).strip()
