"""Correct a recorded step, and work out the days, holds and clocks of its case again from the history."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.policies import roles_on_case
from reviews.cases.clocks import DATES, day_of, end_what_nothing_meets, update_clocks, with_step
from reviews.cases.details import children_of
from reviews.cases.history import CaseHistory, RecordedStep, correctable_days, current_stage_name, read_history
from reviews.cases.holds import hold_owner_id
from reviews.cases.involvement import answers_for_agency, involvement_in
from reviews.cases.opening import close_finished, fact_of
from reviews.cases.partner_statements import check_partners, check_represented, partner_facts
from reviews.cases.people import name_people
from reviews.cases.validation import check_answers, check_day, check_values
from reviews.definitions.installed import definition_of
from reviews.models import Case, CaseClock, CaseHold, Event, EventKind, OurRole
from reviews.models.event_details import RedatedClock, StepCorrected
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import PartialDay, Precision, in_order
from workflows.core.engine import ConflictOfInterest, Refused, judge_again
from workflows.core.guard_registry import COMPUTED
from workflows.core.involvement import Involvement
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import (
    BACK,
    CHILD_CONCERNED,
    DEATH_ON,
    JOINED,
    NATURE,
    REVIEWER,
    REVIEWER_ENDED,
    REVIEWER_UNTIL,
    UNOPENED,
    OnHold,
    Role,
    Step,
    Workflow,
    day_of_hold,
    fact_of_hold,
)


@dataclass(frozen=True, slots=True)
class DueDateCorrection:
    """A clock whose due date changed with the correction. None: it did not run before, or does not any more."""

    clock: str
    was: date | None
    now: date | None


def replay(unit: Unit, case: Case, workflow: Workflow, *, countable: Collection[str] = ()) -> list[DueDateCorrection]:
    """Work out everything that follows from the history again, and give the due dates that changed.

    Imported steps start the clocks there are already, and those of `countable`.
    Stages stay as they are: a correction that leads to another stage is refused before. A clock counted from the same
    day keeps its date, and every clock keeps its forecast and the reason for its being late.
    """
    unit.session.flush()
    record = read_history(unit.session, case)
    return _work_out(unit, case, workflow, record, record.values(case), countable=countable)


def _work_out(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    record: CaseHistory,
    answers: Mapping[int, Mapping[str, Value]],
    *,
    countable: Collection[str] = (),
) -> list[DueDateCorrection]:
    set_days(case, workflow, record.steps)
    _set_holds(unit, case, workflow, record.steps, answers)
    known: dict[str, date | PartialDay] = {}
    rerun, strict = _rerun_clocks(unit, case, workflow, record.steps, answers, known, countable)
    found = list(_match_clocks(unit, case, workflow, rerun, known, strict=strict))
    unit.session.flush()
    return found


def set_days(case: Case, workflow: Workflow, steps: Sequence[RecordedStep]) -> None:
    """Set the day each track reached its stage, and the days the case was opened and closed."""
    opening = next((recorded for recorded in steps if recorded.from_stage == UNOPENED), None)
    if opening is not None:
        case.opened_on, case.opened_known_to = opening.on, opening.known_to
    tracks = {track.name: track for track in case.tracks}
    for track in case.tracks:
        track.since_on, track.since_known_to = case.opened_on, case.opened_known_to
        track.ended_on, track.ended_known_to = None, Precision.DAY
    for recorded in (recorded for recorded in steps if recorded.track in tracks):
        track = tracks[recorded.track]
        if recorded.to_stage != recorded.from_stage:
            track.since_on, track.since_known_to = recorded.on, recorded.known_to
        over = (
            current_stage_name(workflow, recorded.track, recorded.to_stage) in workflow.track(recorded.track).finished
        )
        if not over:
            track.ended_on, track.ended_known_to = None, Precision.DAY
        elif track.ended_on is None:
            track.ended_on, track.ended_known_to = recorded.on, recorded.known_to
    close_finished(case)


def _set_holds(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    steps: Sequence[RecordedStep],
    answers: Mapping[int, Mapping[str, Value]],
) -> None:
    """Set the days and reasons of the holds there are, each in its turn."""
    every = list(unit.session.scalars(sa.select(CaseHold).where(CaseHold.case_id == case.id).order_by(CaseHold.id)))
    waiting = {track.name: [hold for hold in every if hold.track == track.name] for track in case.tracks}
    running: dict[str, CaseHold] = {}
    for recorded in steps:
        step, facts = workflow.step(recorded.step), answers[recorded.event_id]
        if step is not None and step.hold is OnHold.START and waiting.get(recorded.track):
            running[recorded.track] = hold = waiting[recorded.track].pop(0)
            hold.placed_on, hold.placed_known_to = recorded.on, recorded.known_to
            hold.reason = str(fact_of_hold(step, "reason", facts) or hold.reason)
            hold.owner_id = hold_owner_id(unit, case, step, facts)
            _set_hold_days(hold, step, facts)
        elif step is not None and step.hold is OnHold.REVIEW and recorded.track in running:
            _set_hold_days(running[recorded.track], step, facts)
            running[recorded.track].owner_id = (
                hold_owner_id(unit, case, step, facts) or running[recorded.track].owner_id
            )
        elif recorded.to_stage != recorded.from_stage and recorded.track in running:
            running.pop(recorded.track).lifted_on = recorded.on


def _set_hold_days(hold: CaseHold, step: Step, facts: Mapping[str, Value]) -> None:
    hold.review_on = day_of_hold(step, "review_on", facts)
    hold.expected_end_on = day_of_hold(step, "expected_end_on", facts) or hold.expected_end_on


def _rerun_clocks(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    steps: Sequence[RecordedStep],
    answers: Mapping[int, Mapping[str, Value]],
    known: dict[str, date | PartialDay],
    countable: Collection[str],
) -> tuple[list[CaseClock], bool]:
    """Run the clocks on a copy of the case without any. True where the history accounts for every clock.

    An import leaves clocks out, and where another area led they did not start: then only those there are run. The days
    of steps and facts are put into `known` as they come.
    """
    copy = _without_clocks(case)
    there, shared = {*countable, *(clock.name for clock in case.clocks)}, _was_led_elsewhere(unit, case)
    for recorded, day in zip(steps, in_order([recorded.days for recorded in steps]), strict=True):
        step, given = workflow.step(recorded.step), answers[recorded.event_id]
        if day is not None:
            given = with_step(given, recorded.day, day)
        known |= {name: value for name, value in given.items() if isinstance(value, date | PartialDay)}
        if step is not None and day is not None:
            happened_on = known[step.name] = day.exact or day
            only: Collection[str] | None = there if recorded.imported or shared else None
            update_clocks(unit, copy, workflow, step, on=happened_on, answers=given, starts_only=only, known=known)
    imported = any(recorded.imported for recorded in steps)
    if imported:
        end_what_nothing_meets(case, workflow, copy.clocks)
    rerun = list(copy.clocks)
    copy.clocks.clear()
    return rerun, not shared


def _without_clocks(case: Case) -> Case:
    """Copy what clocks are worked out by. The copy is never stored."""
    return Case(
        partnership_id=case.partnership_id,
        workflow=case.workflow,
        workflow_version=case.workflow_version,
        realm=case.realm,
        opened_on=case.opened_on,
        parent_id=case.parent_id,
        our_role=case.our_role,
    )


def _was_led_elsewhere(unit: Unit, case: Case) -> bool:
    changed = (
        sa.select(Event.id)
        .where(Event.case_id == case.id, Event.id > (case.kind_changed_id or 0))
        .where(Event.kind == EventKind.AREA_RECORDED)
        .limit(1)
    )
    return case.our_role is not OurRole.LEAD or unit.session.scalar(changed) is not None


def _match_clocks(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    rerun: Sequence[CaseClock],
    known: Mapping[str, date | PartialDay],
    *,
    strict: bool,
) -> Iterator[DueDateCorrection]:
    """Give each clock its row: that which started on the same day, else one of its name that is left, else a new one.

    A clock keeps its date for as long as what it is counted from keeps its day, whatever would be counted from now.
    """
    names = {deadline.name for deadline in workflow.deadlines}
    left = {(row.name, row.begun_on): row for row in case.clocks if row.name in names}
    same = [(left.pop(key), clock) for clock in rerun if (key := (clock.name, clock.begun_on)) in left]
    for row, clock in same:
        counted_from_on = known.get(row.start_rule) if row.start_rule else row.counted_from_on
        moved = counted_from_on is None or day_of(counted_from_on) != row.counted_from_on
        yield from _update(row, clock, redate=moved or row.due_at != clock.due_at)
    for clock in [clock for clock in rerun if clock not in {clock for _, clock in same}]:
        free = [key for key in sorted(left) if key[0] == clock.name]
        if free:
            yield from _update(left.pop(free[0]), clock, redate=True)
        else:
            case.clocks.append(clock)
            yield DueDateCorrection(clock.name, None, clock.due_on)
    for row in left.values() if strict else ():
        if row.is_running:
            yield DueDateCorrection(row.name, row.due_on, None)
        # the row stays: people were reminded of this clock
        row.met_on, row.dropped_on = None, row.dropped_on or row.met_on or unit.today


def _update(row: CaseClock, clock: CaseClock, *, redate: bool) -> Iterator[DueDateCorrection]:
    was = row.due_on
    if redate:
        for column in DATES:
            setattr(row, column, getattr(clock, column))
    row.counted_from_earliest_on, row.met_latest_on = clock.counted_from_earliest_on, clock.met_latest_on
    row.met_on, row.dropped_on, row.dropped_known_to = clock.met_on, clock.dropped_on, clock.dropped_known_to
    if row.due_on != was:
        yield DueDateCorrection(row.name, was, row.due_on)


OF_THE_DAY = frozenset({"statutory_partners"})
"""Facts the application works out that can be told for any day; others were judged when the step was taken."""
ELSEWHERE = frozenset({JOINED, CHILD_CONCERNED, DEATH_ON, REVIEWER, REVIEWER_UNTIL, REVIEWER_ENDED})
"""Facts by which a step changed another record, which a correction of the history does not reach."""


def correct_step(
    unit: Unit,
    case: Case,
    event_id: int,
    *,
    happened_on: date | PartialDay | None,
    answers: Mapping[str, Value | None],
    reason: str,
) -> Event:
    """Correct the day and the facts of a recorded step, and give the event that records the correction.

    Of an imported step the day may be known to the month or the year only, or None for not known.

    Whoever may record the step may correct it. What is worked out of the history is worked out anew. Raises NotFound,
    or Refused: without a reason, for a day out of order, and where the step would not have been allowed like this.
    """
    workflow, record = definition_of(unit.session, case), read_history(unit.session, case)
    recorded = record.of(event_id)
    if recorded is None:
        raise NotFound
    step, why = _step_of(workflow, recorded), check_reason(reason)
    _refuse_agency_asked(unit, case, step)
    day = happened_on if isinstance(happened_on, PartialDay) or happened_on is None else PartialDay.of(happened_on)
    _require_day(record, recorded, day, unit.today)
    on, known_to = _stored_day(record, recorded, day)
    before = record.values(case)[recorded.event_id]
    # a person who has left since stays as they were named
    changed = {name: value for name, value in answers.items() if value != before.get(name)}
    named = {**answers, **name_people(unit, case.partnership_id, case.realm, step, changed)}
    filled = _check_answers(step, recorded, named)
    facts = _facts_at_step(unit, case, workflow, record, recorded, filled, on)
    judged = replace(step, only_if=()) if recorded.imported else step  # an import judges no guard
    track, roles, unknown = workflow.track_of(step), roles_on_case(unit.actor, case), frozenset(COMPUTED) - OF_THE_DAY
    before_it = CaseHistory(record.steps[: record.steps.index(recorded)])
    own = involvement_in(unit.session, unit.actor, case, track, step, answers=filled, history=before_it)
    judge_again(track, judged, facts=replace(facts, involved_as=own), roles=roles, unknown=unknown)
    check_represented(unit, case, step, before, on=recorded.on)
    check_partners(unit, case, step, filled, on=on)
    _require_difference(step, recorded, day, before, filled)
    changed_facts, answered = _with_imported(step, before, filled), record.values(case)
    # what follows is worked out first: the row of the history is written whole, and never changed
    recorded.correct(on, known_to)
    changes = _work_out(unit, case, workflow, record, {**answered, recorded.event_id: changed_facts})
    details: StepCorrected = {"reason": why, "clocks": [_change_as_data(clock) for clock in changes]}
    event = _write(unit, case, workflow, recorded, step, changed_facts, on, known_to, details)
    _correct_nature(unit, case, before, filled)
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    return event


def _step_of(workflow: Workflow, recorded: RecordedStep) -> Step:
    """Find the step, and refuse one that leads to another stage now: a correction never moves a case."""
    step = workflow.step(recorded.step)
    if step is None:
        raise Refused("You cannot correct this step: it is not part of the version the case runs under now.")
    leads_to = current_stage_name(workflow, recorded.track, recorded.to_stage)
    if step.to not in ("", BACK) and str(step.to) != leads_to:
        raise Refused(
            f"You cannot correct “{step.title}”: it leads to another stage now, and a correction cannot move a case."
        )
    return step


def _check_answers(step: Step, recorded: RecordedStep, answers: Mapping[str, Value | None]) -> dict[str, Value]:
    """Check the facts by the form the step was recorded with; what an import left open may stay open."""
    day = recorded.form_edition or date.min
    return check_values(step, answers, on=day) if recorded.imported else check_answers(step, answers, on=day)


def _refuse_agency_asked(unit: Unit, case: Case, step: Step) -> None:
    """Refuse a correction of what was asked of one's own agency, such as the day on which its return is due."""
    if Role.AGENCY_LEAD not in step.by and answers_for_agency(unit.session, unit.actor, case):
        raise ConflictOfInterest(
            f"“{step.title}” is for somebody else to correct. It is not open to: {Involvement.AGENCY_ASKED.words}."
        )


def _facts_at_step(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    record: CaseHistory,
    recorded: RecordedStep,
    filled: Mapping[str, Value],
    on: date,
) -> Facts:
    """Gather what was known when the step was taken, as far as the history records it."""
    answers, known, happened = record.values(case), dict[str, Value](), dict[str, date]()
    stages = {track.name: str(track.initial) for track in workflow.tracks}
    for earlier in record.steps[: record.steps.index(recorded)]:
        known |= answers[earlier.event_id]
        stages[earlier.track] = current_stage_name(workflow, earlier.track, earlier.to_stage)
        if earlier.day_known:
            happened[earlier.step] = max(earlier.on, happened.get(earlier.step, earlier.on))
    known |= partner_facts(unit.session, case, workflow, on=on, names=OF_THE_DAY)
    return Facts({**known, **filled}, stages, happened, on, unit.calendar)


def _stored_day(record: CaseHistory, recorded: RecordedStep, day: PartialDay | None) -> tuple[date, Precision]:
    """Give the day to store, which keeps a day that is not known exactly in its order, and how far it is known."""
    if day is None:
        return recorded.on, Precision.UNKNOWN
    first, _ = correctable_days(record, recorded)
    return min(max(day.first, first or day.first), day.last), day.precision or Precision.UNKNOWN


def _require_day(record: CaseHistory, recorded: RecordedStep, day: PartialDay | None, today: date) -> None:
    """Refuse a day ahead, or one out of the order of the steps; the day it has may always stay."""
    if (day is None or not day.exact) and not recorded.imported:
        raise Refused("Enter the day it happened. A month or a year is for what came in with an imported history.")
    if day is None or day == recorded.day:
        return
    check_day(day.first, today)
    first, last = correctable_days(record, recorded)
    if first is not None and day.last < first:
        raise Refused(f"The day must be {first:%-d %B %Y} or later: the step before it is recorded for that day.")
    if last is not None and day.first > last:
        raise Refused(f"The day must be {last:%-d %B %Y} or earlier: the step after it is recorded for that day.")


def _require_difference(
    step: Step, recorded: RecordedStep, day: PartialDay | None, before: Mapping[str, Value], filled: Mapping[str, Value]
) -> None:
    labels = {asked.name: asked.label for asked in step.questions}
    changed = [name for name in labels if before.get(name) != filled.get(name)]
    if not changed and day == recorded.day:
        raise Refused("Change the day or a fact: they are as they were recorded.")
    reached = ELSEWHERE | {step.for_each} if step.opens else ELSEWHERE
    for name in changed:
        if name in reached:
            raise Refused(f"You cannot correct “{labels[name]}” here: the step also changed another record by it.")


def _with_imported(step: Step, before: Mapping[str, Value], filled: Mapping[str, Value]) -> dict[str, Value]:
    """Keep the facts that came in with an import and that no form asks for."""
    asked = {each.name for each in step.questions}
    return {**{name: value for name, value in before.items() if name not in asked}, **filled}


def _write(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    recorded: RecordedStep,
    step: Step,
    answers: Mapping[str, Value],
    on: date,
    known_to: Precision,
    details: StepCorrected,
) -> Event:
    event = unit.record(
        EventKind.STEP_CORRECTED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        happened_on=on,
        known_to=known_to,
        track=recorded.track,
        step=step.name,
        from_stage=recorded.from_stage,
        to_stage=recorded.to_stage,
        details={**details},
    )
    event.corrects_id, event.form_edition = recorded.event_id, recorded.form_edition
    unit.session.flush()
    kinds = {fact.name: fact.kind for fact in case.facts} | {
        name: each.kind for name, each in workflow.questions.items()
    }
    case.facts.extend(fact_of(name, kinds[name], value, event.id) for name, value in answers.items())
    return event


def _correct_nature(unit: Unit, case: Case, before: Mapping[str, Value], filled: Mapping[str, Value]) -> None:
    """Correct the nature of harm of the children, where it was notified wrongly."""
    was, now = before.get(NATURE), filled.get(NATURE)
    for child in children_of(unit, case) if was != now else ():
        if child.nature == was:
            child.nature = str(now or "")


def _change_as_data(clock: DueDateCorrection) -> RedatedClock:
    was, now = (day.isoformat() if day else None for day in (clock.was, clock.now))
    return {"clock": clock.clock, "was": was, "now": now}
