"""Snapshots of the cases that may move to another version, and the plan of such a move."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.cases.clocks import ClockDates, TakenStep
from reviews.cases.history import RecordedStep, history_of_events
from reviews.definitions.local_rules import LocalRules
from reviews.models import Case, CaseClock, CaseFact, CaseHold, CaseTrack, Event, EventKind, LocalRule, Partnership
from reviews.models.cases import is_of_present_kind
from workflows.core.bank_holidays import Calendar
from workflows.core.questions import Value
from workflows.core.vocabulary import BLOCKS, Workflow


@dataclass(frozen=True, slots=True)
class CaseSnapshot:
    """An open case as it stands, with all that a plan looks at. `child_cases` are those that still run."""

    case: Case
    partnership: str
    tracks: Sequence[CaseTrack]
    clocks: Sequence[CaseClock]
    holds: Sequence[CaseHold]
    history: Sequence[TakenStep]
    child_cases: Sequence["RunningChildCase"]


@dataclass(frozen=True, slots=True)
class RunningChildCase:
    """A running child case: its kind, and the steps of the parent case that it holds back."""

    reference: str
    workflow: str
    blocks: Sequence[str]


@dataclass(frozen=True, slots=True)
class MigrationRules:
    """The version a case runs under, the one it is to move to, and what else its dates are counted by.

    `is_theirs` is false where the version was added for another partnership alone.
    """

    was: Workflow
    now: Workflow
    calendar: Calendar
    local: LocalRules
    is_theirs: bool = True


@dataclass(frozen=True, slots=True)
class StageChange:
    """A track and its stage in both versions. Without `was` the track is new, without `now` it is left finished."""

    track: str
    title: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A clock and its due date in both versions. Without `was` it starts; without `now` it ends, met on `met_on`.

    `row` is the clock that runs now, and `dated` the dates with which it runs on or starts.
    """

    clock: str
    title: str
    was: date | None
    now: date | None
    because: str = ""
    met_on: date | None = None
    row: CaseClock | None = None
    dated: ClockDates | None = None

    @property
    def is_unchanged(self) -> bool:
        return self.was == self.now and not self.because


@dataclass(frozen=True, slots=True)
class CaseMigration:
    """One case: what would change with `warnings` about it, or the `reasons` why it cannot move.

    `held_at` gives, for each track on hold, the stage it will go back to.
    """

    snapshot: CaseSnapshot
    from_version: int
    stages: Sequence[StageChange]
    held_at: Mapping[str, str]
    clocks: Sequence[ClockChange]
    reasons: Sequence[str]
    warnings: Sequence[str]

    @property
    def reference(self) -> str:
        return self.snapshot.case.reference

    @property
    def partnership(self) -> str:
        return self.snapshot.partnership

    @property
    def fingerprint_parts(self) -> tuple[object, ...]:
        """Give all that is shown of it."""
        stages = tuple((each.track, each.was, each.now) for each in self.stages)
        clocks = tuple((each.clock, each.was, each.now, each.met_on, each.dated) for each in self.clocks)
        return (self.snapshot.case.id, self.from_version, stages, clocks, tuple(self.warnings))


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """What a move of all cases of a kind to one version would do. `already` counts the cases that run under it."""

    workflow: Workflow
    can: Sequence[CaseMigration]
    cannot: Sequence[CaseMigration]
    already: int

    @property
    def fingerprint(self) -> str:
        """Give a digest of the plan: the plan that is carried out must be the one that was shown."""
        parts = (self.workflow.name, self.workflow.version, *(plan.fingerprint_parts for plan in self.can))
        return sha256(repr(parts).encode()).hexdigest()[:32]


Rulebook = Mapping[int, LocalRules]
"""The local rules of each partnership, by its number."""


Row = TypeVar("Row")


def read_snapshots(session: Session, which: sa.ColumnElement[bool], *, lock: bool = False) -> list[CaseSnapshot]:
    """Read the cases and what belongs to them, in a fixed number of queries.

    With `lock` they are locked as for a step, in the order in which all work over many cases locks them.
    """
    cases = _read_cases(session, which, lock)
    case_ids = sa.select(Case.id).where(which)
    tracks = _rows_of(session, CaseTrack, case_ids)
    clocks = _rows_of(session, CaseClock, case_ids, CaseClock.earlier_workflow.is_(None))
    holds = _rows_of(session, CaseHold, case_ids, CaseHold.lifted_on.is_(None))
    history, child_cases = _read_histories(session, case_ids), _child_cases(session, case_ids)
    return [
        CaseSnapshot(
            case, code, tracks[case.id], clocks[case.id], holds[case.id], history.get(case.id, ()), child_cases[case.id]
        )
        for case, code in cases
    ]


def rulebook(session: Session, workflow: str) -> Rulebook:
    """Give the local rules of each partnership for a kind of case."""
    found: dict[int, dict[tuple[str, str], list[LocalRule]]] = {}
    query = sa.select(LocalRule).where(LocalRule.workflow == workflow)
    for rule in session.scalars(query.order_by(LocalRule.effective_from, LocalRule.id)):
        found.setdefault(rule.partnership_id, {}).setdefault((rule.workflow, rule.deadline), []).append(rule)
    return {key: LocalRules(rules) for key, rules in found.items()}


def _read_cases(session: Session, which: sa.ColumnElement[bool], lock: bool) -> list[tuple[Case, str]]:
    query = (
        sa.select(Case, Partnership.code)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(which)
        .order_by(Partnership.code, Case.reference)
    )
    if lock:
        query = query.with_for_update(of=Case, key_share=True)
    return [(case, code) for case, code in session.execute(query)]


def _rows_of(
    session: Session, table: type[Row], case_ids: sa.Select[Any], *conditions: sa.ColumnElement[bool]
) -> Mapping[int, Sequence[Row]]:
    columns: Any = table
    query = sa.select(columns).where(columns.case_id.in_(case_ids), *conditions).order_by(columns.id)
    return _by_case((row.case_id, row) for row in session.scalars(query))


def _read_histories(session: Session, case_ids: sa.Select[Any]) -> Mapping[int, Sequence[TakenStep]]:
    """Give the steps of each case as they hold after corrections."""
    answers = _days_given(session, case_ids)
    kinds = (EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)
    query = sa.select(Event).join(Case, Case.id == Event.case_id).where(is_of_present_kind(Event.id))
    query = query.where(Case.id.in_(case_ids.correlate(None)), Event.kind.in_(kinds), Event.step.is_not(None))
    rows = _by_case((event.case_id, event) for event in session.scalars(query.order_by(Event.id)))
    return {
        case_id: [_taken_step(step, answers) for step in history_of_events(events).steps]
        for case_id, events in rows.items()
    }


def _taken_step(taken: RecordedStep, answers: Mapping[int, Mapping[str, Value]]) -> TakenStep:
    facts = {name: value for row in taken.facts_with for name, value in answers.get(row, {}).items()}
    return TakenStep(taken.step, taken.on if taken.day_known else None, facts)


def _days_given(session: Session, case_ids: sa.Select[Any]) -> Mapping[int, Mapping[str, Value]]:
    """Give the days and moments recorded with each event; clocks are counted from nothing else."""
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    query = sa.select(CaseFact).where(
        CaseFact.case_id.in_(case_ids), CaseFact.day.is_not(None) | CaseFact.moment.is_not(None)
    )
    for fact in session.scalars(query.order_by(CaseFact.id)):
        if fact.value is not None:
            found[fact.event_id][fact.name] = fact.value
    return found


def _child_cases(session: Session, case_ids: sa.Select[Any]) -> Mapping[int, Sequence[RunningChildCase]]:
    """Give the running child cases of each case, with the steps they hold back by the latest fact."""
    query = (
        sa.select(Case.parent_id, Case.id, Case.reference, Case.workflow, CaseFact.words)
        .outerjoin(CaseFact, (CaseFact.case_id == Case.id) & (CaseFact.name == BLOCKS))
        .where(Case.parent_id.in_(case_ids), Case.closed_on.is_(None))
        .order_by(Case.id, CaseFact.id)
    )
    latest: dict[int, tuple[int | None, RunningChildCase]] = {
        case_id: (parent_id, RunningChildCase(reference, workflow, tuple((blocks or "").splitlines())))
        for parent_id, case_id, reference, workflow, blocks in session.execute(query)
    }
    return _by_case(latest.values())


def _by_case(rows: Iterable[tuple[int | None, Row]]) -> Mapping[int, Sequence[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for case_id, row in rows:
        if case_id is not None:
            found[case_id].append(row)
    return found
