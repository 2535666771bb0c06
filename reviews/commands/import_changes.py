"""What changes when a row is imported again, and what must a person decide?"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from reviews.commands.actions import first_stage, title_of
from reviews.commands.import_owners import owner_named, owners_to_decide
from reviews.commands.import_rows import report
from reviews.commands.known_people import Directory
from reviews.models import Action, EventKind
from reviews.trackers import PlanRow
from reviews.unit import Unit
from workflows.definitions.action import A


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def update(unit: Unit, action: Action, row: PlanRow, people: Directory) -> Outcome:
    """Take over the words of the row, new progress, and a first date and owner; write down before and after."""
    wanted = {**_words(action, row), **_first_date(action, row), **_first_owner(action, row, people)}
    changes = {name: value for name, value in wanted.items() if getattr(action, name) != value}
    action.source_reference = row.reference  # one made by position moves with its row
    before = {name: _said(getattr(action, name)) for name in changes}
    for name, value in changes.items():
        setattr(action, name, value)
    after = {name: _said(value) for name, value in changes.items()}
    if reported := report(unit, action, row):
        after["progress"] = "\n".join(reported)
    if not after:
        return Outcome.UNCHANGED
    unit.record(
        EventKind.ACTION_CHANGED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"before": before, "after": after},
    )
    return Outcome.UPDATED


def decide(action: Action, row: PlanRow, people: Directory, outcome: Outcome) -> list[dict[str, Any]]:
    """List what the file says and nobody but a person can settle."""
    is_new = outcome is Outcome.CREATED
    owners = (("owner", text, reason) for text, reason in owners_to_decide(row, action, people, is_new=is_new))
    found = [*owners, *(() if is_new else _since(action, row))]
    return [{"row": row.row, "field": field, "text": text, "reason": reason} for field, text, reason in found]


def _words(action: Action, row: PlanRow) -> dict[str, Any]:
    """Give the words of the row. A title that came from the old text follows it, and is not safe to mail unread."""
    text = row.action.strip()
    words: dict[str, Any] = {
        "text": text,
        "success_measure": row.outcome.strip(),
        "status_text": row.status_text or row.rating_text,
    }
    if action.text != text and action.title == title_of(action.text):
        words |= {"title": title_of(text), "title_safe_to_mail": False}
    return words


def _first_date(action: Action, row: PlanRow) -> dict[str, Any]:
    if action.stage != A.AGREED_NO_DATE or row.due.on is None:
        return {}
    stage = first_stage(row.due.on, started=action.last_progress_on is not None)
    return {"due_on": row.due.on, "original_due_on": row.due.on, "due_text": "", "stage": stage.value}


def _first_owner(action: Action, row: PlanRow, people: Directory) -> dict[str, Any]:
    named = owner_named(row, people)
    if action.owner_id is not None or action.ended_on is not None or named.owner_id is None:
        return {}
    return {"owner_id": named.owner_id, "owner_text": named.owner_text, "lead_agency_id": named.lead_agency_id}


def _since(action: Action, row: PlanRow) -> Iterator[tuple[str, str, str]]:
    if row.due.on is not None and action.due_on not in (None, row.due.on):
        yield "due", row.due.text, "The plan has another date; a date is moved by an extension."
    if row.completed == "yes" and action.ended_on is None:
        yield "status", row.status_text, "The action is still open; it is closed by its sign-off."


def _said(value: object) -> str:
    return "" if value is None else str(value)
