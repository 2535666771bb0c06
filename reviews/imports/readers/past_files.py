"""Reads a list of past cases from a file: the columns of each kind of list, and the rows that cannot be taken."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from reviews.imports.readers import past_child_deaths as child_deaths
from reviews.imports.readers import past_practice_reviews as practice_reviews
from reviews.imports.readers import past_rapid_reviews as rapid_reviews
from reviews.imports.readers.cells import Sheet, Unreadable, one_line
from reviews.imports.readers.headings import plain_heading
from reviews.imports.readers.past_rows import Histories, PastCase, PastRow, RefusedPastRow, StepsBuilder
from reviews.imports.readers.sheets import read_sheets
from workflows.core.days import PartialDay
from workflows.core.vocabulary import Step, Workflow

REFERENCE = "case_ref"
SOURCE = "source"
"""The column, in a list of any kind, that says where the days of a row are from."""
LONGEST_SOURCE = 200


def columns_of(workflow: Workflow) -> tuple[str, ...]:
    return (REFERENCE, *(step.name for step in workflow.steps))


def read_step_days(row: PastRow, workflow: Workflow) -> PastCase | None:
    """Read the days of the steps in order of time; None when the row has none."""
    taken: list[tuple[PartialDay, Step]] = []
    for step in workflow.steps:
        if (day := row.day(step.name)) is not None:
            # steps that may be of one day stay in the order of the definition
            index = len(taken)
            while index and taken[index - 1][0].is_after(day):
                index -= 1
            taken.insert(index, (day, step))
    if not taken:
        row.refuse(REFERENCE, "The row has no dates, so there is no history to record.")
        return None
    builder, opening = StepsBuilder(taken[0][0].first), workflow.opening
    if opening and opening not in [step for _, step in taken]:
        builder.add(opening.name, None, row.heading(opening.name))
    for day, step in taken:
        builder.add(step.name, day, row.heading(step.name))
    return PastCase(
        row=row.number,
        reference=row.text(REFERENCE),
        column=row.heading(REFERENCE),
        workflow=workflow.name,
        steps=tuple(builder.steps),
        dated=row.dated({step.name: step.name for step in workflow.steps}),
    )


ROWS_SEARCHED = 60
OF_A_CHILD = re.compile(r"\b(names?|surname|forenames?|initials|dob|date of birth|nhs( number)?|address|postcode)\b")


@dataclass(frozen=True, slots=True)
class Layout:
    """The list of one kind of case: its columns, with the reference first, and its reader."""

    columns: tuple[str, ...]
    read: Callable[[PastRow], PastCase | None]


LAYOUTS: Mapping[str, Layout] = {
    "rapid_review": Layout(rapid_reviews.COLUMNS, rapid_reviews.read_rapid_review),
    "lcspr": Layout((practice_reviews.REFERENCE, *practice_reviews.COLUMNS), practice_reviews.read_practice_review),
    "cdop_case": Layout(child_deaths.COLUMNS, child_deaths.read_child_death),
}
"""Kinds of case with a list format of their own. For any other kind, each step is a column of the step's name."""


def layout_of(workflow: Workflow) -> Layout:
    by_step = Layout(columns_of(workflow), partial(read_step_days, workflow=workflow))
    layout = LAYOUTS.get(workflow.name, by_step)
    return replace(layout, columns=(*layout.columns, SOURCE))


def read_histories(
    path: Path, *, workflow: Workflow, today: date, mapping: Mapping[str, str] | None = None
) -> Histories:
    """Read a list of past cases; `mapping` is our column to the heading in the file. Raises Unreadable.

    Only the columns of the layout are read. Other columns, such as a child's name, are not stored anywhere.
    """
    layout = layout_of(workflow)
    mapping = mapping or {}
    _check_mapping(mapping, layout)
    sheet, header = _table(read_sheets(path), mapping.get(layout.columns[0], layout.columns[0]))
    columns = _columns(sheet, header, layout, mapping)
    headings = {name: one_line(sheet.cell(header, column).text) for name, column in columns.items()}
    found = Histories(ignored=_ignored(sheet, header, columns))
    for number in range(header + 1, sheet.last_row + 1):
        if fault := sheet.faults.get(number):
            found.refused.append(RefusedPastRow(number, "", fault))
        elif sheet.filled(number):
            cells = {name: sheet.cell(number, column) for name, column in columns.items()}
            _read_row(PastRow(number, cells, headings, today), layout, found)
    found.rows = len(found.cases) + len({refused.row for refused in found.refused})
    _refuse_clashes(found)
    return found


def _read_row(row: PastRow, layout: Layout, found: Histories) -> None:
    if not row.text(layout.columns[0]):
        row.refuse(layout.columns[0], "The row has no reference.")
    case, source = layout.read(row), row.text(SOURCE)
    if len(source) > LONGEST_SOURCE:
        row.refuse(SOURCE, f"The source must be {LONGEST_SOURCE} characters or fewer.")
    if row.faults or case is None:
        found.refused += row.faults
    else:
        led_to = replace(case.led_to, source=source) if case.led_to else None
        found.cases.append(replace(case, source=source, led_to=led_to))


def _refuse_clashes(found: Histories) -> None:
    """Refuse every row of a reference that is in several rows, unless each names another source."""
    rows: dict[str, list[PastCase]] = defaultdict(list)
    for case in found.cases:
        rows[case.reference].append(case)
    clashing = {reference: same for reference, same in rows.items() if len({case.source for case in same}) < len(same)}
    for same in clashing.values():
        where = " and ".join(str(case.row) for case in same)
        found.refused += [RefusedPastRow(case.row, case.column, f"This reference is in rows {where}.") for case in same]
    found.cases = [case for case in found.cases if case.reference not in clashing]
    found.refused.sort(key=lambda refused: refused.row)


def _check_mapping(mapping: Mapping[str, str], layout: Layout) -> None:
    for name, heading in mapping.items():
        if name not in layout.columns:
            raise Unreadable(
                f"The mapping has an unknown column “{name}”. The columns are {', '.join(layout.columns)}."
            )
        if OF_A_CHILD.search(_plain(heading)):
            raise Unreadable(f"“{heading}” may identify a child. Details that identify a child are not imported.")


def _table(sheets: list[Sheet], heading: str) -> tuple[Sheet, int]:
    """Find the sheet and the row of headings by the heading of the references."""
    for sheet in sheets:
        for row in sorted(sheet.rows)[:ROWS_SEARCHED]:
            if _plain(heading) in [_plain(cell.text) for cell in sheet.filled(row).values()]:
                return sheet, row
    raise Unreadable(f"No column has the heading “{heading}”. Use --mapping to say which column has the references.")


def _columns(sheet: Sheet, header: int, layout: Layout, mapping: Mapping[str, str]) -> dict[str, int]:
    headings = {column: _plain(cell.text) for column, cell in sheet.filled(header).items()}
    found: dict[str, int] = {}
    for name in layout.columns:
        heading = _plain(mapping.get(name, name))
        positions = [column for column, text in headings.items() if text == heading]
        if len(positions) > 1:
            raise Unreadable(f"Two columns have the heading “{mapping.get(name, name)}”.")
        if name in mapping and not positions:
            raise Unreadable(f"The mapping has a heading “{mapping[name]}” that is not in the file.")
        if positions:
            found[name] = positions[0]
    return found


def _ignored(sheet: Sheet, header: int, columns: Mapping[str, int]) -> tuple[str, ...]:
    filled = sheet.filled(header)
    return tuple(one_line(cell.text) for column, cell in filled.items() if column not in columns.values())


def _plain(heading: str) -> str:
    return plain_heading(heading.replace("_", " "))
