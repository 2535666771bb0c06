"""Imports a plan that was exported from here.

Only cells that somebody has edited count. A cell with the same content as the plan changes nothing and needs no
decision, so an export that was not edited gives 0 changes. A file that is older than the plan removes nothing: progress
or evidence that it does not have yet is not an edit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reviews.actions.details import LARGEST_DETAIL, check_details, require_safe_name, title_of
from reviews.exports.cell_text import progress_entry
from reviews.exports.columns import (
    COMPUTED,
    DUE,
    NAME_SAFE,
    ORDER,
    OWNERS,
    PROGRESS,
    REFERENCE_NAME,
    TITLE,
    cells_of,
    text_of,
)
from reviews.exports.plan_rows import PlanAction, plan_actions
from reviews.imports.changes import (
    ActionOutcome,
    ChangedAction,
    FieldToDecide,
    as_json_value,
    changes_to_decide,
    first_date,
    first_owner,
    question,
    set_imported,
)
from reviews.imports.readers.cells import fault_in
from reviews.imports.readers.exported_plan import FIELDS, normalised, same_content, text_beyond
from reviews.imports.readers.result import PlanRow
from reviews.imports.readers.table_reading import in_figures
from reviews.imports.rows import Directory, owners_to_decide, report
from reviews.models import Action, Case
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

TAKEN = {
    FIELDS["action"]: "text",
    FIELDS["outcome"]: "success_measure",
    TITLE: "title",
    ORDER: "order",
    REFERENCE_NAME: "reference_name",
}
NO_ORDER = f"The order must be a whole number from 1 to {LARGEST_DETAIL:,}."
ON_ITS_PAGE = (
    "The plan has something else. This column cannot be changed by a file. Change it on the page of the action."
)
IN_ITS_PLAN = "This action belongs to the plan {plan}. Import the file into that plan."

ExportedRow = tuple[PlanRow, PlanAction]


def split_round_trip(unit: Unit, case: Case, rows: Sequence[PlanRow]) -> tuple[list[ExportedRow], list[PlanRow]]:
    """Separate the rows that are exported actions of this plan, each with its action, from all others."""
    if not any(row.exported_cells for row in rows):
        return [], list(rows)
    lines = plan_actions(unit.session, unit.actor, case, sees_case=True, today=unit.today)
    by_reference = {line.action.reference: line for line in lines}
    pairs = [(row, by_reference.get(dict(row.exported_cells).get(FIELDS["reference"], ""))) for row in rows]
    return [(row, line) for row, line in pairs if line], [row for row, line in pairs if line is None]


def update_from_export(
    unit: Unit, case: Case, row: PlanRow, line: PlanAction, people: Directory
) -> tuple[ChangedAction, list[dict[str, Any]]]:
    """Store the edited cells that a file may change, and list the others for a decision."""
    edited = _edited(row, line)
    action, before, after = line.action, dict[str, Any](), dict[str, str]()
    reasons: list[FieldToDecide] = []
    if edited and action.case_id != case.id:
        reasons = [("reference", action.reference, IN_ITS_PLAN.format(plan=line.case_reference), ())]
    elif edited:
        faults = {heading: fault for heading, text in edited.items() if (fault := _fault(heading, text))}
        faults |= _unsafe_name(unit, action, row, edited)
        values = _new_values(action, row, _without(edited, faults), people)
        for name, value in values.items():
            before[name] = as_json_value(getattr(action, name))
            after[name] = "" if value is None else str(value)
        set_imported(unit, action, values)
        if PROGRESS in edited and PROGRESS not in faults and (reported := _report(unit, line, row, edited[PROGRESS])):
            after["progress"] = reported
        reasons = [*((heading, edited[heading], fault, ()) for heading, fault in faults.items())]
        reasons += _to_decide(line, row, _without(edited, faults), after, people)
    to_decide = [question(row, *each) for each in reasons]
    outcome = ActionOutcome.UPDATED if after else ActionOutcome.UNCHANGED
    return ChangedAction(row, action, outcome, before, after), to_decide


def _edited(row: PlanRow, line: PlanAction) -> dict[str, str]:
    """Give the cells whose content differs from the plan, by heading; columns that are not exported are left out."""
    now = {heading: text_of(value) for heading, value in cells_of(line).items() if heading not in COMPUTED}
    return {
        heading: normalised(text)
        for heading, text in row.exported_cells
        if heading in now and not same_content(text, now[heading]) and not _is_older(heading, text, now[heading])
    }


def _is_older(heading: str, text: str, now: str) -> bool:
    """Whether a cell only lacks what was added later: every line of it is still in the plan."""
    lines = {part.strip() for part in normalised(now).splitlines()}
    return heading not in {DUE, *TAKEN, *OWNERS} and {part.strip() for part in normalised(text).splitlines()} <= lines


def _without(edited: Mapping[str, str], faults: Mapping[str, str]) -> dict[str, str]:
    return {heading: text for heading, text in edited.items() if heading not in faults}


def _fault(heading: str, text: str) -> str:
    if heading == ORDER:
        return "" if _order(text) is not None or not text else NO_ORDER
    return fault_in(text) if heading in TAKEN else ""


def _unsafe_name(unit: Unit, action: Action, row: PlanRow, edited: Mapping[str, str]) -> dict[str, str]:
    """Give why a new reference name may not go into mails: a person has to say that it is safe, in its column."""
    name = edited.get(REFERENCE_NAME, "")
    if not name:
        return {}
    try:
        check_details({"reference_name": name}, None)
        marked = dict(row.exported_cells).get(NAME_SAFE, "")
        require_safe_name(unit, action.case_id, name, is_marked=marked.strip().lower() == "yes")
    except Refused as refusal:
        return {REFERENCE_NAME: refusal.sentence}
    return {}


def _order(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_DETAIL)) else 0
    return number if 1 <= number <= LARGEST_DETAIL else None


def _new_values(action: Action, row: PlanRow, edited: Mapping[str, str], people: Directory) -> dict[str, Any]:
    """Give the columns to set. A title made from the old text changes with it, and is no longer safe to mail."""
    values: dict[str, Any] = {TAKEN[heading]: text for heading, text in edited.items() if heading in TAKEN}
    if "order" in values:
        values["order"] = _order(values["order"])
    if not values.get("title", "?"):
        del values["title"]
    if "text" in values and "title" not in values and action.title == title_of(action.text):
        values["title"] = values["text"]
    if "title" in values:
        values |= {"title": title_of(values["title"]), "title_safe_to_mail": False}
    if DUE in edited:
        values |= first_date(action, row)
    if OWNERS & edited.keys():
        values |= first_owner(action, row, people)
    return {name: value for name, value in values.items() if getattr(action, name) != value}


def _report(unit: Unit, line: PlanAction, row: PlanRow, cell: str) -> str:
    new = text_beyond(cell, map(progress_entry, line.records.progress))
    return "\n".join(report(unit, line.action, replace(row, progress=new, progress_covers=1))) if new else ""


def _to_decide(
    line: PlanAction, row: PlanRow, edited: Mapping[str, str], after: Mapping[str, str], people: Directory
) -> Iterator[FieldToDecide]:
    settled = set(TAKEN) | {PROGRESS} | OWNERS
    if DUE in edited and "due_on" not in after:
        yield from _of_the_date(line.action, row, edited[DUE])
    if OWNERS & edited.keys() and "owner_id" not in after:
        yield from (("owner", *each) for each in owners_to_decide(row, people, line.action))
    reported = [
        each for each in changes_to_decide(line.action, row) if each[0] == "status" and FIELDS["status"] in edited
    ]
    yield from reported
    for heading, text in edited.items():
        if heading not in settled and heading != DUE and not (heading == FIELDS["status"] and reported):
            yield heading, text, ON_ITS_PAGE, ()


def _of_the_date(action: Action, row: PlanRow, text: str) -> Iterator[FieldToDecide]:
    if row.due.on is None:
        yield "due", text, row.due.reason or ON_ITS_PAGE, in_figures(row.due.offered)
    elif found := [each for each in changes_to_decide(action, row) if each[0] == "due"]:
        yield from found
    else:
        yield "due", text, ON_ITS_PAGE, ()
