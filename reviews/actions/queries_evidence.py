"""Which piece of evidence is this, and may it be taken?"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import keeps_the_plan
from reviews.access.visibility import visible
from reviews.models import Action, Evidence
from reviews.transactions.unit_of_work import NotFound


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
