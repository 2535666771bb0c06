"""Undoes an import without losing what was done since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.imports.changes import call_off_impact_checks
from reviews.models import Action, Case, Event, EventKind, ImportChange, ImportRun
from reviews.models.event_details import ActionChanged, ActionImported, QuestionDecided, details_if
from reviews.transactions.unit_of_work import NotFound, Unit, record_each
from workflows.core.engine import Refused
from workflows.definitions.action import FINISHED, ActionStage

TOGETHER = (
    ("due_on", "due_known_to", "original_due_on", "original_due_known_to", "due_text", "stage"),
    ("stage", "ended_on", "done_on", "awaiting_status"),
    ("owner_id", "owner_text", "lead_agency_id", "lead_agency_text"),
    ("text", "title", "title_safe_to_mail"),
)
"""Columns that are restored together or not at all."""
DAYS = frozenset({"due_on", "original_due_on", "ended_on", "done_on"})
DONE_SINCE = "Somebody has worked on it since the import."
FINISHED_SINCE = "It has been finished since the import."
CHANGED_SINCE = "It has been changed since the import."
REASON = "The import that created it was undone."


@dataclass(slots=True)
class ImportUndo:
    """The result of undoing an import. `unchanged` are actions left as they are, or in part, and why."""

    run: int
    plan: str
    file_name: str
    ended: list[str] = field(default_factory=list)
    restored: list[dict[str, Any]] = field(default_factory=list)
    unchanged: list[dict[str, str]] = field(default_factory=list)


def undone_actions(unit: Unit, case: Case) -> frozenset[int]:
    """Give the actions of a plan that ended because the import that created them was undone."""
    made = sa.select(ImportChange.action_id).join(ImportRun, ImportRun.id == ImportChange.run_id)
    made = made.where(ImportRun.case_id == case.id, ImportRun.undone_at.is_not(None), ImportChange.before.is_(None))
    ended = sa.select(Action.id).where(
        Action.case_id == case.id, Action.stage == ActionStage.NOT_NEEDED, Action.id.in_(made)
    )
    return frozenset(unit.session.scalars(ended))


def undo_import(unit: Unit, number: int, *, partnership: str | None = None) -> ImportUndo:
    """End the actions that an import created, and restore the values it changed, except where work was done since.

    Progress and parts that it added to existing actions stay: reports are never removed. Raises NotFound, NotAllowed,
    and Refused where it was already undone.
    """
    run, case = _find(unit, number, partnership)
    unit.actor.require(Permission.IMPORT_ACTIONS, case.partnership_id, case.realm)
    if run.undone_at is not None:
        raise Refused("This import has already been undone.")
    undo = ImportUndo(run.id, case.reference, run.file_name)
    events: list[dict[str, Any]] = []
    since = _since(unit, run)
    for change, action in _changes(unit, run):
        if change.before is None:
            events += _end(unit, action, undo, busy=action.id in since.busy)
        else:
            events += _restore(action, undo, change.before, since.after.get(action.id, {}))
    call_off_impact_checks(
        unit, [event["action_id"] for event in events if event["to_stage"] == ActionStage.NOT_NEEDED]
    )
    run.undone_at = unit.now
    same = {"partnership_id": case.partnership_id, "case_id": case.id}
    unit.session.flush()
    record_each(unit, EventKind.IMPORT_UNDONE, [same | event for event in events])
    return undo


@dataclass(frozen=True, slots=True)
class _LaterWork:
    """Actions on which work was done after the import, and the values that the import gave each."""

    busy: frozenset[int]
    after: Mapping[int, Mapping[str, str]]


def _find(unit: Unit, number: int, partnership: str | None) -> tuple[ImportRun, Case]:
    query = (
        sa.select(ImportRun, Case.reference)
        .join(Case, Case.id == ImportRun.case_id)
        .where(ImportRun.id == number, visible(unit.actor, Case))
        .with_for_update(of=ImportRun)
    )
    found = unit.session.execute(query).first()
    if found is None:
        raise NotFound
    case = unit.case(found[1], partnership=partnership)
    if case.id != found[0].case_id:
        raise NotFound
    return found[0], case


def _changes(unit: Unit, run: ImportRun) -> Sequence[tuple[ImportChange, Action]]:
    query = (
        sa.select(ImportChange, Action)
        .join(Action, Action.id == ImportChange.action_id)
        .where(ImportChange.run_id == run.id, visible(unit.actor, Action))
        .order_by(ImportChange.id)
        .with_for_update(of=Action)
    )
    return [(change, action) for change, action in unit.session.execute(query)]


def _since(unit: Unit, run: ImportRun) -> _LaterWork:
    """Read the history of the actions: what the import wrote, and what came later."""
    concerned = sa.select(ImportChange.action_id).where(ImportChange.run_id == run.id)
    query = sa.select(Event).where(Event.action_id.in_(concerned)).order_by(Event.id)
    after: dict[int, Mapping[str, str]] = {}
    busy: set[int] = set()
    for event in unit.session.scalars(query):
        action_id, written = event.action_id or 0, _written_by(run, event)
        if written is not None:
            after[action_id] = {**after.get(action_id, {}), **written}
        elif action_id in after:
            busy.add(action_id)
    return _LaterWork(frozenset(busy), after)


def _written_by(run: ImportRun, event: Event) -> Mapping[str, str] | None:
    """Give the values that the import wrote with this event, {} for a new action; None where it did not write it.

    What a person decided about its texts afterwards belongs to it.
    """
    number: int | None = None
    if imported := details_if(event, ActionImported):
        number = imported.get("import")
        return {} if number == run.id else None
    if changed := details_if(event, ActionChanged):
        number = changed.get("import")
        return changed.get("after", {}) if number == run.id else None
    if decided := details_if(event, QuestionDecided):
        return decided["after"] if decided["file_import"] == run.id else None
    return None


def _end(unit: Unit, action: Action, undo: ImportUndo, *, busy: bool) -> Iterator[dict[str, Any]]:
    if busy:
        undo.unchanged.append({"reference": action.reference, "why": DONE_SINCE})
        return
    was_at, action.stage = action.stage, ActionStage.NOT_NEEDED.value
    action.ended_on = unit.today
    undo.ended.append(action.reference)
    details = {"dropped_reason": REASON}
    yield {"action_id": action.id, "from_stage": was_at, "to_stage": action.stage, "details": details}


def _restore(
    action: Action, undo: ImportUndo, before: Mapping[str, Any], after: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    if not before:
        return
    if action.stage in FINISHED:
        undo.unchanged.append({"reference": action.reference, "why": FINISHED_SINCE})
        return
    changed = {name for name in before if _text(getattr(action, name)) != after.get(name, "")}
    changed |= {name for group in TOGETHER if set(group) & changed for name in group}
    restored = {name: _value(name, value) for name, value in before.items() if name not in changed}
    if changed & before.keys():
        undo.unchanged.append({"reference": action.reference, "why": CHANGED_SINCE})
    if restored:
        was_at, replaced = action.stage, {name: _text(getattr(action, name)) for name in restored}
        for name, value in restored.items():
            setattr(action, name, value)
        undo.restored.append({"reference": action.reference, "fields": sorted(restored)})
        details = {"before": replaced, "after": {name: _text(value) for name, value in restored.items()}}
        yield {"action_id": action.id, "from_stage": was_at, "to_stage": action.stage, "details": details}


def _value(name: str, stored: Any) -> Any:
    return date.fromisoformat(stored) if name in DAYS and stored else stored


def _text(value: object) -> str:
    return "" if value is None else str(value)
