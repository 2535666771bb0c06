"""Reads a text file of separated values, whatever its encoding and separator."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from reviews.imports.readers.cells import MOST_COLUMNS, MOST_FILLED_CELLS, MOST_ROWS, Cell, Sheet, Unreadable, clean
from reviews.imports.readers.exported_plan import begins_as_export, without_formula_guards

_SEPARATORS = ",;\t|"
_ROWS_TRIED = 60
_TEXT_TRIED = 100_000
_LONGEST_RECORD = 1_000_000  # characters
_MOST_BLANK = 200_000


def read_delimited(path: Path) -> list[Sheet]:
    """The one sheet of the file, named after it. A row whose quotation marks are wrong is a fault of that row."""
    data = path.read_bytes()
    encoding = _encoding_of(data)
    head = _lines(data, encoding).read(_TEXT_TRIED)
    _refuse_binary(head)
    first_line = head.partition("\n")[0].strip().lower()
    declared = first_line[4:] if first_line.startswith("sep=") else "," if begins_as_export(head) else ""
    separator = declared if declared and declared in _SEPARATORS else _likeliest_separator(head)
    rows: dict[int, dict[int, Cell]] = {}
    faults: dict[int, str] = {}
    filled = 0
    for number, values in enumerate(_records(_lines(data, encoding), separator), start=1):
        if isinstance(values, str):
            faults[number] = values
        elif values and not (number == 1 and first_line.startswith("sep=")):
            rows[number] = {column: Cell(clean(value)) for column, value in enumerate(values, start=1) if value}
            filled += len(rows[number])
        _check_size(number, rows.get(number, {}), filled)
    return [without_formula_guards(Sheet(path.stem, rows, faults=faults))]


def _encoding_of(data: bytes) -> str:
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
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Unreadable("The file has an unknown encoding. Save it as CSV UTF-8.")


def _lines(data: bytes, encoding: str) -> io.TextIOWrapper:
    """Decode line by line: in one string, a single rare letter would take four bytes for every character."""
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")


def _refuse_binary(text: str) -> None:
    sample = text[:4096]
    odd = sum(character < " " and character not in "\t\n\r\x0b\x0c" for character in sample)
    if odd > len(sample) / 20:
        raise Unreadable("The file is not text or a spreadsheet.")


def _likeliest_separator(text: str) -> str:
    """The separator that gives most rows the same number of columns, and many columns."""

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


def _records(lines: io.TextIOWrapper, separator: str) -> Iterator[list[str] | str]:
    """The values of each record, or a sentence about what is wrong with it."""
    csv.field_size_limit(_LONGEST_RECORD)  # a cell that is too long is refused with its row, not with the whole file
    measured = _Measured(lines)
    reader = csv.reader(measured, delimiter=separator, strict=True)
    while True:
        begins = reader.line_num + 1
        measured.length = 0
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            if "unexpected end" in str(fault):
                raise Unreadable(f"A quotation mark near line {begins} of the file is not closed.") from fault
            yield (
                f"The quotation marks in lines {begins} to {reader.line_num} of the file do not match, "
                "so the columns are not certain."
            )


class _Measured:
    """Gives lines one by one, and refuses a record that is too long before it is put together."""

    def __init__(self, lines: io.TextIOWrapper) -> None:
        self._lines = lines
        self.length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline(_LONGEST_RECORD + 1)
        self.length += len(line)
        if self.length > _LONGEST_RECORD:
            raise Unreadable(f"A row of the file is longer than {_LONGEST_RECORD:,} characters.")
        if not line:
            raise StopIteration
        return line


def _check_size(number: int, values: dict[int, Cell], filled: int) -> None:
    if (number > MOST_ROWS and values) or number > _MOST_BLANK or max(values, default=0) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns.")
    if filled > MOST_FILLED_CELLS:
        raise Unreadable(f"The file has more than {MOST_FILLED_CELLS:,} filled cells.")
