"""What does a workbook say of its sheets, shared texts and number formats? Read part by part, never as a tree."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900
from openpyxl.utils.escape import unescape

from reviews.imports.readers.cells import MOST_FILLED_CELLS, Cell
from reviews.imports.readers.texts import clean
from reviews.imports.readers.unreadable import Unreadable
from reviews.imports.readers.xlsx_safety import Container

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
