"""How far does a worksheet really reach? Found by streaming, so that a far-away cell costs nothing."""

import zipfile
from dataclasses import dataclass, field, replace

from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from reviews.trackers.cells import MOST_COLUMNS, MOST_FILLED_CELLS, MOST_MERGES, MOST_ROWS, Merge
from reviews.trackers.containers import safe_parser
from reviews.trackers.unreadable import Unreadable

_CHUNK = 65_536
_MOST_EMPTY = 600_000
_MOST_BEFORE_ROWS = 20_000


@dataclass
class Extent:
    """`formulas` are those without a kept result, by (row, column)."""

    last_row: int = 0
    last_column: int = 0
    filled: int = 0
    merges: list[Merge] = field(default_factory=list)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)


def measure(archive: zipfile.ZipFile, part: str) -> Extent:
    """Where the filled cells of a worksheet end, its merges and its unevaluated formulas.

    Raises Unreadable when it has more than 20,000 rows or 100 columns of content, or an absurd number of empty ones.
    """
    watch = _Watch()
    parser = safe_parser()
    parser.StartElementHandler = watch.start
    parser.EndElementHandler = watch.end
    parser.CharacterDataHandler = watch.characters
    with archive.open(part) as source:
        while chunk := source.read(_CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    watch.extent.merges = _within(watch.extent)
    return watch.extent


def _within(extent: Extent) -> list[Merge]:
    """The merges cut to where there is text, so that a merge to the sheet's far end costs nothing."""
    merges = []
    ends: dict[int, int] = {}
    places = 0
    for merge in sorted(extent.merges, key=lambda merge: merge.first_row):
        last_column = min(merge.last_column, extent.last_column)
        places += max(0, last_column - merge.first_column + 1)
        if places > MOST_MERGES:
            raise Unreadable(f"A sheet has more than {MOST_MERGES:,} merged ranges.")
        for column in range(merge.first_column, last_column + 1):
            if merge.first_row <= ends.get(column, 0):
                raise Unreadable("The workbook is damaged: merged ranges overlap.")
            ends[column] = merge.last_row
        merges.append(replace(merge, last_row=min(merge.last_row, extent.last_row), last_column=last_column))
    return [merge for merge in merges if merge.rows and merge.first_column <= merge.last_column]


class _Watch:
    """Follows one worksheet's elements from first to last."""

    def __init__(self) -> None:
        self.extent = Extent()
        self.row = self.column = 0
        self.elements = 0
        self.inside = ""
        self.has_value = self.has_result = False
        self.formula = ""

    def start(self, name: str, facts: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        self.elements += 1
        if name == "c":
            self._open_cell(facts.get("r", ""))
            self.has_result = facts.get("t") == "str"  # such a formula's result may be an empty text
        elif name in ("v", "t", "f"):
            self.inside = name
        elif name == "row":
            self._open_row(facts.get("r", ""))
        elif name == "mergeCell":
            self._note_merge(facts.get("ref", ""))
        elif not self.row and self.elements > _MOST_BEFORE_ROWS:
            raise Unreadable("A sheet of the workbook has too many settings before its first row.")

    def characters(self, text: str) -> None:
        if self.inside == "f":
            self.formula += text
        elif self.inside:
            self.has_value = self.has_value or bool(text.strip())
            self.has_result = self.has_result or self.inside == "v"

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("v", "t", "f"):
            self.inside = ""
        elif name == "c":
            self._close_cell()

    def _open_row(self, number: str) -> None:
        row = int(number or self.row + 1)
        if row <= self.row:
            raise Unreadable(f"The workbook is damaged: row {row} stands twice or out of order.")
        if self.elements - 4 * self.extent.filled > _MOST_EMPTY:
            raise Unreadable("A sheet has far too many empty rows; delete those below the table and save it again.")
        self.row, self.column = row, 0

    def _open_cell(self, coordinate: str) -> None:
        row, column = coordinate_to_tuple(coordinate) if coordinate else (self.row, self.column + 1)
        if row != self.row or column <= self.column:
            raise Unreadable(f"The workbook is damaged: cell {coordinate} stands twice or out of order.")
        self.column = column
        self.has_value = False
        self.formula = ""

    def _close_cell(self) -> None:
        if self.formula and not self.has_result:
            self.extent.formulas[self.row, self.column] = "=" + self.formula
        elif not self.has_value:
            return
        if self.row > MOST_ROWS or self.column > MOST_COLUMNS:
            raise Unreadable(
                f"A sheet has text in row {self.row:,}, column {self.column:,}; "
                f"{MOST_ROWS:,} rows and {MOST_COLUMNS} columns are the most that is read."
            )
        self.extent.filled += 1
        self.extent.last_row = self.row
        self.extent.last_column = max(self.extent.last_column, self.column)
        if self.extent.filled > MOST_FILLED_CELLS:
            raise Unreadable(f"A sheet has more than {MOST_FILLED_CELLS:,} filled cells.")

    def _note_merge(self, reference: str) -> None:
        first_column, first_row, last_column, last_row = range_boundaries(reference)
        if None not in (first_column, first_row, last_column, last_row):
            self.extent.merges.append(
                Merge(int(first_row or 0), int(last_row or 0), int(first_column or 0), int(last_column or 0))
            )
        if len(self.extent.merges) > MOST_MERGES:
            raise Unreadable(f"A sheet has more than {MOST_MERGES:,} merged ranges.")
