"""The generation that a restore begins: nothing is sent until somebody has looked and released it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Generation
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

HELD = "This installation was restored, and nothing is sent until it is released"
"""Without its full stop: how to release it may follow."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The last restore: when, from the backup of which moment, and when it was released."""

    begun_at: datetime
    backup_made_at: datetime
    released_at: datetime | None


def last_restore(session: Session) -> Restored | None:
    row = session.scalars(sa.select(Generation).order_by(Generation.id.desc()).limit(1)).first()
    if row is None:
        return None
    return Restored(row.begun_at, row.backup_made_at, row.released_at)


def is_held(session: Session) -> bool:
    return session.scalar(sa.select(Generation.id).where(Generation.released_at.is_(None)).limit(1)) is not None


def generation_of(session: Session) -> int:
    """Count the restores. It goes into what must not be the same as before one, such as a Message-ID."""
    return session.scalar(sa.select(sa.func.count()).select_from(Generation)) or 0


def release(unit: Unit) -> None:
    """Let a restored installation send again. Raises NotAllowed for anybody but an operator, and Refused."""
    unit.actor.require_operator()
    held = unit.session.scalars(sa.select(Generation).where(Generation.released_at.is_(None)).with_for_update()).all()
    if not held:
        raise Refused("Nothing is held: mails are sent as usual.")
    for generation in held:
        generation.released_at, generation.released_by = unit.now, unit.actor.signature
