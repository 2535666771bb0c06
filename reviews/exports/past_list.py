"""Writes cases as a list of past cases, which the import reads back without a change."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from reviews.cases.every_case import CaseInFull
from reviews.core.clock import LONDON
from reviews.imports.readers.exported_plan import guarded
from reviews.imports.readers.past_columns import ColumnKind, PastColumn, numbered
from reviews.imports.readers.past_files import PREFIX, layout_of
from reviews.models import OurRole
from workflows.core.days import PartialDay
from workflows.core.questions import Value
from workflows.core.vocabulary import Workflow

NO_DAY = "yes"
"""In the column of a step that was taken on a day nobody knows."""
BETWEEN = "; "


def template(workflow: Workflow) -> bytes:
    """Give a list without cases: all columns of a kind."""
    return _separated([list(layout_of(workflow).columns)])


def as_past_list(workflow: Workflow, cases: Iterable[CaseInFull]) -> tuple[int, bytes]:
    """Give how many cases there are, and a row for each, with the columns that any of them fills."""
    layout = layout_of(workflow)
    own = [column for column in layout.columns.values() if column.of and not column.name.startswith(PREFIX)]
    columns = {(column.kind, column.of, _fact_of(column)): column for column in own}
    listed = {name: column for name, column in layout.columns.items() if column.kind is ColumnKind.LIST}
    rows = [_row(layout.reference, full, columns, listed) for full in cases]
    order = {name: number for number, name in enumerate(layout.columns)}
    used = dict.fromkeys(name for row in rows for name in row)
    names = sorted(used, key=lambda name: (order.get(_unnumbered(name, order), len(order)), name))
    names = [layout.reference, *(name for name in names if name != layout.reference)]
    return len(rows), _separated([names, *([row.get(name, "") for name in names] for row in rows)])


def _unnumbered(name: str, order: Mapping[str, int]) -> str:
    """Give the column without the number of a later time."""
    if name in order:
        return name
    words = name.replace(".", " . ").split()
    return "".join(word for word in words if not word.isdecimal())


def _fact_of(column: PastColumn) -> str:
    return column.question.name if column.question is not None else ""


def _row(
    reference: str,
    full: CaseInFull,
    columns: Mapping[tuple[ColumnKind, str, str], PastColumn],
    listed: Mapping[str, PastColumn],
) -> dict[str, str]:
    case = full.case
    row = {
        reference: case.reference,
        "title": case.title,
        "child_pseudonyms": BETWEEN.join(full.children),
        "agencies": BETWEEN.join(full.agencies),
        "our_role": "" if case.our_role is OurRole.LEAD else case.our_role.value,
        "lead_area": case.lead_area,
        "led_from": next(
            (link.reference or "" for link in full.links if link.kind == "led_to" and not link.led_to), ""
        ),
    }
    times: dict[str, int] = {}
    for taken in full.history.steps:
        times[taken.step] = occurrence = times.get(taken.step, 0) + 1
        step_column = columns.get((ColumnKind.STEP, taken.step, ""))
        if step_column is None:
            continue
        row[numbered(step_column, occurrence)] = taken.day.isoformat() if taken.day else NO_DAY
        for name, value in full.values.get(taken.event_id, {}).items():
            fact_column = columns.get((ColumnKind.FACT, taken.step, name)) or listed.get(name)
            if fact_column is not None:
                row[numbered(fact_column, occurrence)] = _cell(value)
    for clock in full.clocks:
        forecast = columns.get((ColumnKind.FORECAST, clock.name, ""))
        reason = columns.get((ColumnKind.LATE_REASON, clock.name, ""))
        if clock.is_running and clock.forecast_on and forecast is not None:
            row[forecast.name] = clock.forecast_on.isoformat()
        if clock.late_reason and clock.dropped_on is None and reason is not None:
            row[reason.name] = clock.late_reason
    return {name: text for name, text in row.items() if text}


def _cell(value: Value) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.astimezone(LONDON):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case PartialDay():
            return value.isoformat().replace("/", " to ")
        case tuple():
            return BETWEEN.join(value)
        case _:
            return str(value)


def _separated(rows: Iterable[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig", "replace")
