"""The facts of an action that the guards of its steps read."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import accepts_for_leading_agency, roles_on_action
from reviews.actions.involvement import involvement_in
from reviews.models import Action, ActionPart, Agency, Evidence, ExtensionRequest, ImpactCheck
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import Realm, Role, Step
from workflows.definitions.action import ACTION

TRACK = ACTION.tracks[0]
_QUERIED = frozenset(
    {"evidence", "strands_open", "extension_waiting", "impact_checks_waiting", "accepted_by_own_agency"}
)
"""Facts that cost a query each."""


def facts_of_action(
    session: Session,
    actor: Actor,
    action: Action,
    step: Step | None,
    *,
    on: date,
    answers: Mapping[str, Value] | None = None,
) -> Facts:
    """Gather what the guards read. Facts that cost a query are read only for a step whose guards read them, or where
    no step is named.
    """
    reads = {name for guard in step.only_if for name in guard.reads} if step else _QUERIED
    facts: dict[str, Value] = {
        "owner": action.owner_text or (str(action.owner_id) if action.owner_id is not None else ""),
        "evidence": _evidence(session, action) if "evidence" in reads else 0,
        "strands_open": _open_parts(session, action) if "strands_open" in reads else (),
        "extension_waiting": "extension_waiting" in reads and _extension_waits(session, action),
        "impact_checks_waiting": _checks_waiting(session, action) if "impact_checks_waiting" in reads else 0,
        "times_extended": action.times_extended,
        "impact_test": action.success_measure,
        "accepted_by_own_agency": "accepted_by_own_agency" in reads
        and accepts_for_leading_agency(session, actor, action),
        "granted_by_partner": _is_partner(actor, action),
    }
    if action.due_on is not None:
        facts["due_on"] = action.due_on
    involved_as = involvement_in(session, actor, action, step)
    return Facts({**facts, **(answers or {})}, {TRACK.name: action.stage}, on=on, involved_as=involved_as)


def _evidence(session: Session, action: Action) -> int:
    offered = (Evidence.action_id == action.id, Evidence.withdrawn_on.is_(None))
    return session.scalar(sa.select(sa.func.count()).where(*offered)) or 0


def _open_parts(session: Session, action: Action) -> tuple[str, ...]:
    rows = session.execute(
        sa.select(Agency.name, ActionPart.agency_text)
        .select_from(ActionPart)
        .outerjoin(Agency, Agency.id == ActionPart.agency_id)
        .where(ActionPart.action_id == action.id, ActionPart.ended_on.is_(None))
        .order_by(ActionPart.id)
    )
    return tuple(name or text for name, text in rows)


def _extension_waits(session: Session, action: Action) -> bool:
    asked = sa.select(ExtensionRequest.id).where(
        ExtensionRequest.action_id == action.id, ExtensionRequest.answered_at.is_(None)
    )
    return session.scalar(asked.limit(1)) is not None


def _checks_waiting(session: Session, action: Action) -> int:
    waiting = (ImpactCheck.action_id == action.id, ImpactCheck.answered_on.is_(None))
    return session.scalar(sa.select(sa.func.count()).where(*waiting)) or 0


def _is_partner(actor: Actor, action: Action) -> bool:
    """Whether the actor may grant what only the partners may; in child death review the CDOP manager stands in."""
    roles = roles_on_action(actor, action)
    partner = Role.CDOP_MANAGER if action.realm is Realm.CHILD_DEATHS else Role.SAFEGUARDING_PARTNER
    return roles is None or partner in roles
