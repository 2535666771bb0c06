"""What does one cell of a workbook say, by its kind and number format?"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.utils.escape import unescape

from reviews.imports.readers.cells import BLANK, Cell
from reviews.imports.readers.texts import clean
from reviews.imports.readers.xlsx import Book

_DECIMALS = re.compile(r"0\.(0+)(%?)")


def read_cell(kind: str, style: int, texts: Mapping[str, str], book: Book) -> Cell:
    """Give what the cell shows; `texts` are its value (v), text (t) and formula (f). A kept result counts.

    Raises ValueError or IndexError for a cell that no spreadsheet program writes.
    """
    value = texts.get("v", "")
    if kind == "inlineStr":
        return Cell(clean(unescape(texts.get("t", ""))))
    if not value:
        formula = texts.get("f", "")
        return Cell(clean("=" + formula)) if formula and kind != "str" else BLANK
    if kind == "s":
        return book.texts[int(value)]
    if kind == "b":
        return Cell("TRUE" if int(value) else "FALSE")
    if kind == "d":
        return _moment(from_ISO8601(value))  # type: ignore[no-untyped-call]  # the library's stubs leave it out
    if kind != "n":
        return Cell(clean(unescape(value)))
    return _number(value, book.format_of(style), book)


def _number(written: str, number_format: str, book: Book) -> Cell:
    value = float(written) if any(letter in written for letter in ".eE") else int(written)
    if _is_date(number_format):
        try:
            return _moment(from_excel(value, book.epoch, timedelta=_is_span(number_format)))
        except (OverflowError, ValueError):
            return Cell("#VALUE!")
    return Cell(_shown(value, number_format))


def _moment(value: object) -> Cell:
    if isinstance(value, datetime | date):
        on = value.date() if isinstance(value, datetime) else value
        return Cell(f"{on.day:02}/{on.month:02}/{on.year:04}", on)
    if isinstance(value, time):
        return Cell(value.isoformat("minutes"))
    if isinstance(value, timedelta):
        return Cell(str(value))
    return BLANK


def _shown(value: float, number_format: str) -> str:
    """As the sheet shows it where that can differ in meaning: 1.10 is not 1.1, and 0.9 may stand for 90%."""
    if number_format == "0%":
        return f"{value:.0%}"
    if shown := _DECIMALS.fullmatch(number_format):
        return f"{value:.{len(shown[1])}{'%' if shown[2] else 'f'}}"
    return format(value, ".15g")


@lru_cache(maxsize=1024)
def _is_date(number_format: str) -> bool:
    return bool(is_date_format(number_format))


@lru_cache(maxsize=1024)
def _is_span(number_format: str) -> bool:
    return bool(is_timedelta_format(number_format))
