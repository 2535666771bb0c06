"""Changes to an action when its row is imported again, and what a person must decide."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

import sqlalchemy as sa

from reviews.access.policies import is_owner_or_deputy
from reviews.actions.details import first_stage, title_of
from reviews.actions.impact import check_days
from reviews.cases.late import ACCEPTED
from reviews.imports.owner_bars import CLOSED
from reviews.imports.readers.entries import TEXT_MISSING
from reviews.imports.readers.result import AgencyPart, PlanRow
from reviews.imports.readers.written_states import read_state
from reviews.imports.rows import (
    Directory,
    agency_to_decide,
    columns_for,
    dates_of,
    deputy_to_decide,
    done_on,
    owner_of,
    owners_to_decide,
    rating_of,
    report,
)
from reviews.imports.settle_status import settle_status
from reviews.models import Action, ActionPart, Case, ImpactCheck, PartState, PlanRules
from reviews.transactions.unit_of_work import Unit
from workflows.definitions.action import OUTSTANDING, ActionStage

UNKNOWN = "The acceptance date is not known. The impact checks are counted from the day of this import."


def store_impact_checks(unit: Unit, case: Case, rows: Sequence[tuple[int, PlanRow]]) -> None:
    """Set the days of the impact checks by the rules of the plan; `rows` are pairs of action id and row."""
    waiting = {key: done_on(row, unit.today) for key, row in rows if row.completed == "awaiting_impact"}
    if not waiting:
        return
    rules = unit.session.get(PlanRules, case.id)
    checks = [check for key, accepted_on in waiting.items() for check in _checks(key, rules, accepted_on)]
    unit.session.execute(sa.insert(ImpactCheck), checks)


def call_off_impact_checks(unit: Unit, action_ids: Sequence[int]) -> None:
    """Delete the unanswered impact checks of these actions."""
    unanswered = sa.delete(ImpactCheck).where(ImpactCheck.answered_on.is_(None))
    for first in range(0, len(action_ids), 1_000):
        some = action_ids[first : first + 1_000]
        unit.session.execute(unanswered.where(ImpactCheck.action_id.in_(some)))


FieldToDecide: TypeAlias = tuple[str, str, str, tuple[str, ...]]
"""Field, text, reason, and the answers that are offered."""


def acceptance_to_decide(row: PlanRow, today: date) -> Iterator[FieldToDecide]:
    completed_on = row.completed_on
    if row.completed == "awaiting_impact" and (completed_on.on is None or completed_on.on > today):
        yield "completed_on", completed_on.text, UNKNOWN, ()


def _checks(action_id: int, rules: PlanRules | None, accepted_on: date) -> list[dict[str, Any]]:
    days = check_days(rules, accepted_on)
    return [{"action_id": action_id, "months": months, "due_on": day} for months, day in days]


LONGEST_NAME = 200
PartsByAction = Mapping[int, Sequence[ActionPart]]


def parts_of(unit: Unit, case: Case, rows: Iterable[PlanRow]) -> PartsByAction:
    """Give the parts of each action of a plan by its id; nothing is read where no row names a body."""
    found: dict[int, list[ActionPart]] = {}
    if any(row.agency_parts for row in rows):
        query = sa.select(ActionPart).join(Action, Action.id == ActionPart.action_id)
        for part in unit.session.scalars(query.where(Action.case_id == case.id).order_by(ActionPart.id)):
            found.setdefault(part.action_id, []).append(part)
    return found


def store_parts(unit: Unit, action_id: int, row: PlanRow, people: Directory, parts: PartsByAction) -> list[str]:
    """Add a part for each new body and update the notes of open parts; give what was stored, one text for each part.

    A new part is done only where the row says so plainly. A part that has ended, or that the row no longer names,
    does not change.
    """
    if not row.agency_parts:
        return []
    existing = {(each.agency_id, each.agency_text.casefold()): each for each in parts.get(action_id, ())}
    taken: list[str] = []
    for agency_part in row.agency_parts:
        name = agency_part.name[:LONGEST_NAME]
        agency_id = people.agency(name)
        key = (agency_id, "" if agency_id is not None else name.casefold())
        part = existing.get(key)
        if part is None:
            existing[key] = part = _new(unit, action_id, agency_part, agency_id, name)
            unit.session.add(part)
        elif part.state is not PartState.OPEN or part.note == agency_part.text:
            continue
        part.note = agency_part.text
        taken.append(f"{name}: {agency_part.text}")
    return taken


def _new(unit: Unit, action_id: int, agency_part: AgencyPart, agency_id: int | None, name: str) -> ActionPart:
    is_done = read_state(agency_part.text).completed == "yes"
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
    """The action of one row, the outcome, and the changed values before and after."""

    row: PlanRow
    action: Action
    outcome: ActionOutcome
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


def update(unit: Unit, action: Action, row: PlanRow, people: Directory, parts: PartsByAction) -> ChangedAction:
    """Update the texts of an action from the row, add new progress and parts, and set a first date and owner."""
    values = {
        **_words(action, row),
        **first_date(action, row),
        **first_agency(action, row, people),
        **first_owner(action, row, people),
        **_status(unit, action, row),
    }
    changes = {name: value for name, value in values.items() if getattr(action, name) != value}
    if action.source_reference != row.reference:
        action.source_reference = row.reference  # a made reference moves with its row
    before = {name: as_json_value(getattr(action, name)) for name in changes}
    set_imported(unit, action, changes)
    if changes.get("stage") == ActionStage.AWAITING_IMPACT:
        store_impact_checks(unit, action.case, [(action.id, row)])
    after = {name: _as_text(value) for name, value in changes.items()}
    if reported := report(unit, action, row):
        after["progress"] = "\n".join(reported)
    if shared := store_parts(unit, action.id, row, people, parts):
        after["strands"] = "\n".join(shared)
    return ChangedAction(row, action, ActionOutcome.UPDATED if after else ActionOutcome.UNCHANGED, before, after)


def revive(
    unit: Unit, case: Case, action: Action, row: PlanRow, people: Directory, parts: PartsByAction
) -> ChangedAction:
    """Import an action again that ended when its import was undone. It gets its old reference back."""
    for name, value in columns_for(unit, case, row, people).items():
        setattr(action, name, value)
    report(unit, action, row)
    store_parts(unit, action.id, row, people, parts)
    return ChangedAction(row, action, ActionOutcome.CREATED)


def set_imported(unit: Unit, action: Action, values: Mapping[str, Any]) -> None:
    """Set columns that a file gives. With a first date or owner the action comes to be reminded of, as a new one."""
    for name, value in values.items():
        setattr(action, name, value)
    if not values.keys().isdisjoint(("due_on", "owner_id")):
        action.brought_in_on = unit.today


def as_json_value(value: object) -> object:
    """Give a value that can be stored as JSON."""
    return value.isoformat() if isinstance(value, date) else value


def questions_to_decide(
    row: PlanRow, people: Directory, today: date, action: Action | None = None
) -> list[dict[str, Any]]:
    """List what a person must decide about the row of a new action, or of `action`."""
    found: list[FieldToDecide] = [("owner", *each) for each in owners_to_decide(row, people, action)]
    found += (("agency", *each) for each in agency_to_decide(row, people, action))
    if action is not None:
        found += changes_to_decide(action, row)
    else:
        found += (("deputy", *each) for each in deputy_to_decide(row, people))
        found += acceptance_to_decide(row, today)
    return [question(row, *each) for each in found]


def question(row: PlanRow, name: str, text: str, reason: str, offered: Sequence[str] = ()) -> dict[str, Any]:
    """Give a question about a field of a row, as it is printed and kept."""
    where = {"sheet": row.sheet, "row": row.row, "field": name}
    return {**where, "text": text, "reason": reason, "offered": list(offered)}


def _words(action: Action, row: PlanRow) -> dict[str, Any]:
    """Give the texts of the row. A title made from the old text changes with it, and is no longer safe to mail."""
    text = row.action.strip()
    words: dict[str, Any] = {
        "text": text,
        "success_measure": row.outcome.strip(),
        "status_text": row.status_text,
        "rating_reported": rating_of(row),
    }
    if text == TEXT_MISSING:
        del words["text"]  # somebody may have written it since
    elif action.text != text and action.title == title_of(action.text):
        words |= {"title": title_of(text), "title_safe_to_mail": False}
    return words


def first_date(action: Action, row: PlanRow) -> dict[str, Any]:
    if action.stage != ActionStage.AGREED_NO_DATE or row.due.on is None:
        return {}
    stage = first_stage(row.due.on, started=action.last_progress_on is not None)
    return {**dates_of(row), "stage": stage.value}


def first_owner(action: Action, row: PlanRow, people: Directory) -> dict[str, Any]:
    named = owner_of(row, people)
    if action.owner_id is not None or action.ended_on is not None or named.owner_id is None:
        return {}
    return named.as_columns()


def _status(unit: Unit, action: Action, row: PlanRow) -> dict[str, Any]:
    """Give the state that the row says, but for the end of an action of the importer's own: somebody else says that."""
    found = first_status(action, row, unit.today)
    return {} if found.get("stage") in CLOSED and is_owner_or_deputy(unit.actor, action) else found


def first_status(action: Action, row: PlanRow, today: date) -> dict[str, Any]:
    """Give what the row says plainly, or a person decided, about the state of an action in doubt."""
    if not action.awaiting_status or row.completed == "doubt":
        return {}
    now = {"due_on": row.due.on or action.due_on, "done_on": done_on(row, today)}
    settled = settle_status(row.state.stage, now, today)
    is_done = settled.get("stage") in ACCEPTED and row.completed_on.on is not None and row.completed_on.on <= today
    return settled | ({"done_on": row.completed_on.on} if is_done else {})


def first_agency(action: Action, row: PlanRow, people: Directory) -> dict[str, Any]:
    """Give what the row says of the lead agency, while the action has none."""
    if action.lead_agency_id is not None or action.ended_on is not None:
        return {}
    named = owner_of(row, people)
    return {"lead_agency_id": named.lead_agency_id, "lead_agency_text": named.lead_agency_text}


def changes_to_decide(action: Action, row: PlanRow) -> Iterator[FieldToDecide]:
    if row.due.on is not None and action.due_on not in (None, row.due.on):
        yield "due", row.due.text, "The plan has a different date. To change it, extend the action.", ()
    if action.awaiting_status:
        return
    if row.completed in ("yes", "stopped") and action.ended_on is None:
        yield "status", row.status_text, "The action is still open. It closes when it is signed off.", ()
    if row.completed == "awaiting_impact" and action.stage in OUTSTANDING:
        yield "status", row.status_text, "The action is still open. It is accepted when it is signed off.", ()


def _as_text(value: object) -> str:
    return "" if value is None else str(value)
