"""Which clocks of a case does another version of its definition keep, date anew, end or start?"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from reviews.cases.clock_fates import Fate, day_of, fate_of, starts_of
from reviews.cases.commands_version_plan import ClockChange, Dated, Rules, Standing
from reviews.models import CaseClock, OurRole
from workflows.core.deadlines import Deadline, Edition
from workflows.core.local_periods import due_period, is_binding, own_period, target_period
from workflows.core.paths import can_still_come
from workflows.core.working_days import add, due_on

THEIR_DUTY = "the duty is that of the area that leads"


def planned_clocks(standing: Standing, rules: Rules, stages: Mapping[str, str]) -> list[ClockChange]:
    """Give the clocks that run, and those that would start. `stages` is where the tracks stand after the move."""
    running = {clock.name: clock for clock in standing.clocks if clock.is_running}
    was = {deadline.name: deadline for deadline in rules.was.deadlines}
    changes = []
    for deadline in rules.now.deadlines:
        row, before = running.pop(deadline.name, None), was.get(deadline.name)
        if row is not None:
            changes.append(_carried(standing, rules, stages, row, before, deadline))
        elif _may_start(standing, before, deadline):
            changes.extend(_started(standing, rules, stages, deadline))
    why = f"version {rules.now.version} has no such deadline"
    gone = [_ends(row, was[name].title if name in was else name, why) for name, row in running.items()]
    return [*changes, *gone]


def _carried(
    standing: Standing,
    rules: Rules,
    stages: Mapping[str, str],
    row: CaseClock,
    before: Deadline | None,
    deadline: Deadline,
) -> ClockChange:
    """Say what becomes of a running clock: by its own first day where nothing turns it otherwise now."""
    starts = starts_of(deadline, standing.history)
    fate = Fate(starts.get(row.counted_from_on, row.counted_from_on))
    if before is None or not _turns_alike(before, deadline):
        fate = fate_of(deadline, standing.history)
    if fate.start is None:
        return _ends(row, deadline.title, "it is counted from something that has not happened, or on a day unknown")
    if fate.met_on is not None:
        why = f"by the rules of version {rules.now.version} it was met on {_said(fate.met_on)}"
        return ClockChange(deadline.name, deadline.title, row.due_on, None, why, met_on=fate.met_on, row=row)
    if fate.ended_on is not None:
        why = f"by the rules of version {rules.now.version} it ended on {_said(fate.ended_on)}"
        return _ends(row, deadline.title, why)
    dated, why = _runs_on(standing, rules, stages, deadline, fate.start)
    if dated is None:
        return _ends(row, deadline.title, why)
    if (dated.due_on, dated.counted_from_on) == (row.due_on, row.counted_from_on):
        why = ""
    return ClockChange(deadline.name, deadline.title, row.due_on, dated.due_on, why, row=row, dated=dated)


def _may_start(standing: Standing, before: Deadline | None, deadline: Deadline) -> bool:
    """Whether a clock that does not run could: a new one, or one counted from something else that never ran yet."""
    if before is None:
        return True
    return before.counted_from != deadline.counted_from and all(row.name != deadline.name for row in standing.clocks)


def _started(standing: Standing, rules: Rules, stages: Mapping[str, str], deadline: Deadline) -> Iterator[ClockChange]:
    fate = fate_of(deadline, standing.history)
    if not fate.runs or fate.start is None:
        return
    ended = {row.counted_from_on: row for row in standing.clocks if row.name == deadline.name}
    row = ended.get(day_of(fate.start))
    dated, why = _runs_on(standing, rules, stages, deadline, fate.start)
    if dated is not None and (row is None or row.met_on is None):
        yield ClockChange(deadline.name, deadline.title, None, dated.due_on, why, dated=dated)


def _runs_on(
    standing: Standing, rules: Rules, stages: Mapping[str, str], deadline: Deadline, start: date | datetime
) -> tuple[Dated | None, str]:
    """Date a clock by the edition in force on its first day and say how, or say why it cannot run."""
    edition = deadline.edition_on(day_of(start))
    if edition is None:
        return None, f"version {rules.now.version} has no period for it that was in force on {_said(day_of(start))}"
    if standing.case.our_role is not OurRole.LEAD and is_binding(edition):
        return None, THEIR_DUTY
    if not _may_be_met(rules, stages, deadline):
        return None, "no step that meets it can still come from where the case stands"
    return _dated(rules, deadline, edition, start)


def _dated(rules: Rules, deadline: Deadline, edition: Edition, start: date | datetime) -> tuple[Dated, str]:
    rule = rules.local.in_force(rules.now.name, deadline.name, day_of(start))
    own = own_period(edition, rule.period, rule.unit) if rule else None
    period, target = due_period(edition, own), target_period(edition, own)
    found = add(start, period, rules.calendar)
    dated = Dated(
        edition_from=edition.effective_from,
        counted_from_on=day_of(start),
        due_on=found.due_on,
        due_at=found.due_at,
        provisional=found.provisional,
        target_on=due_on(start, target, rules.calendar) if target else None,
        local_rule_id=rule.id if rule and own else None,
    )
    length = f"{period}{'' if period.back else ' from'}" if period.count else "on the day itself,"
    return dated, f"version {rules.now.version} counts it {length} {_said(day_of(start))}"


def _may_be_met(rules: Rules, stages: Mapping[str, str], deadline: Deadline) -> bool:
    steps = [step for step in rules.now.steps if step.name in deadline.met_by]
    tracks = [(rules.now.track_of(step), step) for step in steps]
    return any(can_still_come(track, stages[track.name], step) for track, step in tracks)


def _turns_alike(one: Deadline, other: Deadline) -> bool:
    return (one.counted_from, set(one.met_by), set(one.ended_by)) == (
        other.counted_from,
        set(other.met_by),
        set(other.ended_by),
    )


def _ends(row: CaseClock, title: str, because: str) -> ClockChange:
    return ClockChange(row.name, title, row.due_on, None, because, row=row)


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
