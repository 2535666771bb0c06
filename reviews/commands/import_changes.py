"""What changes when a row is imported again, and what must a person decide?"""

from enum import StrEnum
from typing import Any

from reviews.commands.known_people import Directory
from reviews.models import Action, EventKind
from reviews.trackers import PlanRow
from reviews.unit import Unit


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def update(unit: Unit, action: Action, row: PlanRow) -> Outcome:
    """Take over the words of the row, and a first date; write down before and after."""
    wanted: dict[str, Any] = {"text": row.action.strip(), "success_measure": row.outcome.strip()}
    if action.due_on is None and row.due.on is not None and action.ended_on is None:
        wanted |= {"due_on": row.due.on, "original_due_on": row.due.on, "due_text": "", "stage": "not_started"}
    changes = {name: value for name, value in wanted.items() if getattr(action, name) != value}
    if not changes:
        return Outcome.UNCHANGED
    before = {name: str(getattr(action, name) or "") for name in changes}
    for name, value in changes.items():
        setattr(action, name, value)
    unit.record(
        EventKind.ACTION_CHANGED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"before": before, "after": {name: str(value) for name, value in changes.items()}},
    )
    return Outcome.UPDATED


def decide(action: Action, row: PlanRow, people: Directory, outcome: Outcome) -> list[dict[str, Any]]:
    """List what the file says and nobody but a person can settle."""
    found = [
        (row.row, "owner", text, "Nobody of this address, name or job title is known, so there is no named owner.")
        for text in row.owners
        if people.person(text) is None and people.agency(text) is None
    ]
    owners = {person.person_id for text in row.owners if (person := people.person(text))}
    if len(owners) > 1:
        found.append((row.row, "owner", "; ".join(row.owners), "An action has one owner: the first was taken."))
    if not row.owners:
        found.append((row.row, "owner", "", "The tracker names no owner."))
    if outcome is not Outcome.CREATED:
        found += _since(action, row)
    return [{"row": number, "field": name, "text": text, "reason": reason} for number, name, text, reason in found]


def _since(action: Action, row: PlanRow) -> list[tuple[int, str, str, str]]:
    found = []
    if row.due.on is not None and action.due_on not in (None, row.due.on):
        found.append((row.row, "due", row.due.text, "The plan has another date; a date is moved by an extension."))
    if row.completed == "yes" and action.ended_on is None:
        found.append((row.row, "status", row.status_text, "The action is still open; it is closed by its sign-off."))
    return found
