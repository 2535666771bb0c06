"""How are many new actions written at once, and what is kept of an import so that it can be undone?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from reviews.imports.changes import Changed
from reviews.imports.import_impact import store_checks
from reviews.imports.import_strands import take_strands
from reviews.imports.known_people import Directory
from reviews.imports.readers.result import PlanRow
from reviews.imports.rows import REPORTER, texts_of
from reviews.models import Action, Case, EventKind, Evidence, ImportChange, ImportRun, ProgressUpdate
from reviews.transactions.bulk_events import record_each
from reviews.transactions.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Source:
    """The file an import came from; its name is shown in the list of imports, its hash tells it from others."""

    file_name: str = ""
    sha256: str = ""


def begin_run(unit: Unit, case: Case, source: Source) -> ImportRun:
    run = ImportRun(
        partnership_id=case.partnership_id,
        case_id=case.id,
        file_name=source.file_name[:200],
        sha256=source.sha256,
        imported_at=unit.now,
        imported_by=unit.actor.signature[:200],
    )
    unit.session.add(run)
    unit.session.flush()
    return run


def store_new(
    unit: Unit, case: Case, run: ImportRun, new: Sequence[tuple[PlanRow, Mapping[str, Any]]], people: Directory
) -> None:
    """Write new actions with their progress, evidence, parts and history: a few statements, however many they are."""
    if not new:
        return
    unit.session.execute(sa.insert(Action), [dict(columns) for _, columns in new])
    query = sa.select(Action.reference, Action.id).where(Action.case_id == case.id)
    numbers = {row.reference: row.id for row in unit.session.execute(query)}
    rows = [(numbers[columns["reference"]], row) for row, columns in new]
    _insert(unit, ProgressUpdate, [_progress(unit, key, text) for key, row in rows for text in texts_of(row)])
    _insert(unit, Evidence, [_evidence(unit, key, row) for key, row in rows if row.evidence])
    for key, row in rows:
        take_strands(unit, key, row, people, {})
    store_checks(unit, case, rows)
    _record_made(unit, case, run, rows)


def store_changes(unit: Unit, case: Case, run: ImportRun, changed: Sequence[Changed]) -> None:
    """Write the history of actions that were there, with before and after."""
    same = {"partnership_id": case.partnership_id, "case_id": case.id}
    events = [
        {
            **same,
            "action_id": one.action.id,
            "details": {
                "before": {name: "" if value is None else str(value) for name, value in one.before.items()},
                "after": dict(one.after),
                "import": run.id,
            },
        }
        for one in changed
        if one.after
    ]
    record_each(unit, EventKind.ACTION_CHANGED, events)
    kept = [_kept(run, one.action.id, one.row, dict(one.before)) for one in changed if one.after]
    _insert(unit, ImportChange, kept)
    revived = [(one.action.id, one.row) for one in changed if not one.after]
    store_checks(unit, case, revived)
    _record_made(unit, case, run, revived)


def _record_made(unit: Unit, case: Case, run: ImportRun, rows: Sequence[tuple[int, PlanRow]]) -> None:
    same = {"partnership_id": case.partnership_id, "case_id": case.id}
    events = (
        {
            **same,
            "action_id": key,
            "details": {"sheet": row.sheet, "row": row.row, "other columns": dict(row.others), "import": run.id},
        }
        for key, row in rows
    )
    record_each(unit, EventKind.ACTION_IMPORTED, events)
    _insert(unit, ImportChange, [_kept(run, key, row, None) for key, row in rows])


def _kept(run: ImportRun, action_id: int, row: PlanRow, before: dict[str, Any] | None) -> dict[str, Any]:
    return {"run_id": run.id, "action_id": action_id, "row": row.row, "before": before}


def _insert(unit: Unit, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        unit.session.execute(sa.insert(table), rows)


def _progress(unit: Unit, action_id: int, text: str) -> dict[str, Any]:
    said = {"text": text, "reported_by": REPORTER, "reported_at": unit.now}
    return {"action_id": action_id, "happened_on": unit.today, **said}


def _evidence(unit: Unit, action_id: int, row: PlanRow) -> dict[str, Any]:
    return {"action_id": action_id, "text": row.evidence, "offered_by": REPORTER, "offered_at": unit.now}
