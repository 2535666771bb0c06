"""Which past cases does a file hold, and which of its rows cannot be taken?"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from reviews.imports.readers import past_child_deaths as child_deaths
from reviews.imports.readers import past_practice_reviews as practice_reviews
from reviews.imports.readers import past_rapid_reviews as rapid_reviews
from reviews.imports.readers.cells import Sheet, Unreadable, one_line
from reviews.imports.readers.headings import plain_heading
from reviews.imports.readers.past_rows import Histories, Line, PastCase, RefusedRow, Way
from reviews.imports.readers.sheets import read_sheets
from workflows.core.vocabulary import Workflow

REFERENCE = "case_ref"


def columns_of(workflow: Workflow) -> tuple[str, ...]:
    return (REFERENCE, *(step.name for step in workflow.steps))


def read_step_days(line: Line, workflow: Workflow) -> PastCase | None:
    """Read the days of the steps in their order of time; None when the row names none."""
    days = [(line.day(step.name), step) for step in workflow.steps]
    taken = [(day, step) for day, step in days if day is not None]
    taken.sort(key=lambda pair: pair[0])  # steps of one day stay in the order of the definition
    if not taken:
        line.refuse(REFERENCE, "The row names no day, so there is no history to keep.")
        return None
    way, opening = Way(taken[0][0]), workflow.opening
    if opening and opening not in [step for _, step in taken]:
        way.take(opening.name, None, line.heading(opening.name))
    for day, step in taken:
        way.take(step.name, day, line.heading(step.name))
    return PastCase(
        row=line.number,
        reference=line.text(REFERENCE),
        column=line.heading(REFERENCE),
        workflow=workflow.name,
        steps=tuple(way.steps),
        dated=line.dated({step.name: step.name for step in workflow.steps}),
    )


ROWS_SEARCHED = 60
OF_A_CHILD = re.compile(r"\b(names?|surname|forenames?|initials|dob|date of birth|nhs( number)?|address|postcode)\b")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the list of one kind of case is laid out: its columns, the first of them the reference, and its reader."""

    columns: tuple[str, ...]
    read: Callable[[Line], PastCase | None]


LAYOUTS: Mapping[str, Layout] = {
    "rapid_review": Layout(rapid_reviews.COLUMNS, rapid_reviews.read_rapid_review),
    "lcspr": Layout((practice_reviews.REFERENCE, *practice_reviews.COLUMNS), practice_reviews.read_practice_review),
    "cdop_case": Layout(child_deaths.COLUMNS, child_deaths.read_child_death),
}
"""Lists as areas keep them; for any other kind each step has a column of its own name."""


def layout_of(workflow: Workflow) -> Layout:
    by_step = Layout(columns_of(workflow), partial(read_step_days, workflow=workflow))
    return LAYOUTS.get(workflow.name, by_step)


def read_histories(
    path: Path, *, workflow: Workflow, today: date, mapping: Mapping[str, str] | None = None
) -> Histories:
    """Read a list of past cases; `mapping` is our column to the heading in the file. Raises Unreadable.

    Only the columns of the layout are read: what else the file holds, such as a name, goes nowhere.
    """
    layout = layout_of(workflow)
    told = mapping or {}
    _check_mapping(told, layout)
    sheet, header = _table(read_sheets(path), told.get(layout.columns[0], layout.columns[0]))
    columns = _columns(sheet, header, layout, told)
    headings = {name: one_line(sheet.cell(header, column).text) for name, column in columns.items()}
    found = Histories(ignored=_ignored(sheet, header, columns))
    for number in range(header + 1, sheet.last_row + 1):
        if fault := sheet.faults.get(number):
            found.refused.append(RefusedRow(number, "", fault))
        elif sheet.filled(number):
            cells = {name: sheet.cell(number, column) for name, column in columns.items()}
            _read_row(Line(number, cells, headings, today), layout, found)
    found.rows = len(found.cases) + len({refused.row for refused in found.refused})
    _refuse_clashes(found)
    return found


def _read_row(line: Line, layout: Layout, found: Histories) -> None:
    if not line.text(layout.columns[0]):
        line.refuse(layout.columns[0], "The row has no reference.")
    case = layout.read(line)
    if line.faults or case is None:
        found.refused += line.faults
    else:
        found.cases.append(case)


def _refuse_clashes(found: Histories) -> None:
    """Refuse every row of a reference that stands in several: which of them is right, nobody can tell from here."""
    rows: dict[str, list[PastCase]] = defaultdict(list)
    for case in found.cases:
        rows[case.reference].append(case)
    for same in (same for same in rows.values() if len(same) > 1):
        where = " and ".join(str(case.row) for case in same)
        found.refused += [RefusedRow(case.row, case.column, f"This reference stands in rows {where}.") for case in same]
    found.cases = [case for case in found.cases if len(rows[case.reference]) == 1]
    found.refused.sort(key=lambda refused: refused.row)


def _check_mapping(mapping: Mapping[str, str], layout: Layout) -> None:
    for name, heading in mapping.items():
        if name not in layout.columns:
            raise Unreadable(f"The mapping names a column “{name}”; the columns are {', '.join(layout.columns)}.")
        if OF_A_CHILD.search(_plain(heading)):
            raise Unreadable(f"“{heading}” may tell who a child is; nothing of that kind is taken in.")


def _table(sheets: list[Sheet], wanted: str) -> tuple[Sheet, int]:
    """Find the sheet and the row with the heading of the references."""
    for sheet in sheets:
        for row in sorted(sheet.rows)[:ROWS_SEARCHED]:
            if _plain(wanted) in [_plain(cell.text) for cell in sheet.filled(row).values()]:
                return sheet, row
    raise Unreadable(f"No column is headed “{wanted}”; --mapping says under which heading the references stand.")


def _columns(sheet: Sheet, header: int, layout: Layout, mapping: Mapping[str, str]) -> dict[str, int]:
    headings = {column: _plain(cell.text) for column, cell in sheet.filled(header).items()}
    found: dict[str, int] = {}
    for name in layout.columns:
        heading = _plain(mapping.get(name, name))
        places = [column for column, text in headings.items() if text == heading]
        if len(places) > 1:
            raise Unreadable(f"Two columns are headed “{mapping.get(name, name)}”.")
        if name in mapping and not places:
            raise Unreadable(f"The mapping names a heading “{mapping[name]}”, which the file does not have.")
        if places:
            found[name] = places[0]
    return found


def _ignored(sheet: Sheet, header: int, columns: Mapping[str, int]) -> tuple[str, ...]:
    filled = sheet.filled(header)
    return tuple(one_line(cell.text) for column, cell in filled.items() if column not in columns.values())


def _plain(heading: str) -> str:
    return plain_heading(heading.replace("_", " "))
