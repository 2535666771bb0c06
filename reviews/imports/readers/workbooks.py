"""Reads an Excel workbook part by part, never as a whole tree: sheets, shared texts, number formats, cells."""

import posixpath
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from openpyxl.styles.numbers import is_date_format, is_timedelta_format
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
    Aside,
    Cell,
    Merge,
    Sheet,
    Unreadable,
    one_line,
    shortened,
    with_plain_breaks,
)
from reviews.imports.readers.workbook_styles import PLAIN, CellStyle, is_on, read_styles
from reviews.imports.readers.xlsx_safety import Container, check_list_of_parts

LONGEST_CELL = 100_000
MOST_TEXT = 30_000_000  # characters


class WorkbookSheet(NamedTuple):
    """A sheet in the list of the workbook; `part` is the file with its cells."""

    name: str
    part: str
    hidden: bool


@dataclass
class Book:
    """What the cells of all sheets refer to: `texts` by number, `formats`, `struck` and `fills` by style."""

    listed_sheets: Sequence[WorkbookSheet] = ()
    texts: Sequence[Cell] = ()
    styles: Sequence[CellStyle] = ()
    epoch: datetime = CALENDAR_WINDOWS_1900
    charts: Sequence[str] = ()
    """The names of listed sheets that have no cells."""

    def style(self, number: int) -> CellStyle:
        return self.styles[number] if self.styles else PLAIN


def read_book(container: Container) -> Book:
    """Read the list of sheets, the shared texts and the formats. Raises Unreadable."""
    roots = container.roots
    workbook = _part_with(roots, "workbook")
    if not workbook:
        raise Unreadable("The workbook is damaged: it lists no sheets.")
    listed, is_1904 = _listed(container, workbook)
    folder, name = posixpath.split(workbook)
    links = _links(container, f"{folder}/_rels/{name}.rels".lstrip("/"), folder)
    listed_sheets = [
        WorkbookSheet(title, links[link], hidden)
        for title, link, hidden in listed
        if roots.get(links[link]) == "worksheet"
    ]
    if len({listed_sheet.part for listed_sheet in listed_sheets}) < len(listed_sheets):
        raise Unreadable("The workbook is damaged: two sheets in the list are the same.")
    return Book(
        listed_sheets=listed_sheets,
        texts=_texts(container, _part_with(roots, "sst")),
        styles=read_styles(container, _part_with(roots, "styleSheet")),
        epoch=CALENDAR_MAC_1904 if is_1904 else CALENDAR_WINDOWS_1900,
        charts=[title for title, link, _ in listed if roots.get(links[link]) != "worksheet"],
    )


def check_text(length: int, so_far: int) -> int:
    """Add the length of one more text. Raises Unreadable above the limits."""
    if length > LONGEST_CELL:
        raise Unreadable(f"A cell of the workbook has {length:,} characters. The limit is {LONGEST_CELL:,}.")
    if so_far + length > MOST_TEXT:
        raise Unreadable(f"The workbook holds more than {MOST_TEXT:,} characters of text.")
    return so_far + length


def _part_with(roots: Mapping[str, str], root_name: str) -> str:
    found = [part for part, root in roots.items() if root == root_name]
    if len(found) > 1:
        raise Unreadable(f"The workbook is damaged: it has several parts called {root_name}.")
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


def _texts(container: Container, part: str) -> list[Cell]:
    if not part:
        return []
    watch = _TextWatch(container)
    container.follow(part, start=watch.start, end=watch.end, characters=watch.characters)
    return watch.texts


@dataclass
class _TextWatch:
    """Collects the shared texts without their phonetic reading (`rPh`), and what of them is struck through."""

    container: Container
    texts: list[Cell] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    struck_pieces: list[str] = field(default_factory=list)
    struck: bool = False
    in_text: bool = False
    phonetic: bool = False
    length: int = 0
    current: int = 0

    def start(self, name: str, facts: dict[str, str]) -> None:
        if name == "t":
            self.in_text = not self.phonetic
        elif name == "rPh":
            self.phonetic = True
        elif name == "strike":
            self.struck = is_on(facts)

    def characters(self, text: str) -> None:
        if self.in_text:
            self.current += len(text)
            check_text(self.current, self.length)
            self.pieces.append(text)
            if self.struck:
                self.struck_pieces.append(text)

    def end(self, name: str) -> None:
        if name == "t":
            self.in_text = False
        elif name == "rPh":
            self.phonetic = False
        elif name == "r":
            self.struck = False
        elif name == "si":
            self.container.texts += 1
            if self.container.texts > MOST_FILLED_CELLS:
                raise Unreadable(f"The workbook has more than {MOST_FILLED_CELLS:,} filled cells.")
            self.length, self.current = self.length + self.current, 0
            struck = with_plain_breaks(unescape("".join(self.struck_pieces)))
            self.texts.append(Cell(with_plain_breaks(unescape("".join(self.pieces))), None, struck))
            self.pieces.clear()
            self.struck_pieces.clear()
            self.struck = False


_DECIMALS = re.compile(r"0\.(0+)(%?)")


def read_cell(kind: str, style: int, texts: Mapping[str, str], book: Book) -> Cell:
    """Give the cell as displayed; `texts` are its value (v), text (t) and what of it is struck (s). A stored result of
    a formula is used, and a formula without one is blank.

    Raises ValueError or IndexError for a cell that no spreadsheet program writes.
    """
    value = texts.get("v", "")
    if kind == "inlineStr":
        struck = with_plain_breaks(unescape(texts.get("s", "")))
        return Cell(with_plain_breaks(unescape(texts.get("t", ""))), None, struck)
    if not value:
        return BLANK
    if kind == "s":
        return book.texts[int(value)]
    if kind == "b":
        return Cell("TRUE" if int(value) else "FALSE")
    if kind == "d":
        return _moment(from_ISO8601(value))  # type: ignore[no-untyped-call]  # the library's stubs leave it out
    if kind != "n":
        return Cell(with_plain_breaks(unescape(value)))
    return _number(value, book.style(style).number_format, book)


def _number(written: str, number_format: str, book: Book) -> Cell:
    value = float(written) if any(letter in written for letter in ".eE") else int(written)
    if _is_date(number_format):
        try:
            return _moment(from_excel(value, book.epoch, timedelta=_is_span(number_format)))
        except (OverflowError, ValueError):
            return Cell("#VALUE!")
    return Cell(_as_displayed(value, number_format))


def _moment(value: object) -> Cell:
    if isinstance(value, datetime | date):
        on = value.date() if isinstance(value, datetime) else value
        return Cell(f"{on.day:02}/{on.month:02}/{on.year:04}", on)
    if isinstance(value, time):
        return Cell(value.isoformat("minutes"))
    if isinstance(value, timedelta):
        return Cell(str(value))
    return BLANK


def _as_displayed(value: float, number_format: str) -> str:
    """As the sheet displays it where that can differ in meaning: 1.10 is not 1.1, and 0.9 may be 90%."""
    if number_format == "0%":
        return f"{value:.0%}"
    if decimals := _DECIMALS.fullmatch(number_format):
        return f"{value:.{len(decimals[1])}{'%' if decimals[2] else 'f'}}"
    return format(value, ".15g")


@lru_cache(maxsize=1024)
def _is_date(number_format: str) -> bool:
    return bool(is_date_format(number_format))


@lru_cache(maxsize=1024)
def _is_span(number_format: str) -> bool:
    return bool(is_timedelta_format(number_format))


_MOST_BEFORE_ROWS = 20_000
_TEXTS = frozenset({"v", "t", "f"})
_LOOKS = frozenset({"rPh", "strike"})


@dataclass
class Extent:
    """The filled cells of a worksheet by row and column, and the last row and column of them."""

    last_row: int = 0
    last_column: int = 0
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    fills: dict[int, dict[int, str]] = field(default_factory=dict)
    asides: list[Aside] = field(default_factory=list)


def measure(container: Container, part: str, book: Book) -> Extent:
    """The filled cells of a worksheet and its merges.

    Raises Unreadable when it has more than 20,000 rows or 100 columns of content, or an absurd number of empty ones.
    """
    watch = _Watch(container, book)
    container.follow(part, start=watch.start, end=watch.end, characters=watch.characters)
    watch.extent.merges = _within(watch.extent)
    return watch.extent


def _within(extent: Extent) -> list[Merge]:
    """The merges cut to where there is text, so that a merge to the end of the sheet costs nothing."""
    merges = []
    ends: dict[int, int] = {}
    columns_covered = 0
    for merge in sorted(extent.merges, key=lambda merge: merge.first_row):
        last_column = min(merge.last_column, extent.last_column)
        columns_covered += max(0, last_column - merge.first_column + 1)
        if columns_covered > MOST_MERGES:
            raise Unreadable(f"A sheet has more than {MOST_MERGES:,} merged ranges.")
        for column in range(merge.first_column, last_column + 1):
            if merge.first_row <= ends.get(column, 0):
                raise Unreadable("The workbook is damaged: merged ranges overlap.")
            ends[column] = merge.last_row
        merges.append(replace(merge, last_row=min(merge.last_row, extent.last_row), last_column=last_column))
    return [merge for merge in merges if merge.rows and merge.first_column <= merge.last_column]


class _Watch:
    """Handles the elements of one worksheet in order."""

    def __init__(self, container: Container, book: Book) -> None:
        self.extent = Extent()
        self._container, self._book = container, book
        self._fills = {str(number): style.fill for number, style in enumerate(book.styles) if style.fill}
        self._struck_styles = {str(number) for number, style in enumerate(book.styles) if style.struck}
        self._row = self._column = self._before_rows = self._length = 0
        self._element = ""
        self._phonetic = self._struck = False
        self._kind, self._style = "", "0"
        self._texts: dict[str, str] = {}

    def start(self, name: str, facts: dict[str, str]) -> None:
        if name == "c":
            self._open_cell(facts.get("r", ""))
            self._kind, self._style = facts.get("t", "n"), facts.get("s", "0")
            self._texts.clear()
        elif name in _TEXTS:
            self._element = "" if self._phonetic else name
        elif name == "row":
            self._open_row(facts)
        elif name in _LOOKS:
            self._phonetic = self._phonetic or name == "rPh"
            self._struck = is_on(facts) if name == "strike" else self._struck
        elif name == "mergeCell":
            self._note_merge(facts.get("ref", ""))
        elif not self._row:
            self._note_setting(name, facts)

    def characters(self, text: str) -> None:
        if self._element:
            so_far = self._texts.get(self._element, "")
            check_text(len(so_far) + len(text), self._length)
            self._texts[self._element] = so_far + text
            if self._struck:
                self._texts["s"] = self._texts.get("s", "") + text

    def end(self, name: str) -> None:
        if name in _TEXTS:
            self._element = ""
        elif name == "rPh":
            self._phonetic = False
        elif name == "r":
            self._struck = False
        elif name == "c":
            self._struck = False
            self._close_cell()

    def _note_setting(self, name: str, facts: Mapping[str, str]) -> None:
        self._before_rows += 1
        if self._before_rows > _MOST_BEFORE_ROWS:
            raise Unreadable("A sheet of the workbook has too many settings before its first row.")
        if name == "col" and facts.get("hidden", "0") in ("1", "true"):
            first, last = int(facts.get("min", "1")), int(facts.get("max", "1"))
            columns = range(first, min(last, MOST_COLUMNS) + 1)
            self.extent.asides += [Aside(0, number, HIDDEN_COLUMN) for number in columns]

    def _open_row(self, facts: Mapping[str, str]) -> None:
        row = int(facts.get("r") or self._row + 1)
        if row <= self._row:
            raise Unreadable(f"The workbook is damaged: row {row} is there twice or out of order.")
        self._row, self._column = row, 0
        if facts.get("hidden", "0") in ("1", "true") and row <= MOST_ROWS:
            self.extent.asides.append(Aside(row, 0, HIDDEN_ROW))

    def _open_cell(self, coordinate: str) -> None:
        row, column = coordinate_to_tuple(coordinate) if coordinate else (self._row, self._column + 1)
        if row != self._row or column <= self._column:
            raise Unreadable(f"The workbook is damaged: cell {coordinate} is there twice or out of order.")
        self._column = column

    def _close_cell(self) -> None:
        if self._style in self._fills and self._row <= MOST_ROWS and self._column <= MOST_COLUMNS:
            self.extent.fills.setdefault(self._row, {})[self._column] = self._fills[self._style]
        if not self._texts:
            return
        cell = read_cell(self._kind, int(self._style), self._texts, self._book)
        if "f" in self._texts and (cell.is_blank or cell.text.startswith("#")):
            self._note_formula()
            return
        if cell.is_blank:
            return
        if self._style in self._struck_styles:
            cell = replace(cell, struck=cell.text)
        if self._row > MOST_ROWS or self._column > MOST_COLUMNS:
            raise Unreadable(
                f"A sheet has text in row {self._row:,}, column {self._column:,}. "
                f"The limit is {MOST_ROWS:,} rows and {MOST_COLUMNS} columns."
            )
        self._length = check_text(len(cell.text), self._length)
        self.extent.cells.setdefault(self._row, {})[self._column] = cell
        self.extent.last_row = self._row
        self.extent.last_column = max(self.extent.last_column, self._column)
        self._container.cells += 1
        if self._container.cells > MOST_FILLED_CELLS:
            raise Unreadable(f"The workbook has more than {MOST_FILLED_CELLS:,} filled cells.")

    def _note_formula(self) -> None:
        """Note a formula without a result; one whose result is the empty text has one."""
        if self._kind != "str" and self._row <= MOST_ROWS and self._column <= MOST_COLUMNS:
            formula = shortened(self._texts["f"])
            self.extent.asides.append(Aside(self._row, self._column, NO_RESULT.format(formula=formula)))

    def _note_merge(self, reference: str) -> None:
        first_column, first_row, last_column, last_row = range_boundaries(reference)
        if None not in (first_column, first_row, last_column, last_row):
            self.extent.merges.append(
                Merge(int(first_row or 0), int(last_row or 0), int(first_column or 0), int(last_column or 0))
            )
        if len(self.extent.merges) > MOST_MERGES:
            raise Unreadable(f"A sheet has more than {MOST_MERGES:,} merged ranges.")


def read_workbook(path: Path) -> list[Sheet]:
    """Every worksheet, with stored results instead of formulas. Raises Unreadable, and nothing else."""
    try:
        with path.open("rb") as file:
            check_list_of_parts(file)
        with zipfile.ZipFile(path) as archive:
            return _read_sheets(Container(archive))
    except Unreadable:
        raise
    except Exception as fault:
        raise Unreadable("The workbook is damaged. Open it in a spreadsheet program and save it again.") from fault


def _read_sheets(container: Container) -> list[Sheet]:
    book = read_book(container)
    of_file = [Aside(0, 0, MACROS)] if any(part.endswith("vbaProject.bin") for part in container.parts) else []
    of_file += [Aside(0, 0, CHART.format(name=name)) for name in book.charts]
    sheets = [
        _sheet(container, listed_sheet, measure(container, listed_sheet.part, book))
        for listed_sheet in book.listed_sheets
    ]
    if sheets and of_file:
        sheets[0] = replace(sheets[0], asides=(*of_file, *sheets[0].asides))
    return sheets


HIDDEN_ROW = "This row is hidden in the file. It was read like any other."
HIDDEN_COLUMN = "This column is hidden in the file. It was read like any other."
NO_RESULT = "The formula ={formula} has no result in the file. Open it in a spreadsheet program and save it again."
MACROS = "The workbook has macros. None of them was run."
CHART = "The sheet “{name}” has a chart or a macro and no cells."
_MOST_COMMENTS = 10_000


def _sheet(container: Container, listed_sheet: WorkbookSheet, extent: Extent) -> Sheet:
    asides = [*extent.asides, *_comments(container, listed_sheet.part)]
    in_use = [each for each in asides if each.row <= extent.last_row and each.column <= extent.last_column]
    fills = {row: found for row, found in extent.fills.items() if row <= extent.last_row}
    merges = tuple(extent.merges)
    return Sheet(listed_sheet.name, extent.cells, merges, listed_sheet.hidden, fills=fills, asides=tuple(in_use))


def _comments(container: Container, part: str) -> list[Aside]:
    """The comments on cells of a sheet, those with answers too."""
    folder, name = posixpath.split(part)
    links = f"{folder}/_rels/{name}.rels"
    if links not in container.roots:
        return []
    found: list[Aside] = []
    for linked in _links(container, links, folder).values():
        if container.roots.get(linked) in ("comments", "ThreadedComments"):
            watch = _CommentWatch()
            container.follow(linked, start=watch.start, end=watch.end, characters=watch.characters)
            found += watch.found
    return [each for each in found if "[Threaded comment]" not in each.what]


class _CommentWatch:
    def __init__(self) -> None:
        self.found: list[Aside] = []
        self._cell = (0, 0)
        self._pieces: list[str] = []
        self._in_text = False
        self._length = 0

    def start(self, name: str, facts: dict[str, str]) -> None:
        if name in ("comment", "threadedComment"):
            self._cell = coordinate_to_tuple(facts.get("ref", "A1"))
            self._pieces.clear()
        elif name in ("t", "text"):
            self._in_text = True

    def characters(self, text: str) -> None:
        if self._in_text:
            self._length = check_text(len(text), self._length)
            self._pieces.append(text)

    def end(self, name: str) -> None:
        if name in ("t", "text"):
            self._in_text = False
        elif name in ("comment", "threadedComment"):
            row, column = self._cell
            text = one_line("".join(self._pieces))
            if len(self.found) >= _MOST_COMMENTS:
                raise Unreadable(f"A sheet has more than {_MOST_COMMENTS:,} comments.")
            if text:
                self.found.append(Aside(row, column, f"The cell has a comment: “{text}”"))
