"""What do the days, holds and clocks of a case come to when its history is read again from the start?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from reviews.cases.clocks import turn_clocks
from reviews.cases.history import Recorded, record_of
from reviews.cases.past_clocks import end_what_nothing_meets
from reviews.models import Case, CaseClock, CaseHold, Event, EventKind, OurRole
from reviews.transactions.unit_of_work import Unit
from workflows.core.facts import Value
from workflows.core.holds import day_of_hold, fact_of_hold
from workflows.core.vocabulary import UNOPENED, OnHold, Step, Workflow

DATES = ("edition_from", "counted_from_on", "due_on", "due_at", "provisional", "target_on", "local_rule_id")


@dataclass(frozen=True, slots=True)
class Redated:
    """A clock that another reading of the history dates otherwise. None: it did not run, or does not any more."""

    clock: str
    was: date | None
    now: date | None


def replay(unit: Unit, case: Case, workflow: Workflow) -> list[Redated]:
    """Bring all that is worked out of the history in line with it, and say which due dates changed.

    Stages stay as they are: what leads elsewhere is refused before. A clock counted from the same day keeps its date,
    and every clock keeps its forecast and the reason for its being late.
    """
    unit.session.flush()
    record = record_of(unit.session, case)
    given = record.values(case)
    set_days(case, workflow, record.steps)
    _set_holds(unit, case, workflow, record.steps, given)
    ran, strict = _run_again(unit, case, workflow, record.steps, given)
    found = list(_match(unit, case, workflow, ran, strict=strict))
    unit.session.flush()
    return found


def called_now(workflow: Workflow, track: str, stage: str) -> str:
    """Give the name by which the version of today knows a stage."""
    return next((moved.now for moved in workflow.moved if (moved.track, moved.was) == (track, stage)), stage)


def set_days(case: Case, workflow: Workflow, steps: Sequence[Recorded]) -> None:
    """Set since when each track stands where it does, and when the case was opened and closed."""
    case.opened_on = next((one.on for one in steps if one.from_stage == UNOPENED), case.opened_on)
    tracks = {track.name: track for track in case.tracks}
    for track in case.tracks:
        track.since_on, track.ended_on = case.opened_on, None
    for one in (one for one in steps if one.track in tracks):
        track = tracks[one.track]
        if one.to_stage != one.from_stage:
            track.since_on = one.on
        over = called_now(workflow, one.track, one.to_stage) in workflow.track(one.track).finished
        track.ended_on = (track.ended_on or one.on) if over else None
    ends = [track.ended_on for track in case.tracks if track.ended_on is not None]
    case.closed_on = max(ends) if len(ends) == len(case.tracks) else None


def _set_holds(
    unit: Unit, case: Case, workflow: Workflow, steps: Sequence[Recorded], given: Mapping[int, Mapping[str, Value]]
) -> None:
    """Set the days and reasons of the holds there are, each in its turn."""
    every = list(unit.session.scalars(sa.select(CaseHold).where(CaseHold.case_id == case.id).order_by(CaseHold.id)))
    waiting = {track.name: [hold for hold in every if hold.track == track.name] for track in case.tracks}
    running: dict[str, CaseHold] = {}
    for one in steps:
        step, facts = workflow.step(one.step), given[one.event_id]
        if step is not None and step.hold is OnHold.PLACE and waiting.get(one.track):
            running[one.track] = hold = waiting[one.track].pop(0)
            hold.placed_on, hold.reason = one.on, str(fact_of_hold(step, "reason", facts) or hold.reason)
            _set_hold_days(hold, step, facts)
        elif step is not None and step.hold is OnHold.REVIEW and one.track in running:
            _set_hold_days(running[one.track], step, facts)
        elif one.to_stage != one.from_stage and one.track in running:
            running.pop(one.track).lifted_on = one.on


def _set_hold_days(hold: CaseHold, step: Step, facts: Mapping[str, Value]) -> None:
    hold.review_on = day_of_hold(step, "review_on", facts)
    hold.expected_end_on = day_of_hold(step, "expected_end_on", facts) or hold.expected_end_on


def _run_again(
    unit: Unit, case: Case, workflow: Workflow, steps: Sequence[Recorded], given: Mapping[int, Mapping[str, Value]]
) -> tuple[list[CaseClock], bool]:
    """Turn the clocks of an empty copy of the case. True where the history says all there is to say of its clocks.

    An import leaves clocks out, and where another area led they did not start: then only those there are run.
    """
    copy = _without_clocks(case)
    there, shared = {clock.name for clock in case.clocks}, _was_led_elsewhere(unit, case)
    for one in steps:
        step = workflow.step(one.step)
        if step is not None and one.day_known:
            only: Collection[str] | None = there if one.imported or shared else None
            turn_clocks(unit, copy, workflow, step, on=one.on, given=given[one.event_id], starts_only=only)
    imported = any(one.imported for one in steps)
    if imported:
        end_what_nothing_meets(case, workflow, copy.clocks)
    ran = list(copy.clocks)
    copy.clocks.clear()
    return ran, not shared


def _without_clocks(case: Case) -> Case:
    """Copy what clocks are turned by. It is never stored."""
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
    changed = sa.select(Event.id).where(Event.case_id == case.id, Event.kind == EventKind.AREA_RECORDED).limit(1)
    return case.our_role is not OurRole.LEAD or unit.session.scalar(changed) is not None


def _match(unit: Unit, case: Case, workflow: Workflow, ran: Sequence[CaseClock], *, strict: bool) -> Iterator[Redated]:
    """Give each clock its row: that of the same day, else one of the same name that is left, else a new one."""
    known = {deadline.name for deadline in workflow.deadlines}
    left = {(row.name, row.counted_from_on): row for row in case.clocks if row.name in known}
    same = [(left.pop(key), clock) for clock in ran if (key := (clock.name, clock.counted_from_on)) in left]
    for row, clock in same:
        yield from _update(row, clock, redate=row.due_at != clock.due_at)
    for clock in [clock for clock in ran if clock not in {clock for _, clock in same}]:
        free = [key for key in sorted(left) if key[0] == clock.name]
        if free:
            yield from _update(left.pop(free[0]), clock, redate=True)
        else:
            case.clocks.append(clock)
            yield Redated(clock.name, None, clock.due_on)
    for row in left.values() if strict else ():
        if row.is_running:
            yield Redated(row.name, row.due_on, None)
        # a clock that ran is not struck from the record: people were reminded of it
        row.met_on, row.dropped_on = None, row.dropped_on or row.met_on or unit.today


def _update(row: CaseClock, clock: CaseClock, *, redate: bool) -> Iterator[Redated]:
    was = row.due_on
    if redate:
        for column in DATES:
            setattr(row, column, getattr(clock, column))
    row.met_on, row.dropped_on = clock.met_on, clock.dropped_on
    if row.due_on != was:
        yield Redated(row.name, was, row.due_on)
