"""How does a tracker kept in a spreadsheet become a plan?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from reviews.access.permissions import Permission
from reviews.cases.steps import open_case
from reviews.imports.changes import Changed, Outcome, decide, revive, update
from reviews.imports.import_recommendations import Recommendations
from reviews.imports.import_storing import Source, begin_run, store_changes, store_new
from reviews.imports.import_strands import parts_of
from reviews.imports.known_people import Directory, directory
from reviews.imports.match import match
from reviews.imports.readers.result import Plan, PlanRow
from reviews.imports.round_trip import split_own, update_own
from reviews.imports.rows import columns_of, name_of
from reviews.imports.undo import undone_actions
from reviews.models import Action, Case, Partnership
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.strategy_plan import STRATEGY_PLAN


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
    run: int | None = None
    """The number by which it can be undone; None where nothing was written."""

    def note(
        self, row: PlanRow, outcome: Outcome, columns: Mapping[str, Any], to_decide: Sequence[dict[str, Any]]
    ) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.needs_decision += to_decide
        self.actions.append(_as_data(row, columns, outcome))


def import_plan(
    unit: Unit,
    partnership: Partnership,
    *,
    reference: str,
    plan: Plan,
    lenient: bool = False,
    source: Source | None = None,
    tick: Callable[[], object] = lambda: None,
) -> Import:
    """Store the actions of a tracker: all of them, or none when rows are refused and `lenient` is not asked for.

    A plan of an unknown reference is opened as a strategy plan. A row whose reference is known updates its action;
    dates, owners and completion that a person has since settled are never overwritten but listed for a decision.
    `tick` is called once for each row.
    """
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership.id)
    done = Import(
        rows=len(plan.rows) + len(plan.refused),
        plan=reference,
        needs_decision=[
            {"sheet": doubt.sheet, "row": doubt.row, "field": doubt.field, "text": doubt.text, "reason": doubt.reason}
            for doubt in plan.doubts
        ],
        refused=[asdict(row) for row in sorted(plan.refused, key=lambda row: (row.sheet, row.row))],
        skipped=[asdict(row) for row in plan.skipped],
    )
    if plan.refused and not lenient:
        return done
    case = _plan_case(unit, partnership, reference, done)
    _store(unit, case, plan.rows, done, source or Source(), tick)
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


def _store(
    unit: Unit, case: Case, rows: Sequence[PlanRow], done: Import, source: Source, tick: Callable[[], object]
) -> None:
    people = directory(unit.session, unit.actor, case.partnership_id)
    present = _present(unit, case)
    taken = {action.address for action in present}
    undone = undone_actions(unit, case)
    parts = parts_of(unit, case, rows)
    recommendations = Recommendations(unit, case)
    new: list[tuple[PlanRow, dict[str, Any], str]] = []
    changed, rows = _take_own(unit, case, rows, people, done)
    met = {one.action.id for one in changed}
    present = [action for action in present if action.id not in met]
    for row, known in zip(rows, match(rows, present), strict=True):
        tick()
        if known is None:
            columns = columns_of(unit, case, row, people) | name_of(case, row, taken)
            new.append((row, columns, recommendations.of(row)))
            done.note(row, Outcome.CREATED, columns, decide(row, people, unit.today))
        elif known.id in undone:
            changed.append(revive(unit, case, known, row, people, parts))
            done.note(row, Outcome.CREATED, _columns(known), decide(row, people, unit.today))
        else:
            changed.append(update(unit, known, row, people, parts))
            done.note(row, changed[-1].outcome, _columns(known), decide(row, people, unit.today, known))
    if done.created or done.updated:
        _write(unit, case, source, people, recommendations, new, changed, done)


def _take_own(
    unit: Unit, case: Case, rows: Sequence[PlanRow], people: Directory, done: Import
) -> tuple[list[Changed], list[PlanRow]]:
    """Take the rows of our own export, of which only what was edited is doubtful; give those that are none."""
    own, others = split_own(unit, case, rows)
    settled = {row.row for row, _ in own}
    done.needs_decision = [one for one in done.needs_decision if one["row"] not in settled]
    changed = []
    for row, line in own:
        one, to_decide = update_own(unit, case, row, line, people)
        changed.append(one)
        done.note(row, one.outcome, _columns(line.action), to_decide)
    return changed, others


def _write(
    unit: Unit,
    case: Case,
    source: Source,
    people: Directory,
    recommendations: Recommendations,
    new: Sequence[tuple[PlanRow, dict[str, Any], str]],
    changed: Sequence[Changed],
    done: Import,
) -> None:
    run = begin_run(unit, case, source)
    numbers = recommendations.store(run.id)
    rows = [(row, columns | {"recommendation_id": numbers.get(reference)}) for row, columns, reference in new]
    store_new(unit, case, run, rows, people)
    store_changes(unit, case, run, [one for one in changed if one.outcome is not Outcome.UNCHANGED])
    unit.session.flush()
    done.run = run.id


def _present(unit: Unit, case: Case) -> Sequence[Action]:
    """Read the plan's actions with their progress, locked: two imports into one plan take turns."""
    query = sa.select(Action).where(Action.case_id == case.id).options(selectinload(Action.progress))
    return unit.session.scalars(query.order_by(Action.id).with_for_update()).all()


def _columns(action: Action) -> dict[str, Any]:
    return {name: getattr(action, name) for name in ("reference", "text", "due_on", "owner_id", "stage")}


def _as_data(row: PlanRow, columns: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    due_on = columns["due_on"]
    return {
        "row": row.row,
        "sheet": row.sheet,
        "reference": columns["reference"],
        "outcome": outcome.value,
        "recommendation": row.recommendation,
        "text": columns["text"],
        "due_text": row.due.text,
        "due_on": due_on.isoformat() if due_on else None,
        "owners": list(row.owners),
        "owner_known": columns["owner_id"] is not None,
        "status": columns["stage"],
        "status_text": row.status_text or row.rating_text,
        "progress": row.progress,
        "guesses": [asdict(guess) for guess in row.guesses],
        "strands": [{"name": strand.name, "text": strand.text} for strand in row.strands],
    }
