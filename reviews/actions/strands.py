"""How far is each agency with its part of a shared action?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import agencies_led, may_end_strand
from reviews.access.visibility import visible
from reviews.models import Action, ActionStrand, Agency, StrandState
from workflows.definitions.action import OPEN, SHARED_OUT


@dataclass(frozen=True, slots=True)
class StrandLine:
    """One agency's part. `due_on` is its own day, or that of the action where it has none.

    `runs` says that it is open and so is the action: only then can it be late.
    """

    number: int
    name: str
    is_agency: bool
    state: StrandState
    note: str
    due_on: date | None
    has_own_day: bool
    ended_on: date | None
    may_end: bool
    runs: bool

    def days_late(self, today: date) -> int:
        return (today - self.due_on).days if self.runs and self.due_on and self.due_on < today else 0


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the agencies have ended their part, done or not needed any more, and how many are late with it."""

    ended: int
    total: int
    late: int

    @property
    def in_words(self) -> str:
        return f"{self.ended} of {self.total} agencies done{f', {self.late} late' if self.late else ''}"


def strands_of(session: Session, actor: Actor, action: Action) -> list[StrandLine]:
    """List the parts of an action, the open ones first, by name."""
    name = sa.func.coalesce(Agency.name, ActionStrand.agency_text)
    rows = session.execute(
        sa.select(ActionStrand, name)
        .outerjoin(Agency, Agency.id == ActionStrand.agency_id)
        .where(ActionStrand.action_id == action.id, visible(actor, ActionStrand))
        .order_by(sa.case((ActionStrand.ended_on.is_(None), 0), else_=1), name, ActionStrand.id)
    )
    return [_line(actor, action, strand, named) for strand, named in rows]


def parts_led(session: Session, actor: Actor, action: Action) -> list[str]:
    """Name the agencies with a part in an action that the actor leads for, by name; none in child death review."""
    led = agencies_led(actor, action)
    if not led:
        return []
    parts = sa.select(Agency.name).join(ActionStrand, ActionStrand.agency_id == Agency.id)
    mine = (ActionStrand.action_id == action.id, Agency.id.in_(sorted(led)))
    return list(session.scalars(parts.where(*mine).order_by(Agency.name)))


def shares(session: Session, action_ids: Iterable[int], today: date) -> Mapping[int, Share]:
    """Count for each action, by number, how many agencies have ended their part; actions without parts are left out."""
    due_on = sa.func.coalesce(ActionStrand.due_on, Action.due_on)
    late = sa.case((ActionStrand.ended_on.is_(None) & Action.stage.in_(sorted(OPEN)) & (due_on < today), 1))
    keys = sorted(action_ids)
    if not keys:
        return {}
    rows = session.execute(
        sa.select(ActionStrand.action_id, sa.func.count(ActionStrand.ended_on), sa.func.count(), sa.func.count(late))
        .join(Action, Action.id == ActionStrand.action_id)
        .where(ActionStrand.action_id.in_(keys))
        .group_by(ActionStrand.action_id)
    )
    return {key: Share(ended, total, behind) for key, ended, total, behind in rows}


def strands_as_data(session: Session, action_ids: Iterable[int]) -> Mapping[int, Sequence[Mapping[str, str]]]:
    """Give the parts of actions, by number of the action, as JSON and exports hold them: days in ISO 8601 or ""."""
    rows = session.execute(
        sa.select(ActionStrand, sa.func.coalesce(Agency.name, ActionStrand.agency_text))
        .outerjoin(Agency, Agency.id == ActionStrand.agency_id)
        .where(ActionStrand.action_id.in_(sorted(action_ids)))
        .order_by(ActionStrand.id)
    )
    found: dict[int, list[Mapping[str, str]]] = {}
    for strand, name in rows:
        found.setdefault(strand.action_id, []).append(_as_data(strand, name))
    return found


def _as_data(strand: ActionStrand, name: str) -> dict[str, str]:
    days = {"due_on": strand.due_on, "ended_on": strand.ended_on}
    said = {key: day.isoformat() if day else "" for key, day in days.items()}
    return {"name": name, "state": strand.state.value, "note": strand.note, **said}


def _line(actor: Actor, action: Action, strand: ActionStrand, name: str) -> StrandLine:
    return StrandLine(
        number=strand.id,
        name=name,
        is_agency=strand.agency_id is not None,
        state=strand.state,
        note=strand.note,
        due_on=strand.due_on or action.due_on,
        has_own_day=strand.due_on is not None,
        ended_on=strand.ended_on,
        may_end=action.stage in SHARED_OUT and may_end_strand(actor, action, strand),
        runs=strand.state is StrandState.OPEN and action.stage in OPEN,
    )
