"""Verifying a backup: every file is hashed, and the rows are loaded into a database of their own and counted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from reviews.backups.audit_packs import is_closed
from reviews.backups.backup_folder import FILES, MANIFEST, Manifest, hash_file, read_manifest, stored_paths
from reviews.backups.backup_keys import SEALED, WrongKey, unseal
from reviews.backups.table_rows import files_named, load_audit, load_rows
from reviews.core.db import Database, engine_of, open_database
from reviews.core.schema_version import migrate, newest_revision
from workflows.core.engine import Refused


class UnsoundBackup(Exception):
    """A backup that must not be relied on; each fault names its file."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """A backup whose files are whole, and how its files are read: unsealed into a folder for work."""

    folder: Path
    manifest: Manifest
    keys: Sequence[Any]
    work: Path

    def plain(self, path: str) -> Path:
        """Give a file of the backup as it was before it was sealed. Raises UnsoundBackup where no key opens it."""
        source = self.folder / path
        if not self.manifest.sealed_for:
            return source
        target = self.work / Path(path).name.removesuffix(SEALED)
        try:
            unseal(source, target, self.keys)
        except WrongKey:
            whose = " or ".join(self.manifest.sealed_for)
            raise UnsoundBackup([f"{path} is sealed for {whose}, and this key does not open it."]) from None
        except OSError:
            raise UnsoundBackup([f"{path} cannot be unsealed: it is damaged."]) from None
        return target

    def content(self, path: str) -> str:
        """Give the hash of a file as it was before it was sealed."""
        plain = self.plain(path)
        found = hash_file(plain).sha256
        if plain.parent == self.work:
            plain.unlink()
        return found


@contextmanager
def open_backup(folder: Path, keys: Sequence[Any], work: Path | None = None) -> Iterator[OpenedBackup]:
    """Open a backup after every file of it was hashed. Raises Refused, or UnsoundBackup, which names each file."""
    manifest = read_manifest(folder)
    if manifest.sealed_for and not keys:
        whose = " or ".join(manifest.sealed_for)
        raise Refused(f"The backup is sealed for {whose}. Name the file with the key: --key FILE.")
    if manifest.revision > newest_revision():
        raise Refused(
            f"The backup is of revision {manifest.revision} and this version knows {newest_revision()}: "
            f"use version {manifest.product} or a newer one."
        )
    if faults := [*_faults(folder, manifest), *_contradictions(manifest)]:
        raise UnsoundBackup(faults)
    with TemporaryDirectory(dir=work, prefix="backup-") as name:
        yield OpenedBackup(folder, manifest, keys, Path(name))


def load_into(backup: OpenedBackup, connection: sa.Connection) -> None:
    """Fill a database at the revision of the backup. Raises UnsoundBackup, which names the file of the table."""
    manifest = backup.manifest
    tables = {name: (entry, backup.plain(manifest.table_file(name))) for name, entry in manifest.tables.items()}
    try:
        load_rows(connection, tables)
    except Refused as fault:
        raise UnsoundBackup([fault.sentence]) from None
    faults = list(_against_rows(backup, connection))
    if faults:
        raise UnsoundBackup(faults)


def load_audit_into(backup: OpenedBackup, connection: sa.Connection, *, closed: bool) -> None:
    """Fill the empty tables of the audit log, with or without what was packed. Raises UnsoundBackup."""
    manifest = backup.manifest
    tables = {}
    for name, entry in manifest.audit.items():
        files = manifest.audit_files(name)
        chosen = {part: path for part, path in files.items() if closed or not _is_closed(part, manifest)}
        tables[name] = entry, {part: backup.plain(path) for part, path in chosen.items()}
    try:
        load_audit(connection, tables)
    except Refused as fault:
        raise UnsoundBackup([fault.sentence]) from None


def verify_backup(folder: Path, keys: Sequence[Any], *, every_row: bool = False) -> Manifest:
    """Open a backup elsewhere: load it, count it, follow its keys, and hold its files against its rows.

    The closed days and months of the audit log were read back and counted when they were packed. Here they are unsealed
    and must have the hash they had then; they are loaded only for `every_row`: millions of rows would take minutes.
    """
    with open_backup(folder, keys) as backup:
        url = f"sqlite:///{backup.work / 'scratch.db'}"
        try:
            migrate(url, backup.manifest.revision)
            database = open_database(url)
            try:
                with _writing(database) as connection:
                    load_into(backup, connection)
                with _writing(database.audit) as connection:
                    load_audit_into(backup, connection, closed=every_row)
            finally:
                engine_of(database.audit).dispose()
                engine_of(database).dispose()
            faults = list(_against_packs(backup))
            if faults:
                raise UnsoundBackup(faults)
        except DBAPIError as fault:
            raise UnsoundBackup([f"The rows could not be loaded ({type(fault.orig).__name__})."]) from None
        return backup.manifest


@contextmanager
def _writing(database: Database) -> Iterator[sa.Connection]:
    with engine_of(database).connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _against_packs(backup: OpenedBackup) -> Iterator[str]:
    for name, entry in backup.manifest.audit.items():
        for part, path in backup.manifest.audit_files(name).items():
            if part and backup.content(path) != entry.parts[part].sha256:
                yield f"{path} does not have the {entry.parts[part].rows:,} rows that were counted when it was made."


def _is_closed(part: str, manifest: Manifest) -> bool:
    return bool(part) and is_closed(part, manifest.made_at)


def _faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    present = set(stored_paths(folder))
    for path, entry in manifest.files.items():
        if path not in present:
            yield f"{path} is missing."
            continue
        found = hash_file(folder / path)
        if found.bytes != entry.bytes:
            yield f"{path} has {found.bytes} bytes, and {MANIFEST} says {entry.bytes}."
        elif found != entry:
            yield f"{path} was changed: its hash is not the one in {MANIFEST}."
    for path in sorted(present - manifest.files.keys()):
        yield f"{path} is not in {MANIFEST}: it does not belong to this backup."


def _contradictions(manifest: Manifest) -> Iterator[str]:
    for path in manifest.row_files():
        if path not in manifest.files:
            yield f"{path} is missing from {MANIFEST}."
    for name, entry in manifest.audit.items():
        if entry.parts and sum(part.rows for part in entry.parts.values()) != entry.rows:
            yield f"{MANIFEST} contradicts itself: the parts of {name} are not all its rows."


def _against_rows(backup: OpenedBackup, connection: sa.Connection) -> Iterator[str]:
    manifest = backup.manifest
    named = {file.stored_as: file for file in files_named(connection)}
    for stored_as, file in named.items():
        path = manifest.in_folder(f"{FILES}/{stored_as}")
        if path not in manifest.files and stored_as not in manifest.lost:
            yield f"{path} is missing: a row names it."
        elif stored_as in (*manifest.lost, *manifest.damaged) or file.wrapped_key is not None:
            continue  # the key of what is encrypted is not here: it was held against its row when the backup was made
        elif file.sha256 and backup.content(path) != file.sha256:
            yield f"{path} is not the file that its row names."
    for path in manifest.within(FILES):
        if Path(path).name.removesuffix(SEALED) not in named:
            yield f"{path} belongs to no row."
