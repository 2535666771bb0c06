"""Reads a text file of separated values, whatever its encoding and separator."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from reviews.imports.readers.cells import (
    MOST_COLUMNS,
    MOST_FILLED_CELLS,
    MOST_ROWS,
    Cell,
    Sheet,
    Unreadable,
    with_plain_breaks,
)
from reviews.imports.readers.exported_plan import begins_as_export, without_formula_guards

_SEPARATORS = ",;\t|"
_ROWS_TRIED = 60
_TEXT_TRIED = 100_000
_LONGEST_RECORD = 1_000_000  # characters
_MOST_BLANK = 200_000


def read_delimited(path: Path) -> list[Sheet]:
    """The one sheet of the file, named after it. A row whose quotation marks are wrong is a fault of that row."""
    written = _as_written(path.read_bytes())
    head = written.lines().read(_TEXT_TRIED)
    _refuse_binary(head)
    first_line = head.partition("\n")[0].strip().lower()
    declared = first_line[4:] if first_line.startswith("sep=") else "," if begins_as_export(head) else ""
    separator = declared if declared and declared in _SEPARATORS else _likeliest_separator(head)
    rows: dict[int, dict[int, Cell]] = {}
    faults: dict[int, str] = {}
    doubtful: dict[int, str] = {}
    filled = 0
    for number, record in enumerate(_records(written.lines(), separator), start=1):
        if record.fault:
            faults[number] = record.fault
        elif record.values and not (number == 1 and first_line.startswith("sep=")):
            cells = ((column, with_plain_breaks(value)) for column, value in enumerate(record.values, start=1) if value)
            rows[number] = {column: Cell(value) for column, value in cells}
            filled += len(rows[number])
        if odd := [line for line in record.lines if line in written.odd_lines]:
            doubtful[number] = _ODD_LINE.format(line=odd[0])
        _check_size(number, rows.get(number, {}), filled)
    sheet = Sheet(path.stem, rows, faults=faults, doubtful=doubtful)
    sheet = replace(sheet, encoding=written.encoding, other_encoding=written.other_encoding)
    return [without_formula_guards(sheet)]


_ODD_LINE = (
    "Line {line} of the file is not in the encoding of the others (UTF-8). Its letters were read as Windows-1252. "
    "Check them."
)
_LIST_SCHEMA = "ListSchema="
"""An export of a SharePoint list begins with it and a JSON document, in the line of the headings or before it."""
_MAC_LETTERS = re.compile(rb"[a-z][\xd5\x8e\x8f\x87\x88\x96\x9f\x9e][a-z]|\xd2[A-Za-z]|[a-z.,]\xd3| \xd0 |\xa5 ")
_WINDOWS_LETTERS = re.compile(rb"[a-z][\x92\xe0-\xff]|\x93[A-Za-z]|[a-z.,]\x94| \x96 |\x95 ")
WINDOWS, MAC = "Windows-1252", "Mac Roman"
ENCODINGS = {WINDOWS: "cp1252", MAC: "mac_roman"}


@dataclass(frozen=True)
class _Written:
    """The bytes of a file and how they are read. `odd_lines` are those that are in another encoding than the rest."""

    data: bytes
    codec: str
    encoding: str = ""
    other_encoding: str = ""
    odd_lines: frozenset[int] = frozenset()

    def lines(self) -> io.TextIOWrapper:
        """Decode line by line: in one string, a single rare letter would take four bytes for every character."""
        return io.TextIOWrapper(io.BytesIO(self.data), encoding=self.codec, errors=_ERRORS, newline="")


def _as_written(data: bytes) -> _Written:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _checked(data, "utf-16")
    if data[1:200:2].count(0) > len(data[1:200:2]) / 2:
        return _checked(data, "utf-16-le")
    if data[:200:2].count(0) > len(data[:200:2]) / 2:
        return _checked(data, "utf-16-be")
    data = _without_schema(data)
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _of_one_byte(data)
    return _Written(data, "utf-8-sig")


def _checked(data: bytes, codec: str) -> _Written:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        raise Unreadable("The file has an unknown encoding. Save it as CSV UTF-8.") from None
    return _Written(data, codec)


def _of_one_byte(data: bytes) -> _Written:
    """Read a file that is not UTF-8: in one of the encodings of Windows or the Mac, or in UTF-8 but for some lines."""
    if any(_is_utf_8_beyond_ascii(line) for line in data.split(b"\n")):
        lines = enumerate(data.split(b"\n"), start=1)
        return _Written(data, "utf-8-sig", odd_lines=frozenset(number for number, line in lines if not _is_utf_8(line)))
    mac, windows = len(_MAC_LETTERS.findall(data)), len(_WINDOWS_LETTERS.findall(data))
    if mac > windows:
        return _Written(data, "mac_roman", MAC, WINDOWS)
    return _Written(data, "cp1252", WINDOWS, MAC if mac else "")


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_utf_8_beyond_ascii(line: bytes) -> bool:
    """Whether some letters of the line are written in several bytes as UTF-8 does, which is no chance."""
    return not line.isascii() and bool(_SEVERAL_BYTES.search(line))


_SEVERAL_BYTES = re.compile(rb"[\xc3-\xdf][\x80-\xbf](?![\x80-\xbf])|[\xe1-\xef][\x80-\xbf]{2}|\xc2[\xa0-\xbf]")
_ERRORS = "as-windows-1252"


def _as_windows_1252(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    return fault.object[fault.start : fault.end].decode("cp1252", "replace"), fault.end


codecs.register_error(_ERRORS, _as_windows_1252)


def in_other_encoding(sheet: Sheet, encoding: str) -> Sheet:
    """The sheet with its letters read in another of ENCODINGS."""
    before, after = ENCODINGS[sheet.encoding], ENCODINGS[encoding]

    def read_again(cell: Cell) -> Cell:
        return (
            cell
            if cell.text.isascii()
            else replace(cell, text=cell.text.encode(before, "replace").decode(after, "replace"))
        )

    rows = {row: {column: read_again(cell) for column, cell in cells.items()} for row, cells in sheet.rows.items()}
    return replace(sheet, rows=rows, encoding=encoding, other_encoding="")


def _without_schema(data: bytes) -> bytes:
    """Take away what an export of a SharePoint list begins with."""
    line = data[: data.find(b"\n") + 1 or len(data)][:_LONGEST_RECORD].decode("utf-8-sig", "replace")
    if not line.startswith(_LIST_SCHEMA):
        return data
    try:
        end = json.JSONDecoder().raw_decode(line, len(_LIST_SCHEMA))[1]
    except (ValueError, RecursionError):
        return data[data.find(b"\n") :]
    return line[end:].encode() + data[data.find(b"\n") + 1 :] if b"\n" in data else b""


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


@dataclass(frozen=True, slots=True)
class _Record:
    """The values of one record, or a sentence about what is wrong with it, and the lines that it covers."""

    values: list[str]
    lines: range
    fault: str = ""


def _records(lines: io.TextIOWrapper, separator: str) -> Iterator[_Record]:
    csv.field_size_limit(_LONGEST_RECORD)  # a cell that is too long is refused with its row, not with the whole file
    measured = _Measured(lines)
    reader = csv.reader(measured, delimiter=separator, strict=True)
    while True:
        begins = reader.line_num + 1
        measured.length = 0
        try:
            values = next(reader)
            yield _Record(values, range(begins, reader.line_num + 1))
        except StopIteration:
            return
        except csv.Error as fault:
            if "unexpected end" in str(fault):
                raise Unreadable(f"A quotation mark near line {begins} of the file is not closed.") from fault
            reason = (
                f"The quotation marks in lines {begins} to {reader.line_num} of the file do not match, "
                "so the columns are not certain."
            )
            yield _Record([], range(begins, reader.line_num + 1), reason)


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
