"""What stands in a sheet, cell by cell, and which cells are merged?"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_FILLED_CELLS = 250_000
MOST_MERGES = 100_000  # counted once for each column they reach over


@dataclass(frozen=True, slots=True)
class Cell:
    """`on` is set when the cell holds a date rather than text, however unlikely its year."""

    text: str = ""
    on: date | None = None

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


BLANK = Cell()


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; its text stands in the cell at the first row and first column."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def rows(self) -> range:
        return range(self.first_row, self.last_row + 1)


@dataclass(frozen=True)
class Sheet:
    """Rows and columns count from 1, as a spreadsheet shows them; `faults` are rows that could not be read."""

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False
    faults: Mapping[int, str] = field(default_factory=dict)
    _merges: dict[int, list[Merge]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _filled: dict[int, dict[int, Cell]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for merge in sorted(self.merges, key=lambda merge: merge.first_row):
            for column in range(merge.first_column, merge.last_column + 1):
                self._merges.setdefault(column, []).append(merge)

    @property
    def last_row(self) -> int:
        return max((*self.rows, *self.faults), default=0)

    def cell(self, row: int, column: int) -> Cell:
        """What stands in this very cell: blank where a merge from another cell covers it."""
        merge = self.merge_at(row, column) if self._merges else None
        if merge and (row, column) != (merge.first_row, merge.first_column):
            return BLANK
        return self.rows.get(row, {}).get(column, BLANK)

    def held(self, row: int, column: int) -> Cell:
        """What holds for this cell: its own text, or that of the merge it lies in."""
        merge = self.merge_at(row, column) if self._merges else None
        if merge:
            return self.rows.get(merge.first_row, {}).get(merge.first_column, BLANK)
        return self.rows.get(row, {}).get(column, BLANK)

    def is_covered(self, row: int, column: int) -> bool:
        """Whether a merge that began in an earlier row reaches down to this cell."""
        merge = self.merge_at(row, column)
        return merge is not None and row > merge.first_row

    def merge_at(self, row: int, column: int) -> Merge | None:
        merges = self._merges.get(column)
        if not merges:
            return None
        place = bisect_right(merges, row, key=lambda merge: merge.first_row)
        if place and merges[place - 1].last_row >= row:
            return merges[place - 1]
        return None

    def filled(self, row: int) -> dict[int, Cell]:
        """The cells of a row that hold text of their own, by column: not to be changed, they are asked for often."""
        if row not in self._filled:
            cells = ((column, self.cell(row, column)) for column in sorted(self.rows.get(row, ())))
            self._filled[row] = {column: cell for column, cell in cells if not cell.is_blank}
        return self._filled[row]


LONGEST_TEXT = 10_000

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def clean(text: str) -> str:
    """The text with one kind of line break and without characters that nobody can see; nothing else changes."""
    return _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))


def trimmed(text: str) -> str:
    """Without blanks and line breaks around it; a leading tab stays, since it may be part of what was written."""
    return text.strip(" \n\u00a0")


def one_line(text: str) -> str:
    return " ".join(text.split())


def shortened(text: str) -> str:
    """The beginning of a text on one line, without what no page can show."""
    line = one_line(_CONTROL.sub("\ufffd", text[:400]))
    return line if len(line) <= 100 else f"{line[:99].rstrip()}…"


def folded(text: str) -> str:
    """For comparing: full-width digits and capitals count as the plain ones, blanks as one."""
    return one_line(unicodedata.normalize("NFKC", text)).casefold()


def fault_in(text: str) -> str:
    """The sentence why this text cannot be kept, or nothing."""
    if len(text) > LONGEST_TEXT:
        return f"The text has {len(text):,} characters; {LONGEST_TEXT:,} is the most that is read."
    found = _CONTROL.search(text)
    return f"The text holds a control character (U+{ord(found[0]):04X})." if found else ""


class Unreadable(Exception):
    """The file is no tracker that can be read; the message is one sentence for the person who sent it."""
