"""What do the sheets of an Excel workbook hold?"""

import io
import re
import warnings
import zipfile
from contextlib import redirect_stdout
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path

import openpyxl
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from reviews.trackers.cells import MOST_FILLED_CELLS, Cell, Sheet
from reviews.trackers.containers import check_container
from reviews.trackers.extents import Extent, measure
from reviews.trackers.texts import clean
from reviews.trackers.unreadable import Unreadable

_DECIMALS = re.compile(r"0\.(0+)(%?)")


def read_workbook(path: Path) -> list[Sheet]:
    """Every worksheet, with kept results instead of formulas. Raises Unreadable, and nothing else."""
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), zipfile.ZipFile(path) as archive:
            warnings.simplefilter("ignore")  # openpyxl warns of what it does not read, and prints odd styles
            extents = {part: measure(archive, part) for part in check_container(archive)}
            if sum(extent.filled for extent in extents.values()) > MOST_FILLED_CELLS:
                raise Unreadable(f"The workbook has more than {MOST_FILLED_CELLS:,} filled cells.")
            return _read(path, extents)
    except Unreadable:
        raise
    except Exception as fault:
        raise Unreadable("The workbook is damaged; open it in a spreadsheet program and save it again.") from fault


def _read(path: Path, extents: dict[str, Extent]) -> list[Sheet]:
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        sheets = []
        for worksheet in workbook.worksheets:
            part: str = worksheet._worksheet_path  # type: ignore[attr-defined]  # its only link to the measured part
            extent = extents[part]
            cells = _cells(worksheet, extent)
            hidden = worksheet.sheet_state != "visible"
            sheets.append(Sheet(worksheet.title, cells, tuple(extent.merges), hidden))
        return sheets
    finally:
        workbook.close()


def _cells(worksheet: Worksheet, extent: Extent) -> dict[int, dict[int, Cell]]:
    rows: dict[int, dict[int, Cell]] = {}
    for (row, column), formula in extent.formulas.items():
        rows.setdefault(row, {})[column] = Cell(clean(formula))
    if not extent.last_row:
        return rows
    found = worksheet.iter_rows(max_row=extent.last_row, max_col=extent.last_column)
    for number, cells in enumerate(islice(found, extent.last_row), start=1):
        for column, cell in enumerate(cells, start=1):
            if cell.value is not None:
                rows.setdefault(number, {})[column] = _read_cell(cell.value, cell.number_format)
    return rows


def _read_cell(value: object, number_format: str) -> Cell:
    if isinstance(value, str):
        return Cell(clean(unescape(value)))
    if isinstance(value, datetime | date):
        on = value.date() if isinstance(value, datetime) else value
        return Cell(f"{on.day:02}/{on.month:02}/{on.year:04}", on)
    if isinstance(value, time):
        return Cell(value.isoformat("minutes"))
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return Cell(_number(value, number_format))
    return Cell(clean(str(value)))


def _number(value: float, number_format: str) -> str:
    """As the sheet shows it where that can differ in meaning: 1.10 is not 1.1, and 0.9 may stand for 90%."""
    if number_format == "0%":
        return f"{value:.0%}"
    if shown := _DECIMALS.fullmatch(number_format):
        return f"{value:.{len(shown[1])}{'%' if shown[2] else 'f'}}"
    return format(value, ".15g")
