"""Sorts the rows of a table: actions, sections, parts of actions, rows that are refused and rows that are skipped."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reviews.imports.readers.cells import Cell, folded, one_line, shortened, trimmed
from reviews.imports.readers.column_natures import is_like_an_identifier
from reviews.imports.readers.result import AgencyPart, Doubt, PlanRow, RefusedRow, SkippedRow
from reviews.imports.readers.tables import (
    COMMENT_KINDS,
    META_KINDS,
    PART_KINDS,
    SECTION_KINDS,
    SUBITEMS,
    Table,
    repeats_headings,
)
from reviews.imports.readers.written_dates import read_date

_FOOTER = re.compile(
    r"(grand |sub[- ]?)?total|key\b|legend|notes?\b|b?rag\b|(last )?updated|source\b|prepared|version|page \d|author"
    r"|signed|approved|review(ed)? (on|date)|end of|\*|(red|amber|green|blue|grey|yellow|purple|black)\b"
)
_TOTAL_OR_KEY = re.compile(r"(grand |sub[- ]?)?totals?:?|(red|amber|green|blue|grey|yellow|purple|black)\b.{0,20}")
_GROUP = re.compile(
    r"(priority|theme|objective|recommendation|section|strand|outcome|aim|phase|workstream|stage|goal|area|domain|pillar)"
    r"\s+[0-9a-z]{1,2}\b"
)
_NOTE = "This is a total, a key or a note, not an action."
_ACROSS = "This is a line across the table, not an action."
_EXPLAINS = "It explains the headings."
_BELOW = "It is below the table, and only a note."
_SUMMARY = "It sums up the rows above."
_OF_RECOMMENDATIONS = {"reference", "recommendation_reference", "recommendation"}
_YES = ("yes", "true", "1")
TEXT_MISSING = "Text missing"
"""What an action says whose row has other details and no text."""


@dataclass
class Entry:
    """One action: its first row and the rows that belong to it: under a merge of its cell, or without a reference.

    `parts` are rows of their own under it, `remarks` comments in rows of their own, as (heading, text).
    """

    table: Table
    rows: list[int]
    section: str = ""
    parts: list[AgencyPart] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def row(self) -> int:
        return self.rows[0]

    def unmerged(self, name: str) -> str:
        """The text of the field's own cell, without merges from above."""
        column = self.table.columns.get(name)
        return trimmed(self.table.sheet.cell(self.row, column).text) if column else ""

    def cells(self, column: int) -> list[Cell]:
        """The different cells of a column that apply to this action."""
        if len(self.rows) == 1:
            cell = self.table.sheet.effective_cell(self.rows[0], column)
            return [] if cell.is_blank else [cell]
        cells = (self.table.sheet.effective_cell(row, column) for row in self.rows)
        return list(dict.fromkeys(cell for cell in cells if not cell.is_blank))

    def text(self, name: str) -> str:
        column = self.table.columns.get(name)
        return "\n".join(trimmed(cell.text) for cell in self.cells(column)) if column else ""

    def covered(self, name: str) -> bool:
        column = self.table.columns.get(name)
        return column is not None and self.table.sheet.is_covered(self.row, column)

    def fill(self, name: str) -> str:
        """The name of the colour that the field's cell is filled with; empty for none."""
        return self.table.sheet.fills.get(self.row, {}).get(self.table.columns.get(name, 0), "")

    @property
    def rating(self) -> str:
        """The rating that the tracker reports: in words, or by the colour of a cell without any."""
        return self.text("rating") or self.fill("rating").capitalize()

    @property
    def is_struck(self) -> bool:
        """Whether every cell of the row is struck through."""
        cells = self.table.sheet.filled(self.row).values()
        return all(cell.struck and trimmed(cell.struck) == trimmed(cell.text) for cell in cells)

    def meaning(self, name: str) -> str:
        """What the key of the table says of the field's text; empty where it says nothing."""
        return self.table.key.get(folded(self.text(name)), "") if self.table.key else ""


@dataclass
class SortedTable:
    """The rows of a table. `headers` are rows with a recommendation and no action, which may apply to rows below.

    `doubts` are about rows that were taken as more about the row above.
    """

    table: Table
    entries: list[Entry] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def sort_rows(table: Table) -> SortedTable:
    """Put every row that has text into exactly one of the lists."""
    found = _Sorting(table).sorted()
    _put_under_parents(found)
    return found


class _Sorting:
    """Goes down the rows of one table, and knows the section and the headings of parts that it is under."""

    def __init__(self, table: Table) -> None:
        self._table, self._sheet = table, table.sheet
        self._found = SortedTable(table)
        self._rows = [row for row in range(table.first_row, table.last_row + 1) if table.sheet.filled(row)]
        self._repeats = {row for row in self._rows if repeats_headings(table, row)}
        self._last_full = self._last_row_with_details()
        self._section = table.row_text(table.title_rows[-1]) if self._repeats and table.title_rows else ""
        self._parts_head: list[int] = []
        self._without_result = {each.row for each in table.sheet.asides if each.column == table.columns["action"]}

    def _last_row_with_details(self) -> int:
        """The last row with an action and another detail; 0 where the table has actions only."""
        action = self._table.columns["action"]
        full = (row for row in reversed(self._rows) if row not in self._repeats and len(self._sheet.filled(row)) > 1)
        return next((row for row in full if action in self._sheet.filled(row)), 0)

    def sorted(self) -> SortedTable:
        for row in range(self._table.first_row, self._table.last_row + 1):
            if fault := self._sheet.faults.get(row):
                self._found.refused.append(RefusedRow(self._sheet.name, row, "", fault))
            elif self._sheet.filled(row):
                self._sort(row)
        return self._found

    def _sort(self, row: int) -> None:
        if self._is_part(row):
            self._found.entries[-1].parts.append(_part(self._table, row))
        elif self._is_no_task(row):
            pass
        elif reason := self._no_record(row):
            self._section = self._as_section(row) or self._section
            self._skip(row, reason)
        elif _continues(self._table, row) and self._found.entries:
            self._found.entries[-1].rows.append(row)
        elif self._sheet.effective_cell(row, self._table.columns["action"]).is_blank:
            self._sort_without_action(row)
        else:
            self._found.entries.append(Entry(self._table, [row], self._section))

    def _skip(self, row: int, reason: str) -> None:
        self._found.skipped.append(SkippedRow(self._sheet.name, row, self._table.row_text(row), reason))

    def _was_skipped(self, row: int) -> bool:
        return bool(self._found.skipped) and self._found.skipped[-1].row == row

    def _is_part(self, row: int) -> bool:
        """Whether the row is under headings of parts, which stand among the rows: "Subitems", "Name", "Owner"."""
        filled = self._sheet.filled(row)
        if self._parts_head and (self._parts_head[0] in filled or row in self._repeats):
            self._parts_head = []
        return bool(self._parts_head) and self._parts_head[1] in filled

    def _is_no_task(self, row: int) -> bool:
        """Deal with a row that says itself that it is no task; False for any other row."""
        table, filled = self._table, self._sheet.filled(row)
        if len(filled) > 1 and folded(next(iter(filled.values())).text) in SUBITEMS and self._found.entries:
            self._parts_head = list(filled)
            self._skip(row, "These are the headings of the parts below.")
            return True
        kind = folded(self._sheet.cell(row, table.kinds).text) if table.kinds else ""
        text = trimmed(self._sheet.cell(row, table.columns["action"]).text)
        if kind in META_KINDS:
            self._skip(row, "It is about the list, not an action.")
        elif text and not table.parents and (kind in SECTION_KINDS or (table.flags_summaries and kind in _YES)):
            self._section = text
            self._skip(row, _ACROSS)
        elif kind in COMMENT_KINDS and self._found.entries:
            self._found.entries[-1].remarks.append((self._sheet.cell(row, table.kinds).text, text))
        else:
            return False
        return True

    def _no_record(self, row: int) -> str:
        """Why a row is not a record; empty when it may be one."""
        table, filled = self._table, self._sheet.filled(row)
        plainly = (
            (row in table.rows_left_out, "You have left this table out."),
            (row in self._repeats, "It repeats the headings."),
            (row in table.key_rows or _is_total_or_key(table, filled), _NOTE),
            (row == table.first_row and _explains(table, row), _EXPLAINS),
            (self._is_footer(row, filled), _BELOW),
            (_is_across(table, row, filled) or self._is_group(row, filled), _ACROSS),
        )
        reason = next((reason for is_so, reason in plainly if is_so), "")
        if reason or table.columns["action"] in filled or _continues(table, row) or row in self._without_result:
            return reason
        if _FOOTER.match(folded(next(iter(filled.values())).text)):
            return _NOTE
        if set(filled) == {table.columns.get("reference", 0)}:
            return _ACROSS
        return _SUMMARY if self._repeats and table.columns.get("owner") not in filled else ""

    def _is_footer(self, row: int, filled: Mapping[int, Cell]) -> bool:
        """Whether a row with one text is below all actions that have other details, and apart from them."""
        if len(filled) != 1 or not 0 < self._last_full < row:
            return False
        text = folded(next(iter(filled.values())).text)
        is_apart = not self._sheet.filled(row - 1) or self._was_skipped(row - 1)
        return is_apart or bool(_FOOTER.match(text))

    def _is_group(self, row: int, filled: Mapping[int, Cell]) -> bool:
        """Whether a row with text in the column of actions alone is the title of a group."""
        if len(filled) != 1 or row > self._last_full:
            return False
        if next((each for each in self._rows if each > row), 0) in self._repeats:
            return True
        text = one_line(next(iter(filled.values())).text)
        letters = [letter for letter in text if letter.isalpha()]
        is_loud = len(letters) > 3 and all(map(str.isupper, letters))
        return len(text.split()) <= 12 and (is_loud or text.endswith(":") or bool(_GROUP.match(folded(text))))

    def _as_section(self, row: int) -> str:
        """In a table without a column of recommendations, a line across it is the recommendation for those below."""
        if "recommendation" in self._table.columns or row in self._repeats or row > self._last_full > 0:
            return ""
        text = self._table.row_text(row)
        is_note = row in self._table.key_rows or (row == self._table.first_row and _explains(self._table, row))
        return "" if is_note or _FOOTER.match(folded(text)) else text

    def _sort_without_action(self, row: int) -> None:
        table, filled = self._table, self._sheet.filled(row)
        fields = {name for name, column in table.columns.items() if column in filled}
        if fields and fields <= _OF_RECOMMENDATIONS and "recommendation" in fields:
            self._found.headers.append(row)
        elif row in self._without_result:
            self._found.entries.append(Entry(table, [row], self._section))
        elif not fields or (not self._found.entries and not _looks_like_record(table, row)):
            self._skip(row, "It has no action or other details of one.")
        elif self._goes_on(row, fields):
            self._found.entries[-1].rows.append(row)
            reason = f"Row {row} has no action and no reference. It was taken as more about row {row - 1}."
            self._found.doubts.append(Doubt(table.sheet.name, row, "action", table.row_text(row)[:200], reason))
        else:
            self._found.entries.append(Entry(table, [row], self._section))

    def _goes_on(self, row: int, fields: set[str]) -> bool:
        """Whether the row only has more of what the row above says, in a table that numbers its actions."""
        above = self._found.entries[-1] if self._found.entries else None
        is_below = above is not None and above.rows[-1] == row - 1
        return is_below and "reference" not in fields and above is not None and bool(above.text("reference"))


def _part(table: Table, row: int) -> AgencyPart:
    texts = [trimmed(cell.text) for cell in table.sheet.filled(row).values()]
    return AgencyPart(one_line(texts[0]), "; ".join(texts[1:]), table.sheet.name, row)


def _part_of(entry: Entry) -> AgencyPart:
    """An action as a part of another: its text, and every other cell of its row."""
    action = entry.table.columns["action"]
    others = [trimmed(cell.text) for column, cell in entry.table.sheet.filled(entry.row).items() if column != action]
    return AgencyPart(one_line(entry.text("action")), "; ".join(others), entry.table.sheet.name, entry.row)


def _put_under_parents(found: SortedTable) -> None:
    """Make rows that say which row they belong to parts of it, or put them under it as a section.

    A row is a section where it has rows under it and no owner of its own; those rows then stay actions.
    """
    parents = _parents(found)
    if not parents:
        return
    above = {id(parent) for parent in parents.values()}
    sections = {id(entry) for entry in found.entries if id(entry) in above and _is_section(entry)}
    stay = []
    for entry in found.entries:
        parent = parents.get(id(entry))
        if id(entry) in sections:
            text = entry.table.row_text(entry.row)
            found.skipped.append(SkippedRow(entry.table.sheet.name, entry.row, text, _ACROSS))
        elif parent is None:
            stay.append(entry)
        elif id(parent) in sections:
            entry.section = parent.text("action")
            stay.append(entry)
        else:
            top = _topmost(parent, parents, sections)
            top.parts += [_part_of(entry), *entry.parts]
            top.remarks += entry.remarks
    found.entries = stay


def _topmost(entry: Entry, parents: Mapping[int, Entry], sections: set[int]) -> Entry:
    """The action that a row is under, over any number of levels."""
    for _ in range(len(parents)):
        above = parents.get(id(entry))
        if above is None or id(above) in sections:
            break
        entry = above
    return entry


def _is_section(entry: Entry) -> bool:
    table = entry.table
    kind = folded(table.sheet.cell(entry.row, table.kinds).text) if table.kinds else ""
    counts_outline = bool(table.depths) and "outline" in folded(table.headings[table.depths])
    return kind in SECTION_KINDS or counts_outline or ("owner" in table.columns and not entry.text("owner"))


def _parents(found: SortedTable) -> dict[int, Entry]:
    """The entry that each entry is under, by its number in memory: by name, by reference, or by depth."""
    if found.table.depths:
        return _by_depth(found.entries, found.table.depths)
    if found.table.parents:
        return _by_name(found.entries, found.table.parents)
    return _by_kind(found.entries, found.table.kinds) if found.table.kinds else {}


def _by_name(entries: Sequence[Entry], column: int) -> dict[int, Entry]:
    named: dict[str, Entry] = {}
    for entry in reversed(entries):
        texts = [cell.text for each, cell in entry.table.sheet.filled(entry.row).items() if each != column]
        for text in (*filter(is_like_an_identifier, texts), entry.text("action"), entry.text("reference")):
            named[folded(text).lstrip("#")] = entry
    parents = {}
    for entry in entries:
        text = folded(_parent_text(entry, column)).lstrip("#")
        parent = named.get(text) or named.get(text.partition(":")[0].rpartition("#")[2].strip())
        if text and parent is not None and parent is not entry:
            parents[id(entry)] = parent
    return parents


def _parent_text(entry: Entry, column: int) -> str:
    return trimmed(entry.table.sheet.cell(entry.row, column).text)


def _by_kind(entries: Sequence[Entry], column: int) -> dict[int, Entry]:
    parents: dict[int, Entry] = {}
    above: Entry | None = None
    for entry in entries:
        if folded(entry.table.sheet.cell(entry.row, column).text) not in PART_KINDS:
            above = entry
        elif above is not None:
            parents[id(entry)] = above
    return parents


def _by_depth(entries: Sequence[Entry], column: int) -> dict[int, Entry]:
    parents: dict[int, Entry] = {}
    above: list[tuple[int, Entry]] = []
    for entry in entries:
        text = entry.table.sheet.cell(entry.row, column).text.strip()
        depth = int(text) if text.isdecimal() and len(text) < 4 else 1
        while above and above[-1][0] >= depth:
            above.pop()
        if above:
            parents[id(entry)] = above[-1][1]
        above.append((depth, entry))
    return parents


def skip_titles(first_table: Table) -> list[SkippedRow]:
    """The rows above the headings, such as a title."""
    sheet = first_table.sheet
    faults = [SkippedRow(sheet.name, row, "", why) for row, why in sheet.faults.items() if row < first_table.header_row]
    return faults + [
        SkippedRow(
            sheet.name,
            row,
            first_table.row_text(row),
            _NOTE if row in first_table.key_rows else "It is above the headings of the table.",
        )
        for row in first_table.title_rows
    ]


def actions_in(entries: Sequence[Entry], rows: range) -> int:
    """How many entries begin in these rows; the entries are in order of their rows."""
    return _index_of(entries, rows.stop) - _index_of(entries, rows.start)


def _index_of(entries: Sequence[Entry], row: int) -> int:
    return bisect_left(entries, row, key=lambda entry: entry.row)


def _is_across(table: Table, row: int, filled: Mapping[int, Cell]) -> bool:
    first_column = next(iter(filled))
    merge = table.sheet.merge_at(row, first_column)
    across = merge is not None and merge.last_column > merge.first_column
    return len(filled) == 1 and (across or first_column not in table.columns.values())


_QUESTION = re.compile(r".*\?\s*\)?|[(\[].*[)\]]", re.DOTALL)
_ASKS = re.compile(
    r"(e\.?g\.?|i\.?e\.?|please|insert|enter|describe|state|list|name of|date of|from|to be|select|who|what|how)\b.*",
    re.DOTALL,
)


def _explains(table: Table, row: int) -> bool:
    """Whether a row right below the headings says what to write under them: questions, or words in brackets."""
    cells = table.sheet.filled(row)
    if len(cells) < 2 or any(cell.on for cell in cells.values()) or table.columns.get("reference") in cells:
        return False
    texts = [folded(cell.text) for cell in cells.values()]
    questions = [bool(_QUESTION.fullmatch(text)) for text in texts]
    asking = [question or bool(_ASKS.fullmatch(text)) for question, text in zip(questions, texts, strict=True)]
    action = folded(table.sheet.cell(row, table.columns["action"]).text)
    return any(questions) and sum(asking) * 3 >= len(texts) * 2 and (not action or bool(_QUESTION.fullmatch(action)))


def _is_total_or_key(table: Table, filled: Mapping[int, Cell]) -> bool:
    """Such a row may have text in the column of actions: "Total | 12", "Red | Not started"."""
    first_column, first = next(iter(filled.items()))
    beside_action = first_column != table.columns["action"]
    of_an_action = any(table.columns.get(name) in filled for name in ("owner", "due", "progress"))
    return beside_action and not of_an_action and bool(_TOTAL_OR_KEY.fullmatch(folded(first.text)))


def _continues(table: Table, row: int) -> bool:
    """Whether the action's cell is merged from above and this row has no reference."""
    reference = table.columns.get("reference")
    has_reference = reference is not None and not table.sheet.cell(row, reference).is_blank
    return table.sheet.is_covered(row, table.columns["action"]) and not has_reference


def _looks_like_record(table: Table, row: int) -> bool:
    cells = {name: table.sheet.cell(row, column) for name, column in table.columns.items()}
    due = cells.get("due")
    has_date = due is not None and read_date(due.text, due.on).how in ("certain", "guess")
    has_reference = "reference" in cells and any(letter.isdigit() for letter in cells["reference"].text)
    return has_date or has_reference


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
