"""How is it arranged who stands in for an owner, what kind of action it is, and when it begins and is looked at?"""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.policies import roles_on_action
from reviews.actions.details import find_member
from reviews.actions.particulars import check_particulars, refuse_own_deputy
from reviews.actions.take_step import require_step
from reviews.models import Action, EventKind
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.definitions.action import UNFINISHED, WORKERS


class Particulars(TypedDict, total=False):
    """What is to be kept; what is left out stays. `deputy` is an e-mail address; "" and None keep nothing."""

    deputy: str
    kind: str
    start_on: date | None
    review_on: date | None


def arrange_action(unit: Unit, action: Action, wanted: Particulars) -> Action:
    """Change what is kept of an action. Raises NotAllowed, WrongRole, WrongStage, Refused, also where nothing changes.

    The deputy is for those who may give the action to an owner, the rest for those who work on it.
    """
    _require_worker(unit, action)
    changes = _changed(action, _columns(unit, action, wanted))
    if not changes:
        raise Refused("Nothing is changed: this is kept of the action already.")
    if "deputy_id" in changes:
        require_step(unit, action, "assign")
        refuse_own_deputy(action.owner_id, changes["deputy_id"])
    before = {name: getattr(action, name) for name in changes}
    for name, value in changes.items():
        setattr(action, name, value)
    check_particulars(action.kind, action.start_on, action.due_on if "start_on" in changes else None, action.review_on)
    unit.record(
        EventKind.ACTION_CHANGED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"before": _as_kept(before), "now": _as_kept(changes)},
    )
    return action


def may_arrange(actor: Actor, action: Action) -> bool:
    """Whether anything kept of the action is this person's to change now."""
    roles = roles_on_action(actor, action)
    return action.stage in UNFINISHED and (roles is None or bool(roles & WORKERS))


def _require_worker(unit: Unit, action: Action) -> None:
    if action.stage not in UNFINISHED:
        raise Refused("The action is finished: what is kept of it stands.")
    if not may_arrange(unit.actor, action):
        raise NotAllowed("What is kept of an action is for its owner, their deputy, the agency's lead and the unit.")


def _columns(unit: Unit, action: Action, wanted: Particulars) -> dict[str, Any]:
    columns: dict[str, Any] = {name: value for name, value in wanted.items() if name != "deputy"}
    if "deputy" in wanted:
        email = wanted["deputy"].strip()
        columns["deputy_id"] = find_member(unit, action.partnership_id, email)[0].id if email else None
    return columns


def _changed(action: Action, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if getattr(action, name) != value}


def _as_kept(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Write columns as JSON holds them: days in ISO 8601, a person by number."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in columns.items()}
