"""Of which actions does a member of a scrutiny committee read text and standing only?"""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action
from workflows.core.roles import Role


def without_scrutiny(session: Session, actor: Actor, wanted: sa.Select[Any]) -> frozenset[int] | None:
    """Give the actions, of those wanted, that the actor would see without that post too; None where they have none."""
    others = tuple(post for post in actor.posts if post.role is not Role.SCRUTINY_MEMBER)
    if len(others) == len(actor.posts):
        return None
    otherwise = visible(replace(actor, posts=others), Action)
    return frozenset(session.scalars(sa.select(Action.id).where(Action.id.in_(wanted), otherwise)))
