"""Which clocks does a step stop, and which does it start?"""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from reviews.clock import local_day
from reviews.models import Case, CaseClock
from workflows.bank_holidays import Calendar
from workflows.vocabulary import Deadline, Step, Value, Workflow
from workflows.working_days import add


def turn_clocks(
    case: Case,
    workflow: Workflow,
    step: Step,
    *,
    on: date,
    given: Mapping[str, Value],
    calendar: Calendar,
    late_reason: str = "",
    starts_only: Collection[str] | None = None,
) -> None:
    """Meet or end the clocks this step ends, then start those counted from it or from a day given with it.

    `starts_only` names the clocks that may start, where not every one may.
    """
    starts = {deadline.name: _counted_from(deadline, step, on, given) for deadline in workflow.deadlines}
    for clock in (clock for clock in case.clocks if clock.is_running):
        deadline, start = workflow.deadline(clock.name), starts[clock.name]
        if start is not None and clock.counted_from_on == _day(start):
            continue  # counted anew from the very same day: it runs on
        if step.name in deadline.met_by:
            _meet(clock, on, late_reason)
        elif step.name in deadline.ended_by:
            clock.dropped_on = on
    for name, start in starts.items():
        if start is not None and (starts_only is None or name in starts_only):
            _start(case, workflow.deadline(name), start, on, calendar)


def _counted_from(deadline: Deadline, step: Step, on: date, given: Mapping[str, Value]) -> date | None:
    start = on if deadline.counted_from == step.name else given.get(deadline.counted_from)
    return start if isinstance(start, date) else None


def _day(start: date) -> date:
    return local_day(start) if isinstance(start, datetime) else start


def _meet(clock: CaseClock, on: date, late_reason: str) -> None:
    clock.met_on = on
    if on > clock.due_on:
        clock.late_reason = late_reason or None


def _start(case: Case, deadline: Deadline, start: date, on: date, calendar: Calendar) -> None:
    """Start a clock in the edition in force on its first day. Another day replaces it, a day of before takes it up."""
    counted_from_on = _day(start)
    edition = deadline.edition_on(counted_from_on)
    same = [clock for clock in case.clocks if clock.name == deadline.name]
    known = next((clock for clock in same if clock.counted_from_on == counted_from_on), None)
    if edition is None or (known is not None and known.dropped_on is None):
        return
    for clock in same:
        if clock.is_running:
            clock.dropped_on = on
    if known is not None:
        known.dropped_on = None
        return
    worked_out = add(start, edition.period, calendar)
    case.clocks.append(
        CaseClock(
            name=deadline.name,
            edition_from=edition.effective_from,
            counted_from_on=counted_from_on,
            due_on=worked_out.due_on,
            due_at=worked_out.due_at,
            provisional=worked_out.provisional,
        )
    )
