"""How does each agency's part of a shared action begin and end?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.access.policies import agencies_led, may_end_strand
from reviews.access.visibility import visible
from reviews.actions.details import agency_named
from reviews.cases.validation import check_day
from reviews.models import Action, ActionPart, Agency, EventKind, PartState
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.action import OPEN, SHARED_OUT

LONGEST_NAME = 200
LONGEST_TEXT = 10_000


def strand_of(unit: Unit, action: Action, number: int) -> ActionPart:
    """Find one agency's part of an action by its number; raises NotFound."""
    found = unit.session.scalars(
        sa.select(ActionPart).where(
            ActionPart.id == number, ActionPart.action_id == action.id, visible(unit.actor, ActionPart)
        )
    ).first()
    if found is None:
        raise NotFound
    return found


def add_strand(
    unit: Unit,
    action: Action,
    *,
    agency_id: int | None = None,
    agency_text: str = "",
    due_on: date | None = None,
    note: str = "",
) -> ActionPart:
    """Give an agency, or a body that is no agency here, its part of an action. Raises NotAllowed, Refused.

    The lead of that agency sees the action from then on, so it is for the business unit to say.
    """
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    _require_changeable(action)
    agency = _agency(unit, action, agency_id, agency_text)
    text = "" if agency else " ".join(agency_text.split())[:LONGEST_NAME]
    if agency is None and not text:
        raise Refused("Choose an agency, or enter the name of the body.")
    if any(_name_key(each) == (agency.id if agency else None, text.lower()) for each in _strands(unit, action)):
        raise Refused(f"{agency.name if agency else text} has its part of this action already.")
    strand = ActionPart(
        action_id=action.id, agency_id=agency.id if agency else None, agency_text=text, due_on=due_on, note=_fit(note)
    )
    unit.session.add(strand)
    unit.session.flush()
    _record(unit, EventKind.PART_ADDED, action, strand)
    return strand


def end_strand(
    unit: Unit,
    action: Action,
    strand: ActionPart,
    *,
    state: PartState,
    note: str = "",
    ended_on: date | None = None,
) -> None:
    """Say that an agency's part is done or not needed, the latter with the reason. Raises NotAllowed, Refused.

    It is for the lead of that agency, the action's owner, or the business unit.
    """
    _require_theirs(unit.actor, action, strand)
    _require_changeable(action)
    on = ended_on or unit.today
    check_day(on, unit.today)
    if state is PartState.OPEN or strand.state is not PartState.OPEN:
        raise Refused("This part has ended already. Open it again first." if strand.ended_on else "Say how it ended.")
    if state is PartState.NOT_NEEDED and not note.strip():
        raise Refused("Say why this part is not needed.")
    strand.state, strand.ended_on = state, on
    strand.note = _fit(note) or strand.note
    _record(unit, EventKind.PART_ENDED, action, strand, happened_on=on)


def note_strand(unit: Unit, action: Action, strand: ActionPart, *, note: str) -> None:
    """Say how an agency comes on with its part; the history keeps what was said before. Raises NotAllowed, Refused."""
    _require_theirs(unit.actor, action, strand)
    _require_changeable(action)
    if not note.strip():
        raise Refused("Say how this part comes on.")
    strand.note = _fit(note)
    _record(unit, EventKind.PART_NOTED, action, strand)


def reopen_strand(unit: Unit, action: Action, strand: ActionPart, *, note: str) -> None:
    """Open a part that had ended, with the reason. Raises NotAllowed, Refused."""
    _require_theirs(unit.actor, action, strand)
    _require_changeable(action)
    if strand.state is PartState.OPEN:
        raise Refused("This part is open.")
    if not note.strip():
        raise Refused("Say why this part is opened again.")
    strand.state, strand.ended_on, strand.note = PartState.OPEN, None, _fit(note)
    _record(unit, EventKind.PART_REOPENED, action, strand)


def _require_theirs(actor: Actor, action: Action, strand: ActionPart) -> None:
    if not may_end_strand(actor, action, strand):
        raise NotAllowed("This part is not yours to speak for: it is its agency's lead's, the owner's and the unit's.")


def _require_changeable(action: Action) -> None:
    if action.stage not in SHARED_OUT:
        raise Refused("The action is submitted or finished: what each agency has done stands as it was said.")


def _agency(unit: Unit, action: Action, agency_id: int | None, text: str) -> Agency | None:
    """Find the agency meant: a body called as an agency here is that agency."""
    if agency_id is None:
        return agency_named(unit, action.partnership_id, text) if text.strip() else None
    wanted = sa.select(Agency).where(
        Agency.id == agency_id, Agency.partnership_id == action.partnership_id, visible(unit.actor, Agency)
    )
    found = unit.session.scalars(wanted).first()
    if found is None:
        raise Refused("The agency must be one of the partnership.")
    return found


def _strands(unit: Unit, action: Action) -> list[ActionPart]:
    return list(unit.session.scalars(sa.select(ActionPart).where(ActionPart.action_id == action.id)))


def _name_key(strand: ActionPart) -> tuple[int | None, str]:
    return strand.agency_id, strand.agency_text.lower()


def _fit(note: str) -> str:
    if len(note) > LONGEST_TEXT:
        raise Refused(f"A note must be {LONGEST_TEXT:,} characters or fewer.")
    return note.strip()


def _record(
    unit: Unit, kind: EventKind, action: Action, strand: ActionPart, *, happened_on: date | None = None
) -> None:
    flag_modified(action, "stage")  # the version counts what changes other tables too
    name = strand.agency_text
    if strand.agency_id is not None:
        name = unit.session.scalars(sa.select(Agency.name).where(Agency.id == strand.agency_id)).one()
    unit.record(
        kind,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        happened_on=happened_on,
        details={"strand": name, "state": strand.state.value, "strand_note": strand.note},
    )


@dataclass(frozen=True, slots=True)
class StrandLine:
    """One agency's part. `due_on` is its own day, or that of the action where it has none.

    `runs` says that it is open and so is the action: only then can it be late.
    """

    number: int
    name: str
    is_agency: bool
    state: PartState
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
    name = sa.func.coalesce(Agency.name, ActionPart.agency_text)
    rows = session.execute(
        sa.select(ActionPart, name)
        .outerjoin(Agency, Agency.id == ActionPart.agency_id)
        .where(ActionPart.action_id == action.id, visible(actor, ActionPart))
        .order_by(sa.case((ActionPart.ended_on.is_(None), 0), else_=1), name, ActionPart.id)
    )
    return [_line(actor, action, strand, named) for strand, named in rows]


def parts_led(session: Session, actor: Actor, action: Action) -> list[str]:
    """Name the agencies with a part in an action that the actor leads for, by name; none in child death review."""
    led = agencies_led(actor, action)
    if not led:
        return []
    parts = sa.select(Agency.name).join(ActionPart, ActionPart.agency_id == Agency.id)
    mine = (ActionPart.action_id == action.id, Agency.id.in_(sorted(led)))
    return list(session.scalars(parts.where(*mine).order_by(Agency.name)))


def shares(session: Session, action_ids: Iterable[int], today: date) -> Mapping[int, Share]:
    """Count for each action, by number, how many agencies have ended their part; actions without parts are left out."""
    due_on = sa.func.coalesce(ActionPart.due_on, Action.due_on)
    late = sa.case((ActionPart.ended_on.is_(None) & Action.stage.in_(sorted(OPEN)) & (due_on < today), 1))
    keys = sorted(action_ids)
    if not keys:
        return {}
    rows = session.execute(
        sa.select(ActionPart.action_id, sa.func.count(ActionPart.ended_on), sa.func.count(), sa.func.count(late))
        .join(Action, Action.id == ActionPart.action_id)
        .where(ActionPart.action_id.in_(keys))
        .group_by(ActionPart.action_id)
    )
    return {key: Share(ended, total, behind) for key, ended, total, behind in rows}


def strands_as_data(session: Session, action_ids: Iterable[int]) -> Mapping[int, Sequence[Mapping[str, str]]]:
    """Give the parts of actions, by number of the action, as JSON and exports hold them: days in ISO 8601 or ""."""
    rows = session.execute(
        sa.select(ActionPart, sa.func.coalesce(Agency.name, ActionPart.agency_text))
        .outerjoin(Agency, Agency.id == ActionPart.agency_id)
        .where(ActionPart.action_id.in_(sorted(action_ids)))
        .order_by(ActionPart.id)
    )
    found: dict[int, list[Mapping[str, str]]] = {}
    for strand, name in rows:
        found.setdefault(strand.action_id, []).append(_as_data(strand, name))
    return found


def _as_data(strand: ActionPart, name: str) -> dict[str, str]:
    days = {"due_on": strand.due_on, "ended_on": strand.ended_on}
    said = {key: day.isoformat() if day else "" for key, day in days.items()}
    return {"name": name, "state": strand.state.value, "note": strand.note, **said}


def _line(actor: Actor, action: Action, strand: ActionPart, name: str) -> StrandLine:
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
        runs=strand.state is PartState.OPEN and action.stage in OPEN,
    )
