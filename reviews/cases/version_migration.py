"""What is written of one case that moves to another version, and how is it put back?"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from reviews.cases.commands_version_plan import CasePlan, ClockChange, Dated, Standing
from reviews.models import CaseClock, CaseHold, CaseTrack, EventKind, VersionMove
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Workflow

DAYS = ("since_on", "ended_on", "edition_from", "counted_from_on", "due_on", "met_on", "dropped_on", "target_on")
TRACK = ("name", "stage", "since_on", "ended_on", "held_at")
HOLD = ("id", "held_at")
DATED = tuple(each.name for each in fields(Dated))
CLOCK = ("id", "name", *DATED, "met_on", "dropped_on")


def move_one(unit: Unit, move: VersionMove, plan: CasePlan, workflow: Workflow) -> None:
    """Put a case under another version, with all that follows, and write it down whole in its history."""
    case = plan.standing.case
    unit.record(
        EventKind.VERSION_MOVED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={
            "move": move.id,
            "from": plan.from_version,
            "to": workflow.version,
            "reason": move.reason,
            **_changes(plan),
            "before": _before(plan.standing),
        },
    )
    case.workflow_version = workflow.version
    flag_modified(case, "closed_on")  # the version counts it: who has the page open sees the old rules
    _move_tracks(unit, plan, workflow)
    for change in plan.clocks:
        _move_clock(unit, plan.standing, change)


def put_back(unit: Unit, standing: Standing, moved: Mapping[str, Any]) -> None:
    """Put a case back to where it stood before a move; what the move wrote is in `moved`."""
    case, before = standing.case, moved["before"]
    unit.record(
        EventKind.VERSION_REVERTED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={
            "move": moved["move"],
            "from": moved["to"],
            "to": moved["from"],
            "reason": moved["reason"],
            "stages": [{**each, "was": each["now"], "now": each["was"]} for each in moved["stages"]],
            "clocks": [{**each, "was": each["now"], "now": each["was"], "because": ""} for each in moved["clocks"]],
        },
    )
    case.workflow_version = moved["from"]
    flag_modified(case, "closed_on")  # as above
    _put_back_tracks(unit, standing, {row["name"]: row for row in before["tracks"]})
    _put_back_clocks(unit, standing, {row["id"]: row for row in before["clocks"]})
    held = {row["id"]: row["held_at"] for row in before["holds"]}
    for hold in (hold for hold in standing.holds if hold.id in held):
        hold.held_at = held[hold.id]


def _changes(plan: CasePlan) -> dict[str, Any]:
    """Say what changes, in the words of the plan that was looked at."""
    stages = [change for change in plan.stages if change.was != change.now]
    clocks = [change for change in plan.clocks if not change.is_kept]
    return {
        "stages": [{"track": each.track, "title": each.title, "was": each.was, "now": each.now} for each in stages],
        "clocks": [
            {
                "clock": each.clock,
                "title": each.title,
                "was": _text(each.was),
                "now": _text(each.now),
                "because": each.because,
            }
            for each in clocks
        ],
        "said": list(plan.said),
    }


def _before(standing: Standing) -> dict[str, Any]:
    return {
        "tracks": [_row(row, TRACK) for row in standing.tracks],
        "clocks": [_row(row, CLOCK) for row in standing.clocks],
        "holds": [_row(row, HOLD) for row in standing.holds],
    }


def _move_tracks(unit: Unit, plan: CasePlan, workflow: Workflow) -> None:
    standing, case = plan.standing, plan.standing.case
    rows = {row.name: row for row in standing.tracks}
    for change in plan.stages:
        row = rows.get(change.track)
        if row is None and change.now is not None:
            opened = case.opened_on  # as in a case that was opened under this version
            unit.session.add(CaseTrack(case_id=case.id, name=change.track, stage=change.now, since_on=opened))
        elif row is not None and change.now is None:
            unit.session.delete(row)
        elif row is not None and change.now is not None:
            row.stage = change.now
            if change.now not in workflow.track(row.name).finished:
                row.ended_on = None
    _move_held(plan)


def _move_held(plan: CasePlan) -> None:
    for row in plan.standing.tracks:
        if row.held_at is not None:
            row.held_at = plan.held.get(row.name)
    for hold in plan.standing.holds:
        hold.held_at = plan.held.get(hold.track, hold.held_at)


def _move_clock(unit: Unit, standing: Standing, change: ClockChange) -> None:
    row, dated = change.row, change.dated
    if row is not None and (dated is None or dated.counted_from_on != row.counted_from_on):
        row.met_on, row.dropped_on = change.met_on, None if change.met_on else unit.today
        row = None
    if dated is None:
        return
    if row is None:
        row = _of_that_day(standing, change.clock, dated.counted_from_on)
    if row is None:
        row = CaseClock(case_id=standing.case.id, name=change.clock)
        unit.session.add(row)
    row.dropped_on = None
    for name in DATED:
        setattr(row, name, getattr(dated, name))


def _of_that_day(standing: Standing, name: str, day: date) -> CaseClock | None:
    """Find the clock that ran from this day before, and ended unmet: it is taken up again."""
    return next((row for row in standing.clocks if (row.name, row.counted_from_on) == (name, day)), None)


def _put_back_tracks(unit: Unit, standing: Standing, before: Mapping[str, Mapping[str, Any]]) -> None:
    rows = {row.name: row for row in standing.tracks}
    for name, values in before.items():
        row = rows.pop(name, None)
        if row is None:
            row = CaseTrack(case_id=standing.case.id)
            unit.session.add(row)
        _restore(row, values)
    for row in rows.values():
        unit.session.delete(row)


def _put_back_clocks(unit: Unit, standing: Standing, before: Mapping[int, Mapping[str, Any]]) -> None:
    """Put back those that were there. What was started since is ended and not deleted: reminders may name it."""
    for row in standing.clocks:
        if row.id in before:
            _restore(row, before[row.id])
        elif row.is_running:
            row.dropped_on = unit.today


def _row(row: CaseTrack | CaseClock | CaseHold, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _text(getattr(row, name)) for name in names}


def _restore(row: CaseTrack | CaseClock, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, _read(name, value))


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "due_at":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name in DAYS else value
