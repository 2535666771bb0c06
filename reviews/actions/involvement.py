"""Whether an action is a person's own, so that somebody else must decide on it."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import is_owner_or_deputy
from reviews.models import Action, Event, EventKind, ExtensionRequest
from workflows.core.involvement import NOBODY, Involvement
from workflows.core.vocabulary import Step


def involvement_in(session: Session, actor: Actor, action: Action, step: Step | None) -> frozenset[Involvement]:
    """Say why the action is the actor's own. Who asked for time is queried only for a step barred to them, or for all.

    People are known by their number, which stays when they get another name or address.
    """
    if actor.is_system or actor.person_id is None:
        return NOBODY
    asks = step is None or step.barred is None or Involvement.ASKER in step.barred
    found = {
        Involvement.OWNER: is_owner_or_deputy(actor, action),
        Involvement.SUBMITTER: actor.person_id in (action.submitted_by_id, action.submitted_for_id),
        Involvement.ASKER: asks and _is_asker(session, action, actor.person_id),
    }
    return frozenset(involvement for involvement, applies in found.items() if applies)


def _is_asker(session: Session, action: Action, person_id: int) -> bool:
    """Whether they asked for the time that is waited for, or it was asked for them.

    Where nobody has asked, whether they gave the action away since its due date was set: they may take it back after.
    """
    waiting = session.execute(
        sa.select(ExtensionRequest.asked_by_id, ExtensionRequest.asked_for_id).where(
            ExtensionRequest.action_id == action.id, ExtensionRequest.answered_at.is_(None)
        )
    ).first()
    if waiting is not None:
        return person_id in waiting
    moves = (EventKind.ACTION_ASSIGNED, EventKind.ACTION_EXTENDED)
    events = session.scalars(
        sa.select(Event).where(Event.action_id == action.id, Event.kind.in_(moves)).order_by(Event.id.desc())
    )
    for event in events:
        if event.kind is EventKind.ACTION_EXTENDED:
            return False
        if event.details.get("previous") == person_id:
            return True
    return False
