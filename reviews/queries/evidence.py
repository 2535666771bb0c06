"""Which piece of evidence is this, and may it be taken?"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Action, Evidence
from reviews.permissions import Actor
from reviews.roles import keeps_the_plan
from reviews.unit import NotFound
from reviews.visibility import visible


def stored_evidence(session: Session, actor: Actor, action: Action, number: int) -> Evidence:
    """Give a piece that has a file, of this action and no other. Raises NotFound, also for what was withdrawn.

    The managers of the plan still read that.
    """
    wanted = sa.select(Evidence).join(Action, Action.id == Evidence.action_id)
    found = session.scalars(
        wanted.where(
            Evidence.id == number,
            Evidence.action_id == action.id,
            Evidence.stored_as.is_not(None),
            visible(actor, Action),
        )
    ).first()
    if found is None or (found.withdrawn_on is not None and not keeps_the_plan(actor, action)):
        raise NotFound
    return found
