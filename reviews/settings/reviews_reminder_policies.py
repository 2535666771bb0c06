"""Which reminder policies may a partnership follow: the built-in ones, and those it wrote itself?"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import ReminderPolicy
from workflows.core.deadlines import Ladder, Rung
from workflows.core.ladder_words import DEPUTY
from workflows.core.roles import Role
from workflows.definitions.shared.ladder_policies import POLICIES

USUAL_HOUR = "07:30"
"""Europe/London; when the round begins of a partnership that follows a built-in policy."""


def known_policies(session: Session, partnership_id: int) -> dict[str, Ladder]:
    """Give the ladders by name, the built-in ones first."""
    own = {row.name: ladder_of(row) for row in own_policies(session, partnership_id)}
    return {**POLICIES, **own}


def own_policies(session: Session, partnership_id: int) -> list[ReminderPolicy]:
    query = sa.select(ReminderPolicy).where(ReminderPolicy.partnership_id == partnership_id)
    return list(session.scalars(query.order_by(ReminderPolicy.title, ReminderPolicy.id)))


def hour_of(session: Session, partnership_id: int, name: str) -> str:
    """Give the hour a policy says, `07:30`."""
    wanted = (ReminderPolicy.partnership_id == partnership_id, ReminderPolicy.name == name)
    return session.scalar(sa.select(ReminderPolicy.begins).where(*wanted)) or USUAL_HOUR


def ladder_of(row: ReminderPolicy) -> Ladder:
    rungs = tuple(rung_of(data) for data in row.rungs)
    return Ladder(row.name, row.title, rungs, f"Written by {row.written_by.partition(' <')[0]}")


def rung_of(data: Mapping[str, Any]) -> Rung:
    """Build a rung from its plain data, as `workflows.files.plain_data.rung_data` gives it."""
    return Rung(
        name=data["name"],
        days=data["days"],
        tells=frozenset(Role(name) for name in data["tells"] if name != DEPUTY),
        working=data["working"],
        every=data["every"],
        deputy=DEPUTY in data["tells"],
    )
