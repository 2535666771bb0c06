"""Parts of a shared action: one for each agency that has one, from its beginning to its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.access.policies import agencies_led, may_end_part
from reviews.access.visibility import visible
from reviews.actions.details import agency_named
from reviews.cases.late import is_awaiting_status
from reviews.cases.validation import check_day
from reviews.models import Action, ActionPart, Agency, EventKind, PartState
from reviews.transactions.references import require_credible
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import KnownDay
from workflows.core.engine import Refused
from workflows.core.lateness import Lateness, days_past
from workflows.definitions.action import OPEN, SHARED_OUT

LONGEST_NAME = 200
LONGEST_TEXT = 10_000


def find_action_part(unit: Unit, action: Action, number: int) -> ActionPart:
    """Find one agency's part of an action by its number; raises NotFound."""
    found = unit.session.scalars(
        sa.select(ActionPart).where(
            ActionPart.id == number, ActionPart.action_id == action.id, visible(unit.actor, ActionPart)
        )
    ).first()
    if found is None:
        raise NotFound
    return found


WHOSE_PART = "Choose an agency, or enter the name of another body."
HOW_IT_GOES = "Say how this part is going."
WHY_NOT_NEEDED = "Say why this part is not needed."
WHY_OPEN_AGAIN = "Say why you open this part again."


def add_action_part(
    unit: Unit,
    action: Action,
    *,
    agency_id: int | None = None,
    agency_text: str = "",
    due_on: date | None = None,
    note: str = "",
) -> ActionPart:
    """Give an agency, or another body, its part of an action. Raises NotAllowed, Refused.

    Only the business unit may, as the lead of that agency sees the action from then on.
    """
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    _require_changeable(action)
    require_credible(due_on, "The due date of its part")
    agency = _agency(unit, action, agency_id, agency_text)
    text = "" if agency else " ".join(agency_text.split())[:LONGEST_NAME]
    if agency is None and not text:
        raise Refused(WHOSE_PART)
    parts = unit.session.scalars(sa.select(ActionPart).where(ActionPart.action_id == action.id))
    key = (agency.id if agency else None, text.lower())
    if any((part.agency_id, part.agency_text.lower()) == key for part in parts):
        raise Refused(f"{agency.name if agency else text} already has a part of this action.")
    part = ActionPart(
        action_id=action.id, agency_id=agency.id if agency else None, agency_text=text, due_on=due_on, note=_fit(note)
    )
    unit.session.add(part)
    unit.session.flush()
    _record(unit, EventKind.PART_ADDED, action, part)
    return part


def end_action_part(
    unit: Unit,
    action: Action,
    part: ActionPart,
    *,
    state: PartState,
    note: str = "",
    ended_on: date | None = None,
) -> None:
    """Record that an agency's part is done, or with the reason that it is not needed. Raises NotAllowed, Refused.

    The lead of that agency, the action's owner and the business unit may.
    """
    _require_theirs(unit.actor, action, part)
    _require_changeable(action)
    on = ended_on or unit.today
    check_day(on, unit.today)
    if state is PartState.OPEN or part.state is not PartState.OPEN:
        raise Refused("This part has already ended. Open it again first." if part.ended_on else "Say how it ended.")
    if state is PartState.NOT_NEEDED and not note.strip():
        raise Refused(WHY_NOT_NEEDED)
    part.state, part.ended_on = state, on
    part.note = _fit(note) or part.note
    _record(unit, EventKind.PART_ENDED, action, part, happened_on=on)


def note_part(unit: Unit, action: Action, part: ActionPart, *, note: str) -> None:
    """Record how an agency's part is going; the history keeps earlier notes. Raises NotAllowed, Refused."""
    _require_theirs(unit.actor, action, part)
    _require_changeable(action)
    if not note.strip():
        raise Refused(HOW_IT_GOES)
    part.note = _fit(note)
    _record(unit, EventKind.PART_NOTED, action, part)


def reopen_part(unit: Unit, action: Action, part: ActionPart, *, note: str) -> None:
    """Open a part that had ended, with the reason. Raises NotAllowed, Refused."""
    _require_theirs(unit.actor, action, part)
    _require_changeable(action)
    if part.state is PartState.OPEN:
        raise Refused("This part is already open.")
    if not note.strip():
        raise Refused(WHY_OPEN_AGAIN)
    part.state, part.ended_on, part.note = PartState.OPEN, None, _fit(note)
    _record(unit, EventKind.PART_REOPENED, action, part)


def _require_theirs(actor: Actor, action: Action, part: ActionPart) -> None:
    if not may_end_part(actor, action, part):
        raise NotAllowed(
            "Only the lead of its agency, the owner of the action and the business unit can change this part."
        )


def _require_changeable(action: Action) -> None:
    if action.stage not in SHARED_OUT:
        raise Refused("You cannot change the parts of an action that is submitted or finished.")


def _agency(unit: Unit, action: Action, agency_id: int | None, text: str) -> Agency | None:
    """Find the agency by its number, or by its name where that is typed as another body."""
    if agency_id is None:
        return agency_named(unit, action.partnership_id, text) if text.strip() else None
    query = sa.select(Agency).where(
        Agency.id == agency_id, Agency.partnership_id == action.partnership_id, visible(unit.actor, Agency)
    )
    found = unit.session.scalars(query).first()
    if found is None:
        raise Refused("Choose an agency of this partnership.")
    return found


def _fit(note: str) -> str:
    if len(note) > LONGEST_TEXT:
        raise Refused(f"A note must be {LONGEST_TEXT:,} characters or fewer.")
    return note.strip()


def _record(unit: Unit, kind: EventKind, action: Action, part: ActionPart, *, happened_on: date | None = None) -> None:
    flag_modified(action, "stage")  # the version counts what changes other tables too
    name = part.agency_text
    if part.agency_id is not None:
        name = unit.session.scalars(sa.select(Agency.name).where(Agency.id == part.agency_id)).one()
    unit.record(
        kind,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        happened_on=happened_on,
        details={"strand": name, "state": part.state.value, "strand_note": part.note},
    )


@dataclass(frozen=True, slots=True)
class PartLine:
    """One agency's part. `due_on` is its day, or that of the action where it has none.

    `runs` says that it is open and so is the action: only then can it be late.
    """

    number: int
    name: str
    is_agency: bool
    state: PartState
    note: str
    due_on: date | None
    due: KnownDay
    ended_on: date | None
    may_end: bool
    runs: bool

    def lateness(self, today: date) -> Lateness:
        """Give how late it was done, or is while it runs; what is not needed is not late."""
        return days_past(self.due_on, self.ended_on if self.state is PartState.DONE else today if self.runs else None)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the agencies have ended their part, done or not needed any more, and how many are late with it."""

    ended: int
    total: int
    late: int

    @property
    def in_words(self) -> str:
        return f"{self.ended} of {self.total} agencies done{f', {self.late} late' if self.late else ''}"


def parts_of_action(session: Session, actor: Actor, action: Action) -> list[PartLine]:
    """List the parts of an action, the open ones first, by name."""
    name = sa.func.coalesce(Agency.name, ActionPart.agency_text)
    rows = session.execute(
        sa.select(ActionPart, name)
        .outerjoin(Agency, Agency.id == ActionPart.agency_id)
        .where(ActionPart.action_id == action.id, visible(actor, ActionPart))
        .order_by(sa.case((ActionPart.ended_on.is_(None), 0), else_=1), name, ActionPart.id)
    )
    return [_line(actor, action, part, named) for part, named in rows]


def parts_led(session: Session, actor: Actor, action: Action) -> list[str]:
    """Name the agencies with a part in an action that the actor leads for; none in child death review."""
    led = agencies_led(actor, action)
    if not led:
        return []
    parts = sa.select(Agency.name).join(ActionPart, ActionPart.agency_id == Agency.id)
    theirs = (ActionPart.action_id == action.id, Agency.id.in_(sorted(led)))
    return list(session.scalars(parts.where(*theirs).order_by(Agency.name)))


def shares(session: Session, action_ids: Iterable[int], today: date) -> Mapping[int, Share]:
    """Count for each action, by number, how many agencies have ended their part; actions without parts are left out."""
    keys = sorted(action_ids)
    rows = session.execute(_shares(today), {"of": keys}) if keys else ()
    return {key: Share(ended, total, behind) for key, ended, total, behind in rows}


@lru_cache(maxsize=8)
def _shares(today: date) -> sa.Select[int, int, int, int]:
    """Build the query. Cached: every list of actions asks it, and building takes as long as running it."""
    of: sa.BindParameter[int] = sa.bindparam("of", expanding=True)
    due_on = sa.func.coalesce(ActionPart.due_on, Action.due_on)
    is_open = Action.stage.in_(sorted(OPEN)) & ~is_awaiting_status()
    late = sa.case((ActionPart.ended_on.is_(None) & is_open & (due_on < today), 1))
    return (
        sa.select(ActionPart.action_id, sa.func.count(ActionPart.ended_on), sa.func.count(), sa.func.count(late))
        .join(Action, Action.id == ActionPart.action_id)
        .where(ActionPart.action_id.in_(of))
        .group_by(ActionPart.action_id)
    )


def parts_as_data(session: Session, action_ids: Iterable[int]) -> Mapping[int, Sequence[Mapping[str, str]]]:
    """Give the parts of actions, by number of the action, as JSON and exports hold them: days in ISO 8601 or ""."""
    rows = session.execute(
        sa.select(ActionPart, sa.func.coalesce(Agency.name, ActionPart.agency_text))
        .outerjoin(Agency, Agency.id == ActionPart.agency_id)
        .where(ActionPart.action_id.in_(sorted(action_ids)))
        .order_by(ActionPart.id)
    )
    found: dict[int, list[Mapping[str, str]]] = {}
    for part, name in rows:
        found.setdefault(part.action_id, []).append(_as_data(part, name))
    return found


def _as_data(part: ActionPart, name: str) -> dict[str, str]:
    days = {"due_on": part.due_on, "ended_on": part.ended_on}
    texts = {key: day.isoformat() if day else "" for key, day in days.items()}
    return {"name": name, "state": part.state.value, "note": part.note, **texts}


def _line(actor: Actor, action: Action, part: ActionPart, name: str) -> PartLine:
    return PartLine(
        number=part.id,
        name=name,
        is_agency=part.agency_id is not None,
        state=part.state,
        note=part.note,
        due_on=part.due_on or action.due_on,
        due=part.due_on or action.due,
        ended_on=part.ended_on,
        may_end=action.stage in SHARED_OUT and may_end_part(actor, action, part),
        runs=part.state is PartState.OPEN and action.stage in OPEN and not action.awaiting_status,
    )
