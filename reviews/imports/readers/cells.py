"""Sheets, cells and merged ranges as every reader gives them, and the cleaning of their texts."""

import re
import string
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

MOST_ROWS = 20_000
MOST_COLUMNS = 500
MOST_FILLED_CELLS = 250_000
MOST_MERGES = 100_000  # counted once for each column they reach over


@dataclass(frozen=True, slots=True)
class Cell:
    """`on` is set when the cell is a date cell, whatever its year. `struck` is what of its text is struck through."""

    text: str = ""
    on: date | None = None
    struck: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.text[:1].isalnum() and not self.text.strip(_NOTHING_TO_SEE)


BLANK = Cell()


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; its text is in the cell at the first row and first column."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def rows(self) -> range:
        return range(self.first_row, self.last_row + 1)


@dataclass(frozen=True, slots=True)
class Aside:
    """Something beside the texts of a sheet, in words; row and column are 0 where it is about more than one."""

    row: int
    column: int
    what: str


@dataclass(frozen=True)
class Sheet:
    """Rows and columns count from 1, as a spreadsheet shows them; `faults` are the rows that could not be read.

    `fills` names the colour that cells are filled with, by row and column, also of cells without text. `asides` are
    comments, hidden rows and columns, formulas and whatever else is not text. `doubtful` are rows whose letters may be
    wrong, and why. `other_encoding` is what the whole file may be written in instead of `encoding`.
    """

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False
    faults: Mapping[int, str] = field(default_factory=dict)
    fills: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    asides: tuple[Aside, ...] = ()
    doubtful: Mapping[int, str] = field(default_factory=dict)
    encoding: str = ""
    other_encoding: str = ""
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
        """The cell itself: blank where a merge from another cell covers it."""
        merge = self.merge_at(row, column) if self._merges else None
        if merge and (row, column) != (merge.first_row, merge.first_column):
            return BLANK
        return self.rows.get(row, {}).get(column, BLANK)

    def effective_cell(self, row: int, column: int) -> Cell:
        """The cell, or the first cell of the merge it is in."""
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
        index = bisect_right(merges, row, key=lambda merge: merge.first_row)
        if index and merges[index - 1].last_row >= row:
            return merges[index - 1]
        return None

    def filled(self, row: int) -> dict[int, Cell]:
        """The cells of a row that have text, by column. Cached: do not change the dictionary."""
        if row not in self._filled:
            cells = ((column, self.cell(row, column)) for column in sorted(self.rows.get(row, ())))
            self._filled[row] = {column: cell for column, cell in cells if not cell.is_blank}
        return self._filled[row]


LONGEST_TEXT = 10_000

_UNSEEN = "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_NOTHING_TO_SEE = f"{string.whitespace}\x1c\x1d\x1e\x1f\x85{_BLANKS}{_UNSEEN}"
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def with_plain_breaks(text: str) -> str:
    """The text as it stands, but with one kind of line break."""
    return _LINE_BREAK.sub("\n", text)


def clean(text: str) -> str:
    """For comparing: the text with one kind of line break and without invisible characters."""
    return _INVISIBLE.sub("", with_plain_breaks(text))


def invisible_shown(text: str) -> str:
    """For showing: each character that cannot be seen, such as one that turns the direction, by its number."""
    return _INVISIBLE.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def trimmed(text: str) -> str:
    """Without blanks and line breaks at the ends; a leading tab stays, as it may be part of the text."""
    return text.strip(" \n\u00a0")


def one_line(text: str) -> str:
    return " ".join((text if text.isascii() else _INVISIBLE.sub("", text)).split())


def shortened(text: str) -> str:
    """The beginning of a text on one line, without control characters."""
    line = one_line(_CONTROL.sub("\ufffd", text[:400]))
    return line if len(line) <= 100 else f"{line[:99].rstrip()}…"


def folded(text: str) -> str:
    """For comparing: full-width characters become plain, case is ignored, runs of blanks become one."""
    return one_line(unicodedata.normalize("NFKC", text)).casefold()


def fault_in(text: str) -> str:
    """Why this text cannot be stored, as a sentence; empty when it can."""
    if len(text) > LONGEST_TEXT:
        return f"The text has {len(text):,} characters. The limit is {LONGEST_TEXT:,}."
    found = _CONTROL.search(text)
    return f"The text has a control character (U+{ord(found[0]):04X}). Remove it." if found else ""


class Unreadable(Exception):
    """The file cannot be read; the message is a sentence for the person who chose it."""
