"""Which bodies does an action point at on another sheet ("see sheet 2"), and how far is each?"""

import re
from collections.abc import Iterable, Sequence

from reviews.imports.readers.cells import Sheet
from reviews.imports.readers.result import Strand
from reviews.imports.readers.texts import folded, one_line, trimmed

_POINTS = re.compile(
    r"\bsee\s+(?:the\s+)?(?:work)?(?:sheet|tab)\s+(?:no\.?\s*)?[“‘\"']?([^.,;\n“”‘’\"']+)", re.IGNORECASE
)


def pointed_at(texts: Iterable[str], sheets: Sequence[Sheet]) -> tuple[list[Sheet], list[str]]:
    """The sheets that the texts point at, by number or by name, and the words that point at none."""
    found: list[Sheet] = []
    missing: list[str] = []
    for words in (match[1] for text in texts for match in _POINTS.finditer(text)):
        sheet = _sheet(folded(words), sheets)
        if sheet is None:
            missing.append(one_line(words))
        elif sheet not in found:
            found.append(sheet)
    return found, missing


def read_strands(sheet: Sheet) -> tuple[Strand, ...]:
    """One strand a row under the headings: the first cell is the body's name, the others say how far it is."""
    rows = [row for row in sorted(sheet.rows) if sheet.filled(row)]
    header = next((row for row in rows if len(sheet.filled(row)) > 1), None)
    return tuple(_strand(sheet, row) for row in rows if header is not None and row > header)


def _strand(sheet: Sheet, row: int) -> Strand:
    texts = [trimmed(cell.text) for cell in sheet.filled(row).values()]
    return Strand(one_line(texts[0]), "; ".join(texts[1:]), sheet.name, row)


def _sheet(words: str, sheets: Sequence[Sheet]) -> Sheet | None:
    place = re.match(r"\d{1,3}\b", words)
    if place and 1 <= int(place[0]) <= len(sheets):
        return sheets[int(place[0]) - 1]
    return next((sheet for sheet in sheets if words.startswith(folded(sheet.name))), None)
