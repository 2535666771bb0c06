"""The kinds of file that are accepted, and the check that the content of a file is of the kind its name says."""

import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import IO

from reviews.imports.readers.cells import Unreadable
from reviews.imports.readers.xlsx_safety import Container, check_list_of_parts
from workflows.core.engine import Refused

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PNG = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 200_000_000
_END_OF_PDF = 2_048
_LOCKED_PDF = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|body|script|svg|\?xml|!--)", re.IGNORECASE)
_LONGEST_TYPES = 1_000_000


def check_content(file: IO[bytes], suffix: str) -> None:
    """Refuse a file whose first bytes and parts are not those of its kind; `suffix` is one of FILE_KINDS."""
    file.seek(0)
    _CHECKS[suffix](file, suffix)


def _pdf(file: IO[bytes], suffix: str) -> None:
    data = file.read()
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-_END_OF_PDF:]:
        raise _disguised(suffix)
    if _LOCKED_PDF.search(data):
        raise Refused("The file has a password. Save it without one.")


def _office(file: IO[bytes], suffix: str) -> None:
    head = file.read(len(OLD_OFFICE))
    if head == OLD_OFFICE:
        raise Refused(
            "The file has a password or is in an old Office format. Save it without a password, as .docx or .xlsx."
        )
    if not head.startswith(b"PK\x03\x04"):
        raise _disguised(suffix)
    try:
        _check_parts(file, suffix)
    except Unreadable as fault:
        raise Refused(str(fault).replace("workbook", "file")) from fault
    except Refused:
        raise
    except Exception as fault:
        raise Refused("The file is damaged. Open it in an office program and save it again.") from fault


def _check_parts(file: IO[bytes], suffix: str) -> None:
    check_list_of_parts(file)
    with zipfile.ZipFile(file) as archive:
        roots = Container(archive).roots
        with archive.open("[Content_Types].xml") as types:
            types_text = types.read(_LONGEST_TYPES).lower()
        names = [name.lower() for name in archive.namelist()]
    if b"macroenabled" in types_text or any("vbaproject" in name for name in names):
        raise Refused("The file contains macros. Save it without them.")
    if _MAIN_PART[suffix] not in roots.items():
        raise _disguised(suffix)


def _png(file: IO[bytes], suffix: str) -> None:
    head = file.read(24)
    if len(head) < 24 or not head.startswith(PNG) or head[12:16] != b"IHDR":
        raise _disguised(suffix)
    _check_size(*struct.unpack(">LL", head[16:24]))


def _jpg(file: IO[bytes], suffix: str) -> None:
    """Follow the segments to the one that has the size of the picture."""
    data = file.read()
    position = 2 if data.startswith(b"\xff\xd8\xff") else len(data)
    while position + 9 <= len(data) and data[position] == 0xFF:
        kind = data[position + 1]
        if kind == 0xFF:
            position += 1
        elif 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            return _check_size(*struct.unpack(">HH", data[position + 5 : position + 9]))
        else:
            position += 2 + struct.unpack(">H", data[position + 2 : position + 4])[0]
    raise _disguised(suffix)


def _text(file: IO[bytes], suffix: str) -> None:
    data = file.read()
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text) and not _MARKUP.match(text) and not text.startswith(("%PDF-", "{\\rtf")):
            return
    raise _disguised(suffix)


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise Refused("The picture is far too large, or has no size.")


def _disguised(suffix: str) -> Refused:
    return Refused(f"The file is called {suffix}, but its content is not. Save it as what it is, or as a PDF.")


_MAIN_PART: Mapping[str, tuple[str, str]] = {
    ".docx": ("word/document.xml", "document"),
    ".xlsx": ("xl/workbook.xml", "workbook"),
}
_CHECKS: Mapping[str, Callable[[IO[bytes], str], None]] = {
    ".pdf": _pdf,
    ".docx": _office,
    ".xlsx": _office,
    ".csv": _text,
    ".txt": _text,
    ".png": _png,
    ".jpg": _jpg,
    ".jpeg": _jpg,
}
FILE_KINDS: Mapping[str, str] = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
"""The kinds of file that are accepted, by the end of the name, with the content type each is sent as."""
