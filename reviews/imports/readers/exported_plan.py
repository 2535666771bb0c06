"""How is a plan that we wrote ourselves recognised when it comes back, and read without guessing?"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from reviews.imports.readers.cells import Cell, Sheet, clean, one_line, trimmed
from reviews.imports.readers.result import PlanRow
from reviews.imports.readers.written_dates import read_date

SIGNATURE = ("Reference", "Action", "Progress, newest first")
"""The headings by which our own export is known. The others may be deleted, moved or joined by more."""
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
"""Our field to the heading it has in our own export."""
OWNER_ADDRESS = "Owner e-mail"
FORMAT = "followthrough plan 1"
"""How our own JSON document calls itself."""
CUT = "\n\n[The rest does not fit into one cell: see the sheet Progress, or the export as CSV or JSON.]"
"""What a cell ends in that is longer than a spreadsheet can hold."""

_ROWS_SEARCHED = 20
_LIKE_A_FORMULA = re.compile("'*[=+\\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
_DAY = re.compile(r"(?P<day>\d{2})/(?P<month>\d{2})/(?P<year>\d{4})|(?P<iso>\d{4}-\d{2}-\d{2})")


def guarded(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet could run: one more where some stand there already."""
    return f"'{text}" if _LIKE_A_FORMULA.match(clean(text)) else text


def unguarded(text: str) -> str:
    """Take that one apostrophe away again: the exact opposite, for every text."""
    return text[1:] if text.startswith("'") and _LIKE_A_FORMULA.match(clean(text)) else text


def is_own(sheet: Sheet) -> bool:
    return bool(own_headings(sheet))


def is_own_text(text: str) -> bool:
    """Whether separated values begin as we write them: with commas, and quotation marks around everything."""
    return text.startswith(f'"{SIGNATURE[0]}","')


def own_headings(sheet: Sheet) -> dict[int, str]:
    """Give the headings of our own export by column; none where the sheet is not ours."""
    for row in sorted(sheet.rows)[:_ROWS_SEARCHED]:
        headings = {column: one_line(cell.text) for column, cell in sheet.rows[row].items()}
        if set(headings.values()).issuperset(SIGNATURE):
            return headings
    return {}


def own_mapping(sheet: Sheet) -> dict[str, str]:
    """Give our field to heading, for the headings that are still there."""
    headings = set(own_headings(sheet).values())
    return {name: heading for name, heading in FIELDS.items() if heading in headings}


def without_guards(sheet: Sheet) -> Sheet:
    """Undo what guarded the texts of a file of separated values, where we wrote it ourselves."""
    if not is_own(sheet):
        return sheet
    rows = {
        row: {column: Cell(unguarded(cell.text), cell.on) for column, cell in cells.items()}
        for row, cells in sheet.rows.items()
    }
    return replace(sheet, rows=rows)


def as_own(row: PlanRow, sheet: Sheet, headings: Mapping[int, str]) -> PlanRow:
    """Add what stands in each column, also the blank ones; an owner's address says more than the name."""
    cells = {heading: trimmed(sheet.cell(row.row, column).text) for column, heading in headings.items()}
    address = cells.get(OWNER_ADDRESS, "")
    return replace(row, own=tuple(cells.items()), owners=(address,) if address else row.owners, guesses=())


def says_the_same(cell: str, now: str) -> bool:
    """Whether a cell says what it would say now: as text, cut short, or as a day that is written otherwise."""
    cell, now = plain(cell), plain(now)
    if cell == now:
        return True
    if cell.endswith(CUT):
        return now.startswith(cell.removesuffix(CUT).rstrip())
    day = day_in(cell)
    return day is not None and day == day_in(now)


def plain(text: str) -> str:
    """A text without what reading drops: kinds of line breaks, invisible characters, blanks at the ends."""
    return trimmed(clean(text)).strip()


def day_in(text: str) -> date | None:
    """The day that a cell means, of any year where it is written in figures."""
    found = _DAY.fullmatch(text.strip())
    try:
        if found and found["iso"]:
            return date.fromisoformat(found["iso"])
        if found:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return read_date(text).on


def left_over(text: str, known: Iterable[str]) -> str:
    """What a cell says beyond the known entries, each of which may stand in it once.

    Of a cell that was cut short, what stands above the first of them: its end may be half an entry.
    """
    rest, entries = plain(text), sorted(map(plain, known), key=len, reverse=True)
    if rest.endswith(CUT):
        return rest[: min((place for each in entries if (place := rest.find(each)) >= 0), default=0)].strip()
    for entry in entries:
        before, found, after = rest.partition(entry)
        rest = f"{before}\n\n{after}" if found else rest
    return re.sub(r"\n{3,}", "\n\n", rest).strip()
