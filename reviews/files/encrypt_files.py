"""Encrypting the files that an earlier version stored as they were."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.keyring import keyring_of
from reviews.core.settings import Settings
from reviews.files.file_checks import note_damaged, strays
from reviews.files.store import (
    STRAY_AFTER,
    DamagedFile,
    discard,
    discard_unused,
    folder_of,
    open_sound,
    seal_file,
    stored_file,
)
from reviews.models import Evidence
from reviews.transactions.unit_of_work import reading, unit_of_work

_PLAIN = (Evidence.stored_as.is_not(None), Evidence.wrapped_key.is_(None))
"""Attachments came with encryption, so that only evidence can be plain."""


@dataclass(frozen=True, slots=True)
class Encrypted:
    """How many files were encrypted, and the random names of those that are damaged, which stay as they are."""

    files: int
    damaged: list[str]


def count_plain(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Evidence).where(*_PLAIN)) or 0


def encrypt_files(database: Database, settings: Settings, actor: Actor, clock: Clock) -> Encrypted:
    """Encrypt every file that is not, one after the other; killed at any moment, it goes on when it is begun again.

    Each gets a new name: its row names the one or the other, whole. What an earlier run left behind is removed.
    """
    folder, keyring = folder_of(settings.home), keyring_of(settings)
    _remove_left_behind(database, folder, clock)
    with reading(database) as session:
        plain = [stored_file(row) for row in session.scalars(sa.select(Evidence).where(*_PLAIN).order_by(Evidence.id))]
    done, damaged = 0, []
    for file in plain:
        try:
            with closing(open_sound(folder, file, keyring)) as content:
                sealed = seal_file(folder, content, file.file_name, keyring)
        except DamagedFile:
            with unit_of_work(database, actor, clock) as unit:
                note_damaged(unit, [file.stored_as])
            damaged.append(file.stored_as)
            continue
        with unit_of_work(database, actor, clock) as unit:
            same = sa.update(Evidence).where(Evidence.stored_as == file.stored_as, Evidence.sha256 == sealed.sha256)
            changed: Any = unit.session.execute(
                same.values(stored_as=sealed.stored_as, wrapped_key=sealed.wrapped_key),
                execution_options={"synchronize_session": False},
            )
            done += changed.rowcount
        discard_unused(database, folder, [file.stored_as, sealed.stored_as])
    return Encrypted(done, damaged)


def _remove_left_behind(database: Database, folder: Path, clock: Clock) -> None:
    """Remove what no row names, of whatever age over a day: it may be a file whose encrypted copy is in use."""
    latest = (clock.now() - STRAY_AFTER).timestamp()
    with reading(database) as session:
        for name in strays(session, folder):
            if (folder / name).stat().st_mtime < latest:
                discard(folder, name)
