"""Reads a list of past cases from a file: finds the table, reads its rows, and names those that cannot be taken."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from reviews.imports.readers import past_child_deaths as child_deaths
from reviews.imports.readers import past_practice_reviews as practice_reviews
from reviews.imports.readers import past_rapid_reviews as rapid_reviews
from reviews.imports.readers.cells import Sheet, Unreadable, one_line
from reviews.imports.readers.past_columns import (
    LED_TO,
    REFERENCE,
    ColumnKind,
    Headings,
    PastColumn,
    columns_of,
    plain,
    prefixed,
)
from reviews.imports.readers.past_rows import (
    CaseDetails,
    ClockNote,
    Histories,
    PastCase,
    PastRow,
    RefusedPastRow,
)
from reviews.imports.readers.past_steps import RowSteps, read_steps, step_headings
from reviews.imports.readers.sheets import read_sheets
from workflows.core.vocabulary import Workflow
from workflows.definitions.lcspr import LCSPR

SOURCE = "source"
"""The column, in a list of any kind, that says where the days of a row are from."""
LONGEST_SOURCE, LONGEST_TITLE, MOST_CHILDREN = 200, 200, 50
PREFIX = f"{LCSPR.name}."
"""Before the name of a column about the practice review that a rapid review led to."""

CONFIRMED, DECIDED = "confirm_lcspr", "decide_lcspr"
"""One and the same decision, as the rapid review and the practice review record it."""
ROWS_SEARCHED = 60
OF_A_CHILD = re.compile(r"\b(names?|surname|forenames?|initials|dob|date of birth|nhs( number)?|address|postcode)\b")


@dataclass(frozen=True, slots=True)
class Layout:
    """The list of one kind of case. `own` are columns that the field's lists have beside those of the definition.

    `days` are columns of days by the step they give, of the case and of the practice review it may lead to.
    """

    workflow: Workflow
    reference: str
    columns: Mapping[str, PastColumn]
    own: frozenset[str] = frozenset()
    days: Mapping[str, str] | None = None


def layout_of(workflow: Workflow) -> Layout:
    columns = dict(columns_of(workflow))
    match workflow.name:
        case "rapid_review":
            led_to = prefixed(list(columns_of(LCSPR).values()), PREFIX)
            own, days = rapid_reviews.COLUMNS, rapid_reviews.STEPS
            columns |= {column.name: column for column in led_to}
        case "lcspr":
            own, days = practice_reviews.COLUMNS, practice_reviews.STEPS
        case "cdop_case":
            own, days = child_deaths.COLUMNS, child_deaths.STEPS
        case _:
            return Layout(workflow, REFERENCE, columns)
    reference = REFERENCE
    if workflow.name == "cdop_case":
        reference = child_deaths.REFERENCE
        columns = {reference: replace(columns.pop(REFERENCE), name=reference), **columns}
    listed = {name: PastColumn(name, ColumnKind.LIST, what) for name, what in own.items()}
    first = {reference: columns.pop(reference)}
    return Layout(workflow, reference, {**first, **listed, **_without(columns, own)}, frozenset(own), days)


def _without(columns: Mapping[str, PastColumn], own: Mapping[str, str]) -> dict[str, PastColumn]:
    taken = {plain(name) for name in own}
    return {
        name: replace(column, headings=tuple(each for each in column.headings if plain(each) not in taken))
        for name, column in columns.items()
        if plain(name) not in taken
    }


def read_histories(
    path: Path, *, workflow: Workflow, today: date, mapping: Mapping[str, str] | None = None
) -> Histories:
    """Read a list of past cases; `mapping` is our column to the heading in the file. Raises Unreadable.

    Only the columns of the layout are read. Other columns, such as a child's name, are not stored anywhere.
    """
    layout, mapping = layout_of(workflow), mapping or {}
    headings = Headings(layout.columns.values())
    _check_mapping(mapping, layout, headings)
    sheet, header = _table(read_sheets(path), layout, mapping)
    positions = _positions(sheet, header, headings, mapping)
    names = {column.name: one_line(sheet.cell(header, position).text) for position, column in positions.items()}
    found = Histories(ignored=_ignored(sheet, header, positions))
    for number in range(header + 1, sheet.last_row + 1):
        if fault := sheet.faults.get(number):
            found.refused.append(RefusedPastRow(number, "", fault))
        elif filled := sheet.filled(number):
            cells = {positions[position].name: cell for position, cell in filled.items() if position in positions}
            columns = [positions[position] for position in filled if position in positions]
            _read_row(PastRow(number, cells, names, today), layout, columns, found)
    found.rows = len(found.cases) + len({refused.row for refused in found.refused})
    _refuse_clashes(found)
    return found


def _read_row(row: PastRow, layout: Layout, columns: Sequence[PastColumn], found: Histories) -> None:
    if not row.text(layout.reference):
        row.refuse(layout.reference, "The row has no reference.")
    case, source = _read_case(row, layout, columns), row.text(SOURCE)
    if len(source) > LONGEST_SOURCE:
        row.refuse(SOURCE, f"The source must be {LONGEST_SOURCE} characters or fewer.")
    if row.faults or case is None:
        found.refused += row.faults
    else:
        led_to = replace(case.led_to, source=source) if case.led_to else None
        found.cases.append(replace(case, source=source, led_to=led_to))


def _read_case(row: PastRow, layout: Layout, columns: Sequence[PastColumn]) -> PastCase | None:
    """Read a row, which may be two cases; None when it has no dates."""
    steps, led_to = RowSteps(row, layout.workflow), RowSteps(row, LCSPR)
    led_to_review = _read_steps(row, layout, columns, steps, led_to)
    start = min(filter(None, (steps.earliest(), led_to.earliest())), default=None)
    if start is None:
        row.refuse(layout.reference, "The row has no dates, so there is no history to record.")
        return None
    reference, heading = row.text(layout.reference), row.heading(layout.reference)
    notes, notes_of_led_to = _notes(row, columns, ""), _notes(row, columns, PREFIX)
    case = PastCase(
        row=row.number,
        reference=reference,
        column=heading,
        workflow=layout.workflow.name,
        steps=steps.in_order(start),
        dated=_dated(row, {**step_headings(layout.workflow), **(layout.days or {})})
        | _expected(layout.workflow, notes),
        details=_details(row),
        notes=notes,
    )
    if not led_to_review:
        return case
    of_led_to = {f"{PREFIX}{column}": step for column, step in step_headings(LCSPR).items()}
    practice_review = PastCase(
        row=row.number,
        reference=f"{reference}-{LED_TO}",
        column=heading,
        workflow=LCSPR.name,
        steps=led_to.in_order(max(step.placed_on for step in case.steps)),
        dated=_dated(row, {**of_led_to, **practice_reviews.STEPS}) | _expected(LCSPR, notes_of_led_to),
        details=replace(case.details, title="", pseudonyms=(), led_from=""),
        notes=notes_of_led_to,
    )
    return replace(case, led_to=practice_review)


def _read_steps(row: PastRow, layout: Layout, columns: Sequence[PastColumn], steps: RowSteps, led_to: RowSteps) -> bool:
    """Read what the field's own list says, then the columns of the definition; whether a practice review followed."""
    of_led_to = [column for column in columns if column.name.startswith(PREFIX)]
    stage = [practice_reviews.STAGE for column in columns if column.name == practice_reviews.STATUS]
    others = [column for column in columns if not column.name.startswith(PREFIX)]
    match layout.workflow.name:
        case "rapid_review":
            follows = rapid_reviews.read_rapid_review(row, steps, led_to) or bool(of_led_to)
            read_steps(row, others, steps)
            if confirmed := steps.found.get((CONFIRMED, 1)):
                led_to.take(DECIDED, confirmed.on, confirmed.column)
            if follows or confirmed:
                read_steps(row, [*of_led_to, *stage], led_to)
            return follows or confirmed is not None
        case "lcspr":
            practice_reviews.read_practice_review(row, steps)
            others += stage
        case "cdop_case":
            child_deaths.read_child_death(row, steps)
    read_steps(row, others, steps)
    return False


def _dated(row: PastRow, columns: Mapping[str, str]) -> frozenset[str]:
    """Give the steps for which the file has a column of days; `columns` is column to step."""
    return frozenset(step for column, step in columns.items() if column in row.headings)


def _expected(workflow: Workflow, notes: Sequence[ClockNote]) -> frozenset[str]:
    """Give the steps that are expected by a day: it is known that they did not happen yet."""
    clocks = [workflow.deadline(note.clock) for note in notes if note.forecast_on is not None]
    return frozenset(step for deadline in clocks for step in deadline.met_by)


def _details(row: PastRow) -> CaseDetails:
    pseudonyms = row.names("child_pseudonyms")
    if len(pseudonyms) > MOST_CHILDREN:
        row.refuse("child_pseudonyms", f"A case can have up to {MOST_CHILDREN} children.")
    title, role = row.text("title"), row.choice_from("our_role", ROLES)
    if len(title) > LONGEST_TITLE:
        row.refuse("title", f"The title must be {LONGEST_TITLE} characters or fewer.")
    lead_area = row.text("lead_area")
    if role in ("contributor", "observer") and not lead_area:
        row.refuse("our_role", "Say in “lead_area” which area leads.")
    elif lead_area and role == "lead":
        row.refuse("lead_area", "The row says that we lead.")
    if row.faults:
        return CaseDetails()
    return CaseDetails(
        title=title,
        pseudonyms=pseudonyms,
        agencies=row.names("agencies"),
        our_role=role or ("observer" if lead_area else ""),
        lead_area=lead_area,
        led_from=row.text("led_from"),
        partnership=row.text("partnership"),
        panel=row.text("panel"),
        columns={name: row.heading(name) for name in OF_THE_CASE},
    )


OF_THE_CASE = ("title", "partnership", "panel", "child_pseudonyms", "agencies", "our_role", "lead_area", "led_from")
ROLES = {"lead": "lead", "contributor": "contributor", "observer": "observer"}


def _notes(row: PastRow, columns: Sequence[PastColumn], prefix: str) -> tuple[ClockNote, ...]:
    """Read what is expected of the clocks, and why they are late. A month is expected by its last day."""
    found: list[ClockNote] = []
    for column in columns:
        if column.name.startswith(PREFIX) != bool(prefix):
            continue
        heading = row.heading(column.name)
        if column.kind is ColumnKind.FORECAST and (day := row.day(column.name, ahead=True)) is not None:
            found.append(ClockNote(column.of, heading, forecast_on=day.last))
        elif column.kind is ColumnKind.LATE_REASON and (reason := row.text(column.name)):
            found.append(ClockNote(column.of, heading, late_reason=reason))
    return tuple(found)


def _refuse_clashes(found: Histories) -> None:
    """Refuse every row of a reference that is in several rows, unless each names another source."""
    rows: dict[tuple[str, str], list[PastCase]] = defaultdict(list)
    for case in found.cases:
        rows[case.details.partnership, case.reference].append(case)
    clashing = {key: same for key, same in rows.items() if len({case.source for case in same}) < len(same)}
    for same in clashing.values():
        where = " and ".join(str(case.row) for case in same)
        found.refused += [RefusedPastRow(case.row, case.column, f"This reference is in rows {where}.") for case in same]
    found.cases = [case for case in found.cases if (case.details.partnership, case.reference) not in clashing]
    found.refused.sort(key=lambda refused: refused.row)


def _check_mapping(mapping: Mapping[str, str], layout: Layout, headings: Headings) -> None:
    for name, heading in mapping.items():
        if headings.column(name) is None:
            raise Unreadable(
                f"The mapping has an unknown column “{name}”. To see the columns there are: "
                f"followthrough cases import --workflow {layout.workflow.name} --columns"
            )
        if OF_A_CHILD.search(plain(heading)):
            raise Unreadable(f"“{heading}” may identify a child. Details that identify a child are not imported.")


def _table(sheets: list[Sheet], layout: Layout, mapping: Mapping[str, str]) -> tuple[Sheet, int]:
    """Find the sheet and the row of headings by the heading of the references."""
    heading = mapping.get(layout.reference, layout.reference)
    others = () if layout.reference in mapping else layout.columns[layout.reference].headings
    wanted = {plain(heading), *map(plain, others)}
    for sheet in sheets:
        for row in sorted(sheet.rows)[:ROWS_SEARCHED]:
            if not wanted.isdisjoint(plain(cell.text) for cell in sheet.filled(row).values()):
                return sheet, row
    raise Unreadable(f"No column has the heading “{heading}”. Use --mapping to say which column has the references.")


def _positions(sheet: Sheet, header: int, headings: Headings, mapping: Mapping[str, str]) -> dict[int, PastColumn]:
    """Give the columns of the file by their position. Raises Unreadable where two are the same one of ours."""
    texts = {position: one_line(cell.text) for position, cell in sheet.filled(header).items()}
    mapped = {plain(heading): name for name, heading in mapping.items()}
    if missing := [heading for heading in mapping.values() if plain(heading) not in map(plain, texts.values())]:
        raise Unreadable(f"The mapping has a heading “{missing[0]}” that is not in the file.")
    taken = {column.name for name in mapping if (column := headings.column(name)) is not None}
    found: dict[int, PastColumn] = {}
    for position, text in texts.items():
        column = headings.column(mapped.get(plain(text), text))
        if column is None or (column.name in taken and plain(text) not in mapped):
            continue
        if column.name in {other.name for other in found.values()}:
            same = next(texts[other] for other, each in found.items() if each.name == column.name)
            if plain(same) == plain(text):
                raise Unreadable(f"Two columns have the heading “{mapping.get(column.name, column.name)}”.")
            raise Unreadable(
                f"The columns “{same}” and “{text}” are both read as “{column.name}”. Rename one, or use --mapping."
            )
        found[position] = column
    return found


def _ignored(sheet: Sheet, header: int, positions: Mapping[int, PastColumn]) -> tuple[str, ...]:
    return tuple(one_line(cell.text) for column, cell in sheet.filled(header).items() if column not in positions)
