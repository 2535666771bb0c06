"""Lists what was seen in a file and not taken as it is: sheets, rows, and what is beside the texts of the cells."""

from collections.abc import Iterator, Sequence

from openpyxl.utils import get_column_letter

from reviews.imports.readers.cells import Sheet, shortened
from reviews.imports.readers.entries import Entry, SortedTable
from reviews.imports.readers.result import LeftOut, OtherSheet, SkippedRow
from reviews.imports.readers.tables import Table


def left_out_of(
    tables: Sequence[SortedTable], skipped: Sequence[SkippedRow], others: Sequence[OtherSheet], sheets: Sequence[Sheet]
) -> tuple[LeftOut, ...]:
    """Everything, what is about the file and its sheets first."""
    asides = [aside for sheet in sheets for aside in sheet.asides]
    found = [LeftOut("", 0, "", aside.what) for aside in asides if _is_about_file(aside.row, aside.column)]
    found += [LeftOut(other.name, 0, "", f"This sheet was left out. {other.reason}") for other in others]
    found += [LeftOut(row.sheet, row.row, "", _with_text(row.reason, row.text)) for row in skipped]
    first: dict[str, Table] = {}
    for sorted_table in tables:
        first.setdefault(sorted_table.table.sheet.name, sorted_table.table)
    for name, table in first.items():
        for aside in table.sheet.asides:
            if not _is_about_file(aside.row, aside.column):
                found.append(LeftOut(name, aside.row, _heading(table, aside.column), aside.what))
    return (*found, *(each for table in tables for entry in table.entries for each in _looks(entry)))


def _is_about_file(row: int, column: int) -> bool:
    return not row and not column


def _with_text(reason: str, text: str) -> str:
    return f"{reason} “{shortened(text)}”" if text else reason


def _heading(table: Table, column: int) -> str:
    return (table.headings.get(column) or f"column {get_column_letter(column)}") if column else ""


def _looks(entry: Entry) -> Iterator[LeftOut]:
    """Colours and strike-through of a row that became an action."""
    table, sheet = entry.table, entry.table.sheet
    fills = {column: colour for column, colour in sheet.fills.get(entry.row, {}).items() if column in table.headings}
    if not entry.text("rating"):
        fills.pop(table.columns.get("rating", 0), "")  # that colour was read as the rating
    if len(fills) > 2 and len(set(fills.values())) == 1:
        colour = next(iter(fills.values()))
        yield LeftOut(sheet.name, entry.row, "", f"The row is filled {colour}. A colour alone was not read.")
    else:
        for column, colour in fills.items():
            what = f"The cell is filled {colour}. A colour alone was not read."
            yield LeftOut(sheet.name, entry.row, _heading(table, column), what)
    cells = sheet.filled(entry.row)
    if all(cell.struck for cell in cells.values()):
        yield LeftOut(sheet.name, entry.row, "", "The row is struck through.")
        return
    for column, cell in cells.items():
        if cell.struck:
            what = f"“{shortened(cell.struck)}” is struck through."
            yield LeftOut(sheet.name, entry.row, _heading(table, column), what)
