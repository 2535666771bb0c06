"""What changes when a row is imported again, and what must a person decide?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from reviews.actions.details import first_stage, title_of
from reviews.imports.import_impact import acceptance_to_decide
from reviews.imports.import_owners import owner_named, owners_to_decide
from reviews.imports.import_strands import Parts, take_strands
from reviews.imports.known_people import Directory
from reviews.imports.readers.result import PlanRow
from reviews.imports.rows import columns_of, report
from reviews.models import Action, Case
from reviews.transactions.unit_of_work import Unit
from workflows.definitions.action import OUTSTANDING, A


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of one row: the action, the outcome, and what the action said before where it was changed."""

    row: PlanRow
    action: Action
    outcome: Outcome
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


def update(unit: Unit, action: Action, row: PlanRow, people: Directory, parts: Parts) -> Changed:
    """Take over the words of the row, new progress, and a first date and owner."""
    wanted = {**_words(action, row), **first_date(action, row), **first_owner(action, row, people)}
    changes = {name: value for name, value in wanted.items() if getattr(action, name) != value}
    if action.source_reference != row.reference:
        action.source_reference = row.reference  # one made by position moves with its row
    before = {name: as_kept(getattr(action, name)) for name in changes}
    for name, value in changes.items():
        setattr(action, name, value)
    after = {name: _said(value) for name, value in changes.items()}
    if reported := report(unit, action, row):
        after["progress"] = "\n".join(reported)
    if shared := take_strands(unit, action.id, row, people, parts):
        after["strands"] = "\n".join(shared)
    return Changed(row, action, Outcome.UPDATED if after else Outcome.UNCHANGED, before, after)


def revive(unit: Unit, case: Case, action: Action, row: PlanRow, people: Directory, parts: Parts) -> Changed:
    """Let an action that ended with an import that was undone come in anew, under its own reference."""
    for name, value in columns_of(unit, case, row, people).items():
        setattr(action, name, value)
    report(unit, action, row)
    take_strands(unit, action.id, row, people, parts)
    return Changed(row, action, Outcome.CREATED)


def as_kept(value: object) -> object:
    """Write a value so that it can be kept as JSON."""
    return value.isoformat() if isinstance(value, date) else value


def decide(row: PlanRow, people: Directory, today: date, action: Action | None = None) -> list[dict[str, Any]]:
    """List what the file says and nobody but a person can settle, of a new action or of one that is there."""
    owners = (("owner", text, reason) for text, reason in owners_to_decide(row, people, action))
    found = [*owners, *(since(action, row) if action is not None else acceptance_to_decide(row, today))]
    return [
        {"sheet": row.sheet, "row": row.row, "field": field, "text": text, "reason": reason}
        for field, text, reason in found
    ]


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


def first_date(action: Action, row: PlanRow) -> dict[str, Any]:
    if action.stage != A.AGREED_NO_DATE or row.due.on is None:
        return {}
    stage = first_stage(row.due.on, started=action.last_progress_on is not None)
    return {"due_on": row.due.on, "original_due_on": row.due.on, "due_text": "", "stage": stage.value}


def first_owner(action: Action, row: PlanRow, people: Directory) -> dict[str, Any]:
    named = owner_named(row, people)
    if action.owner_id is not None or action.ended_on is not None or named.owner_id is None:
        return {}
    return {"owner_id": named.owner_id, "owner_text": named.owner_text, "lead_agency_id": named.lead_agency_id}


def since(action: Action, row: PlanRow) -> Iterator[tuple[str, str, str]]:
    if row.due.on is not None and action.due_on not in (None, row.due.on):
        yield "due", row.due.text, "The plan has another date; a date is moved by an extension."
    if row.completed == "yes" and action.ended_on is None:
        yield "status", row.status_text, "The action is still open; it is closed by its sign-off."
    if row.completed == "awaiting_impact" and action.stage in OUTSTANDING:
        yield "status", row.status_text, "The action is still open; it is accepted by its sign-off."


def _said(value: object) -> str:
    return "" if value is None else str(value)
