"""What the columns of a table as a whole, and the lines above its rows, say about how its cells are read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from reviews.imports.readers.answers import AS_IT_STANDS, Answers
from reviews.imports.readers.cells import Cell, Sheet, Unreadable, one_line, trimmed
from reviews.imports.readers.entries import Entry, SortedTable
from reviews.imports.readers.headings import plain_heading
from reviews.imports.readers.result import Doubt
from reviews.imports.readers.tables import Table
from reviews.imports.readers.written_dates import ReadDate, dates_inside, order_of, read_date
from workflows.core.days import PartialDay, Precision, is_credible

DAY_FIRST, MONTH_FIRST = "day first", "month first"

_LONGEST_IN_FIGURES = 25
_DATE_FIELDS = ("due", "revised_due", "completed_on")
_OWNER_WORDS = re.compile(r"\b(leads?|owners?|officers?|by whom|who|responsib\w*|accountab\w*|assigned|person)\b")
_DUE_WORDS = re.compile(r"\b(time ?(scale|frame|line)s?|dates?|when|deadlines?|due)\b")
_DUE_THEN = re.compile(
    r"\b(by|due|until|before|target|targets|deadline|timescale|achiev\w+|deliver\w+|complet\w+)\b", re.I
)
_NOT_DUE = re.compile(
    r"\b(updated?|version|approved|published|printed|meeting|as at|as of|reviewed|dated|exported|produced|minutes)\b",
    re.I,
)
_FORWARD = re.compile(
    r"\b(will|to be|aims?|due|expected|target|planned|scheduled|by the end|deadline)\b[^.\n]*\Z", re.I
)


@dataclass(frozen=True)
class TableReading:
    """How the cells of one table are read. `doubts` are about a whole column, or the rows below a line.

    `month_first` has the columns in which a date in figures is in doubt: how it was decided, or None while it is open.
    `below` has the dates that were decided for the rows below a title or a line across the table, by its text.
    `states_ratings` says whether any action has a rating: a blank one is then “not rated”.
    """

    doubts: tuple[Doubt, ...] = ()
    month_first: Mapping[int, str | None] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    below: Mapping[str, ReadDate] = field(default_factory=dict)
    states_ratings: bool = False

    def read(self, column: int, cell: Cell) -> ReadDate:
        """Read a date by its column."""
        text = trimmed(cell.text)
        if column not in self.month_first or order_of(text, cell.on) not in ("either", "month first"):
            return read_date(text, cell.on)
        match self.month_first[column]:
            case "month first":
                return read_date(text, cell.on, month_first=True)
            case "day first":
                return read_date(text, cell.on)
            case "-":
                return ReadDate(None, "none", text)
            case _:  # the question stands at the heading, once for all
                return ReadDate(None, "guess", text)

    def of_title(self, entry: Entry) -> ReadDate | None:
        """Give the day that was decided for the rows below a line that names one."""
        return next((self.below[line] for line in (entry.section, *self.titles) if line in self.below), None)


def reading_of(found: SortedTable, answers: Answers) -> TableReading:
    """Look through the cells of a table once, and at the lines above its rows."""
    order, doubts = _order(found, columns := _columns_in_doubt(found), answers)
    lines = list(_lines_with_a_date(found))
    below: dict[str, ReadDate] = {}
    for row, text in lines:
        offered = dates_inside(text)
        answer = answers.of(row, "due", text)
        if answer is None:
            reason = "This line names a date. Say whether the actions below it are due then."
            doubts.append(Doubt(found.table.sheet.name, row, "due", text, reason, in_figures(offered)))
        else:
            below[text] = decided_day(answer, ReadDate(None, "guess", text, offered=offered), row)
    return TableReading(
        doubts=tuple(doubts),
        month_first=dict.fromkeys(columns, order),
        titles=tuple(text for row, text in lines if row < found.table.header_row),
        below=below,
        states_ratings=any(entry.rating for entry in found.entries),
    )


def _order(
    found: SortedTable, columns: Mapping[int, tuple[str, str]], answers: Answers
) -> tuple[str | None, list[Doubt]]:
    """Give how a person says that the dates of a table are written, or put it to them, once for all its columns."""
    row, headings = found.table.header_row, found.table.headings
    for column, (name, _) in columns.items():
        answer = answers.of(row, name, headings[column])
        if answer in (DAY_FIRST, MONTH_FIRST, AS_IT_STANDS):
            return answer, []
        if answer is not None:
            raise Unreadable(f"Row {row}: “{answer[:40]}” is not an order. Write “{DAY_FIRST}” or “{MONTH_FIRST}”.")
    for column, (name, example) in columns.items():
        reason = f"“{example}” can only be written with the month first. Say how the dates of this column are written."
        offered = _likelier_order(found, column)
        return None, [Doubt(found.table.sheet.name, row, name, headings[column], reason, offered)]
    return None, []


def in_figures(days: Sequence[PartialDay]) -> tuple[str, ...]:
    """Give the days to choose from: the last day of a month or another span, which it is due by."""
    return tuple(dict.fromkeys(day.last.isoformat() for day in days))


def decided_day(answer: str, read: ReadDate, row: int) -> ReadDate:
    """Give the day that a person decided on: 2027-06-09, a month as 2027-06, a year, or "-" to leave the text.

    The last day of a month that was offered means the month.
    """
    if answer == AS_IT_STANDS:
        return ReadDate(None, "none", read.text)
    try:
        day = PartialDay.fromisoformat(answer)
    except ValueError:
        day = PartialDay(date.min, date.min)
    if not is_credible(day.last):
        raise Unreadable(f"Row {row}: “{answer[:40]}” is not a day. Write it as 2027-06-09.")
    if day.exact:
        day = next((each for each in read.offered if each.last == day.exact and each.precision), day)
    return ReadDate(day.last, "certain", read.text, known_to=day.precision or Precision.DAY)


def names_owner_and_date(table: Table) -> str:
    """The field whose one column has both the owners and the dates, as in “Lead/Timescale”; "" where none has."""
    owner, due = table.columns.get("owner"), table.columns.get("due")
    if owner is not None and due is not None and owner != due:
        return ""
    name = "due" if due is not None else "owner"
    heading = plain_heading(table.as_written.get(due or owner or 0, ""))
    return name if _OWNER_WORDS.search(heading) and _DUE_WORDS.search(heading) else ""


def named_in_progress(progress: str) -> tuple[PartialDay, ...]:
    """The days that a progress text names for the end of the work: “will be completed by the 9th June 2027”."""
    for sentence in re.split(r"[\n;]|\.(?:\s|$)", progress):
        days = dates_inside(sentence)
        if days and _FORWARD.search(sentence) and re.search(r"\b(by|due|before|until|on|in)\b", sentence, re.I):
            return days
    return ()


def _columns_in_doubt(found: SortedTable) -> dict[int, tuple[str, str]]:
    """Give the columns of dates in which the order is in doubt, with the field and the date that shows it.

    One date of any column that can only be written with the month first makes doubtful every column of figures in which
    none can only be written with the day first.
    """
    table = found.table
    names = {table.columns[name]: name for name in _DATE_FIELDS if name in table.columns}
    orders = {column: _orders(found, column) for column in (sorted(table.headings) if names else ())}
    example = next((seen["month first"] for seen in orders.values() if "month first" in seen), "")
    doubtful = {}
    for column, name in names.items():
        seen = orders.get(column, {})
        if "month first" in seen or (example and "either" in seen and "day first" not in seen):
            doubtful[column] = (name, seen.get("month first", example))
    return doubtful


def _orders(found: SortedTable, column: int) -> dict[str, str]:
    """Give the orders in which the dates of a column can be written, each with its first date."""
    orders: dict[str, str] = {}
    for cell in _short_cells(found, column):
        orders.setdefault(order_of(cell.text, cell.on), one_line(cell.text))
    return orders


def _short_cells(found: SortedTable, column: int) -> Iterator[Cell]:
    """Give the cells of the actions that may be a date in figures: most others are too long."""
    cells = (found.table.sheet.cell(row, column) for entry in found.entries for row in entry.rows)
    return (cell for cell in cells if cell.text[:1].isdigit() and len(cell.text) <= _LONGEST_IN_FIGURES)


def _likelier_order(found: SortedTable, column: int) -> tuple[str, str]:
    orders = [order_of(cell.text, cell.on) for cell in _short_cells(found, column)]
    first = orders.count("day first") > orders.count("month first")
    return (DAY_FIRST, MONTH_FIRST) if first else (MONTH_FIRST, DAY_FIRST)


def _lines_with_a_date(found: SortedTable) -> Iterator[tuple[int, str]]:
    """Give row and text of each title or line that says by when the rows below it are to be done, and have no date."""
    table = found.table
    if names_owner_and_date(table):
        return
    undated = [entry for entry in found.entries if not entry.text("due") and not entry.text("revised_due")]
    sections = {entry.section for entry in undated}
    within = ((row.row, row.text) for row in found.skipped if row.text in sections)
    above = ((row, _line(table.sheet, row)) for row in _rows_above(table))
    for row, text in chain(above if undated else (), within):
        if _DUE_THEN.search(text) and not _NOT_DUE.search(text) and dates_inside(text):
            yield row, text


def _rows_above(table: Table) -> list[int]:
    """Give the lines directly above the headings, from top to bottom: rows with one text only."""
    lines: list[int] = []
    for row in range(table.header_row - 1, max(0, table.header_row - 6), -1):
        filled = len(table.sheet.filled(row))
        if filled > 1:
            break
        lines += [row] if filled else []
    return lines[::-1]


def _line(sheet: Sheet, row: int) -> str:
    return " | ".join(one_line(cell.text) for cell in sheet.filled(row).values())
