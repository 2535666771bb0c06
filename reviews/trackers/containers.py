"""Is it safe to unpack this workbook? Answered from its table of contents and the head of each part."""

import zipfile
from xml.parsers import expat

from reviews.trackers.unreadable import Unreadable

MOST_UNPACKED = 100_000_000  # bytes
MOST_PARTS = 2_000
MOST_TIMES_SMALLER = 100
_SMALL_PART = 10_000_000  # bytes; below it a high ratio harms nobody
_CHUNK = 65_536
_LARGEST = {"sst": 30_000_000, "styleSheet": 2_000_000, "workbook": 5_000_000, "Relationships": 5_000_000}


def check_container(archive: zipfile.ZipFile) -> list[str]:
    """The names of the parts that are worksheets. Raises Unreadable for anything that could do harm."""
    parts = archive.infolist()
    _check_contents(parts)
    worksheets = []
    for part in parts:
        if not part.filename.endswith((".xml", ".rels")):
            continue
        root = _root_of(archive, part)
        if part.file_size > _LARGEST.get(root, MOST_UNPACKED):
            raise Unreadable(f"The workbook's part {root} is too large to be read.")
        if root == "worksheet":
            worksheets.append(part.filename)
    return worksheets


def _check_contents(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS:
        raise Unreadable(f"The workbook has more than {MOST_PARTS:,} parts.")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable("The workbook is larger than 100 MB when unpacked.")
    if any(_is_bomb(part) for part in parts):
        raise Unreadable("The workbook unpacks to more than a hundred times its size and is not opened.")
    if len(set(names)) < len(names) or any(_leads_outside(name) for name in names):
        raise Unreadable("The workbook's contents are named as no spreadsheet program names them.")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("The workbook is protected by a password; save it without one.")


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _SMALL_PART and part.file_size > MOST_TIMES_SMALLER * max(part.compress_size, 1)


def _leads_outside(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name


def _root_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    """The name of the part's outermost element; a document type before it is refused, entities live there."""
    found: list[str] = []
    parser = safe_parser()
    parser.StartElementHandler = lambda name, _: found.append(name.rpartition(":")[2])
    with archive.open(part) as source:
        while not found and (chunk := source.read(_CHUNK)):
            parser.Parse(chunk)
    return found[0] if found else ""


def safe_parser() -> expat.XMLParserType:
    """An XML parser that refuses a document type, and with it every entity, internal or external."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    return parser


def _refuse_document_type(*_: object) -> None:
    raise Unreadable("The workbook defines entities of its own, which no spreadsheet needs, and is not opened.")
