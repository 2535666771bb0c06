"""What a person sees on the page of one case."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import roles_on_case
from reviews.access.shown import note_case
from reviews.access.visibility import visible
from reviews.cases.clocks import KnownDays, day_of, known_days_of
from reviews.cases.facts import facts_of
from reviews.cases.history import CaseHistory, correctable_days, only_current_facts, read_history
from reviews.cases.holds import kind_in_words
from reviews.cases.involvement import involvement_in
from reviews.cases.list_queries import CLOCK_COLUMNS, RunningClock
from reviews.cases.partner_statements import why_not_spoken_for
from reviews.cases.responses import in_case_plan
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import definition_of, present_catalogue
from reviews.models import (
    Action,
    Agency,
    Case,
    CaseAgency,
    CaseClock,
    CaseFact,
    CaseHold,
    CaseLink,
    CaseTrack,
    Child,
    Event,
    EventKind,
    LocalRule,
    Partnership,
    Recommendation,
)
from reviews.transactions.unit_of_work import NotFound
from workflows.core.days import PartialDay, day_as_known
from workflows.core.engine import Held, Refused, WrongRole, WrongStage, missing_beyond_form, why_not
from workflows.core.lateness import Lateness, LateUnit
from workflows.core.questions import Value
from workflows.core.vocabulary import BLOCKS, OnHold, Step, Track, Workflow, day_of_hold, fact_of_hold
from workflows.core.working_days import due_on


@dataclass(frozen=True, slots=True)
class StepOption:
    """Whether this person may record a step now: they may where `refusal` is None."""

    track: Track
    step: Step
    refusal: Refused | None

    @property
    def is_open(self) -> bool:
        return self.refusal is None

    @property
    def is_next(self) -> bool:
        """Whether it leads on from the present stage and is this person's, open or held back by a guard."""
        return not isinstance(self.refusal, WrongStage | WrongRole)


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """Another case and the kind of the link: this one leads on to it, or it led here.

    `reference` and `workflow` are None where the case is not this person's to see.
    """

    kind: str
    led_to: bool
    reference: str | None
    workflow: str | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    case: Case
    partnership: Partnership
    workflow: Workflow
    clocks: Sequence[RunningClock]
    children: Sequence[str]
    agencies: Sequence[str]
    links: Sequence[LinkedCase]
    recommendations: Sequence[Recommendation]
    steps: Sequence[StepOption]
    history: CaseHistory

    def stage(self, track: str) -> str:
        return next(row.stage for row in self.case.tracks if row.name == track)


def case_file(
    session: Session, actor: Actor, reference: str, *, today: date, partnership: str | None = None
) -> CaseFile:
    """Gather one case. Raises NotFound for an unknown reference and for a case this person may not see."""
    case, partnership_row = find_case(session, actor, reference, partnership=partnership)
    workflow, history = definition_of(session, case), read_history(session, case)
    return CaseFile(
        case=case,
        partnership=partnership_row,
        workflow=workflow,
        clocks=clocks_of(session, case),
        children=[child.pseudonym for child in visible_children(session, actor, case)],
        agencies=agencies_involved(session, case),
        links=_links(session, actor, case),
        recommendations=session.scalars(
            sa.select(Recommendation).where(Recommendation.case_id == case.id).order_by(Recommendation.id)
        ).all(),
        steps=step_options(session, actor, case, workflow, history, today=today),
        history=history,
    )


def find_case(
    session: Session, actor: Actor, reference: str, *, partnership: str | None = None
) -> tuple[Case, Partnership]:
    """Find one case with its partnership. Raises NotFound as `case_file` does."""
    query = (
        sa.select(Case, Partnership)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(Case.reference == reference, visible(actor, Case))
        .order_by(Case.partnership_id, Case.id)
    )
    if partnership is not None:
        query = query.where(Partnership.code == partnership.upper())
    found = session.execute(query.limit(1)).first()
    if found is None:
        raise NotFound
    note_case(actor, found[0])
    return found[0], found[1]


def find_recommendation(session: Session, actor: Actor, case: Case, reference: str) -> Recommendation:
    """Find a recommendation of a case by its reference, such as R2; raises NotFound."""
    found = session.scalars(
        sa.select(Recommendation).where(
            Recommendation.case_id == case.id, Recommendation.reference == reference, visible(actor, Recommendation)
        )
    ).first()
    if found is None:
        raise NotFound
    return found


def visible_children(session: Session, actor: Actor, case: Case) -> Sequence[Child]:
    """List the children of a case for those who may know their pseudonyms."""
    return session.scalars(
        sa.select(Child).where(Child.case_id == case.id, visible(actor, Child)).order_by(Child.id)
    ).all()


def clocks_of(session: Session, case: Case) -> list[RunningClock]:
    """List the clocks of a case that may be seen, running or ended, the nearest first."""
    return clocks_of_cases(session, [case.id]).get(case.id, [])


def clocks_of_cases(session: Session, case_ids: Sequence[int]) -> dict[int, list[RunningClock]]:
    """List the clocks of cases that may be seen, by the number of the case, as `clocks_of` does."""
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    found: dict[int, list[RunningClock]] = {}
    rows: Sequence[Any] = session.execute(
        sa.select(CaseClock.case_id, *CLOCK_COLUMNS)
        .select_from(CaseClock)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(CaseClock.case_id.in_(case_ids), CaseClock.earlier_workflow.is_(None))
        .order_by(CaseClock.due_on, CaseClock.id)
    ).all()
    for row in rows:
        found.setdefault(row[0], []).append(RunningClock(*(*row[1:], calendar, catalogue)))
    return found


@dataclass(frozen=True, slots=True)
class OtherStart:
    """The date that a clock would have by another rule, the latest it can be: counted from a day, or from several."""

    rule: str
    counted_from: date | PartialDay
    due_on: date


def other_starts(session: Session, case: Case, clocks: Sequence[RunningClock]) -> list[list[OtherStart]]:
    """Give for each clock the dates by the other rules it might be counted by, where their days are known."""
    known = known_days_of(session, case) if any(clock.deadline.starts for clock in clocks) else {}
    return [list(_other_starts(clock, known)) for clock in clocks]


def _other_starts(clock: RunningClock, known: KnownDays) -> Iterator[OtherStart]:
    used = clock.start_rule or clock.deadline.counted_from
    for name, rule in clock.deadline.starts:
        day = clock.begun_on if name == clock.deadline.counted_from else known.get(name)
        if name != used and day is not None:
            day = day if isinstance(day, PartialDay) else day_of(day)
            yield OtherStart(rule, day, due_on(day_of(day), clock.period, clock.calendar))


def step_options(
    session: Session, actor: Actor, case: Case, workflow: Workflow, history: CaseHistory, *, today: date
) -> Sequence[StepOption]:
    """Judge for each step but the opening one whether this person may record it today, and if not, why not."""
    facts = facts_of(session, actor, case, workflow, on=today, history=history)
    roles = roles_on_case(actor, case)
    stages = {row.name: row.stage for row in case.tracks}

    def judged(track: Track, step: Step) -> Refused | None:
        own = involvement_in(session, actor, case, track, step, history=history)
        judged = replace(facts, involved_as=own)
        refusal = why_not(track, step, stage=stages[track.name], facts=judged, roles=roles)
        return refusal or why_not_spoken_for(session, actor, case, step, on=today)

    return [
        StepOption(track, step, judged(track, step))
        for track in workflow.tracks
        for step in track.steps
        if step is not workflow.opening
    ]


def agencies_involved(session: Session, case: Case) -> Sequence[str]:
    """Name the agencies involved in a case that may be seen."""
    return session.scalars(
        sa.select(Agency.name)
        .join(CaseAgency, CaseAgency.agency_id == Agency.id)
        .where(CaseAgency.case_id == case.id)
        .order_by(Agency.name)
    ).all()


def _links(session: Session, actor: Actor, case: Case) -> list[LinkedCase]:
    other = sa.case((CaseLink.from_case_id == case.id, CaseLink.to_case_id), else_=CaseLink.from_case_id)
    rows = session.execute(
        sa.select(CaseLink.kind, CaseLink.from_case_id == case.id, Case.reference, Case.workflow)
        .select_from(CaseLink)
        .outerjoin(Case, (Case.id == other) & visible(actor, Case))
        .where((CaseLink.from_case_id == case.id) | (CaseLink.to_case_id == case.id))
        .order_by(CaseLink.linked_at, CaseLink.from_case_id, CaseLink.to_case_id)
    )
    return [LinkedCase(kind, bool(led_to), reference, workflow) for kind, led_to, reference, workflow in rows]


CHASE = "chase"


@dataclass(frozen=True, slots=True)
class ChildCase:
    """A child case with the latest fact of each name, and of its clock counted from the latest day when it is due."""

    reference: str
    title: str
    workflow: str
    agency: str | None
    stage: str
    opened_on: date
    closed_on: date | None
    kind: str
    due_on: date | None
    lateness: Lateness
    chased: tuple[date, ...] = ()
    facts: Mapping[str, Value] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        return self.closed_on is None

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the steps that wait for it."""
        value = self.facts.get(BLOCKS, ())
        return value if self.is_running and isinstance(value, tuple) else ()


def child_cases(session: Session, actor: Actor, case: Case, *, today: date) -> list[ChildCase]:
    """List the child cases that this person may see: those that still run first, the earliest due date first."""
    rows = session.execute(
        sa.select(Case, CaseTrack.stage, Agency.name)
        .join(CaseTrack, CaseTrack.case_id == Case.id)
        .outerjoin(CaseAgency, CaseAgency.case_id == Case.id)
        .outerjoin(Agency, Agency.id == CaseAgency.agency_id)
        .where(Case.parent_id == case.id, visible(actor, Case))
        .order_by(Case.id)
    ).all()
    ids = [child_case.id for child_case, _, _ in rows]
    if not ids:
        return []
    clocks, facts, chased = _clocks(session, ids), _facts(session, ids), _chased(session, ids)
    catalogue = present_catalogue(session)
    found = [
        ChildCase(
            reference=child_case.reference,
            title=child_case.title,
            workflow=child_case.workflow,
            agency=agency,
            stage=stage,
            opened_on=child_case.opened_on,
            closed_on=child_case.closed_on,
            kind=kind_in_words(catalogue, child_case.workflow, facts.get(child_case.id, {})),
            due_on=clock.due_on if (clock := clocks.get(child_case.id)) else None,
            lateness=clock.lateness(today) if clock else Lateness(LateUnit.DAYS),
            chased=tuple(chased.get(child_case.id, ())),
            facts=facts.get(child_case.id, {}),
        )
        for child_case, stage, agency in rows
    ]
    return sorted(
        found,
        key=lambda each: (not each.is_running, each.due_on or date.max, each.agency or "", each.title),
    )


def parent_reference(session: Session, case: Case) -> str:
    """Give the reference of the parent case, which everybody may know who sees the child case."""
    return session.scalar(sa.select(Case.reference).where(Case.id == case.parent_id)) or ""


def visible_parent(session: Session, actor: Actor, case: Case) -> Case | None:
    """Give the parent case where this person may see it."""
    return session.scalars(sa.select(Case).where(Case.id == case.parent_id, visible(actor, Case))).first()


def _clocks(session: Session, ids: Sequence[int]) -> dict[int, RunningClock]:
    rows: Sequence[Any] = session.execute(
        sa.select(CaseClock.case_id, *CLOCK_COLUMNS)
        .select_from(CaseClock)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(CaseClock.case_id.in_(ids), CaseClock.dropped_on.is_(None))
        .order_by(CaseClock.counted_from_on, CaseClock.id)
    ).all()
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    return {row[0]: RunningClock(*(*row[1:], calendar, catalogue)) for row in rows}


def _facts(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Value]]:
    found: dict[int, dict[str, Value]] = {}
    for fact in session.scalars(only_current_facts(sa.select(CaseFact).where(CaseFact.case_id.in_(ids)))):
        if fact.value is not None:
            found.setdefault(fact.case_id, {})[fact.name] = fact.value
    return found


def _chased(session: Session, ids: Sequence[int]) -> dict[int, list[date]]:
    rows = session.execute(
        sa.select(Event.case_id, Event.happened_on)
        .where(Event.case_id.in_(ids), Event.kind == EventKind.STEP_TAKEN, Event.step == CHASE)
        .order_by(Event.happened_on, Event.id)
    )
    found: dict[int, list[date]] = {}
    for case_id, on in rows:
        if case_id is not None:
            found.setdefault(case_id, []).append(on)
    return found


@dataclass(frozen=True, slots=True)
class ReferenceTargets:
    """What this person may open of a case: its open actions by reference, with their addresses, and its child cases."""

    actions: dict[str, str]
    child_cases: Sequence[str]


def reference_targets(session: Session, actor: Actor, case: Case) -> ReferenceTargets:
    """Give what a refusal may name that this person may open."""
    actions = session.execute(
        sa.select(Action.reference, Action.address).where(
            in_case_plan(case.id), Action.ended_on.is_(None), visible(actor, Action)
        )
    )
    child_cases = sa.select(Case.reference).where(Case.parent_id == case.id, visible(actor, Case)).order_by(Case.id)
    return ReferenceTargets({row.reference: row.address for row in actions}, session.scalars(child_cases).all())


def missing_beside_form(
    session: Session, actor: Actor, case: Case, workflow: Workflow, step: Step, *, today: date
) -> list[Held]:
    """Give what an open step still needs beside what its own form asks."""
    return missing_beyond_form(step, facts_of(session, actor, case, workflow, on=today))


STEP_EVENTS = (EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)


@dataclass(frozen=True, slots=True)
class CorrectableStep:
    """A recorded step with its day and answers that hold; `first` and `last` are the days it may be corrected to."""

    step: Step
    on: PartialDay | None
    first: date | None
    last: date | None
    answers: Mapping[str, Value]
    form_edition: date | None
    imported: bool


def correctable_step(
    session: Session, actor: Actor, case: Case, workflow: Workflow, event_id: int
) -> CorrectableStep | None:
    """Find a recorded step by an event of the history; None where this person cannot correct it."""
    record = read_history(session, case)
    recorded = record.of(event_id)
    step = workflow.step(recorded.step) if recorded else None
    if recorded is None or step is None or not may_correct(actor, case, step):
        return None
    first, last = correctable_days(record, recorded)
    answers = record.values(case)[recorded.event_id]
    return CorrectableStep(step, recorded.day, first, last, answers, recorded.form_edition, recorded.imported)


def may_correct(actor: Actor, case: Case, step: Step) -> bool:
    """Whether this person may correct a step: whoever may record it may."""
    roles = roles_on_case(actor, case)
    return roles is None or bool(roles & step.by)


def corrections_of(session: Session, actor: Actor, events: Sequence[Event]) -> dict[int, Event]:
    """Give the latest correction of each event that was corrected, by the number of the event."""
    first = {event.id: event.corrects_id or event.id for event in events if event.kind in STEP_EVENTS}
    condition = Event.corrects_id.in_(sorted(set(first.values()))) & visible(actor, Event)
    latest = {row.corrects_id: row for row in session.scalars(sa.select(Event).where(condition).order_by(Event.id))}
    return {key: latest[root] for key, root in first.items() if root in latest and latest[root].id != key}


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A track on hold. `reason` is the code that figures count by, `reason_words` what it means."""

    track: str
    since: PartialDay | None
    reason: str
    reason_words: str
    evidence: str
    informed: str
    owner: str
    informed_on: date | None
    review_on: date | None
    expected_end_on: date | None
    returns_to: str


def holds_of(session: Session, case: Case, workflow: Workflow, history: CaseHistory) -> Sequence[HoldLine]:
    """List the tracks on hold of a case that may be seen, in the order the holds were placed."""
    if all(track.held_at is None for track in case.tracks):
        return ()
    running = sa.select(CaseHold).where(CaseHold.case_id == case.id, CaseHold.lifted_on.is_(None))
    return hold_lines(case, workflow, history, session.scalars(running.order_by(CaseHold.id)))


def hold_lines(case: Case, workflow: Workflow, history: CaseHistory, holds: Iterable[CaseHold]) -> list[HoldLine]:
    """Give the running holds of a case, in the order they were placed, with their facts."""
    facts = {fact.name: fact.value for fact in history.facts(case) if fact.value is not None}
    return [_hold_line(workflow, hold, facts) for hold in holds]


def _hold_line(workflow: Workflow, hold: CaseHold, facts: dict[str, Value]) -> HoldLine:
    placing = next(step for step in workflow.track(hold.track).steps if step.hold is OnHold.START)
    choices = next((asked.choices for asked in placing.questions if asked.name.endswith("_reason")), ())
    return HoldLine(
        track=hold.track,
        since=day_as_known(hold.placed_on, hold.placed_known_to),
        reason=hold.reason,
        reason_words=dict(choices).get(hold.reason, hold.reason),
        evidence=str(fact_of_hold(placing, "evidence", facts) or ""),
        owner=str(fact_of_hold(placing, "owner", facts) or "").partition(" <")[0],
        informed=str(fact_of_hold(placing, "told", facts) or ""),
        informed_on=day_of_hold(placing, "told_on", facts),
        review_on=hold.review_on,
        expected_end_on=hold.expected_end_on,
        returns_to=hold.held_at,
    )
