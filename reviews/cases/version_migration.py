"""Move running cases to another version of their workflow, and take the latest move back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.cases.clocks import ClockDates
from reviews.cases.version_dates import plan_case_migration
from reviews.cases.version_plan import (
    CaseMigration,
    CaseSnapshot,
    ClockChange,
    MigrationPlan,
    MigrationRules,
    read_snapshots,
    rulebook,
)
from reviews.cases.version_queries import managed, migratable
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import catalogue_for, present_catalogue
from reviews.definitions.local_rules import LocalRules
from reviews.models import AddedDefinition, Case, CaseClock, CaseHold, CaseTrack, Event, EventKind, VersionMigration
from reviews.models.cases import is_of_present_kind
from reviews.models.event_details import VersionMoved, details_of
from reviews.transactions.unit_of_work import Stale, Unit
from workflows.catalogue import BUILT_IN
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.vocabulary import Workflow

DAYS = (
    "since_on",
    "ended_on",
    "edition_from",
    "counted_from_on",
    "due_on",
    "met_on",
    "dropped_on",
    "target_on",
    "started_on",
)
TRACK = ("name", "stage", "since_on", "ended_on", "held_at")
HOLD = ("id", "held_at")
DATED = tuple(each.name for each in fields(ClockDates))
CLOCK = ("id", "name", *DATED, "met_on", "dropped_on")


def migrate_case(unit: Unit, move: VersionMigration, plan: CaseMigration, workflow: Workflow) -> None:
    """Move one case to another version, and record in its history what changed and how it was before."""
    case = plan.snapshot.case
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
            "before": _before(plan.snapshot),
        },
    )
    case.workflow_version = workflow.version
    flag_modified(case, "closed_on")  # changes the version: who has the page open sees the old rules
    _migrate_tracks(unit, plan, workflow)
    for change in plan.clocks:
        _migrate_clock(unit, plan.snapshot, change)


def revert_case(unit: Unit, snapshot: CaseSnapshot, moved: VersionMoved) -> None:
    """Restore a case as it was before a move. `moved` are the details that the move recorded."""
    case, before = snapshot.case, moved["before"]
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
    _revert_tracks(unit, snapshot, {row["name"]: row for row in before["tracks"]})
    _revert_clocks(unit, snapshot, {row["id"]: row for row in before["clocks"]})
    held = {row["id"]: row["held_at"] for row in before["holds"]}
    for hold in (hold for hold in snapshot.holds if hold.id in held):
        hold.held_at = held[hold.id]


def _changes(plan: CaseMigration) -> dict[str, Any]:
    """Give the details of the event: what changes, and the warnings of the plan."""
    stages = [change for change in plan.stages if change.was != change.now]
    clocks = [change for change in plan.clocks if not change.is_unchanged]
    return {
        "stages": [{"track": each.track, "title": each.title, "was": each.was, "now": each.now} for each in stages],
        "clocks": [
            {
                "clock": each.clock,
                "title": each.title,
                "was": _to_text(each.was),
                "now": _to_text(each.now),
                "because": each.because,
            }
            for each in clocks
        ],
        "said": list(plan.warnings),
    }


def _before(snapshot: CaseSnapshot) -> dict[str, Any]:
    return {
        "tracks": [_columns_of(row, TRACK) for row in snapshot.tracks],
        "clocks": [_columns_of(row, CLOCK) for row in snapshot.clocks],
        "holds": [_columns_of(row, HOLD) for row in snapshot.holds],
    }


def _migrate_tracks(unit: Unit, plan: CaseMigration, workflow: Workflow) -> None:
    snapshot, case = plan.snapshot, plan.snapshot.case
    rows = {row.name: row for row in snapshot.tracks}
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
    _migrate_holds(plan)


def _migrate_holds(plan: CaseMigration) -> None:
    for row in plan.snapshot.tracks:
        if row.held_at is not None:
            row.held_at = plan.held_at.get(row.name)
    for hold in plan.snapshot.holds:
        hold.held_at = plan.held_at.get(hold.track, hold.held_at)


def _migrate_clock(unit: Unit, snapshot: CaseSnapshot, change: ClockChange) -> None:
    row, dated = change.row, change.dated
    if row is not None and (dated is None or dated.counted_from_on != row.counted_from_on):
        row.met_on, row.dropped_on = change.met_on, None if change.met_on else unit.today
        row = None
    if dated is None:
        return
    if row is None:
        row = _clock_of_day(snapshot, change.clock, dated.counted_from_on)
    if row is None:
        row = CaseClock(case_id=snapshot.case.id, name=change.clock)
        unit.session.add(row)
    row.dropped_on = None
    for name in DATED:
        setattr(row, name, getattr(dated, name))


def _clock_of_day(snapshot: CaseSnapshot, name: str, day: date) -> CaseClock | None:
    """Find the clock that was counted from this day before and ended unmet: it runs again."""
    return next((row for row in snapshot.clocks if (row.name, row.counted_from_on) == (name, day)), None)


def _revert_tracks(unit: Unit, snapshot: CaseSnapshot, before: Mapping[str, Mapping[str, Any]]) -> None:
    rows = {row.name: row for row in snapshot.tracks}
    for name, values in before.items():
        row = rows.pop(name, None)
        if row is None:
            row = CaseTrack(case_id=snapshot.case.id)
            unit.session.add(row)
        _restore(row, values)
    for row in rows.values():
        unit.session.delete(row)


def _revert_clocks(unit: Unit, snapshot: CaseSnapshot, before: Mapping[int, Mapping[str, Any]]) -> None:
    """Restore the clocks that were there. Those started since are ended and not deleted: reminders may name them."""
    for row in snapshot.clocks:
        if row.id in before:
            _restore(row, before[row.id])
        elif row.is_running:
            row.dropped_on = unit.today


def _columns_of(row: CaseTrack | CaseClock | CaseHold, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _to_text(getattr(row, name)) for name in names}


def _restore(row: CaseTrack | CaseClock, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, _from_text(name, value))


def _to_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_text(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "due_at":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name in DAYS else value


LONGEST_REASON = 500
NO_RULES = LocalRules({})


@dataclass(frozen=True, slots=True)
class MigrationTarget:
    """Which cases to move to which version: those of a kind, in one partnership or in all of the person's."""

    workflow: str
    version: int
    partnership: str | None = None


def plan_migration(session: Session, actor: Actor, target: MigrationTarget, *, lock: bool = False) -> MigrationPlan:
    """Plan for each running case what the move would change, or why it cannot move. Writes nothing.

    Raises Refused for an unknown kind or version, NotAllowed where this person may not move cases of the kind.
    """
    now = version_named(session, actor, target)
    theirs = migratable(actor, target.workflow, target.partnership)
    found = read_snapshots(session, theirs & (Case.workflow_version != target.version), lock=lock)
    plans = _plan_each(session, target, now, found)
    under_version = (Case.workflow_version == target.version) & theirs
    return MigrationPlan(
        now,
        can=[plan for plan in plans if not plan.reasons],
        cannot=[plan for plan in plans if plan.reasons],
        already=session.scalar(sa.select(sa.func.count()).select_from(Case).where(under_version)) or 0,
    )


def migrate_cases(unit: Unit, target: MigrationTarget, *, reason: str, seen: str | None = None) -> MigrationPlan:
    """Move all cases that can move, together, and record the reason and the changes in the history of each.

    `seen` is the fingerprint of the plan that was shown: raises Stale where the plan has changed since. A second move
    finds nothing to do and writes nothing.
    """
    plan = plan_migration(unit.session, unit.actor, target, lock=True)
    if seen is not None and seen != plan.fingerprint:
        raise Stale
    if not plan.can:
        return plan
    move = VersionMigration(
        workflow=target.workflow,
        to_version=target.version,
        reason=_check_reason(reason),
        cases=len(plan.can),
        moved_at=unit.now,
        moved_by=unit.actor.signature[:200],
    )
    unit.session.add(move)
    unit.session.flush()
    for each in plan.can:
        migrate_case(unit, move, each, plan.workflow)
    unit.session.flush()
    return plan


def version_named(session: Session, actor: Actor, target: MigrationTarget) -> Workflow:
    """Find a version of a kind of case that this person manages.

    Raises Refused naming the kinds or versions there are in their partnerships, and NotAllowed for a kind of another
    realm.
    """
    partnership_ids = None if actor.is_system else actor.partnerships_with(Permission.MANAGE_WORKFLOWS)
    catalogue = catalogue_for(session, partnership_ids)
    versions = catalogue.versions.get(target.workflow)
    if versions is None:
        raise Refused(f"There is no kind of case “{target.workflow[:80]}”. There is: {', '.join(catalogue.versions)}.")
    if target.version not in versions:
        numbers = ", ".join(str(number) for number in sorted(versions))
        raise Refused(f"{catalogue.title(target.workflow)} has no version {target.version}. There is: {numbers}.")
    require_manager(actor, versions[target.version])
    return versions[target.version]


def require_manager(actor: Actor, workflow: Workflow) -> None:
    """Refuse a person who may not move cases of this kind anywhere; a child case is in the realm of its parent."""
    realm = None if workflow.inside else workflow.realm
    if not actor.may(Permission.MANAGE_WORKFLOWS, None, realm):
        raise NotAllowed("You cannot move cases of this kind. Ask a manager of these cases.")


def _plan_each(
    session: Session, target: MigrationTarget, now: Workflow, found: Sequence[CaseSnapshot]
) -> list[CaseMigration]:
    catalogue, calendar = present_catalogue(session), present_calendar(session)
    local, partnership_id = rulebook(session, target.workflow), _only_partnership(session, target)
    plans = []
    for each in found:
        rules = MigrationRules(
            was=catalogue.version(target.workflow, each.case.workflow_version),
            now=now,
            calendar=calendar,
            local=local.get(each.case.partnership_id, NO_RULES),
            is_theirs=partnership_id in (None, each.case.partnership_id),
        )
        plans.append(plan_case_migration(each, rules))
    return plans


def _only_partnership(session: Session, target: MigrationTarget) -> int | None:
    """Give the partnership that a version was added for; None where it is for all."""
    if BUILT_IN.has(target.workflow, target.version):
        return None
    condition = AddedDefinition.name == target.workflow, AddedDefinition.version == target.version
    return session.scalars(sa.select(AddedDefinition.partnership_id).where(*condition)).first()


def _check_reason(reason: str) -> str:
    text = reason.strip()
    if not text:
        raise Refused("Say why the cases move. The history of each case will show the reason.")
    if len(text) > LONGEST_REASON:
        raise Refused(f"The reason must be {LONGEST_REASON} characters or fewer.")
    return text


VERSION_EVENTS = (EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


@dataclass(frozen=True, slots=True)
class CaseReversion:
    """A case that was moved, with the details the move recorded; `why_not` says why it cannot go back."""

    snapshot: CaseSnapshot
    moved: VersionMoved
    why_not: str

    @property
    def reference(self) -> str:
        return self.snapshot.case.reference

    @property
    def partnership(self) -> str:
        return self.snapshot.partnership


@dataclass(frozen=True, slots=True)
class RevertPlan:
    """What taking back the latest move would do. `is_whole`: every case of the move is among them."""

    workflow: Workflow
    move: VersionMigration
    can: Sequence[CaseReversion]
    cannot: Sequence[CaseReversion]
    is_whole: bool


def plan_revert(session: Session, actor: Actor, target: MigrationTarget, *, lock: bool = False) -> RevertPlan:
    """Find which cases of the latest move to a version can go back, and why the others cannot. Writes nothing.

    Raises Refused where there is nothing to take back, or none can go back.
    """
    workflow = version_named(session, actor, target)
    under_version = (Case.workflow == target.workflow) & (Case.workflow_version == target.version)
    snapshots = {
        snapshot.case.id: snapshot
        for snapshot in read_snapshots(session, under_version & managed(actor, target.partnership), lock=lock)
    }
    moved = _latest_migrations(session, under_version)
    details = {key: details_of(event, VersionMoved) for key, event in moved.items()}
    move = _latest_migration(session, target, {each["move"] for key, each in details.items() if key in snapshots})
    if move is None:
        raise Refused(f"{workflow.title}: there is no move to version {target.version} to take back.")
    of_migration = {key: event for key, event in moved.items() if details[key]["move"] == move.id}
    recorded_since = _recorded_since(session, under_version, of_migration, workflow)
    reversions = [
        CaseReversion(snapshot, details[key], recorded_since.get(key, ""))
        for key, snapshot in snapshots.items()
        if key in of_migration
    ]
    can = [each for each in reversions if not each.why_not]
    cannot = [each for each in reversions if each.why_not]
    if not can:
        why = [f"{each.partnership} {each.reference}: {each.why_not}" for each in cannot]
        raise Refused("None of the cases that moved can go back.", why)
    return RevertPlan(workflow, move, can, cannot, is_whole=of_migration.keys() <= snapshots.keys())


def revert_migration(unit: Unit, target: MigrationTarget, *, seen: int | None = None) -> RevertPlan:
    """Take back the latest move to a version, for all cases that can go back, together.

    `seen` is the number of the move that was shown: raises Stale where it is not the latest any more.
    """
    plan = plan_revert(unit.session, unit.actor, target, lock=True)
    if seen is not None and seen != plan.move.id:
        raise Stale
    for each in plan.can:
        revert_case(unit, each.snapshot, each.moved)
    if plan.is_whole:
        plan.move.reverted_at = unit.now
    unit.session.flush()
    return plan


def _latest_migrations(session: Session, under_version: sa.ColumnElement[bool]) -> dict[int, Event]:
    """Give the event that moved each case to its version, by case; cases that were opened under it are left out."""
    query = sa.select(Event).join(Case, Case.id == Event.case_id)
    query = query.where(under_version, is_of_present_kind(Event.id), Event.kind.in_(VERSION_EVENTS))
    latest: dict[int, list[Event]] = {}
    for event in session.scalars(query.order_by(Event.id)):
        events = latest.setdefault(event.case_id or 0, [])
        if event.kind is EventKind.VERSION_MOVED:
            events.append(event)
        elif events:
            events.pop()  # a move that was taken back does not count
    return {key: events[-1] for key, events in latest.items() if events}


def _latest_migration(session: Session, target: MigrationTarget, keys: Iterable[int]) -> VersionMigration | None:
    return session.scalars(
        sa.select(VersionMigration)
        .where(
            VersionMigration.workflow == target.workflow,
            VersionMigration.to_version == target.version,
            VersionMigration.reverted_at.is_(None),
            VersionMigration.id.in_(sorted(keys)),
        )
        .order_by(VersionMigration.id.desc())
    ).first()


def _recorded_since(
    session: Session, under_version: sa.ColumnElement[bool], moved: Mapping[int, Event], workflow: Workflow
) -> dict[int, str]:
    """Name what was recorded in each case since it moved; its actions do not depend on the version."""
    query = sa.select(Event.case_id, Event.id, Event.kind, Event.step, Event.happened_on).where(
        Event.case_id.in_(sa.select(Case.id).where(under_version)),
        Event.id > min(event.id for event in moved.values()),
        Event.action_id.is_(None),
        Event.kind.not_in(VERSION_EVENTS),
    )
    found: dict[int, str] = {}
    for case_id, event_id, kind, step, on in session.execute(query.order_by(Event.id)):
        if case_id is None or case_id in found or case_id not in moved:
            continue
        if event_id > moved[case_id].id:
            taken = workflow.step(step) if step else None
            what = taken.title if taken else sentence(step or kind.value)
            found[case_id] = f"“{what}” of {on:%-d %B %Y} was recorded since."
    return found
