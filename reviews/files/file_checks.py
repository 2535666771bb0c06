"""Holding the stored files against the rows that name them, and noting what is damaged."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.keyring import Keyring
from reviews.files.store import (
    TABLES,
    DamagedFile,
    FileFault,
    StoredFile,
    names_in_rows,
    open_sound,
    stored_file,
    stored_names,
)
from reviews.transactions.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class FileCheck:
    """Random names of files: missing or not what was uploaded though a row names them, and named by no row."""

    missing: list[str]
    orphans: list[str]
    changed: list[str]

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.changed


def files_in_rows(session: Session) -> Iterator[StoredFile]:
    """Give every file that a row names, those that were withdrawn among them."""
    for table in TABLES:
        column: Any = table.stored_as
        rows: Any = session.scalars(sa.select(table).where(column.is_not(None)).order_by(column))
        yield from map(stored_file, rows)


def check_files(session: Session, folder: Path, keyring: Keyring) -> FileCheck:
    """Read every file that a row names, and compare it with what was uploaded. Raises MissingKey."""
    faults: dict[FileFault, list[str]] = {fault: [] for fault in FileFault}
    for file in files_in_rows(session):
        try:
            open_sound(folder, file, keyring).close()
        except DamagedFile as found:
            faults[found.fault].append(found.stored_as)
    return FileCheck(sorted(faults[FileFault.MISSING]), strays(session, folder), sorted(faults[FileFault.CHANGED]))


def record_check(unit: Unit, found: FileCheck) -> None:
    """Note which files are damaged, and that the others are not, or no longer."""
    damaged = {*found.missing, *found.changed}
    note_damaged(unit, damaged)
    for name in set(damaged_files(unit.session)) - damaged:
        _write(unit, name, {"damaged_at": None})


def note_damaged(unit: Unit, names: Collection[str]) -> bool:
    """Note that files are damaged, from now on if not before; whether a row still names any of them."""
    known = names_in_rows(unit.session, sorted(names))
    for name in known - set(damaged_files(unit.session)):
        _write(unit, name, {"damaged_at": unit.now})
    return bool(known)


def damaged_files(session: Session) -> list[str]:
    """Give the random names of the files that are known to be damaged."""
    found: list[str] = []
    for table in TABLES:
        column: Any = table.stored_as
        found += session.scalars(sa.select(column).where(table.damaged_at.is_not(None)))
    return sorted(found)


def strays(session: Session, folder: Path) -> list[str]:
    """Give the files that no row names: each is removed when a file is stored a day later."""
    return sorted(stored_names(folder) - names_in_rows(session))


def lost_files(session: Session, folder: Path) -> list[str]:
    """Give the random names of files that rows name and that are missing from the folder."""
    return sorted(names_in_rows(session) - stored_names(folder))


def _write(unit: Unit, name: str, values: dict[str, Any]) -> None:
    for table in TABLES:
        change = sa.update(table).where(table.stored_as == name).values(values)
        unit.session.execute(change, execution_options={"synchronize_session": False})
