"""Sorts the rows of a table: actions, headers, rows that are refused and rows that are skipped."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reviews.imports.readers.cells import Cell, folded, one_line, shortened, trimmed
from reviews.imports.readers.headings import Table, repeats_headings
from reviews.imports.readers.result import Doubt, PlanRow, RefusedRow, SkippedRow
from reviews.imports.readers.written_dates import read_date

_FOOTER = re.compile(
    r"(grand |sub[- ]?)?total|key\b|legend|notes?\b|b?rag\b|(last )?updated|source\b|prepared|version|page \d|author"
    r"|signed|approved|review(ed)? (on|date)|end of|\*|(red|amber|green|blue|grey|yellow|purple|black)\b"
)
_TOTAL_OR_KEY = re.compile(r"(grand |sub[- ]?)?totals?:?|(red|amber|green|blue|grey|yellow|purple|black)\b.{0,20}")
_NOTE = "This is a total, a key or a note, not an action."
_OF_RECOMMENDATIONS = {"reference", "recommendation_reference", "recommendation"}


@dataclass
class Entry:
    """One action: its first row and, where its cell is merged, the rows that the merge covers."""

    table: Table
    rows: list[int]
    section: str = ""

    @property
    def row(self) -> int:
        return self.rows[0]

    def unmerged(self, name: str) -> str:
        """The text of the field's own cell, without merges from above."""
        column = self.table.columns.get(name)
        return trimmed(self.table.sheet.cell(self.row, column).text) if column else ""

    def cells(self, column: int) -> list[Cell]:
        """The different cells of a column that apply to this action."""
        cells = (self.table.sheet.effective_cell(row, column) for row in self.rows)
        return list(dict.fromkeys(cell for cell in cells if not cell.is_blank))

    def text(self, name: str) -> str:
        column = self.table.columns.get(name)
        return "\n".join(trimmed(cell.text) for cell in self.cells(column)) if column else ""

    def covered(self, name: str) -> bool:
        column = self.table.columns.get(name)
        return column is not None and self.table.sheet.is_covered(self.row, column)


@dataclass
class SortedTable:
    """The rows of a table. `headers` are rows with a recommendation and no action, which may apply to rows below."""

    table: Table
    entries: list[Entry] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)


def sort_rows(table: Table) -> SortedTable:
    """Put every row that has text into exactly one of the lists."""
    found = SortedTable(table)
    section = ""
    for row in range(table.first_row, table.last_row + 1):
        if fault := table.sheet.faults.get(row):
            found.refused.append(RefusedRow(table.sheet.name, row, "", fault))
        elif not table.sheet.filled(row):
            continue
        elif reason := _no_record(table, row):
            section = _section(table, row) or section
            found.skipped.append(SkippedRow(table.sheet.name, row, _row_text(table, row), reason))
        elif _continues(table, row) and found.entries:
            found.entries[-1].rows.append(row)
        elif table.sheet.effective_cell(row, table.columns["action"]).is_blank:
            _sort_without_action(table, row, found)
        else:
            found.entries.append(Entry(table, [row], section))
    return found


def skip_titles(first_table: Table) -> list[SkippedRow]:
    """The rows above the first header, such as a title."""
    sheet = first_table.sheet
    above = [row for row in sorted(sheet.rows) if row < first_table.header_row and sheet.filled(row)]
    faults = [SkippedRow(sheet.name, row, "", why) for row, why in sheet.faults.items() if row < first_table.header_row]
    return faults + [
        SkippedRow(sheet.name, row, _row_text(first_table, row), "It is above the headings of the table.")
        for row in above
    ]


def actions_in(entries: Sequence[Entry], rows: range) -> int:
    """How many entries begin in these rows; the entries are in order of their rows."""
    return _index_of(entries, rows.stop) - _index_of(entries, rows.start)


def _index_of(entries: Sequence[Entry], row: int) -> int:
    return bisect_left(entries, row, key=lambda entry: entry.row)


def _no_record(table: Table, row: int) -> str:
    """Why a row is not a record; empty when it may be one."""
    if repeats_headings(table, row):
        return "It repeats the headings."
    filled = table.sheet.filled(row)
    first_column, first = next(iter(filled.items()))
    merge = table.sheet.merge_at(row, first_column)
    across = merge is not None and merge.last_column > merge.first_column
    if len(filled) == 1 and (across or first_column not in table.columns.values()):
        return "This is a line across the table, not an action."
    if _is_total_or_key(table, filled):
        return _NOTE
    if table.columns["action"] in filled or _continues(table, row):
        return ""
    if _FOOTER.match(folded(first.text)):
        return _NOTE
    if set(filled) == {table.columns.get("reference", 0)}:
        return "This is a line across the table, not an action."
    return ""


def _is_total_or_key(table: Table, filled: dict[int, Cell]) -> bool:
    """Such a row may have text in the column of actions: "Total | 12", "Red | Not started"."""
    first_column, first = next(iter(filled.items()))
    beside_action = first_column != table.columns["action"]
    of_an_action = any(table.columns.get(name) in filled for name in ("owner", "due", "progress"))
    return beside_action and not of_an_action and bool(_TOTAL_OR_KEY.fullmatch(folded(first.text)))


def _section(table: Table, row: int) -> str:
    """In a table without a column of recommendations, a line across it is the recommendation for the actions below."""
    if "recommendation" in table.columns or repeats_headings(table, row):
        return ""
    text = _row_text(table, row)
    return "" if _FOOTER.match(folded(text)) else text


def _continues(table: Table, row: int) -> bool:
    """Whether the action's cell is merged from above and this row has no reference."""
    reference = table.columns.get("reference")
    has_reference = reference is not None and not table.sheet.cell(row, reference).is_blank
    return table.sheet.is_covered(row, table.columns["action"]) and not has_reference


def _sort_without_action(table: Table, row: int, found: SortedTable) -> None:
    filled = table.sheet.filled(row)
    fields = {name for name, column in table.columns.items() if column in filled}
    if fields and fields <= _OF_RECOMMENDATIONS and "recommendation" in fields:
        found.headers.append(row)
    elif not fields or (not found.entries and not _looks_like_record(table, row)):
        reason = "It has no action or other details of one."
        found.skipped.append(SkippedRow(table.sheet.name, row, _row_text(table, row), reason))
    else:
        reason = f"This row has no action, but it has other text: “{_row_text(table, row)[:100]}”."
        excerpt = shortened(_row_text(table, row))
        found.refused.append(RefusedRow(table.sheet.name, row, table.heading("action"), reason, excerpt))


def _looks_like_record(table: Table, row: int) -> bool:
    cells = {name: table.sheet.cell(row, column) for name, column in table.columns.items()}
    due = cells.get("due")
    has_date = due is not None and read_date(due.text, due.on).how in ("certain", "guess")
    has_reference = "reference" in cells and any(letter.isdigit() for letter in cells["reference"].text)
    return has_date or has_reference


def _row_text(table: Table, row: int) -> str:
    return " | ".join(one_line(cell.text) for cell in table.sheet.filled(row).values())


ReadAction = tuple[PlanRow, list[Doubt]]


def without_repeats(actions: Iterable[ReadAction]) -> tuple[list[ReadAction], list[RefusedRow]]:
    """The first action of each reference. A later one is refused if its text differs, or else listed as a doubt."""
    by_reference: dict[str, list[ReadAction]] = defaultdict(list)
    for action in actions:
        by_reference[folded(action[0].reference)].append(action)
    unique, refused = [], []
    for same in by_reference.values():
        (first, doubts), *later = same
        repeats = [row for row, _ in later if _same_words(first, row)]
        clashes = [row for row, _ in later if not _same_words(first, row)]
        unique.append((first, doubts + [_repeat(first, row) for row in repeats]))
        refused += [_clash(first, row, clashes) for row in clashes]
    return unique, refused


def _same_words(first: PlanRow, second: PlanRow) -> bool:
    return _words(first) == _words(second)


def _words(row: PlanRow) -> tuple[object, ...]:
    texts = (row.recommendation, row.action, row.outcome, row.agency, row.status_text, row.rating_text, row.progress)
    return (*texts, row.evidence, row.due.text, row.owners, row.others, row.agency_parts)


def _repeat(first: PlanRow, row: PlanRow) -> Doubt:
    reason = f"{_row_in_words(row, first).capitalize()} is the same as row {first.row}. It was imported once."
    return Doubt(row.sheet, row.row, "reference", row.reference, reason)


def _clash(first: PlanRow, row: PlanRow, clashes: Sequence[PlanRow]) -> RefusedRow:
    *rows_named, last = (_row_in_words(each, first) for each in (first, *clashes))
    reason = f"The reference {first.reference} is used for different actions in {', '.join(rows_named)} and {last}."
    return RefusedRow(row.sheet, row.row, "reference", reason, shortened(row.action))


def _row_in_words(row: PlanRow, first: PlanRow) -> str:
    return f"row {row.row}" if row.sheet == first.sheet else f"row {row.row} of sheet {row.sheet}"
