"""How far the chain over the audit log was verified, for what is disclosed of it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from reviews.core.db import Database
from reviews.models import Anchor, Stream
from reviews.transactions.unit_of_work import reading


@dataclass(frozen=True, slots=True)
class ChainState:
    """`verified_to` is the moment of the last anchor up to which the chain is whole; None where it was not verified."""

    verified_to: datetime | None = None


def chain_state(database: Database, partnership_id: int) -> ChainState:
    """Give how far the last verification found the chain of a partnership whole (`followthrough audit verify`)."""
    newest = sa.select(sa.func.max(Anchor.at)).where(
        Anchor.stream == Stream.AUDIT_LOG, Anchor.partnership_id == partnership_id, Anchor.verified_at.is_not(None)
    )
    with reading(database) as session:
        return ChainState(session.scalar(newest))
