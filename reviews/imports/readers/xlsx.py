"""What does a workbook say of its sheets, shared texts and number formats? Read part by part, never as a tree."""

import posixpath
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel, from_ISO8601
from openpyxl.utils.escape import unescape

from reviews.imports.readers.cells import (
    BLANK,
    MOST_COLUMNS,
    MOST_FILLED_CELLS,
    MOST_MERGES,
    MOST_ROWS,
    Cell,
    Merge,
    Sheet,
    Unreadable,
    clean,
)
from reviews.imports.readers.xlsx_safety import MOST_PARTS, Container

LONGEST_CELL = 100_000
MOST_TEXT = 30_000_000  # characters


class Page(NamedTuple):
    """A sheet as the workbook lists it; `part` is where its cells are."""

    name: str
    part: str
    hidden: bool


@dataclass
class Book:
    """What the cells of every sheet refer to: `texts` by number, `formats` by style."""

    pages: Sequence[Page] = ()
    texts: Sequence[Cell] = ()
    formats: Sequence[str] = ()
    epoch: datetime = CALENDAR_WINDOWS_1900

    def format_of(self, style: int) -> str:
        return self.formats[style] if self.formats else "General"


def read_book(container: Container) -> Book:
    """Read what stands beside the sheets themselves. Raises Unreadable."""
    roots = container.roots
    workbook = _part_with(roots, "workbook")
    if not workbook:
        raise Unreadable("The workbook is damaged: it lists no sheets.")
    listed, is_1904 = _listed(container, workbook)
    folder, name = posixpath.split(workbook)
    links = _links(container, f"{folder}/_rels/{name}.rels".lstrip("/"), folder)
    pages = [
        Page(title, links[link], hidden) for title, link, hidden in listed if roots.get(links[link]) == "worksheet"
    ]
    if len({page.part for page in pages}) < len(pages):
        raise Unreadable("The workbook is damaged: two of its sheets are one.")
    return Book(
        pages=pages,
        texts=_texts(container, _part_with(roots, "sst")),
        formats=_formats(container, _part_with(roots, "styleSheet")),
        epoch=CALENDAR_MAC_1904 if is_1904 else CALENDAR_WINDOWS_1900,
    )


def check_text(length: int, so_far: int) -> int:
    """Give how much text there is with one more; raises Unreadable where it is more than can be read."""
    if length > LONGEST_CELL:
        raise Unreadable(
            f"A cell of the workbook has {length:,} characters; {LONGEST_CELL:,} is the most that is read."
        )
    if so_far + length > MOST_TEXT:
        raise Unreadable(f"The workbook holds more than {MOST_TEXT:,} characters of text.")
    return so_far + length


def _part_with(roots: Mapping[str, str], wanted: str) -> str:
    found = [part for part, root in roots.items() if root == wanted]
    if len(found) > 1:
        raise Unreadable(f"The workbook is damaged: it has several parts called {wanted}.")
    return found[0] if found else ""


def _listed(container: Container, part: str) -> tuple[list[tuple[str, str, bool]], bool]:
    sheets: list[tuple[str, str, bool]] = []
    epochs: list[str] = []

    def start(name: str, facts: dict[str, str]) -> None:
        if name == "sheet":
            link = next((value for key, value in facts.items() if key.endswith(":id")), "")
            sheets.append((facts.get("name", ""), link, facts.get("state", "visible") != "visible"))
        elif name == "workbookPr":
            epochs.append(facts.get("date1904", "0"))

    container.follow(part, start=start)
    return sheets, bool({"1", "true"} & set(epochs))


def _links(container: Container, part: str, folder: str) -> dict[str, str]:
    links: dict[str, str] = {}

    def start(name: str, facts: dict[str, str]) -> None:
        if name == "Relationship":
            target = facts.get("Target", "")
            links[facts.get("Id", "")] = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")

    container.follow(part, start=start)
    return links


def _formats(container: Container, part: str) -> list[str]:
    """Give the number format of each cell style, in the order that cells name them by."""
    own: dict[int, str] = {}
    numbers: list[int] = []
    inside: list[str] = []

    def start(name: str, facts: dict[str, str]) -> None:
        if name == "numFmt":
            own[int(facts["numFmtId"])] = facts.get("formatCode", "General")
        elif name in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside[:] = [name]
        elif name == "xf" and inside == ["cellXfs"]:
            numbers.append(int(facts.get("numFmtId", "0")))

    if part:
        container.follow(part, start=start)
    return [own.get(number) or BUILTIN_FORMATS.get(number, "General") for number in numbers]


def _texts(container: Container, part: str) -> list[Cell]:
    if not part:
        return []
    watch = _TextWatch(container)
    container.follow(part, start=watch.start, end=watch.end, characters=watch.characters)
    return watch.texts


@dataclass
class _TextWatch:
    """Follows the shared texts; how one is read aloud (`rPh`) is no part of it."""

    container: Container
    texts: list[Cell] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    inside: bool = False
    spoken: bool = False
    length: int = 0
    here: int = 0

    def start(self, name: str, _facts: dict[str, str]) -> None:
        if name == "t":
            self.inside = not self.spoken
        elif name == "rPh":
            self.spoken = True

    def characters(self, text: str) -> None:
        if self.inside:
            self.here += len(text)
            check_text(self.here, self.length)
            self.pieces.append(text)

    def end(self, name: str) -> None:
        if name == "t":
            self.inside = False
        elif name == "rPh":
            self.spoken = False
        elif name == "si":
            self.container.texts += 1
            if self.container.texts > MOST_FILLED_CELLS:
                raise Unreadable(f"The workbook has more than {MOST_FILLED_CELLS:,} filled cells.")
            self.length, self.here = self.length + self.here, 0
            self.texts.append(Cell(clean(unescape("".join(self.pieces)))))
            self.pieces.clear()


_DECIMALS = re.compile(r"0\.(0+)(%?)")


def read_cell(kind: str, style: int, texts: Mapping[str, str], book: Book) -> Cell:
    """Give what the cell shows; `texts` are its value (v), text (t) and formula (f). A kept result counts.

    Raises ValueError or IndexError for a cell that no spreadsheet program writes.
    """
    value = texts.get("v", "")
    if kind == "inlineStr":
        return Cell(clean(unescape(texts.get("t", ""))))
    if not value:
        formula = texts.get("f", "")
        return Cell(clean("=" + formula)) if formula and kind != "str" else BLANK
    if kind == "s":
        return book.texts[int(value)]
    if kind == "b":
        return Cell("TRUE" if int(value) else "FALSE")
    if kind == "d":
        return _moment(from_ISO8601(value))  # type: ignore[no-untyped-call]  # the library's stubs leave it out
    if kind != "n":
        return Cell(clean(unescape(value)))
    return _number(value, book.format_of(style), book)


def _number(written: str, number_format: str, book: Book) -> Cell:
    value = float(written) if any(letter in written for letter in ".eE") else int(written)
    if _is_date(number_format):
        try:
            return _moment(from_excel(value, book.epoch, timedelta=_is_span(number_format)))
        except (OverflowError, ValueError):
            return Cell("#VALUE!")
    return Cell(_shown(value, number_format))


def _moment(value: object) -> Cell:
    if isinstance(value, datetime | date):
        on = value.date() if isinstance(value, datetime) else value
        return Cell(f"{on.day:02}/{on.month:02}/{on.year:04}", on)
    if isinstance(value, time):
        return Cell(value.isoformat("minutes"))
    if isinstance(value, timedelta):
        return Cell(str(value))
    return BLANK


def _shown(value: float, number_format: str) -> str:
    """As the sheet shows it where that can differ in meaning: 1.10 is not 1.1, and 0.9 may stand for 90%."""
    if number_format == "0%":
        return f"{value:.0%}"
    if shown := _DECIMALS.fullmatch(number_format):
        return f"{value:.{len(shown[1])}{'%' if shown[2] else 'f'}}"
    return format(value, ".15g")


@lru_cache(maxsize=1024)
def _is_date(number_format: str) -> bool:
    return bool(is_date_format(number_format))


@lru_cache(maxsize=1024)
def _is_span(number_format: str) -> bool:
    return bool(is_timedelta_format(number_format))


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


_END, _END_LENGTH, _LONGEST_REMARK = b"PK\x05\x06", 22, 65_535
_LARGEST_CONTENTS = MOST_PARTS * 250  # bytes of the list of parts


def read_workbook(path: Path) -> list[Sheet]:
    """Every worksheet, with kept results instead of formulas. Raises Unreadable, and nothing else."""
    try:
        check_list_of_parts(path)
        with zipfile.ZipFile(path) as archive:
            return _read(Container(archive))
    except Unreadable:
        raise
    except Exception as fault:
        raise Unreadable("The workbook is damaged; open it in a spreadsheet program and save it again.") from fault


def _read(container: Container) -> list[Sheet]:
    book = read_book(container)
    return [_sheet(page, measure(container, page.part, book)) for page in book.pages]


def _sheet(page: Page, extent: Extent) -> Sheet:
    return Sheet(page.name, extent.cells, tuple(extent.merges), page.hidden)


def check_list_of_parts(path: Path) -> None:
    """Refuse a list of parts that is itself too long to be read, before it is."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_LENGTH - _LONGEST_REMARK))
        tail = file.read()
    place = tail.rfind(_END)
    if place >= 0 and struct.unpack("<L", tail[place + 12 : place + 16])[0] > _LARGEST_CONTENTS:
        raise Unreadable(f"The workbook has more than {MOST_PARTS:,} parts.")
