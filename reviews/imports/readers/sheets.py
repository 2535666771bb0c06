"""Opens a spreadsheet of any kind, and reads the JSON document of an export."""

import json
from pathlib import Path
from typing import Any

from reviews.imports.readers.cells import MOST_COLUMNS, MOST_ROWS, Cell, Sheet, Unreadable, with_plain_breaks
from reviews.imports.readers.delimited import read_delimited
from reviews.imports.readers.exported_plan import FORMAT
from reviews.imports.readers.workbooks import read_workbook


def read_document(path: Path) -> list[Sheet]:
    """Give the cells of each action as one sheet. Raises Unreadable for every other JSON document."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise Unreadable("The file is not a JSON document that can be read.") from fault
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Unreadable("The only JSON documents that can be read are plans exported from here.")
    rows = [_cells(each) for each in _list(data.get("actions"))]
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    if len(rows) >= MOST_ROWS or len(headings) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns.")
    sheet = {1: {column: Cell(heading) for column, heading in enumerate(headings, start=1)}}
    for number, row in enumerate(rows, start=2):
        texts = ((column, row.get(heading, "")) for column, heading in enumerate(headings, start=1))
        sheet[number] = {column: Cell(with_plain_breaks(text)) for column, text in texts if text}
    return [Sheet(path.stem, sheet)]


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _cells(action: Any) -> dict[str, str]:
    cells = action.get("cells") if isinstance(action, dict) else None
    if not isinstance(cells, dict) or not all(isinstance(text, str) for text in cells.values()):
        raise Unreadable("An action in the document has no cells, or a cell that is not text.")
    return cells


LARGEST_FILE = 10_000_000  # bytes

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheets(path: Path) -> list[Sheet]:
    """Every sheet of an .xlsx or .xlsm workbook (nothing in it is run), or the one of a .csv, .tsv, .txt or .json file.

    Raises Unreadable for anything else, and for a file that is damaged, protected or too large.
    """
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".xlsm", ".csv", ".tsv", ".txt", ".json"):
        raise Unreadable("Only .xlsx, .xlsm and .csv files can be read. Save the tracker as one of these.")
    head = _first_bytes(path)
    if suffix in (".xlsx", ".xlsm"):
        _refuse_unless_zip(head)
        return read_workbook(path)
    if head.startswith((_ZIP, _OLE, b"%PDF")):
        raise Unreadable(f"The file is called {suffix} but is not text. Save the tracker as .xlsx or .csv.")
    return read_document(path) if suffix == ".json" else read_delimited(path)


def _first_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unreadable("The file is larger than 10 MB.")
        with path.open("rb") as file:
            head = file.read(8)
    except (OSError, ValueError) as fault:
        raise Unreadable(
            "The file cannot be opened. Check that it is there, that it is not a folder, and that you may read it."
        ) from fault
    if not head:
        raise Unreadable("The file is empty.")
    return head


def _refuse_unless_zip(head: bytes) -> None:
    if head.startswith(_OLE):
        raise Unreadable(
            "The workbook has a password or is in the old .xls format. Save it without a password as .xlsx."
        )
    if not head.startswith(_ZIP):
        raise Unreadable("The file is not an Excel workbook, although its name says so. Open it and save it as .xlsx.")
