"""Restoring a backup into an empty installation, on either database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from reviews.backups.audit_packs import packs_folder
from reviews.backups.backup_folder import FILES, MAIL, Manifest, copy_file, private_folder, sync_file
from reviews.backups.backup_keys import SEALED, missing_keys
from reviews.backups.table_rows import table_names
from reviews.backups.verify_backup import OpenedBackup, load_audit_into, load_into, open_backup
from reviews.core.db import UtcDateTime, audit_address, engine_of, open_database
from reviews.core.schema_version import migrate
from reviews.core.settings import Settings
from reviews.files.store import folder_of
from workflows.core.engine import Refused

GENERATIONS = "generations"
ENDED: dict[str, str] = {
    "sign_ins": "ended_at",
    "calendar_feeds": "revoked_at",
    "account_links": "used_at",
    "api_tokens": "revoked_at",
}
"""What a restore ends, by table, and the column that says when: what was ended since the backup is not known."""


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored. `ended` counts by table what no longer holds; `without` are the keys that are not here."""

    manifest: Manifest
    ended: dict[str, int] = field(default_factory=dict)
    without: tuple[str, ...] = ()


def restore_backup(
    folder: Path, settings: Settings, keys: Sequence[Any], now: datetime, *, without_identities: bool = False
) -> RestoreReport:
    """Restore a backup into the empty database and HOME of the settings; nothing is left there after a fault.

    Raises Refused for a target that is not empty or in use, and for keys that are missing, unless
    `without_identities` says to do without; UnsoundBackup for a backup that is not whole.
    """
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    files, mail = folder_of(settings.home), settings.home / MAIL
    for path in (files, mail, packs_folder(settings.home)):
        if path.exists() and any(path.iterdir()):
            raise Refused(f"{path} is not empty. Restore into an empty FOLLOWTHROUGH_HOME.")
    with _empty_database(settings.database) as url, open_backup(folder, keys, settings.home) as backup:
        lacking = missing_keys(backup.manifest.keys, settings)
        if lacking and not without_identities:
            raise Refused(
                f"The backup needs {', '.join(lacking)}, which is not here. Set it, or put secret.key into "
                f"FOLLOWTHROUGH_HOME and the other keys into {settings.keys_folder}. To go on without what they open, "
                "use --without-identities."
            )
        ended = _load(backup, url, now)
        written: list[Path] = []
        try:
            for name, target in ((FILES, files), (MAIL, mail)):
                _copy_files(backup, name, target, written)
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        return RestoreReport(backup.manifest, ended, tuple(lacking))


def _load(backup: OpenedBackup, url: str, now: datetime) -> dict[str, int]:
    """Make the tables of the backup's revision, fill them, and bring them to the newest."""
    migrate(url, backup.manifest.revision)
    database = open_database(url)
    engine = engine_of(database)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            load_into(backup, connection)
            ended = _end_old(connection, now)
            is_marked = GENERATIONS in table_names(connection)
            if is_marked:
                _begin_generation(connection, backup.manifest, now)
        migrate(url)
        if not is_marked:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                _begin_generation(connection, backup.manifest, now)
        log = engine_of(database.audit)
        with log.connect().execution_options(writes=True) as connection, connection.begin():
            load_audit_into(backup, connection, closed=True)
    finally:
        engine_of(database.audit).dispose()
        engine.dispose()
    return ended


def _end_old(connection: sa.Connection, now: datetime) -> dict[str, int]:
    present = set(table_names(connection))
    return {
        table: connection.execute(
            sa.update(sa.table(table, sa.column(column, UtcDateTime())))
            .where(sa.column(column).is_(None))
            .values({column: now})
        ).rowcount
        for table, column in ENDED.items()
        if table in present
    }


def _begin_generation(connection: sa.Connection, manifest: Manifest, now: datetime) -> None:
    begun_at, made_at = sa.column("begun_at", UtcDateTime()), sa.column("backup_made_at", UtcDateTime())
    values = {"begun_at": now, "backup_made_at": manifest.made_at}
    connection.execute(sa.insert(sa.table(GENERATIONS, begun_at, made_at)).values(values))


def _copy_files(backup: OpenedBackup, name: str, target: Path, written: list[Path]) -> None:
    for path in backup.manifest.within(name):
        private_folder(target)
        plain = backup.plain(path)
        copied = target / Path(path).name.removesuffix(SEALED)
        written.append(copied)
        copy_file(plain, copied)
        sync_file(copied)
        if backup.manifest.sealed_for:
            plain.unlink()


@contextmanager
def _empty_database(url: str) -> Iterator[str]:
    """Give the URL to restore into; the database is there whole at the end, or as empty as before after a fault.

    One of SQLite is made beside it and renamed. Raises Refused where there is something, or somebody is connected.
    """
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        path, log = Path(address.database or ""), Path(audit_address(address).database or "")
        for each in (path, log):
            if each.exists() and each.stat().st_size:
                raise Refused(f"{each} is a database already. Restore into an empty FOLLOWTHROUGH_HOME.")
        unfinished = sa.make_url(f"sqlite:///{path.with_name(f'{path.stem}-unfinished{path.suffix}')}")
        made = [Path(each.database or "") for each in (unfinished, audit_address(unfinished))]
        _remove_databases(made)
        try:
            yield unfinished.render_as_string()
            made[1].rename(log)
            made[0].rename(path)
        finally:
            _remove_databases(made)
        return
    _require_empty(url)
    try:
        yield url
    except BaseException:
        _drop_tables(url)
        raise


def _remove_databases(paths: Sequence[Path]) -> None:
    for path in paths:
        for suffix in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _require_empty(url: str) -> None:
    engine = engine_of(open_database(url))
    try:
        with engine.connect() as connection:
            if found := sa.inspect(connection).get_table_names():
                raise Refused(f"The database has {len(found)} tables already. Restore into an empty database.")
            others = connection.scalar(
                sa.text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            )
            if others:
                raise Refused("Another program is connected to the database. Stop it, and restore then.")
    finally:
        engine.dispose()


def _drop_tables(url: str) -> None:
    engine = engine_of(open_database(url))
    try:
        with engine.begin() as connection:
            for table in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{table}" CASCADE')
            connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change()")
    except DBAPIError as fault:
        raise Refused("The restore failed, and the database could not be emptied again. Make a new one.") from fault
    finally:
        engine.dispose()
