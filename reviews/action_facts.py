"""What is known of an action when a step of it is judged?"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Action, Evidence
from reviews.permissions import Actor
from reviews.roles import roles_on_action
from workflows.definitions.action import ACTION
from workflows.vocabulary import Facts, Realm, Role, Step, Value

TRACK = ACTION.tracks[0]


def facts_of_action(
    session: Session,
    actor: Actor,
    action: Action,
    step: Step | None,
    *,
    on: date,
    given: Mapping[str, Value] | None = None,
) -> Facts:
    """Gather what the guards read; evidence is counted where a guard of the step reads it, or no step is named."""
    counts = step is None or any("evidence" in guard.reads for guard in step.only_if)
    known: dict[str, Value] = {
        "owner": action.owner_text or (str(action.owner_id) if action.owner_id is not None else ""),
        "evidence": _evidence(session, action) if counts else 0,
        "times_extended": action.times_extended,
        "impact_test": action.success_measure,
        "acted_by_owner": action.owner_id is not None and action.owner_id == actor.person_id,
        "submitted_by_same_person": action.submitted_by_id is not None and action.submitted_by_id == actor.person_id,
        "granted_by_partner": _is_partner(actor, action),
    }
    if action.due_on is not None:
        known["due_on"] = action.due_on
    return Facts(known={**known, **(given or {})}, stages={TRACK.name: action.stage}, on=on)


def _evidence(session: Session, action: Action) -> int:
    return session.scalar(sa.select(sa.func.count()).where(Evidence.action_id == action.id)) or 0


def _is_partner(actor: Actor, action: Action) -> bool:
    """Whether the actor may grant what only the partners may; in child death review the CDOP manager stands in."""
    roles = roles_on_action(actor, action)
    partner = Role.CDOP_MANAGER if action.realm is Realm.CHILD_DEATHS else Role.SAFEGUARDING_PARTNER
    return roles is None or partner in roles
