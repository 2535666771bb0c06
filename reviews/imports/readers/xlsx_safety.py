"""Checks that a workbook is safe to unpack, from its table of contents and the head of each part."""

import struct
import zipfile
from collections.abc import Callable
from os import SEEK_END
from typing import IO
from xml.parsers import expat

from reviews.imports.readers.cells import Unreadable

MOST_UNPACKED = 100_000_000  # bytes
MOST_PARTS = 2_000
MOST_TIMES_SMALLER = 100
MOST_EMPTY = 600_000
LONGEST_PIECE = 1_000_000  # bytes of one tag or comment, which the parser holds as a whole
_SMALL_PART = 10_000_000  # bytes; below it a high ratio harms nobody
_CHUNK = 65_536
_LARGEST = {"sst": 30_000_000, "styleSheet": 2_000_000, "workbook": 5_000_000, "Relationships": 5_000_000}

Start = Callable[[str, dict[str, str]], None]
TextHandler = Callable[[str], None]


class Container:
    """The parts of a workbook by their names. `roots` is the outermost element of each XML part.

    `texts` and `cells` count the entries that have text: the more of them, the more empty ones are allowed.
    Raises Unreadable for anything that could do harm.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        parts = archive.infolist()
        _check_contents(parts)
        self._archive, self._entries = archive, 0
        self.texts = self.cells = 0
        self.parts = [part.filename for part in parts]
        xml = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
        self.roots = {part.filename: _root_of(archive, part) for part in xml}
        for part in xml:
            root = self.roots[part.filename]
            if part.file_size > _LARGEST.get(root, MOST_UNPACKED):
                raise Unreadable(f"The workbook's part {root} is too large to be read.")

    def follow(
        self, part: str, *, start: Start, end: TextHandler | None = None, characters: TextHandler | None = None
    ) -> None:
        """Call the handlers for the elements of a part in order, with their names without prefix."""

        def begin(name: str, facts: dict[str, str]) -> None:
            self._entries += 1
            if self._entries - 6 * (self.texts + self.cells) > MOST_EMPTY:
                raise Unreadable("The workbook has too many empty rows or cells. Delete those below the table.")
            start(name.rpartition(":")[2] if ":" in name else name, facts)

        parser = safe_parser()
        parser.StartElementHandler = begin
        if end is not None:
            parser.EndElementHandler = lambda name: end(name.rpartition(":")[2] if ":" in name else name)
        if characters is not None:
            parser.CharacterDataHandler = characters
        with self._archive.open(part) as source:
            fed = 0
            while chunk := source.read(_CHUNK):
                parser.Parse(chunk)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > LONGEST_PIECE:
                    raise Unreadable("The workbook is damaged: one of its entries does not end.")
            parser.Parse(b"", True)


def _check_contents(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS:
        raise Unreadable(f"The workbook has more than {MOST_PARTS:,} parts.")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable("The workbook is larger than 100 MB when unpacked.")
    if any(_is_bomb(part) for part in parts):
        raise Unreadable("The workbook was not opened, because it unpacks to more than a hundred times its size.")
    if len(set(names)) < len(names) or any(_leads_outside(name) for name in names):
        raise Unreadable("The parts of the workbook have names that no spreadsheet program uses.")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("The workbook has a password. Save it without one.")


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _SMALL_PART and part.file_size > MOST_TIMES_SMALLER * max(part.compress_size, 1)


def _leads_outside(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name


def _root_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    """The name of the outermost element of a part. A document type before it, which could hold entities, is refused."""
    found: list[str] = []
    parser = safe_parser()
    parser.StartElementHandler = lambda name, _: found.append(name.rpartition(":")[2])
    fed = 0
    with archive.open(part) as source:
        while not found and (chunk := source.read(_CHUNK)):
            parser.Parse(chunk)
            fed += len(chunk)
            if fed > LONGEST_PIECE:
                raise Unreadable("The workbook is damaged: one of its parts does not begin.")
    return found[0] if found else ""


def safe_parser() -> expat.XMLParserType:
    """An XML parser that refuses a document type, and with it every entity, internal or external."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    return parser


def _refuse_document_type(*_: object) -> None:
    raise Unreadable("The workbook was not opened, because it defines entities, which no spreadsheet needs.")


_END, _END_LENGTH, _LONGEST_REMARK = b"PK\x05\x06", 22, 65_535
_LARGEST_CONTENTS = MOST_PARTS * 250  # bytes of the list of parts


def check_list_of_parts(file: IO[bytes]) -> None:
    """Refuse a list of parts that is too long, before it is read."""
    size = file.seek(0, SEEK_END)
    file.seek(max(0, size - _END_LENGTH - _LONGEST_REMARK))
    tail = file.read()
    index = tail.rfind(_END)
    if index >= 0 and struct.unpack("<L", tail[index + 12 : index + 16])[0] > _LARGEST_CONTENTS:
        raise Unreadable(f"The workbook has more than {MOST_PARTS:,} parts.")
