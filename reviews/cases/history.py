"""The steps of a case with their days and facts, as they hold after corrections."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.definitions.installed import present_catalogue
from reviews.models import Case, CaseFact, Event, EventKind
from reviews.models.cases import is_of_present_kind
from reviews.models.event_details import CaseRecorded, KindChanged, details_if, details_of
from workflows.core.days import PartialDay, Precision, day_as_known
from workflows.core.questions import Value
from workflows.core.vocabulary import UNOPENED, Track, Workflow, hold_step_at


@dataclass(slots=True)
class RecordedStep:
    """A step in the order of the history, with the day that holds. Its facts are those of the events in `facts_with`.

    Where an import brought a day or facts of a step that was there already, both events are one step.
    """

    event_id: int
    track: str
    step: str
    from_stage: str
    to_stage: str
    on: date
    known_to: Precision
    imported: bool
    form_edition: date | None
    recorded_by: str
    rows: list[int]
    facts_with: list[int]
    correction_id: int | None = None
    contradicted_by: list[PartialDay] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    recorded_by_id: int | None = None

    @property
    def day_known(self) -> bool:
        return self.known_to is Precision.DAY

    @property
    def day(self) -> PartialDay | None:
        """The day as far as it is known, from the first source that gave it."""
        return day_as_known(self.on, self.known_to)

    @property
    def days(self) -> PartialDay | None:
        """All the days it may have been, by any source."""
        return reduce(PartialDay.with_other, self.contradicted_by, self.day) if self.day else None

    def correct(self, on: date, known_to: Precision) -> None:
        self.on, self.known_to = on, known_to
        self.contradicted_by.clear()  # who corrects a day settles which source was right


@dataclass(slots=True)
class CaseHistory:
    """The steps of a case in the order they were recorded."""

    steps: list[RecordedStep] = field(default_factory=list)

    def of(self, event_id: int) -> RecordedStep | None:
        """Find the step that an event belongs to."""
        return next((recorded for recorded in self.steps if event_id in recorded.rows), None)

    def happened(self) -> dict[str, date]:
        """Give the latest known day of each step; days that nobody knows are left out."""
        found: dict[str, date] = {}
        for recorded in self.steps:
            if recorded.day_known:
                found[recorded.step] = max(recorded.on, found.get(recorded.step, recorded.on))
        return found

    def ended_from(self, workflow: Workflow, track: Track) -> str | None:
        """Give the stage a track was at before it ended: the last that is neither an end nor a hold."""
        passed = (
            current_stage_name(workflow, track.name, recorded.from_stage)
            for recorded in reversed(self.steps)
            if recorded.track == track.name and recorded.to_stage != recorded.from_stage
        )
        stages = {stage.value for stage in track.stages} - track.finished
        return next((stage for stage in passed if stage in stages and hold_step_at(track, stage) is None), None)

    def facts(self, case: Case) -> Sequence[CaseFact]:
        """Give the facts that hold, in the order of their steps: the latest of a name holds."""
        corrected = [recorded for recorded in self.steps if recorded.correction_id is not None]
        if not corrected:
            return case.facts
        event_ids = {recorded.correction_id: recorded.event_id for recorded in corrected}
        replaced = {row for recorded in corrected for row in recorded.rows} - set(event_ids)
        held = [fact for fact in case.facts if fact.event_id not in replaced]
        return sorted(held, key=lambda fact: (event_ids.get(fact.event_id, fact.event_id), fact.id))

    def facts_of_steps(self, case: Case) -> dict[int, dict[str, CaseFact]]:
        """Give the facts that hold of each step by name, by the number of the step's event."""
        whose = {row: recorded.event_id for recorded in self.steps for row in recorded.facts_with}
        found: dict[int, dict[str, CaseFact]] = {recorded.event_id: {} for recorded in self.steps}
        for fact in case.facts:
            if fact.event_id in whose and fact.value is not None:
                found[whose[fact.event_id]][fact.name] = fact
        return found

    def values(self, case: Case) -> dict[int, dict[str, Value]]:
        """Give the values that hold of each step by name, by the number of the step's event."""
        return {
            event_id: {name: fact.value for name, fact in facts.items() if fact.value is not None}
            for event_id, facts in self.facts_of_steps(case).items()
        }


def current_stage_name(workflow: Workflow, track: str, stage: str) -> str:
    """Give the name of a stage in the version the case runs under now."""
    return next((moved.now for moved in workflow.moved if (moved.track, moved.was) == (track, stage)), stage)


_STEPS = (
    sa.select(Event)
    .where(Event.case_id == sa.bindparam("of"), Event.id > sa.bindparam("after"), Event.step.is_not(None))
    .where(Event.kind.in_((EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)))
    .order_by(Event.id)
)
"""Built once: building the query takes longer than running it."""


def read_history(session: Session, case: Case) -> CaseHistory:
    """Read the steps of a case since it is of its present kind, each with its latest correction."""
    return history_of_events(session.scalars(_STEPS, {"of": case.id, "after": case.kind_changed_id or 0}))


def definitions_of_events(session: Session, case: Case, present: Workflow) -> Callable[[Event], Workflow]:
    """Give what finds the definition an event was recorded under: another one before the kind was changed."""
    if case.kind_changed_id is None:
        return lambda event: present
    changes = sa.select(Event).where(Event.case_id == case.id, Event.kind == EventKind.KIND_CHANGED).order_by(Event.id)
    catalogue = present_catalogue(session)
    earlier = [
        (change.id, catalogue.version(changed["from"], changed["from_version"]))
        for change in session.scalars(changes)
        for changed in [details_of(change, KindChanged)]
    ]
    return lambda event: next((definition for change, definition in earlier if event.id < change), present)


def read_histories_of(session: Session, case_ids: Sequence[int]) -> dict[int, CaseHistory]:
    """Read the steps of many cases in one query, by the number of the case."""
    events: dict[int, list[Event]] = {case_id: [] for case_id in case_ids}
    query = (
        sa.select(Event)
        .join(Case, Case.id == Event.case_id)
        .where(Case.id.in_(case_ids), is_of_present_kind(Event.id), Event.step.is_not(None))
        .where(Event.kind.in_((EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)))
        .order_by(Event.id)
    )
    for event in session.scalars(query) if case_ids else ():
        events[event.case_id or 0].append(event)
    return {case_id: history_of_events(of_case) for case_id, of_case in events.items()}


def correctable_days(record: CaseHistory, recorded: RecordedStep) -> tuple[date | None, date | None]:
    """Give the first and the last day a step may be corrected to: those of the neighbouring steps on its track.

    A step that leads to another stage comes before all that follows up to the next that does; a step that stays at its
    stage, before the next one that leads on.
    """
    index = record.steps.index(recorded)
    opening, changes_stage = recorded.from_stage == UNOPENED, recorded.to_stage != recorded.from_stage
    earlier = [
        other
        for other in record.steps[:index]
        if other.from_stage == UNOPENED or (other.track == recorded.track and other.to_stage != other.from_stage)
    ]
    later: list[RecordedStep] = []
    for other in (other for other in record.steps[index + 1 :] if opening or other.track == recorded.track):
        leads_on = other.to_stage != other.from_stage
        if changes_stage or leads_on:
            later.append(other)
        if leads_on and not opening:
            break
    first = max((other.day.first for other in earlier if other.day), default=None)
    return first, min((other.day.last for other in later if other.day), default=None)


def history_of_events(events: Iterable[Event]) -> CaseHistory:
    """Read the steps out of the events of one case, which come in the order they were recorded."""
    record = CaseHistory()
    for event in events:
        existing = _find_existing(record, event)
        if existing is None:
            record.steps.append(_new(event))
        elif event.kind is EventKind.STEP_CORRECTED:
            _correct(existing, event)
        else:
            _add(existing, event)
    return record


def only_current_facts(query: Any) -> Any:
    """Narrow a query of the facts of many child cases to those that hold, in the order of their steps.

    The kind of a child case is never changed.
    """
    later, first = aliased(Event), sa.func.coalesce(Event.corrects_id, Event.id)
    corrected = sa.exists().where(later.corrects_id == first, later.id > Event.id)
    return query.join(Event, Event.id == CaseFact.event_id).where(~corrected).order_by(first, CaseFact.id)


def facts_that_hold(session: Session, case: Case) -> Sequence[CaseFact]:
    return read_history(session, case).facts(case)


def is_imported(event: Event) -> bool:
    """Whether it came in with a list of past cases."""
    recorded = details_if(event, CaseRecorded)
    return recorded is not None and recorded.get("imported", False)


def source_of(event: Event) -> str:
    """Give the source that an imported row named; "" for none."""
    recorded = details_if(event, CaseRecorded)
    return recorded.get("source", "") if recorded is not None else ""


def contradicts(event: Event) -> bool:
    """Whether its day is kept beside another one that an earlier source gave."""
    recorded = details_if(event, CaseRecorded)
    return recorded is not None and recorded.get("contradicts", False)


def occurrence_of(event: Event) -> int:
    """Give which time of a step that was taken several times an imported row is about; 0 where it does not say."""
    recorded = details_if(event, CaseRecorded)
    return recorded.get("occurrence", 0) if recorded is not None else 0


def _find_existing(record: CaseHistory, event: Event) -> RecordedStep | None:
    """Find the step that an event corrects, or that an import adds to."""
    if event.corrects_id is not None:
        return record.of(event.corrects_id)
    if not is_imported(event):
        return None
    same = [recorded for recorded in record.steps if recorded.step == event.step]
    if occurrence := occurrence_of(event):
        return same[occurrence - 1] if occurrence <= len(same) else None
    return next((recorded for recorded in same if not recorded.day_known), same[-1] if same else None)


def _new(event: Event) -> RecordedStep:
    return RecordedStep(
        event_id=event.id,
        track=str(event.track),
        step=str(event.step),
        from_stage=str(event.from_stage),
        to_stage=str(event.to_stage),
        on=event.happened_on,
        known_to=event.known_to,
        imported=is_imported(event),
        form_edition=event.form_edition,
        recorded_by=event.recorded_by,
        recorded_by_id=event.recorded_by_id,
        rows=[event.id],
        facts_with=[event.id],
        sources={source_of(event)},
    )


def _correct(existing: RecordedStep, event: Event) -> None:
    existing.correct(event.happened_on, event.known_to)
    existing.rows.append(event.id)
    existing.facts_with, existing.correction_id = [event.id], event.id


def _add(existing: RecordedStep, event: Event) -> None:
    existing.rows.append(event.id)
    existing.facts_with.append(event.id)
    existing.sources.add(source_of(event))
    if event.day is not None and contradicts(event):
        existing.contradicted_by.append(event.day)
    elif event.day is not None and (existing.day is None or event.day.is_closer_than(existing.day)):
        existing.on, existing.known_to = event.happened_on, event.known_to
