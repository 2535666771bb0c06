"""Whether the chain over the audit log was verified, for what is disclosed of it."""

from dataclasses import dataclass
from datetime import datetime

from reviews.core.db import Database


@dataclass(frozen=True, slots=True)
class ChainState:
    """`verified_to` is the moment of the last anchor up to which the chain is whole; None where it was not verified."""

    verified_to: datetime | None = None


def chain_state(database: Database, partnership_id: int) -> ChainState:  # what a verification needs
    """Give how far the chain of a partnership is verified. There is no chain yet, so nothing is."""
    return ChainState()
