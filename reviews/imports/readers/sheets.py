"""Which sheets does a file hold, whatever kind of spreadsheet it is?"""

from pathlib import Path

from reviews.imports.readers.cells import Sheet
from reviews.imports.readers.delimited import read_delimited
from reviews.imports.readers.documents import read_document
from reviews.imports.readers.unreadable import Unreadable
from reviews.imports.readers.workbooks import read_workbook

LARGEST_FILE = 10_000_000  # bytes

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheets(path: Path) -> list[Sheet]:
    """Every sheet of an .xlsx or .xlsm workbook (nothing in it is run), or the one of a .csv, .tsv, .txt or our .json.

    Raises Unreadable for anything else, and for a file that is damaged, protected or too large.
    """
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".xlsm", ".csv", ".tsv", ".txt", ".json"):
        raise Unreadable("Only .xlsx, .xlsm and .csv files can be read; save the tracker as one of these.")
    head = _first_bytes(path)
    if suffix in (".xlsx", ".xlsm"):
        _refuse_unless_zip(head)
        return read_workbook(path)
    if head.startswith((_ZIP, _OLE, b"%PDF")):
        raise Unreadable(f"The file is called {suffix} but is no text; save the tracker as .xlsx or .csv.")
    return read_document(path) if suffix == ".json" else read_delimited(path)


def _first_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unreadable("The file is larger than 10 MB.")
        with path.open("rb") as file:
            head = file.read(8)
    except (OSError, ValueError) as fault:
        raise Unreadable("The file cannot be opened: it is not there, is a folder or may not be read.") from fault
    if not head:
        raise Unreadable("The file is empty.")
    return head


def _refuse_unless_zip(head: bytes) -> None:
    if head.startswith(_OLE):
        raise Unreadable(
            "The workbook is protected by a password or is in the old .xls format; save it without a password as .xlsx."
        )
    if not head.startswith(_ZIP):
        raise Unreadable("The file is called an Excel workbook but is none; open it and save it as .xlsx.")
