"""Which clocks does a step stop, and which does it start?"""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from reviews.core.clock import local_day
from reviews.models import Case, CaseClock, OurRole
from reviews.transactions.unit_of_work import Unit
from workflows.core.deadlines import Deadline, Edition, Rank
from workflows.core.facts import Value
from workflows.core.local_periods import due_period, own_period, target_period
from workflows.core.vocabulary import Step, Workflow
from workflows.core.working_days import add, due_on


def turn_clocks(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    step: Step,
    *,
    on: date,
    given: Mapping[str, Value],
    late_reason: str = "",
    starts_only: Collection[str] | None = None,
) -> None:
    """Meet or end the clocks this step ends, then start those counted from it or from a day given with it.

    `starts_only` names the clocks that may start, where not every one may.
    """
    starts = {deadline.name: _counted_from(deadline, step, on, given) for deadline in workflow.deadlines}
    ends = any(step.name in (*deadline.met_by, *deadline.ended_by) for deadline in workflow.deadlines)
    if not ends and not any(starts.values()):
        return  # most steps turn no clock: none is read then
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
            _start(unit, case, workflow.deadline(name), start, on)


def _counted_from(deadline: Deadline, step: Step, on: date, given: Mapping[str, Value]) -> date | None:
    start = on if deadline.counted_from == step.name else given.get(deadline.counted_from)
    return start if isinstance(start, date) else None


def _day(start: date) -> date:
    return local_day(start) if isinstance(start, datetime) else start


def _meet(clock: CaseClock, on: date, late_reason: str) -> None:
    clock.met_on = on
    if on > clock.due_on:
        clock.late_reason = late_reason or None


def _start(unit: Unit, case: Case, deadline: Deadline, start: date, on: date) -> None:
    """Start a clock in the edition in force on its first day. Another day replaces it, a day of before takes it up."""
    counted_from_on = _day(start)
    edition = deadline.edition_on(counted_from_on)
    if edition is not None and case.our_role is not OurRole.LEAD and edition.rank is not Rank.LOCAL:
        return  # the duty is that of the area that leads
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
    case.clocks.append(_new_clock(unit, case, deadline, edition, start))


def _new_clock(unit: Unit, case: Case, deadline: Deadline, edition: Edition, start: date) -> CaseClock:
    """Work out the date, and the target beside it, by what the partnership has set from that day on."""
    rule = unit.local_rules(case.partnership_id).in_force(case.workflow, deadline.name, _day(start))
    own = own_period(edition, rule.period, rule.unit) if rule else None
    worked_out, aimed_at = add(start, due_period(edition, own), unit.calendar), target_period(edition, own)
    return CaseClock(
        name=deadline.name,
        edition_from=edition.effective_from,
        counted_from_on=_day(start),
        due_on=worked_out.due_on,
        due_at=worked_out.due_at,
        provisional=worked_out.provisional,
        target_on=due_on(start, aimed_at, unit.calendar) if aimed_at else None,
        local_rule_id=rule.id if rule and own else None,
    )


def drop_binding_clocks(case: Case, workflow: Workflow, *, on: date) -> None:
    """End the running clocks of a duty that is another area's."""
    for clock in (clock for clock in case.clocks if clock.is_running):
        editions = workflow.deadline(clock.name).editions
        if any(each.effective_from == clock.edition_from and each.rank is not Rank.LOCAL for each in editions):
            clock.dropped_on = on
