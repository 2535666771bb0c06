"""Making a backup while the installation runs."""

import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from reviews.backups.audit_packs import write_audit
from reviews.backups.backup_folder import (
    FILES,
    MAIL,
    ROWS,
    TABLES,
    BackupFile,
    BackupTable,
    Manifest,
    copy_file,
    hash_file,
    private_folder,
    write_manifest,
)
from reviews.backups.backup_keys import SEALED, needed_fingerprints, read_recipients, seal
from reviews.backups.table_rows import REVISION, files_named, table_names, write_rows
from reviews.core.db import Database, engine_of, open_database
from reviews.core.keyring import MissingKey, keyring_of
from reviews.core.settings import Settings
from reviews.files.store import DamagedFile, StoredFile, folder_of, open_sound
from workflows.core.engine import Refused

NOT_IN_IT = (
    "The keys, which are named by their fingerprints, and the key that opens a sealed backup.",
    "The settings (environment variables), the passwords of database and mail server among them.",
    "The product itself, its web server and its certificates.",
)
DISTRIBUTION = "followthrough"


@dataclass(slots=True)
class _Contents:
    """What has been written into the folder so far."""

    folder: Path
    work: Path
    recipients: Sequence[str]
    files: dict[str, BackupFile] = field(default_factory=dict)

    def add(self, path: str, source: Path) -> None:
        """Put a file under a path of the backup, sealed where there are recipients."""
        stored = f"{path}{SEALED}" if self.recipients else path
        target = private_folder((self.folder / stored).parent) / Path(stored).name
        if self.recipients:
            seal(source, target, self.recipients)
            self.files[stored] = hash_file(target)
        else:
            self.files[stored] = copy_file(source, target)


def make_backup(database: Database, settings: Settings, folder: Path, now: datetime) -> Manifest:
    """Write everything but the keys into a folder, which appears whole or not at all.

    The rows are of one moment; those of the audit log of SQLite, a file of its own, of one just after it. Stored files
    are those that these rows name: they are stored before their row is, and never changed. Raises Refused for a folder
    that is not empty, and for a database that is empty or damaged.
    """
    recipients = read_recipients(settings.backup_recipients)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} is not empty. Name a folder that does not exist yet.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        # rows are never written unsealed outside HOME, where they lie unsealed in any case
        with TemporaryDirectory(dir=settings.home, prefix="backup-") as work:
            contents = _Contents(unfinished, Path(work), recipients)
            manifest = _write(database, settings, contents, now)
        write_manifest(unfinished, manifest)
        os.sync()
        unfinished.rename(folder)
    except BaseException:
        rmtree(unfinished)
        raise
    return manifest


def _write(database: Database, settings: Settings, contents: _Contents, now: datetime) -> Manifest:
    server = _server(database)
    with snapshot(database, contents.work) as connection:
        revision = _revision(connection)
        tables = {name: _table(connection, contents, name) for name in table_names(connection)}
        named = files_named(connection)
        with _audit_log(database, connection) as log:
            audit = write_audit(log, settings.home, contents.work, now, contents.add)
        keys = needed_fingerprints(connection, settings)
    lost, damaged = _add_files(contents, settings, named)
    if settings.mail.startswith("folder://"):
        for path in sorted(Path(settings.mail.removeprefix("folder://")).glob("*.eml")):
            contents.add(f"{MAIL}/{path.name}", path)
    return Manifest(
        product=version(DISTRIBUTION),
        revision=revision,
        made_at=now,
        database=server,
        made_with={"python": platform.python_version(), **{each: version(each) for each in ("sqlalchemy", "psycopg")}},
        sealed_for=tuple(contents.recipients),
        tables=tables,
        audit=audit,
        files=contents.files,
        keys=keys,
        not_in_it=NOT_IN_IT,
        lost=lost,
        damaged=damaged,
    )


def _table(connection: sa.Connection, contents: _Contents, name: str) -> BackupTable:
    path = contents.work / f"{name}{ROWS}"
    found = write_rows(connection, name, path)
    contents.add(f"{TABLES}/{name}{ROWS}", path)
    path.unlink()
    return found


def _add_files(
    contents: _Contents, settings: Settings, named: Sequence[StoredFile]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Add stored files as they lie there; gives those that are lost, and those that are not what was uploaded.

    Where the key of files is missing, what it opens is added all the same, and nobody can say what it is.
    """
    files, keyring = folder_of(settings.home), keyring_of(settings)
    lost, damaged = [], []
    for file in named:
        path = files / file.stored_as
        if not path.is_file():
            lost.append(file.stored_as)
            continue
        contents.add(f"{FILES}/{file.stored_as}", path)
        if file.sha256:
            with suppress(MissingKey):
                try:
                    open_sound(files, file, keyring).close()
                except DamagedFile:
                    damaged.append(file.stored_as)
    return tuple(lost), tuple(damaged)


@contextmanager
def snapshot(database: Database, work: Path) -> Iterator[sa.Connection]:
    """Open the database as it is at one moment, while others write.

    SQLite is copied in one go: in steps each write would start the copy anew, and a long reading would make writers
    wait. Raises Refused for a damaged one.
    """
    engine = engine_of(database)
    if engine.dialect.name == "sqlite":
        copy = work / "copy.db"
        _copy_sqlite(engine, copy)
        copied = engine_of(open_database(f"sqlite:///{copy}"))
        try:
            with copied.connect() as connection:
                if connection.exec_driver_sql("PRAGMA quick_check").scalar() != "ok":
                    raise Refused("The database is damaged: restore the last verified backup.")
                yield connection
        finally:
            copied.dispose()
    else:
        with engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


@contextmanager
def _audit_log(database: Database, snapshot: sa.Connection) -> Iterator[sa.Connection]:
    """Open the audit log as it is after the snapshot of the database, which tells of no row that is not in it then.

    The file of SQLite is read where it is: a copy of millions of rows would take long, and views would wait for it.
    """
    if snapshot.dialect.name != "sqlite":
        yield snapshot
        return
    try:
        with engine_of(database.audit).connect() as connection:
            yield connection
    except DatabaseError as fault:
        raise Refused(
            f"The audit log cannot be read ({fault.orig}). Restore it from the last verified backup."
        ) from None


def _copy_sqlite(engine: sa.Engine, copy: Path) -> None:
    raw = engine.raw_connection()
    try:
        source: Any = raw.driver_connection
        with closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    finally:
        raw.close()


def _server(database: Database) -> str:
    engine = engine_of(database)
    if engine.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with engine.connect() as connection:
        return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"


def _revision(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table(REVISION):
        raise Refused("The database is empty: there is nothing to back up yet.")
    return str(connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(REVISION))))
