"""The clocks of a case: started, met and ended by its steps, with a forecast and the reason for being late."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import TypeAlias

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.cases.history import read_history
from reviews.core.clock import local_day
from reviews.imports.readers.past_rows import PastCase, PastStep
from reviews.models import Case, CaseClock, EventKind, LocalRule, OurRole, Partnership
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.bank_holidays import Calendar
from workflows.core.days import LAST_YEAR, PartialDay, Precision, in_order
from workflows.core.engine import NotReady, Refused, can_still_come
from workflows.core.local_periods import counted_from, due_period, local_period, target_period
from workflows.core.questions import Value
from workflows.core.vocabulary import PAST_BY_THEN, Deadline, Edition, Rank, Step, Workflow
from workflows.core.working_days import add, due_on

KnownDays: TypeAlias = Mapping[str, date | datetime | PartialDay]
"""The days of a case, by the name of the step or the fact."""


def update_clocks(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    step: Step,
    *,
    on: date | PartialDay,
    answers: Mapping[str, Value],
    late_reason: str = "",
    starts_only: Collection[str] | None = None,
    known: KnownDays | None = None,
) -> None:
    """Meet or end the clocks this step ends, then start those counted from it or from a day given with it.

    `starts_only` names the clocks that may start, where not every one may. `known` has the days of the case up to this
    step; without it they are read, if a clock needs them. Of a day that is known to the month or the year only, a clock
    keeps the days it may have been.
    """
    starts = {deadline.name: _counted_from(deadline, step, on, answers) for deadline in workflow.deadlines}
    ends = any(step.name in (*deadline.met_by, *deadline.ended_by) for deadline in workflow.deadlines)
    if not ends and not any(starts.values()):
        return  # most steps concern no clock: spare reading them
    day = on if isinstance(on, PartialDay) else PartialDay(on, on)
    _meet_more_closely(case, workflow, step, day)
    for clock in (clock for clock in case.clocks if clock.is_running):
        deadline, start = workflow.deadline(clock.name), starts[clock.name]
        if start is not None and clock.begun_on == day_of(start):
            continue  # started again on the very same day: it runs on
        if step.name in deadline.met_by:
            _meet(clock, day)
            clock.late_reason = (late_reason if day.first > clock.due_on else "") or clock.late_reason
        elif step.name in deadline.ended_by:
            _drop(clock, day)
    for name, start in starts.items():
        if start is not None and (starts_only is None or name in starts_only):
            _start(unit, case, workflow.deadline(name), start, day, known)


def require_late_reason(
    unit: Unit, case: Case, workflow: Workflow, step: Step, *, on: date, answers: Mapping[str, Value], late_reason: str
) -> None:
    """Refuse a step that meets a clock late without a reason, where the partnership asks for one. Raises NotReady."""
    met = {deadline.name: deadline for deadline in workflow.deadlines if step.name in deadline.met_by}
    if late_reason.strip() or not met:
        return
    late = []
    for clock in (clock for clock in case.clocks if clock.is_running and clock.name in met and on > clock.due_on):
        start = _counted_from(met[clock.name], step, on, answers)
        restarted = start is not None and clock.begun_on == day_of(start)
        if not clock.late_reason and not restarted:
            late.append(f"why “{met[clock.name].title}” is late: it was due on {clock.due_on:%-d %B %Y}")
    if late and unit.session.get_one(Partnership, case.partnership_id).late_reasons_required:
        raise NotReady("Say why it is late. Your partnership asks for a reason.", late, field="late_reason")


def _meet(clock: CaseClock, day: PartialDay) -> None:
    clock.met_on, clock.met_latest_on = day.first, None if day.exact else day.last


def _drop(clock: CaseClock, day: PartialDay) -> None:
    clock.dropped_on, clock.dropped_known_to = day.first, day.precision or Precision.UNKNOWN


def _meet_more_closely(case: Case, workflow: Workflow, step: Step, day: PartialDay) -> None:
    """Take over a day that became known later, of clocks that were met on one of several days."""
    names = {deadline.name for deadline in workflow.deadlines if step.name in deadline.met_by}
    for clock in (clock for clock in case.clocks if clock.name in names):
        met = PartialDay(clock.met_on, clock.met_latest_on) if clock.met_on and clock.met_latest_on else None
        if met is not None and day.is_closer_than(met):
            _meet(clock, day)


def _counted_from(
    deadline: Deadline, step: Step, on: date | PartialDay, answers: Mapping[str, Value]
) -> date | PartialDay | None:
    start = on if deadline.counted_from == step.name else answers.get(deadline.counted_from)
    return start if isinstance(start, date | PartialDay) else None


def _start(
    unit: Unit,
    case: Case,
    deadline: Deadline,
    start: date | PartialDay,
    day: PartialDay,
    known: KnownDays | None,
) -> None:
    """Start a clock in the edition in force on its first day.

    It replaces one that is counted from another day. One that ended unmet and was counted from the same day runs again.
    """
    edition = deadline.edition_on(day_of(start))
    if edition is None or (case.our_role is not OurRole.LEAD and edition.rank is not Rank.LOCAL):
        return  # a duty is that of the area that leads
    started = _new_clock(unit, case, deadline, edition, start, known)
    same = [clock for clock in case.clocks if clock.name == deadline.name]
    rough = next((clock for clock in same if _is_of_days_around(clock, started)), None)
    if rough is not None:
        for column in DATES:
            setattr(rough, column, getattr(started, column))
        return
    existing = next((clock for clock in same if clock.counted_from_on == started.counted_from_on), None)
    if existing is not None and existing.dropped_on is None:
        return
    for clock in same:
        if clock.is_running:
            _drop(clock, day)
    if existing is not None:
        existing.dropped_on, existing.dropped_known_to = None, Precision.DAY
        return
    case.clocks.append(started)


def _new_clock(
    unit: Unit, case: Case, deadline: Deadline, edition: Edition, start: date | PartialDay, known: KnownDays | None
) -> CaseClock:
    dates = clock_dates(
        deadline,
        edition,
        start,
        rule=unit.local_rules(case.partnership_id).in_force(case.workflow, deadline.name, day_of(start)),
        known=lambda: known_days_of(unit.session, case) if known is None else known,
        calendar=unit.calendar,
    )
    return CaseClock(name=deadline.name, dropped_known_to=Precision.DAY, **asdict(dates))


def known_days_of(session: Session, case: Case) -> KnownDays:
    """Read the latest known day of each step of a case, and of each fact that is a day or moment."""
    record = read_history(session, case)
    facts = {fact.name: fact.value for fact in record.facts(case) if isinstance(fact.value, date | PartialDay)}
    return {**facts, **record.happened()}


@dataclass(frozen=True, slots=True)
class ClockDates:
    """The columns of a clock that follow from its rule and from the days of its case."""

    edition_from: date
    counted_from_on: date
    counted_from_earliest_on: date | None
    due_on: date
    due_at: datetime | None
    provisional: bool
    target_on: date | None
    local_rule_id: int | None
    start_rule: str | None
    started_on: date | None


DATES = tuple(each.name for each in fields(ClockDates))


def _is_of_days_around(clock: CaseClock, started: CaseClock) -> bool:
    """Whether a clock is counted from one of several days, among which another one says more closely which."""
    if clock.counted_from_earliest_on is None:
        return False
    day = PartialDay(started.counted_from_earliest_on or started.counted_from_on, started.counted_from_on)
    return day.is_closer_than(PartialDay(clock.counted_from_earliest_on, clock.counted_from_on))


def clock_dates(
    deadline: Deadline,
    edition: Edition,
    start: date | datetime | PartialDay,
    *,
    rule: LocalRule | None,
    known: Callable[[], KnownDays],
    calendar: Calendar,
) -> ClockDates:
    """Calculate a clock that starts on a day, and the target beside it, by the edition and local rule of that day.

    Where it is counted from one of several days, both are the latest that they can be.
    """
    elsewhere = counted_from(deadline, edition, rule.counted_from if rule else None, known)
    day, period = elsewhere[1] if elsewhere else start, local_period(edition, rule.period, rule.unit) if rule else None
    latest = day.last if isinstance(day, PartialDay) else day
    found, aimed_at = add(latest, due_period(edition, period), calendar), target_period(edition, period)
    return ClockDates(
        edition_from=edition.effective_from,
        counted_from_on=day_of(day),
        counted_from_earliest_on=day.first if isinstance(day, PartialDay) and not day.exact else None,
        due_on=found.due_on,
        due_at=found.due_at,
        provisional=found.provisional,
        target_on=due_on(latest, aimed_at, calendar) if aimed_at else None,
        local_rule_id=rule.id if rule and period else None,
        start_rule=elsewhere[0] if elsewhere else None,
        started_on=day_of(start) if elsewhere else None,
    )


def drop_binding_clocks(case: Case, workflow: Workflow, *, on: date) -> None:
    """End the running clocks of a duty that is another area's."""
    for clock in (clock for clock in case.clocks if clock.is_running):
        editions = workflow.deadline(clock.name).editions
        if any(each.effective_from == clock.edition_from and each.rank is not Rank.LOCAL for each in editions):
            clock.dropped_on = on


@dataclass(frozen=True, slots=True)
class TakenStep:
    """A step with the facts given with it. `on` is None where nobody knows the day: nothing is counted from it."""

    step: str
    on: date | None
    answers: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClockOutcome:
    """What became of a clock: it runs from `start`, was met, or ended unmet. Without a start it never began."""

    start: date | datetime | None = None
    met_on: date | None = None
    ended_on: date | None = None

    @property
    def runs(self) -> bool:
        return self.start is not None and self.met_on is None and self.ended_on is None


def clock_outcome(deadline: Deadline, history: Iterable[TakenStep]) -> ClockOutcome:
    """Work out one clock over a history, step by step in the order they were recorded."""
    outcome, met_from = ClockOutcome(), set[date]()
    for taken in history:
        if taken.on is None:
            continue
        start = start_of_clock(deadline, taken)
        day = None if start is None else day_of(start)
        if outcome.runs and outcome.start is not None and day != day_of(outcome.start):
            outcome = _ended(deadline, taken.step, taken.on, outcome.start)
            if outcome.met_on is not None and outcome.start is not None:
                met_from.add(day_of(outcome.start))
        if start is not None and day not in met_from and deadline.edition_on(day_of(start)):
            outcome = ClockOutcome(start)
    return outcome


def days_started_on(deadline: Deadline, history: Iterable[TakenStep]) -> dict[date, date | datetime]:
    """Give the days the clock ever started on, each with its moment where one was given."""
    starts = (start_of_clock(deadline, taken) for taken in history if taken.on is not None)
    return {day_of(start): start for start in starts if start is not None}


def known_days(history: Iterable[TakenStep]) -> KnownDays:
    """Give the latest known day of each step of a history, and of each fact that is a day or moment."""
    taken = [each for each in history if each.on is not None]
    answers = [item for each in history for item in each.answers.items()]
    facts = {name: value for name, value in answers if isinstance(value, date | PartialDay)}
    steps = {each.step: each.on for each in sorted(taken, key=lambda each: each.on or date.min) if each.on}
    return {**facts, **steps}


def start_of_clock(deadline: Deadline, taken: TakenStep) -> date | datetime | None:
    """Give the day or moment that a step starts the clock from, or None where it does not."""
    start = taken.on if deadline.counted_from == taken.step else taken.answers.get(deadline.counted_from)
    return start if isinstance(start, date) else None


def day_of(start: date | datetime | PartialDay) -> date:
    """Give the day of a start, the latest it can be where it is not known exactly."""
    if isinstance(start, PartialDay):
        return start.last
    return local_day(start) if isinstance(start, datetime) else start


def _ended(deadline: Deadline, step: str, on: date, start: date | datetime) -> ClockOutcome:
    if step in deadline.met_by:
        return ClockOutcome(start, met_on=on)
    return ClockOutcome(start, ended_on=on if step in deadline.ended_by else None)


def give_late_reason(unit: Unit, case: Case, clock_name: str, counted_from_on: date, *, reason: str) -> None:
    """Record why a clock is late, or was met late. Raises NotAllowed, NotFound, or Refused for one that is in time."""
    unit.actor.require(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm)
    clock, text = _find(case, clock_name, counted_from_on), check_reason(reason)
    if clock.dropped_on is not None or (clock.met_on or unit.today) <= clock.due_on:
        raise Refused("This clock is not late, so you do not need to give a reason.")
    was, clock.late_reason = clock.late_reason, text
    _record(unit, case, clock, EventKind.LATE_REASON_GIVEN, was=was, now=text)


def set_forecast(
    unit: Unit, case: Case, clock_name: str, counted_from_on: date, *, forecast_on: date | None, reason: str
) -> None:
    """Record when a running clock is expected to be met; None removes the forecast. The due date stays."""
    unit.actor.require(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm)
    clock, text = _find(case, clock_name, counted_from_on), check_reason(reason)
    if not clock.is_running:
        raise Refused("This clock has ended, so you cannot set a forecast.")
    if forecast_on == clock.forecast_on:
        raise Refused("That is already the forecast." if forecast_on else "There is no forecast to remove.")
    if forecast_on is not None and not unit.today <= forecast_on <= date(LAST_YEAR, 12, 31):
        raise Refused(f"The forecast must be today or later, up to the end of {LAST_YEAR}.")
    previous, clock.forecast_on = clock.forecast_on, forecast_on
    was, now = (day.isoformat() if day else None for day in (previous, forecast_on))
    _record(unit, case, clock, EventKind.CLOCK_FORECAST, was=was, now=now, because=text)


def _find(case: Case, name: str, counted_from_on: date) -> CaseClock:
    key = (name, counted_from_on)
    found = next((clock for clock in case.clocks if (clock.name, clock.counted_from_on) == key), None)
    if found is None:
        raise NotFound
    return found


def _record(unit: Unit, case: Case, clock: CaseClock, kind: EventKind, **details: str | None) -> None:
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    unit.record(
        kind,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"clock": clock.name, "counted_from": clock.counted_from_on.isoformat(), **details},
    )


def update_past_clocks(unit: Unit, case: Case, workflow: Workflow, past: PastCase, steps: Sequence[PastStep]) -> None:
    """Update the clocks by the days of imported steps: the new ones, or all where a day became known later.

    A clock starts only where the file has a column for the day that meets it, and where that day is known or may still
    come. What nobody wrote down is neither in time nor late.
    """
    countable = {deadline.name for deadline in workflow.deadlines if _is_countable(case, workflow, past, deadline)}
    ran_before = {clock for clock in case.clocks if clock.is_running}
    days = dict(zip(past.steps, in_order([taken.on for taken in past.steps]), strict=True))
    for taken in steps:
        step, day = workflow.step(taken.name), days[taken]
        if step is not None and day is not None:
            answers = with_step({fact.name: fact.value for fact in taken.facts}, taken.on, day)
            update_clocks(unit, case, workflow, step, on=day.exact or day, answers=answers, starts_only=countable)
    end_what_nothing_meets(case, workflow, case.clocks)
    for clock in case.clocks:
        if clock.is_running and clock not in ran_before:
            clock.brought_in_on = unit.today  # of its past nobody is reminded


def with_step(answers: Mapping[str, Value], stated: PartialDay | None, days: PartialDay) -> dict[str, Value]:
    """Give the facts with a step, as far as the days of the step say more of them.

    One that has the day stated for the step is of the same days as the step. A day of PAST_BY_THEN that is known to
    the month or the year is no later than the step.
    """
    plain = stated and (stated.exact or stated)
    found = dict(answers)
    for name, value in answers.items():
        if value == plain:
            found[name] = days.exact or days
        elif name in PAST_BY_THEN and isinstance(value, PartialDay) and value.first <= days.last < value.last:
            past = PartialDay(value.first, days.last)
            found[name] = past.exact or past
    return found


def end_what_nothing_meets(case: Case, workflow: Workflow, clocks: Iterable[CaseClock]) -> None:
    """End the clocks that no step can meet any more from where the tracks stand: met on a day nobody knows."""
    for clock in clocks:
        if clock.is_running and not _can_still_be_met(case, workflow, workflow.deadline(clock.name)):
            clock.dropped_on = max(track.since_on for track in case.tracks)
            clock.dropped_known_to = Precision.UNKNOWN


def _is_countable(case: Case, workflow: Workflow, past: PastCase, deadline: Deadline) -> bool:
    if past.dated.isdisjoint(deadline.met_by):
        return False
    met = any(taken.on is not None and taken.name in deadline.met_by for taken in past.steps)
    return met or _can_still_be_met(case, workflow, deadline)


def _can_still_be_met(case: Case, workflow: Workflow, deadline: Deadline) -> bool:
    """Whether a step that meets it can still come from where the tracks stand."""
    stages = {track.name: track.stage for track in case.tracks}
    steps = [step for step in workflow.steps if step.name in deadline.met_by]
    return any(can_still_come(workflow.track_of(step), stages[workflow.track_of(step).name], step) for step in steps)
