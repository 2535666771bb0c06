"""What do the sheets of an Excel workbook hold?"""

import struct
import zipfile
from pathlib import Path

from reviews.imports.readers.cells import Sheet
from reviews.imports.readers.extents import Extent, measure
from reviews.imports.readers.unreadable import Unreadable
from reviews.imports.readers.xlsx import Page, read_book
from reviews.imports.readers.xlsx_safety import MOST_PARTS, Container

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
