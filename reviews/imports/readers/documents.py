"""What does a plan hold that we exported as a JSON document?"""

import json
from pathlib import Path
from typing import Any

from reviews.imports.readers.cells import MOST_COLUMNS, MOST_ROWS, Cell, Sheet
from reviews.imports.readers.exported_plan import FORMAT
from reviews.imports.readers.texts import clean
from reviews.imports.readers.unreadable import Unreadable


def read_document(path: Path) -> list[Sheet]:
    """Give the cells of each action as the one sheet of a file. Raises Unreadable for every other JSON document."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise Unreadable("The file is no JSON document that can be read.") from fault
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Unreadable("Of JSON documents only plans that were exported from here can be read.")
    rows = [_cells(each) for each in _list(data.get("actions"))]
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    if len(rows) >= MOST_ROWS or len(headings) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns.")
    sheet = {1: {column: Cell(heading) for column, heading in enumerate(headings, start=1)}}
    for number, row in enumerate(rows, start=2):
        texts = ((column, row.get(heading, "")) for column, heading in enumerate(headings, start=1))
        sheet[number] = {column: Cell(clean(text)) for column, text in texts if text}
    return [Sheet(path.stem, sheet)]


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _cells(action: Any) -> dict[str, str]:
    cells = action.get("cells") if isinstance(action, dict) else None
    if not isinstance(cells, dict) or not all(isinstance(text, str) for text in cells.values()):
        raise Unreadable("An action of the document has no cells, or one that is no text.")
    return cells
