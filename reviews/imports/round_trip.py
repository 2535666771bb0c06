"""What changes when a plan that was exported from here is read in again?

A cell that says what the plan says already changes nothing and asks nothing, however it reads: this is why an export
comes back with 0 changes. Only cells that somebody edited count. A file that is older than the plan takes nothing back:
what it does not know yet of progress, evidence and the like is no edit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reviews.actions.details import LARGEST_DETAIL, title_of
from reviews.exports.cell_text import progress_entry
from reviews.exports.columns import COMPUTED, DUE, ORDER, OWNERS, PROGRESS, TITLE, cells_of, text_of
from reviews.exports.rows import PlanAction, plan_actions
from reviews.imports.changes import Changed, Outcome, as_kept, first_date, first_owner, since
from reviews.imports.readers.cells import fault_in
from reviews.imports.readers.exported_plan import FIELDS, left_over, plain, says_the_same
from reviews.imports.readers.result import PlanRow
from reviews.imports.rows import Directory, owners_to_decide, report
from reviews.models import Action, Case
from reviews.transactions.unit_of_work import Unit

TAKEN = {FIELDS["action"]: "text", FIELDS["outcome"]: "success_measure", TITLE: "title", ORDER: "order"}
NO_ORDER = f"The order must be a whole number from 1 to {LARGEST_DETAIL:,}."
ON_ITS_PAGE = "The plan says otherwise, and this column is not taken from a file: change it on the page of the action."
IN_ITS_PLAN = "This action belongs to the plan {plan}: read the file in there."

Known = tuple[PlanRow, PlanAction]


def split_own(unit: Unit, case: Case, rows: Sequence[PlanRow]) -> tuple[list[Known], list[PlanRow]]:
    """Part the rows of our own export that are actions of this plan from all others."""
    if not any(row.own for row in rows):
        return [], list(rows)
    lines = plan_actions(unit.session, unit.actor, case, sees_case=True, today=unit.today)
    by_reference = {line.action.reference: line for line in lines}
    pairs = [(row, by_reference.get(dict(row.own).get(FIELDS["reference"], ""))) for row in rows]
    return [(row, line) for row, line in pairs if line], [row for row, line in pairs if line is None]


def update_own(
    unit: Unit, case: Case, row: PlanRow, line: PlanAction, people: Directory
) -> tuple[Changed, list[dict[str, Any]]]:
    """Take over what was edited, and list what was and nobody but a person can settle."""
    edited = _edited(row, line)
    action, before, after = line.action, dict[str, Any](), dict[str, str]()
    reasons: list[tuple[str, str, str]] = []
    if edited and action.case_id != case.id:
        reasons = [("reference", action.reference, IN_ITS_PLAN.format(plan=line.case_reference))]
    elif edited:
        faults = {heading: fault for heading, text in edited.items() if (fault := _fault(heading, text))}
        for name, value in _wanted(action, row, _without(edited, faults), people).items():
            before[name] = as_kept(getattr(action, name))
            after[name] = "" if value is None else str(value)
            setattr(action, name, value)
        if PROGRESS in edited and PROGRESS not in faults and (told := _report(unit, line, row, edited[PROGRESS])):
            after["progress"] = told
        reasons = [*((heading, edited[heading], fault) for heading, fault in faults.items())]
        reasons += _to_decide(line, row, _without(edited, faults), after, people)
    to_decide = [
        {"sheet": row.sheet, "row": row.row, "field": name, "text": text, "reason": reason}
        for name, text, reason in reasons
    ]
    outcome = Outcome.UPDATED if after else Outcome.UNCHANGED
    return Changed(row, action, outcome, before, after), to_decide


def _edited(row: PlanRow, line: PlanAction) -> dict[str, str]:
    """Give the cells that say something else than the plan does now; columns that are not ours are left out."""
    now = {heading: text_of(value) for heading, value in cells_of(line).items() if heading not in COMPUTED}
    return {
        heading: plain(text)
        for heading, text in row.own
        if heading in now and not says_the_same(text, now[heading]) and not _is_older(heading, text, now[heading])
    }


def _is_older(heading: str, text: str, now: str) -> bool:
    """Whether a cell only lacks what came since: every line of it stands there still."""
    lines = {part.strip() for part in plain(now).splitlines()}
    return heading not in {DUE, *TAKEN, *OWNERS} and {part.strip() for part in plain(text).splitlines()} <= lines


def _without(edited: Mapping[str, str], faults: Mapping[str, str]) -> dict[str, str]:
    return {heading: text for heading, text in edited.items() if heading not in faults}


def _fault(heading: str, text: str) -> str:
    if heading == ORDER:
        return "" if _order(text) is not None or not text else NO_ORDER
    return fault_in(text) if heading in TAKEN else ""


def _order(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_DETAIL)) else 0
    return number if 1 <= number <= LARGEST_DETAIL else None


def _wanted(action: Action, row: PlanRow, edited: Mapping[str, str], people: Directory) -> dict[str, Any]:
    """Give the columns to be set. A title that came from the old text follows it, and is not safe to mail unread."""
    wanted: dict[str, Any] = {TAKEN[heading]: text for heading, text in edited.items() if heading in TAKEN}
    if "order" in wanted:
        wanted["order"] = _order(wanted["order"])
    if not wanted.get("title", "?"):
        del wanted["title"]
    if "text" in wanted and "title" not in wanted and action.title == title_of(action.text):
        wanted["title"] = wanted["text"]
    if "title" in wanted:
        wanted |= {"title": title_of(wanted["title"]), "title_safe_to_mail": False}
    if DUE in edited:
        wanted |= first_date(action, row)
    if OWNERS & edited.keys():
        wanted |= first_owner(action, row, people)
    return {name: value for name, value in wanted.items() if getattr(action, name) != value}


def _report(unit: Unit, line: PlanAction, row: PlanRow, cell: str) -> str:
    new = left_over(cell, map(progress_entry, line.parts.progress))
    return "\n".join(report(unit, line.action, replace(row, progress=new, progress_covers=1))) if new else ""


def _to_decide(
    line: PlanAction, row: PlanRow, edited: Mapping[str, str], after: Mapping[str, str], people: Directory
) -> Iterator[tuple[str, str, str]]:
    settled = set(TAKEN) | {PROGRESS} | OWNERS
    if DUE in edited and "due_on" not in after:
        yield from _of_the_date(line.action, row, edited[DUE])
    if OWNERS & edited.keys() and "owner_id" not in after:
        yield from (("owner", text, reason) for text, reason in owners_to_decide(row, people, line.action))
    told = [each for each in since(line.action, row) if each[0] == "status" and FIELDS["status"] in edited]
    yield from told
    for heading, text in edited.items():
        if heading not in settled and heading != DUE and not (heading == FIELDS["status"] and told):
            yield heading, text, ON_ITS_PAGE


def _of_the_date(action: Action, row: PlanRow, text: str) -> Iterator[tuple[str, str, str]]:
    if row.due.on is None:
        yield "due", text, row.due.reason or ON_ITS_PAGE
    elif found := [each for each in since(action, row) if each[0] == "due"]:
        yield from found
    else:
        yield "due", text, ON_ITS_PAGE
