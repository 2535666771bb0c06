"""What did others see for themselves of one action?"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action, Assurance


def assurances_of(session: Session, actor: Actor, action: Action) -> Sequence[Assurance]:
    """Give the words of assurance, the latest day first."""
    wanted = sa.select(Assurance).join(Action, Action.id == Assurance.action_id)
    return session.scalars(
        wanted.where(Assurance.action_id == action.id, visible(actor, Action)).order_by(
            Assurance.seen_on.desc(), Assurance.id.desc()
        )
    ).all()
