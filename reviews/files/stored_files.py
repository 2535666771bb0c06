"""Does every file belong to a piece of evidence, and every such piece have its file?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.db import Database
from reviews.files.store import Readable, Stored, discard, left_alone, store, stored_names
from reviews.models import Evidence
from reviews.transactions.unit_of_work import reading

Taker = Callable[[Readable, str], Stored]


@contextmanager
def taking_files(database: Database, folder: Path, now: datetime) -> Iterator[Taker]:
    """Give what stores a file before the transaction that refers to it. At the end what nothing refers to is gone.

    Whether it is referred to is asked of the database: a transaction may be kept though its answer was lost.
    """
    taken: list[str] = []

    def take(stream: Readable, name: str) -> Stored:
        stored = store(folder, stream, name)
        taken.append(stored.stored_as)
        return stored

    try:
        yield take
    finally:
        if taken:
            _forget_unused(database, folder, [*taken, *left_alone(folder, now)])


def strays(session: Session, folder: Path) -> list[str]:
    """Give the files that no evidence refers to: each is removed when a file is taken a day later."""
    return sorted(stored_names(folder) - _known(session))


def lost_files(session: Session, folder: Path) -> list[str]:
    """Give the evidence whose file is not there."""
    return sorted(_known(session) - stored_names(folder))


def _forget_unused(database: Database, folder: Path, names: list[str]) -> None:
    with reading(database) as session:
        used = set(session.scalars(sa.select(Evidence.stored_as).where(Evidence.stored_as.in_(names))))
    for name in names:
        if name not in used:
            discard(folder, name)


def _known(session: Session) -> set[str]:
    return {name for name in session.scalars(sa.select(Evidence.stored_as)) if name}
