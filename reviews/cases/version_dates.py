"""Plan the move of one case to another version: its clocks, its stages, and what stands against the move."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from reviews.cases.clocks import (
    ClockDates,
    ClockOutcome,
    clock_dates,
    clock_outcome,
    day_of,
    days_started_on,
    known_days,
)
from reviews.cases.version_plan import CaseMigration, CaseSnapshot, ClockChange, MigrationRules, StageChange
from reviews.models import CaseClock, CaseTrack, OurRole
from workflows.core.engine import can_still_come
from workflows.core.labels import mid_sentence, sentence
from workflows.core.local_periods import due_period, is_binding, local_period
from workflows.core.vocabulary import Deadline, Rank, Track

DUTY_OF_LEAD_AREA = "the duty is that of the area that leads"


def plan_clocks(snapshot: CaseSnapshot, rules: MigrationRules, stages: Mapping[str, str]) -> list[ClockChange]:
    """Give the running clocks, and those that would start. `stages` are those of the tracks after the move."""
    running = {clock.name: clock for clock in snapshot.clocks if clock.is_running}
    was = {deadline.name: deadline for deadline in rules.was.deadlines}
    changes = []
    for deadline in rules.now.deadlines:
        row, before = running.pop(deadline.name, None), was.get(deadline.name)
        if row is not None:
            changes.append(_change_of_running_clock(snapshot, rules, stages, row, before, deadline))
        elif _may_start(snapshot, before, deadline):
            changes.extend(_change_of_new_clock(snapshot, rules, stages, deadline))
    why = f"version {rules.now.version} has no such deadline"
    gone = [_ended_clock(row, was[name].title if name in was else name, why) for name, row in running.items()]
    return [*changes, *gone]


def _change_of_running_clock(
    snapshot: CaseSnapshot,
    rules: MigrationRules,
    stages: Mapping[str, str],
    row: CaseClock,
    before: Deadline | None,
    deadline: Deadline,
) -> ClockChange:
    """Plan a running clock. It keeps its first day where the same steps start, meet and end it in both versions."""
    starts = days_started_on(deadline, snapshot.history)
    outcome = ClockOutcome(starts.get(row.begun_on, row.begun_on))
    if before is None or not _has_same_steps(before, deadline):
        outcome = clock_outcome(deadline, snapshot.history)
    if outcome.start is None:
        return _ended_clock(
            row, deadline.title, "it is counted from something that has not happened, or on a day unknown"
        )
    if outcome.met_on is not None:
        why = f"by the rules of version {rules.now.version} it was met on {outcome.met_on:%-d %B %Y}"
        return ClockChange(deadline.name, deadline.title, row.due_on, None, why, met_on=outcome.met_on, row=row)
    if outcome.ended_on is not None:
        why = f"by the rules of version {rules.now.version} it ended on {outcome.ended_on:%-d %B %Y}"
        return _ended_clock(row, deadline.title, why)
    dated, why = _dates_or_reason(snapshot, rules, stages, deadline, outcome.start)
    if dated is None:
        return _ended_clock(row, deadline.title, why)
    if (dated.due_on, dated.counted_from_on) == (row.due_on, row.counted_from_on):
        why = ""
    return ClockChange(deadline.name, deadline.title, row.due_on, dated.due_on, why, row=row, dated=dated)


def _may_start(snapshot: CaseSnapshot, before: Deadline | None, deadline: Deadline) -> bool:
    """Whether a clock may start: a new one, or one counted from something else that never ran."""
    if before is None:
        return True
    return before.counted_from != deadline.counted_from and all(row.name != deadline.name for row in snapshot.clocks)


def _change_of_new_clock(
    snapshot: CaseSnapshot, rules: MigrationRules, stages: Mapping[str, str], deadline: Deadline
) -> Iterator[ClockChange]:
    outcome = clock_outcome(deadline, snapshot.history)
    if not outcome.runs or outcome.start is None:
        return
    ended = {row.begun_on: row for row in snapshot.clocks if row.name == deadline.name}
    row = ended.get(day_of(outcome.start))
    dated, why = _dates_or_reason(snapshot, rules, stages, deadline, outcome.start)
    if dated is not None and (row is None or row.met_on is None):
        yield ClockChange(deadline.name, deadline.title, None, dated.due_on, why, dated=dated)


def _dates_or_reason(
    snapshot: CaseSnapshot, rules: MigrationRules, stages: Mapping[str, str], deadline: Deadline, start: date | datetime
) -> tuple[ClockDates | None, str]:
    """Calculate a clock by the edition in force on its first day. The reason says how, or why it cannot run."""
    edition = deadline.edition_on(day_of(start))
    if edition is None:
        return None, f"version {rules.now.version} has no period for it that was in force on {day_of(start):%-d %B %Y}"
    if snapshot.case.our_role is not OurRole.LEAD and is_binding(edition):
        return None, DUTY_OF_LEAD_AREA
    if not _can_still_be_met(rules, stages, deadline):
        return None, "no step that meets it can still come from where the case stands"
    rule = rules.local.in_force(rules.now.name, deadline.name, day_of(start))
    dated = clock_dates(
        deadline,
        edition,
        start,
        rule=rule,
        known=lambda: known_days(snapshot.history),
        calendar=rules.calendar,
    )
    period = due_period(edition, local_period(edition, rule.period, rule.unit) if rule else None)
    length = f"{period}{'' if period.back else ' from'}" if period.count else "on the day itself,"
    return dated, f"version {rules.now.version} counts it {length} {dated.counted_from_on:%-d %B %Y}"


def _can_still_be_met(rules: MigrationRules, stages: Mapping[str, str], deadline: Deadline) -> bool:
    steps = [step for step in rules.now.steps if step.name in deadline.met_by]
    tracks = [(rules.now.track_of(step), step) for step in steps]
    return any(can_still_come(track, stages[track.name], step) for track, step in tracks)


def _has_same_steps(first: Deadline, second: Deadline) -> bool:
    return (first.counted_from, set(first.met_by), set(first.ended_by)) == (
        second.counted_from,
        set(second.met_by),
        set(second.ended_by),
    )


def _ended_clock(row: CaseClock, title: str, because: str) -> ClockChange:
    return ClockChange(row.name, title, row.due_on, None, because, row=row)


def plan_stages(snapshot: CaseSnapshot, rules: MigrationRules) -> list[StageChange]:
    """Give each track with its stage in both versions. What stands against a move is for `stage_obstacles` to say."""
    rows = {row.name: row for row in snapshot.tracks}
    changes = []
    for track in rules.now.tracks:
        row = rows.get(track.name)
        now = track.initial if row is None else stage_in(rules, track, row.stage)
        changes.append(StageChange(track.name, track.title, row.stage if row else None, now and str(now)))
    gone = [row for row in snapshot.tracks if row.name not in {track.name for track in rules.now.tracks}]
    return [*changes, *(StageChange(row.name, _track_title(rules, row.name), row.stage, None) for row in gone)]


def stage_in(rules: MigrationRules, track: Track, stage: str) -> str | None:
    """Give the name of a stage in the new version: as that version maps it, else the same; None if it is unknown."""
    for moved in rules.now.moved:
        if (moved.track, moved.was) == (track.name, stage):
            return moved.now
    if stage in _stages(track):
        return stage
    earlier_names = [moved.was for moved in rules.was.moved if (moved.track, moved.now) == (track.name, stage)]
    return next((was for was in earlier_names if was in _stages(track)), None)


def stage_obstacles(snapshot: CaseSnapshot, rules: MigrationRules) -> Iterator[str]:
    """Say which stages and tracks prevent the move."""
    tracks = {track.name: track for track in rules.now.tracks}
    for row in snapshot.tracks:
        if row.name in tracks:
            yield from _track_obstacles(row, tracks[row.name], rules)
        elif row.ended_on is None:
            title = _track_title(rules, row.name)
            yield f"{_version_title(rules)} has no track “{title}”, and it is not finished in this case."


def _track_obstacles(row: CaseTrack, track: Track, rules: MigrationRules) -> Iterator[str]:
    now = stage_in(rules, track, row.stage)
    if now is None:
        yield f"{_version_title(rules)} has no stage “{sentence(row.stage)}” in the track “{track.title}”."
    elif row.ended_on is None and now in track.finished:
        version, stage = mid_sentence(_version_title(rules)), mid_sentence(sentence(now))
        yield (
            f"In {version} the track “{track.title}” is finished at {stage}: "
            "a case is finished by a step, not by other rules."
        )
    if row.held_at is not None and stage_in(rules, track, row.held_at) is None:
        yield (
            f"The track “{track.title}” is on hold and goes back to "
            f"{mid_sentence(sentence(row.held_at))}, a stage that {mid_sentence(_version_title(rules))} does not have."
        )


def _stages(track: Track) -> Sequence[str]:
    return [stage.value for stage in track.stages]


def _track_title(rules: MigrationRules, name: str) -> str:
    return next((track.title for track in rules.was.tracks if track.name == name), sentence(name))


def _version_title(rules: MigrationRules) -> str:
    return f"Version {rules.now.version}"


def plan_case_migration(snapshot: CaseSnapshot, rules: MigrationRules) -> CaseMigration:
    """Plan the move of one case, from the snapshot and the rules alone."""
    stages = plan_stages(snapshot, rules)
    reasons = [*_partnership_obstacles(rules), *stage_obstacles(snapshot, rules), *_blocking_obstacles(snapshot, rules)]
    if reasons:
        return CaseMigration(snapshot, rules.was.version, stages, {}, [], reasons, [])
    held_at = _held_stages(snapshot, rules)
    # a track on hold goes on from where it was stopped
    onwards = {change.track: change.now for change in stages if change.now is not None} | held_at
    clocks = plan_clocks(snapshot, rules, onwards)
    warnings = [*_statutory_clocks_lost(clocks, rules), *_child_cases_left_running(snapshot, rules)]
    return CaseMigration(snapshot, rules.was.version, stages, held_at, clocks, [], warnings)


def _partnership_obstacles(rules: MigrationRules) -> Iterator[str]:
    if not rules.is_theirs:
        yield f"Version {rules.now.version} was added for another partnership alone."


def _held_stages(snapshot: CaseSnapshot, rules: MigrationRules) -> dict[str, str]:
    tracks = {track.name: track for track in rules.now.tracks}
    held_at = {row.name: row.held_at for row in snapshot.tracks if row.held_at is not None and row.name in tracks}
    return {name: stage_in(rules, tracks[name], stage) or stage for name, stage in held_at.items()}


def _blocking_obstacles(snapshot: CaseSnapshot, rules: MigrationRules) -> Iterator[str]:
    known = {step.name for step in rules.now.steps}
    for child_case in snapshot.child_cases:
        for name in (name for name in child_case.blocks if name not in known):
            step = rules.was.step(name)
            yield (
                f"{child_case.reference} holds back “{step.title if step else name}”, a step that version "
                f"{rules.now.version} does not have."
            )


def _statutory_clocks_lost(clocks: Sequence[ClockChange], rules: MigrationRules) -> Iterator[str]:
    for change in clocks:
        if change.row is None or change.now is not None or change.met_on is not None:
            continue
        editions = next((each.editions for each in rules.was.deadlines if each.name == change.clock), ())
        if any(each.effective_from == change.row.edition_from and each.rank is Rank.LAW for each in editions):
            yield f"It loses “{change.title}”, which runs by law or statutory guidance."


def _child_cases_left_running(snapshot: CaseSnapshot, rules: MigrationRules) -> Iterator[str]:
    """Name the child cases that go on by their own rules although the new version opens no more of their kind."""
    gone = {step.opens for step in rules.was.steps} - {step.opens for step in rules.now.steps}
    version = rules.now.version
    for child_case in (child_case for child_case in snapshot.child_cases if child_case.workflow in gone):
        yield f"{child_case.reference} runs on to its end, though version {version} opens no more of its kind."
