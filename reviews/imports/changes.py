"""What changes when a row is imported again, and what must a person decide?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from reviews.actions.details import first_stage, title_of
from reviews.actions.impact import check_days
from reviews.imports.readers.action_rows import read_status
from reviews.imports.readers.result import PlanRow, Strand
from reviews.imports.rows import Directory, columns_for, done_on, owner_of, owners_to_decide, report
from reviews.models import Action, ActionPart, Case, ImpactCheck, PartState, PlanRules
from reviews.transactions.unit_of_work import Unit
from workflows.definitions.action import OUTSTANDING, A

UNKNOWN = "The day of its acceptance is not known: its impact is asked about counted from the day of this import."


def store_impact_checks(unit: Unit, case: Case, rows: Sequence[tuple[int, PlanRow]]) -> None:
    """Set the days for actions without any, by the rules of the plan: `rows` are their numbers and what was read."""
    waiting = {key: done_on(row, unit.today) for key, row in rows if row.completed == "awaiting_impact"}
    if not waiting:
        return
    rules = unit.session.get(PlanRules, case.id)
    checks = [check for key, accepted_on in waiting.items() for check in _checks(key, rules, accepted_on)]
    unit.session.execute(sa.insert(ImpactCheck), checks)


def call_off_impact_checks(unit: Unit, action_ids: Sequence[int]) -> None:
    """Call off what was not answered yet of actions that an import had made."""
    unanswered = sa.delete(ImpactCheck).where(ImpactCheck.answered_on.is_(None))
    for first in range(0, len(action_ids), 1_000):
        some = action_ids[first : first + 1_000]
        unit.session.execute(unanswered.where(ImpactCheck.action_id.in_(some)))


def acceptance_to_decide(row: PlanRow, today: date) -> Iterator[tuple[str, str, str]]:
    given = row.completed_on
    if row.completed == "awaiting_impact" and (given.on is None or given.on > today):
        yield "completed_on", given.text, UNKNOWN


def _checks(action_id: int, rules: PlanRules | None, accepted_on: date) -> list[dict[str, Any]]:
    days = check_days(rules, accepted_on)
    return [{"action_id": action_id, "months": months, "due_on": day} for months, day in days]


LONGEST_NAME = 200


PartsByAction = Mapping[int, Sequence[ActionPart]]


def parts_of(unit: Unit, case: Case, rows: Iterable[PlanRow]) -> PartsByAction:
    """Give the parts there are of each action of a plan, by its number; none are read where no row names a body."""
    found: dict[int, list[ActionPart]] = {}
    if any(row.strands for row in rows):
        query = sa.select(ActionPart).join(Action, Action.id == ActionPart.action_id)
        for part in unit.session.scalars(query.where(Action.case_id == case.id).order_by(ActionPart.id)):
            found.setdefault(part.action_id, []).append(part)
    return found


def store_parts(unit: Unit, action_id: int, row: PlanRow, people: Directory, parts: PartsByAction) -> list[str]:
    """Give each body its part of the action, and the open ones what the row says of them; say what was taken over.

    A new part is done where the row says plainly that it is, and in no other words: the rest is for a person to say.
    A part that has ended stays as it is, and one that the row names no more is kept.
    """
    if not row.strands:
        return []
    existing = {(each.agency_id, each.agency_text.casefold()): each for each in parts.get(action_id, ())}
    taken: list[str] = []
    for strand in row.strands:
        name = strand.name[:LONGEST_NAME]
        agency_id = people.agency(name)
        key = (agency_id, "" if agency_id is not None else name.casefold())
        part = existing.get(key)
        if part is None:
            existing[key] = part = _new(unit, action_id, strand, agency_id, name)
            unit.session.add(part)
        elif part.state is not PartState.OPEN or part.note == strand.text:
            continue
        part.note = strand.text
        taken.append(f"{name}: {strand.text}")
    return taken


def _new(unit: Unit, action_id: int, strand: Strand, agency_id: int | None, name: str) -> ActionPart:
    is_done = read_status(strand.text) == "yes"
    return ActionPart(
        action_id=action_id,
        agency_id=agency_id,
        agency_text="" if agency_id is not None else name,
        state=PartState.DONE if is_done else PartState.OPEN,
        ended_on=unit.today if is_done else None,
        note="",
    )


class ActionOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ChangedAction:
    """What became of one row: the action, the outcome, and what the action said before where it was changed."""

    row: PlanRow
    action: Action
    outcome: ActionOutcome
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


def update(unit: Unit, action: Action, row: PlanRow, people: Directory, parts: PartsByAction) -> ChangedAction:
    """Take over the words of the row, new progress, and a first date and owner."""
    values = {**_words(action, row), **first_date(action, row), **first_owner(action, row, people)}
    changes = {name: value for name, value in values.items() if getattr(action, name) != value}
    if action.source_reference != row.reference:
        action.source_reference = row.reference  # one made by position moves with its row
    before = {name: as_json_value(getattr(action, name)) for name in changes}
    for name, value in changes.items():
        setattr(action, name, value)
    after = {name: _as_text(value) for name, value in changes.items()}
    if reported := report(unit, action, row):
        after["progress"] = "\n".join(reported)
    if shared := store_parts(unit, action.id, row, people, parts):
        after["strands"] = "\n".join(shared)
    return ChangedAction(row, action, ActionOutcome.UPDATED if after else ActionOutcome.UNCHANGED, before, after)


def revive(
    unit: Unit, case: Case, action: Action, row: PlanRow, people: Directory, parts: PartsByAction
) -> ChangedAction:
    """Let an action that ended with an import that was undone come in anew, under its own reference."""
    for name, value in columns_for(unit, case, row, people).items():
        setattr(action, name, value)
    report(unit, action, row)
    store_parts(unit, action.id, row, people, parts)
    return ChangedAction(row, action, ActionOutcome.CREATED)


def as_json_value(value: object) -> object:
    """Write a value so that it can be kept as JSON."""
    return value.isoformat() if isinstance(value, date) else value


def questions_to_decide(
    row: PlanRow, people: Directory, today: date, action: Action | None = None
) -> list[dict[str, Any]]:
    """List what the file says and nobody but a person can settle, of a new action or of one that is there."""
    owners = (("owner", text, reason) for text, reason in owners_to_decide(row, people, action))
    found = [*owners, *(changes_to_decide(action, row) if action is not None else acceptance_to_decide(row, today))]
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
    named = owner_of(row, people)
    if action.owner_id is not None or action.ended_on is not None or named.owner_id is None:
        return {}
    return {"owner_id": named.owner_id, "owner_text": named.owner_text, "lead_agency_id": named.lead_agency_id}


def changes_to_decide(action: Action, row: PlanRow) -> Iterator[tuple[str, str, str]]:
    if row.due.on is not None and action.due_on not in (None, row.due.on):
        yield "due", row.due.text, "The plan has another date; a date is moved by an extension."
    if row.completed == "yes" and action.ended_on is None:
        yield "status", row.status_text, "The action is still open; it is closed by its sign-off."
    if row.completed == "awaiting_impact" and action.stage in OUTSTANDING:
        yield "status", row.status_text, "The action is still open; it is accepted by its sign-off."


def _as_text(value: object) -> str:
    return "" if value is None else str(value)
