"""What does a text file of separated values hold, whatever its encoding and separator?"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from reviews.trackers.cells import MOST_COLUMNS, MOST_FILLED_CELLS, MOST_ROWS, Cell, Sheet
from reviews.trackers.texts import clean
from reviews.trackers.unreadable import Unreadable

_SEPARATORS = ",;\t|"
_ROWS_TRIED = 60
_TEXT_TRIED = 100_000


def read_delimited(path: Path) -> list[Sheet]:
    """The one sheet of the file, named after it. A row whose quotation marks are wrong is a fault of that row."""
    text = _decoded(path.read_bytes())
    first_line = text.partition("\n")[0].strip().lower()
    told = first_line[4:] if first_line.startswith("sep=") else ""
    separator = told if told and told in _SEPARATORS else _likeliest_separator(text)
    rows: dict[int, dict[int, Cell]] = {}
    faults: dict[int, str] = {}
    filled = 0
    for number, values in enumerate(_records(text.rstrip(), separator), start=1):
        if isinstance(values, str):
            faults[number] = values
        elif not (number == 1 and first_line.startswith("sep=")):
            rows[number] = {column: Cell(clean(value)) for column, value in enumerate(values, start=1) if value}
            filled += len(rows[number])
        _check_size(number, rows.get(number, {}), filled)
    return [Sheet(path.stem, rows, faults=faults)]


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data[1:200:2].count(0) > len(data[1:200:2]) / 2:
        encodings = ["utf-16-le"]
    elif data[:200:2].count(0) > len(data[:200:2]) / 2:
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        _refuse_binary(text)
        return text
    raise Unreadable("The file's letters are in no encoding that is read: save it as CSV UTF-8.")


def _refuse_binary(text: str) -> None:
    sample = text[:4096]
    odd = sum(character < " " and character not in "\t\n\r\x0b\x0c" for character in sample)
    if odd > len(sample) / 20:
        raise Unreadable("The file is no text and no spreadsheet.")


def _likeliest_separator(text: str) -> str:
    """The one that gives most rows the same number of columns, and many of them."""

    def evenness(separator: str) -> float:
        widths = _widths(text, separator)
        if not widths:
            return 0
        width, times = max(Counter(widths).items(), key=lambda item: item[0] * item[1])
        return times / len(widths) * width if width > 1 else 0

    return max(_SEPARATORS, key=evenness)


def _widths(text: str, separator: str) -> list[int]:
    reader = csv.reader(io.StringIO(text[:_TEXT_TRIED], newline=""), delimiter=separator)
    try:
        return [len(values) for values in islice(reader, _ROWS_TRIED) if values]
    except csv.Error:
        return []


def _records(text: str, separator: str) -> Iterator[list[str] | str]:
    """Each record's values, or the sentence what is wrong with it."""
    csv.field_size_limit(len(text) + 1)  # a cell that is too long is refused with its row, not with the whole file
    lines = io.TextIOWrapper(
        io.BytesIO(text.encode()), encoding="utf-8", newline=""
    )  # a StringIO takes four times more
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            if "unexpected end" in str(fault):
                raise Unreadable(f"A quotation mark opened near line {begins} of the file is never closed.") from fault
            yield (
                f"The quotation marks in lines {begins} to {reader.line_num} of the file are not closed as they "
                "should be, so the columns are not certain."
            )


def _check_size(number: int, values: dict[int, Cell], filled: int) -> None:
    if number > MOST_ROWS or max(values, default=0) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns.")
    if filled > MOST_FILLED_CELLS:
        raise Unreadable(f"The file has more than {MOST_FILLED_CELLS:,} filled cells.")
