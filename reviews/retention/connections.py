"""What disposal asks of other parts: the right to delete history, the seals of the history, requests for information.

Each stands in one function here, so that how it is done can change without disposal knowing.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from reviews.core.db import Database, open_database
from reviews.core.settings import Settings


def disposal_database(settings: Settings) -> Database:
    """Open the database as the user who may dispose of cases: for now the one whom every command uses."""
    return open_database(settings.database)


@contextmanager
def disposing(_session: Session) -> Iterator[None]:
    """Let history be deleted in this transaction: for now no database refuses it."""
    yield


def note_disposed(_session: Session, _stream: str, _row_ids: Collection[int], _certificate: str) -> None:
    """Have the seals know that rows of a stream are gone by a certificate: for now nothing is sealed."""


def running_requests(_session: Session, _case_ids: Collection[int]) -> int:
    """Count the requests for access or information about these cases that are not answered: for now none are known."""
    return 0
