"""How far does a worksheet really reach? Found by streaming, so that a far-away cell costs nothing."""

from dataclasses import dataclass, field, replace

from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from reviews.imports.readers.cells import MOST_COLUMNS, MOST_FILLED_CELLS, MOST_MERGES, MOST_ROWS, Cell, Merge
from reviews.imports.readers.unreadable import Unreadable
from reviews.imports.readers.values import read_cell
from reviews.imports.readers.xlsx import Book, check_text
from reviews.imports.readers.xlsx_safety import Container

_MOST_BEFORE_ROWS = 20_000
_TEXTS = frozenset({"v", "t", "f"})


@dataclass
class Extent:
    """How far the filled cells of a worksheet reach, and what stands in them by row and column."""

    last_row: int = 0
    last_column: int = 0
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)


def measure(container: Container, part: str, book: Book) -> Extent:
    """The filled cells of a worksheet and its merges.

    Raises Unreadable when it has more than 20,000 rows or 100 columns of content, or an absurd number of empty ones.
    """
    watch = _Watch(container, book)
    container.follow(part, start=watch.start, end=watch.end, characters=watch.characters)
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

    def __init__(self, container: Container, book: Book) -> None:
        self.extent = Extent()
        self._container, self._book = container, book
        self._row = self._column = self._before_rows = self._length = 0
        self._inside = ""
        self._spoken = False
        self._kind = self._style = ""
        self._texts: dict[str, str] = {}

    def start(self, name: str, facts: dict[str, str]) -> None:
        if name == "c":
            self._open_cell(facts.get("r", ""))
            self._kind, self._style = facts.get("t", "n"), facts.get("s", "0")
            self._texts.clear()
        elif name in _TEXTS:
            self._inside = "" if self._spoken else name
        elif name == "row":
            self._open_row(facts.get("r", ""))
        elif name == "rPh":
            self._spoken = True
        elif name == "mergeCell":
            self._note_merge(facts.get("ref", ""))
        elif not self._row:
            self._before_rows += 1
            if self._before_rows > _MOST_BEFORE_ROWS:
                raise Unreadable("A sheet of the workbook has too many settings before its first row.")

    def characters(self, text: str) -> None:
        if self._inside:
            so_far = self._texts.get(self._inside, "")
            check_text(len(so_far) + len(text), self._length)
            self._texts[self._inside] = so_far + text

    def end(self, name: str) -> None:
        if name in _TEXTS:
            self._inside = ""
        elif name == "rPh":
            self._spoken = False
        elif name == "c":
            self._close_cell()

    def _open_row(self, number: str) -> None:
        row = int(number or self._row + 1)
        if row <= self._row:
            raise Unreadable(f"The workbook is damaged: row {row} stands twice or out of order.")
        self._row, self._column = row, 0

    def _open_cell(self, coordinate: str) -> None:
        row, column = coordinate_to_tuple(coordinate) if coordinate else (self._row, self._column + 1)
        if row != self._row or column <= self._column:
            raise Unreadable(f"The workbook is damaged: cell {coordinate} stands twice or out of order.")
        self._column = column

    def _close_cell(self) -> None:
        if not self._texts:
            return
        cell = read_cell(self._kind, int(self._style), self._texts, self._book)
        if cell.is_blank:
            return
        if self._row > MOST_ROWS or self._column > MOST_COLUMNS:
            raise Unreadable(
                f"A sheet has text in row {self._row:,}, column {self._column:,}; "
                f"{MOST_ROWS:,} rows and {MOST_COLUMNS} columns are the most that is read."
            )
        self._length = check_text(len(cell.text), self._length)
        self.extent.cells.setdefault(self._row, {})[self._column] = cell
        self.extent.last_row = self._row
        self.extent.last_column = max(self.extent.last_column, self._column)
        self._container.cells += 1
        if self._container.cells > MOST_FILLED_CELLS:
            raise Unreadable(f"The workbook has more than {MOST_FILLED_CELLS:,} filled cells.")

    def _note_merge(self, reference: str) -> None:
        first_column, first_row, last_column, last_row = range_boundaries(reference)
        if None not in (first_column, first_row, last_column, last_row):
            self.extent.merges.append(
                Merge(int(first_row or 0), int(last_row or 0), int(first_column or 0), int(last_column or 0))
            )
        if len(self.extent.merges) > MOST_MERGES:
            raise Unreadable(f"A sheet has more than {MOST_MERGES:,} merged ranges.")
