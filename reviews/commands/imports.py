"""How does a tracker kept in a spreadsheet become a plan?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from reviews.commands.cases import open_case
from reviews.commands.import_changes import Outcome, decide, update
from reviews.commands.import_matches import match
from reviews.commands.import_recommendations import Recommendations
from reviews.commands.import_rows import create, record_import
from reviews.commands.known_people import directory
from reviews.models import Action, Case, Partnership
from reviews.permissions import Permission
from reviews.trackers import Plan, PlanRow
from reviews.unit import NotFound, Unit
from workflows.definitions.strategy_plan import STRATEGY_PLAN
from workflows.engine import Refused


@dataclass(slots=True)
class Import:
    """What an import did, or would do: the document that the command prints."""

    rows: int
    plan: str
    plan_created: bool = False
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    actions: list[dict[str, Any]] = field(default_factory=list)
    needs_decision: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)


def import_plan(unit: Unit, partnership: Partnership, *, reference: str, plan: Plan, lenient: bool = False) -> Import:
    """Store the actions of a tracker: all of them, or none when rows are refused and `lenient` is not asked for.

    A plan of an unknown reference is opened as a strategy plan. A row whose reference is known updates its action;
    dates, owners and completion that a person has since settled are never overwritten but listed for a decision.
    """
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership.id)
    done = Import(
        rows=len(plan.rows) + len(plan.refused),
        plan=reference,
        needs_decision=[
            {"row": doubt.row, "field": doubt.field, "text": doubt.text, "reason": doubt.reason}
            for doubt in plan.doubts
        ],
        refused=[{"row": row.row, "column": row.column, "reason": row.reason} for row in plan.refused],
        skipped=[{"row": row.row, "text": row.text, "reason": row.reason} for row in plan.skipped],
    )
    if plan.refused and not lenient:
        return done
    case = _plan_case(unit, partnership, reference, done)
    _store(unit, case, plan.rows, done)
    return done


def _plan_case(unit: Unit, partnership: Partnership, reference: str, done: Import) -> Case:
    if not reference:
        raise Refused("The plan needs a reference, such as that of a case or SP-2026-01.")
    try:
        return unit.case(reference, partnership=partnership.code)
    except NotFound:
        done.plan_created = True
        return open_case(
            unit,
            workflow=STRATEGY_PLAN.name,
            partnership=partnership,
            happened_on=unit.today,
            given={},
            reference=reference,
        )


def _store(unit: Unit, case: Case, rows: Sequence[PlanRow], done: Import) -> None:
    people = directory(unit.session, unit.actor, case.partnership_id)
    present = _present(unit, case)
    taken = {action.address for action in present}
    recommendations = Recommendations(unit, case)
    stored: list[tuple[PlanRow, Action, Outcome]] = []
    for row, known in zip(rows, match(rows, present), strict=True):
        if known is None:
            new = create(unit, case, row, about=recommendations.of(row), people=people, taken=taken)
            stored.append((row, new, Outcome.CREATED))
        else:
            stored.append((row, known, update(unit, known, row, people)))
    unit.session.flush()
    for row, action, outcome in stored:
        if outcome is Outcome.CREATED:
            record_import(unit, action, row)
        setattr(done, outcome, getattr(done, outcome) + 1)
        done.needs_decision += decide(action, row, people, outcome)
        done.actions.append(_as_data(row, action))


def _present(unit: Unit, case: Case) -> Sequence[Action]:
    """Read the plan's actions with their progress, locked: two imports into one plan take turns."""
    query = sa.select(Action).where(Action.case_id == case.id).options(selectinload(Action.progress))
    return unit.session.scalars(query.order_by(Action.id).with_for_update()).all()


def _as_data(row: PlanRow, action: Action) -> dict[str, Any]:
    return {
        "row": row.row,
        "sheet": row.sheet,
        "reference": action.reference,
        "recommendation": row.recommendation,
        "text": action.text,
        "due_text": row.due.text,
        "due_on": action.due_on.isoformat() if action.due_on else None,
        "owners": list(row.owners),
        "owner_known": action.owner_id is not None,
        "status": action.stage,
        "status_text": row.status_text or row.rating_text,
        "progress": row.progress,
        "strands": [{"name": strand.name, "text": strand.text} for strand in row.strands],
    }
