"""Stores the rows of a tracker as the actions and recommendations of a plan."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from reviews.access.permissions import Permission
from reviews.actions.plan_rules import is_silent, silence_plan
from reviews.cases.edit_case import check_title
from reviews.cases.steps import open_case
from reviews.core.fast_sql import insert_all
from reviews.core.text_similarity import stems_of
from reviews.exports.columns import NOT_RATED
from reviews.imports.changes import (
    ActionOutcome,
    ChangedAction,
    parts_of,
    questions_to_decide,
    revive,
    store_impact_checks,
    store_parts,
    update,
)
from reviews.imports.readers.result import PlanRow, TrackerPlan
from reviews.imports.round_trip import split_round_trip, update_from_export
from reviews.imports.rows import (
    REPORTER,
    Directory,
    columns_for,
    directory,
    reports_of,
    unique_reference,
    with_known_owners,
)
from reviews.imports.undo_import import undone_actions
from reviews.models import (
    Action,
    Case,
    EventKind,
    Evidence,
    ImportChange,
    ImportRun,
    Partnership,
    ProgressUpdate,
    Recommendation,
    RecommendationStem,
)
from reviews.transactions.unit_of_work import NotFound, Unit, record_each
from workflows.core.engine import Refused
from workflows.definitions.strategy_plan import STRATEGY_PLAN

Key: TypeAlias = str | tuple[str, str]


def match(rows: Sequence[PlanRow], present: Iterable[Action]) -> list[Action | None]:
    """Give the action of each row, in order, or None for a new one. Two rows never match the same action.

    A reference in the tracker decides. One made from the position changes when rows are inserted: there the same text
    counts more than the position.
    """
    free = [action for action in present if action.source_reference]
    found: dict[int, Action] = {}
    for of_row, of_action in WAYS:
        by_key = {of_action(action): action for action in reversed(free)}
        for number, row in enumerate(rows):
            key = of_row(row)
            if number not in found and key is not None and key in by_key:
                found[number] = by_key.pop(key)
        taken = {action.id for action in found.values()}
        free = [action for action in free if action.id not in taken]
    return [found.get(number) for number in range(len(rows))]


def _if_made(key: Callable[[PlanRow], Key]) -> Callable[[PlanRow], Key | None]:
    return lambda row: key(row) if row.reference_from == "made" else None


WAYS: tuple[tuple[Callable[[PlanRow], Key | None], Callable[[Action], Key]], ...] = (
    (lambda row: row.reference if row.reference_from != "made" else None, lambda action: action.source_reference),
    (
        _if_made(lambda row: (row.reference, row.action.strip())),
        lambda action: (action.source_reference, action.text),
    ),
    (_if_made(lambda row: row.action.strip()), lambda action: action.text),
    (_if_made(lambda row: row.reference), lambda action: action.source_reference),
)
"""The keys of a row and of an action that are compared, the surest first."""


LONGEST_REFERENCE = 40


class Recommendations:
    """The recommendations of one case during an import, by reference. `store` writes the new ones."""

    def __init__(self, unit: Unit, case: Case) -> None:
        self._unit, self._case = unit, case
        existing = sa.select(Recommendation.reference, Recommendation.text).where(Recommendation.case_id == case.id)
        rows = unit.session.execute(existing.order_by(Recommendation.id)).all()
        self._texts = {row.reference: row.text for row in rows}
        self._by_text = {text: reference for reference, text in reversed(rows)}
        self._new: list[str] = []
        self._last = 0

    def of(self, row: PlanRow) -> str:
        """Give the reference of the row's recommendation, a new one if need be; "" where the row has none.

        It is the same if the text is, and the reference where the row has one.
        """
        reference, text = _reference(row), row.recommendation or _reference(row)
        if not text:
            return ""
        for found in (reference, self._by_text.get(text, "")):
            if found and self._texts.get(found) == text and reference in ("", found):
                return found
        return self._make(reference if reference and reference not in self._texts else self._free(), text)

    def store(self, run_id: int) -> dict[str, int]:
        """Write the new recommendations with their history; return id by reference."""
        texts = {reference: self._texts[reference] for reference in self._new}
        session = self._unit.session
        rows = ({"case_id": self._case.id, "reference": key, "text": text} for key, text in texts.items())
        insert_all(session, Recommendation, rows)
        numbers = self._numbers()
        stems = ({"recommendation_id": numbers[key], "stem": stem} for key in texts for stem in stems_of(texts[key]))
        insert_all(session, RecommendationStem, stems)
        same = {"partnership_id": self._case.partnership_id, "case_id": self._case.id}
        made = ({**same, "details": {"recommendation": reference, "import": run_id}} for reference in texts)
        record_each(self._unit, EventKind.RECOMMENDATION_MADE, made)
        return numbers

    def _numbers(self) -> dict[str, int]:
        query = sa.select(Recommendation.reference, Recommendation.id).where(Recommendation.case_id == self._case.id)
        return {row.reference: row.id for row in self._unit.session.execute(query)}

    def _make(self, reference: str, text: str) -> str:
        self._new.append(reference)
        self._texts[reference] = text
        self._by_text.setdefault(text, reference)
        return reference

    def _free(self) -> str:
        while True:
            self._last += 1
            if f"R{self._last}" not in self._texts:
                return f"R{self._last}"


def _reference(row: PlanRow) -> str:
    return row.recommendation_reference[:LONGEST_REFERENCE]


@dataclass(frozen=True, slots=True)
class Source:
    """The file of an import; its name is in the list of imports."""

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
    """Write new actions with their progress, evidence, parts and history, in a few statements for each thousand."""
    if not new:
        return
    insert_all(unit.session, Action, (columns for _, columns in new))
    query = sa.select(Action.reference, Action.id).where(Action.case_id == case.id)
    numbers = {row.reference: row.id for row in unit.session.execute(query)}
    rows = [(numbers[columns["reference"]], row) for row, columns in new]
    reports = (_progress(unit, key, text) for key, row in rows for text in reports_of(row))
    insert_all(unit.session, ProgressUpdate, reports)
    insert_all(unit.session, Evidence, (_evidence(unit, key, row) for key, row in rows if row.evidence))
    for key, row in rows:
        store_parts(unit, key, row, people, {})
    store_impact_checks(unit, case, rows)
    _record_made(unit, case, run, rows)


def store_changes(unit: Unit, case: Case, run: ImportRun, changed: Sequence[ChangedAction]) -> None:
    """Write the history of changed actions, with before and after."""
    same = {"partnership_id": case.partnership_id, "case_id": case.id}
    events = [
        {
            **same,
            "action_id": change.action.id,
            "details": {
                "before": {name: "" if value is None else str(value) for name, value in change.before.items()},
                "after": dict(change.after),
                "import": run.id,
            },
        }
        for change in changed
        if change.after
    ]
    record_each(unit, EventKind.ACTION_CHANGED, events)
    rows = (
        _import_change(run, change.action.id, change.row, dict(change.before)) for change in changed if change.after
    )
    insert_all(unit.session, ImportChange, rows)
    revived = [(change.action.id, change.row) for change in changed if not change.after]
    store_impact_checks(unit, case, revived)
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
    insert_all(unit.session, ImportChange, (_import_change(run, key, row, None) for key, row in rows))


def _import_change(run: ImportRun, action_id: int, row: PlanRow, before: dict[str, Any] | None) -> dict[str, Any]:
    return {"run_id": run.id, "action_id": action_id, "row": row.row, "before": before}


def _progress(unit: Unit, action_id: int, text: str) -> dict[str, Any]:
    reported = {"text": text, "reported_by": REPORTER, "reported_at": unit.now}
    return {"action_id": action_id, "happened_on": unit.today, **reported}


def _evidence(unit: Unit, action_id: int, row: PlanRow) -> dict[str, Any]:
    return {"action_id": action_id, "text": row.evidence, "offered_by": REPORTER, "offered_at": unit.now}


@dataclass(slots=True)
class TrackerImport:
    """The result of an import, as the command prints it."""

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
    left_out: list[dict[str, Any]] = field(default_factory=list)
    """What was seen in the file and not taken as it is."""
    run: int | None = None
    """The number for undoing it; None where nothing was written."""
    silent: bool = False
    """Whether nobody is reminded of the plan until somebody starts that."""

    def record(
        self, row: PlanRow, outcome: ActionOutcome, columns: Mapping[str, Any], to_decide: Sequence[dict[str, Any]]
    ) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.needs_decision += to_decide
        self.actions.append(_as_data(row, columns, outcome))


def import_plan(
    unit: Unit,
    partnership: Partnership,
    *,
    reference: str,
    title: str = "",
    plan: TrackerPlan,
    lenient: bool = False,
    silent: bool = False,
    source: Source | None = None,
    tick: Callable[[], object] = lambda: None,
) -> TrackerImport:
    """Store the actions of a tracker: all of them, or none when rows are refused and `lenient` is not asked for.

    If the reference does not exist, a strategy plan is opened, with the `title` if there is one. A row whose reference
    exists updates its action. Dates, owners and completion that a person has set since are never overwritten but listed
    for a decision.
    No rung up to today is climbed for what is imported; `silent` makes the whole plan silent. `tick` is called for each
    row.
    """
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership.id)
    result = TrackerImport(
        rows=len(plan.rows) + len(plan.refused),
        plan=reference,
        needs_decision=[{**asdict(doubt), "offered": list(doubt.offered)} for doubt in plan.doubts],
        refused=[asdict(row) for row in sorted(plan.refused, key=lambda row: (row.sheet, row.row))],
        skipped=[asdict(row) for row in plan.skipped],
        left_out=[asdict(each) for each in plan.left_out],
    )
    if plan.refused and not lenient:
        return result
    case = _plan_case(unit, partnership, reference, title, result)
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership.id, case.realm)
    _store(unit, case, plan.rows, result, source or Source(), tick)
    if silent:
        silence_plan(unit, case)
    result.silent = silent or is_silent(unit.session, case.id)
    return result


def _plan_case(unit: Unit, partnership: Partnership, reference: str, title: str, result: TrackerImport) -> Case:
    if not reference:
        raise Refused("Enter the reference of a case, or one for a new plan, such as SP-2026-01.")
    try:
        case = unit.case(reference, partnership=partnership.code)
        if title and title != case.title:
            raise Refused(
                f"{reference} exists already. Change its title on its page, or with followthrough cases edit."
            )
        return case
    except NotFound:
        result.plan_created = True
        return open_case(
            unit,
            workflow=STRATEGY_PLAN.name,
            partnership=partnership,
            happened_on=unit.today,
            answers={},
            title=check_title(title),
            reference=reference,
        )


def _store(
    unit: Unit, case: Case, rows: Sequence[PlanRow], result: TrackerImport, source: Source, tick: Callable[[], object]
) -> None:
    people = directory(unit.session, unit.actor, case.partnership_id)
    rows = [with_known_owners(row, people) for row in rows]
    existing_actions = _present(unit, case)
    taken = {action.address for action in existing_actions}
    undone = undone_actions(unit, case)
    parts = parts_of(unit, case, rows)
    recommendations = Recommendations(unit, case)
    new: list[tuple[PlanRow, dict[str, Any], str]] = []
    changed, rows = _update_from_export(unit, case, rows, people, result)
    matched = {change.action.id for change in changed}
    existing_actions = [action for action in existing_actions if action.id not in matched]
    for row, existing in zip(rows, match(rows, existing_actions), strict=True):
        tick()
        if existing is None:
            columns = columns_for(unit, case, row, people) | unique_reference(case, row, taken)
            new.append((row, columns, recommendations.of(row)))
            result.record(row, ActionOutcome.CREATED, columns, questions_to_decide(row, people, unit.today))
        elif existing.id in undone:
            changed.append(revive(unit, case, existing, row, people, parts))
            result.record(row, ActionOutcome.CREATED, _columns(existing), questions_to_decide(row, people, unit.today))
        else:
            changed.append(update(unit, existing, row, people, parts))
            result.record(
                row, changed[-1].outcome, _columns(existing), questions_to_decide(row, people, unit.today, existing)
            )
    if result.created or result.updated:
        _write(unit, case, source, people, recommendations, new, changed, result)


def _update_from_export(
    unit: Unit, case: Case, rows: Sequence[PlanRow], people: Directory, result: TrackerImport
) -> tuple[list[ChangedAction], list[PlanRow]]:
    """Update the actions of exported rows, and return the other rows. Doubts about rows that were not edited go."""
    exported, others = split_round_trip(unit, case, rows)
    settled = {row.row for row, _ in exported}
    result.needs_decision = [doubt for doubt in result.needs_decision if doubt["row"] not in settled]
    changed = []
    for row, line in exported:
        change, to_decide = update_from_export(unit, case, row, line, people)
        changed.append(change)
        result.record(row, change.outcome, _columns(line.action), to_decide)
    return changed, others


def _write(
    unit: Unit,
    case: Case,
    source: Source,
    people: Directory,
    recommendations: Recommendations,
    new: Sequence[tuple[PlanRow, dict[str, Any], str]],
    changed: Sequence[ChangedAction],
    result: TrackerImport,
) -> None:
    run = begin_run(unit, case, source)
    numbers = recommendations.store(run.id)
    rows = [(row, columns | {"recommendation_id": numbers.get(reference)}) for row, columns, reference in new]
    store_new(unit, case, run, rows, people)
    store_changes(unit, case, run, [change for change in changed if change.outcome is not ActionOutcome.UNCHANGED])
    unit.session.flush()
    result.run = run.id


def _present(unit: Unit, case: Case) -> Sequence[Action]:
    """Read and lock the actions of the plan with their progress: two imports into one plan take turns."""
    query = sa.select(Action).where(Action.case_id == case.id).options(selectinload(Action.progress))
    return unit.session.scalars(query.order_by(Action.id).with_for_update()).all()


def _columns(action: Action) -> dict[str, Any]:
    return {name: getattr(action, name) for name in _PRINTED}


_PRINTED = (
    "reference",
    "text",
    "due_on",
    "due_known_to",
    "original_due_on",
    "owner_id",
    "stage",
    "rating_reported",
    "lead_agency_text",
    "awaiting_status",
)


def _as_data(row: PlanRow, columns: Mapping[str, Any], outcome: ActionOutcome) -> dict[str, Any]:
    due_on, first_on, rating = columns["due_on"], columns["original_due_on"], columns["rating_reported"]
    return {
        "row": row.row,
        "sheet": row.sheet,
        "reference": columns["reference"],
        "outcome": outcome.value,
        "recommendation": row.recommendation,
        "text": columns["text"],
        "due_text": row.due.text,
        "due_on": due_on.isoformat() if due_on else None,
        "due_precision": columns["due_known_to"] if due_on else None,
        "original_due_on": first_on.isoformat() if first_on else None,
        "owners": list(row.owners),
        "owner_known": columns["owner_id"] is not None,
        "agency": row.agency,
        "agency_text": columns["lead_agency_text"],
        "status": columns["stage"],
        "awaiting_status": columns["awaiting_status"],
        "rating_reported": NOT_RATED.lower() if rating == "" else rating,
        "status_text": row.status_text or row.rating_text,
        "progress": row.progress,
        "guesses": [asdict(guess) for guess in row.guesses],
        "strands": [{"name": agency_part.name, "text": agency_part.text} for agency_part in row.agency_parts],
    }
