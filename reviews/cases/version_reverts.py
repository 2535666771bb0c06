"""How are cases that moved to another version taken back?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.cases.commands_version_plan import Standing
from reviews.cases.version_migration import put_back
from reviews.cases.version_moves import Target, version_named
from reviews.cases.version_plan import standings
from reviews.cases.version_queries import managed
from reviews.models import Case, Event, EventKind, VersionMove
from reviews.transactions.unit_of_work import Stale, Unit
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.vocabulary import Workflow

TURNS = (EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


@dataclass(frozen=True, slots=True)
class Return:
    """A case that was moved, with what the move wrote; `why_not` says what keeps it where it is."""

    standing: Standing
    moved: Mapping[str, Any]
    why_not: str

    @property
    def reference(self) -> str:
        return self.standing.case.reference

    @property
    def partnership(self) -> str:
        return self.standing.partnership


@dataclass(frozen=True, slots=True)
class RevertPlan:
    """What taking back the latest move would do. `is_whole`: no case of it is somebody else's to take back."""

    workflow: Workflow
    move: VersionMove
    can: Sequence[Return]
    cannot: Sequence[Return]
    is_whole: bool


def plan_revert(session: Session, actor: Actor, target: Target, *, lock: bool = False) -> RevertPlan:
    """Say which cases of the latest move to a version can go back, and why the others cannot. Writes nothing.

    Raises Refused where there is nothing to take back, or none can go back.
    """
    workflow = version_named(session, actor, target)
    there = (Case.workflow == target.workflow) & (Case.workflow_version == target.version)
    mine = {each.case.id: each for each in standings(session, there & managed(actor, target.partnership), lock=lock)}
    moved = _moved(session, there)
    move = _latest(session, target, {one.details["move"] for key, one in moved.items() if key in mine})
    if move is None:
        raise Refused(f"{workflow.title}: no move to version {target.version} is there to take back.")
    of_it = {key: one for key, one in moved.items() if one.details["move"] == move.id}
    since = _since(session, there, of_it, workflow)
    returns = [Return(each, of_it[key].details, since.get(key, "")) for key, each in mine.items() if key in of_it]
    can, cannot = [one for one in returns if not one.why_not], [one for one in returns if one.why_not]
    if not can:
        why = [f"{one.partnership} {one.reference}: {one.why_not}" for one in cannot]
        raise Refused("None of the cases that moved can go back.", why)
    return RevertPlan(workflow, move, can, cannot, is_whole=of_it.keys() <= mine.keys())


def revert_move(unit: Unit, target: Target, *, seen: int | None = None) -> RevertPlan:
    """Take back the latest move to a version: all that can go back do, together.

    `seen` is the move somebody looked at: raises Stale where it is not the latest any more.
    """
    plan = plan_revert(unit.session, unit.actor, target, lock=True)
    if seen is not None and seen != plan.move.id:
        raise Stale
    for each in plan.can:
        put_back(unit, each.standing, each.moved)
    if plan.is_whole:
        plan.move.reverted_at = unit.now
    unit.session.flush()
    return plan


def _moved(session: Session, there: sa.ColumnElement[bool]) -> dict[int, Event]:
    """Give the move that brought each case to the version it is at; none for one that was opened under it."""
    query = sa.select(Event).where(Event.case_id.in_(sa.select(Case.id).where(there)), Event.kind.in_(TURNS))
    latest: dict[int, list[Event]] = {}
    for event in session.scalars(query.order_by(Event.id)):
        turns = latest.setdefault(event.case_id or 0, [])
        if event.kind is EventKind.VERSION_MOVED:
            turns.append(event)
        elif turns:
            turns.pop()  # what was taken back is as if it had not been
    return {key: turns[-1] for key, turns in latest.items() if turns}


def _latest(session: Session, target: Target, keys: Iterable[int]) -> VersionMove | None:
    return session.scalars(
        sa.select(VersionMove)
        .where(
            VersionMove.workflow == target.workflow,
            VersionMove.to_version == target.version,
            VersionMove.reverted_at.is_(None),
            VersionMove.id.in_(sorted(keys)),
        )
        .order_by(VersionMove.id.desc())
    ).first()


def _since(
    session: Session, there: sa.ColumnElement[bool], moved: Mapping[int, Event], workflow: Workflow
) -> dict[int, str]:
    """Say what was recorded in a case since it moved; what was done to its actions goes by no version of it."""
    query = sa.select(Event.case_id, Event.id, Event.kind, Event.step, Event.happened_on).where(
        Event.case_id.in_(sa.select(Case.id).where(there)),
        Event.id > min(event.id for event in moved.values()),
        Event.action_id.is_(None),
        Event.kind.not_in(TURNS),
    )
    found: dict[int, str] = {}
    for case_id, event_id, kind, step, on in session.execute(query.order_by(Event.id)):
        if case_id is None or case_id in found or case_id not in moved:
            continue
        if event_id > moved[case_id].id:
            known = workflow.step(step) if step else None
            what = known.title if known else sentence(step or kind.value)
            found[case_id] = f"“{what}” of {on.day} {on:%B %Y} was recorded since."
    return found
