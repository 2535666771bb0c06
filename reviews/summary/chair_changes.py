"""What has changed in this partnership since a day?"""

from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.core.clock import LONDON
from reviews.models import Action, Event, EventKind
from workflows.definitions.action import OPEN

ADDED = (EventKind.ACTION_ADDED, EventKind.ACTION_IMPORTED)


@dataclass(frozen=True, slots=True)
class Changes:
    """Actions added or brought in, ended for whatever reason, and gone past their date without being submitted."""

    new: int
    closed: int
    newly_overdue: int

    @property
    def any(self) -> bool:
        return bool(self.new or self.closed or self.newly_overdue)


def changes_since(session: Session, actor: Actor, *, partnership_id: int, since: date, today: date) -> Changes:
    """Count from the morning of `since`, that day included, of the actions that the actor may see."""
    theirs = (Action.partnership_id == partnership_id, visible(actor, Action))
    overdue = Action.ended_on.is_(None) & Action.stage.in_(sorted(OPEN)) & (Action.due_on >= since)
    closed, newly_overdue = session.execute(
        sa.select(
            sa.func.count().filter(Action.ended_on >= since),
            sa.func.count().filter(overdue & (Action.due_on < today)),
        ).where(*theirs)
    ).one()
    midnight = datetime.combine(since, time(), LONDON)
    recorded = (Event.partnership_id == partnership_id, Event.kind.in_(ADDED), Event.recorded_at >= midnight)
    new = session.scalar(
        sa.select(sa.func.count(sa.distinct(Event.action_id)))
        .join(Action, Action.id == Event.action_id)
        .where(*recorded, *theirs)
    )
    return Changes(new or 0, closed, newly_overdue)
