"""Commands that back up an installation, verify a backup, and restore one."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from reviews.backups.backup_folder import Manifest, write_verified
from reviews.backups.backup_keys import make_key, read_key
from reviews.backups.make_backup import make_backup
from reviews.backups.restore_backup import RestoreReport, restore_backup
from reviews.backups.verify_backup import UnsoundBackup, verify_backup
from reviews.core.settings import Settings
from web.cli.runtime import as_json, clock_of, database_of, emit, require_known_driver
from workflows.core.engine import Refused

MAKE = "make"


class _Backups(click.Group):
    """`followthrough backup DIR` makes a backup; a folder called verify or key is written ./verify."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Backups, options_metavar="DIR |")
def backup() -> None:
    """Back up database and files into the new folder DIR while everything runs; or verify a backup."""


folder_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
key_option = click.option("--key", type=click.Path(path_type=Path), help="File with the key of a sealed backup.")


@backup.command(MAKE, hidden=True)
@folder_argument
@as_json
def make(folder: Path, json_: bool) -> None:
    """Back up database and files into the new folder DIR while everything runs."""
    settings = Settings()
    manifest = make_backup(database_of(settings), settings, folder, clock_of(settings).now())
    emit(_as_data(manifest), json_, lambda: _made_in_words(folder, manifest))
    if manifest.lost or manifest.damaged:
        raise Refused(f"The backup is made, but files of evidence are not as they were uploaded. {_harmed(manifest)}")


@backup.command()
@folder_argument
@key_option
@click.option("--every-row", is_flag=True, help="Load the packed rows of the audit log too, instead of counting them.")
@as_json
def verify(folder: Path, key: Path | None, every_row: bool, json_: bool) -> None:
    """Open the backup in DIR elsewhere, count it and hold its files against its rows; exit 1 on any fault.

    It uses no database and no HOME of an installation, and can be done on any machine.
    """
    settings = Settings()
    manifest = _or_faults(lambda: verify_backup(folder, _keys(key), every_row=every_row), json_)
    write_verified(folder, clock_of(settings).now())
    data = {"ok": True, "faults": [], **_as_data(manifest)}
    emit(data, json_, lambda: f"The backup in {folder} is whole: {_contents(manifest)}.")


@backup.command("key")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def key_(file: Path, json_: bool) -> None:
    """Make the key of backups in the new file FILE, and print the recipient for which backups are then sealed."""
    recipient = make_key(file)
    words = (
        f"The key is in {file}. Two people keep a copy of it, away from this server: no backup opens without it.\n"
        f"FOLLOWTHROUGH_BACKUP_RECIPIENTS={recipient}"
    )
    emit({"recipient": recipient, "file": str(file)}, json_, lambda: words)


@click.command()
@folder_argument
@click.option("--into", metavar="URL", help="The empty database; that of the settings when left out.")
@key_option
@click.option("--without-identities", is_flag=True, help="Go on without keys that the backup needs.")
@as_json
def restore(folder: Path, into: str | None, key: Path | None, without_identities: bool, json_: bool) -> None:
    """Restore the backup in DIR into an empty database, of either kind, and an empty FOLLOWTHROUGH_HOME.

    Everybody signs in anew, links in earlier mails and calendars no longer work, and nothing is sent until you have
    looked and run followthrough reminders release.
    """
    settings = Settings()
    if into is not None:
        settings = settings.model_copy(update={"database_url": SecretStr(into)})
    require_known_driver(settings)
    report = _or_faults(
        lambda: restore_backup(
            folder, settings, _keys(key), clock_of(settings).now(), without_identities=without_identities
        ),
        json_,
    )
    data = {**_as_data(report.manifest), "ended": report.ended, "without_keys": report.without, "held": True}
    emit(data, json_, lambda: _restored_in_words(report))


def _or_faults(do: Callable[[], Any], json_: bool) -> Any:
    """Do something with a backup; name its faults, and exit with 1, if it is not whole."""
    try:
        return do()
    except UnsoundBackup as unsound:
        if json_:
            emit({"ok": False, "faults": unsound.faults}, json_, str)
        for fault in () if json_ else unsound.faults:
            click.echo(fault, err=True)
        sys.exit(1)


def _keys(path: Path | None) -> Sequence[Any]:
    return read_key(path) if path is not None else ()


def _as_data(manifest: Manifest) -> dict[str, Any]:
    return {
        "made_at": manifest.made_at.isoformat(),
        "product": manifest.product,
        "revision": manifest.revision,
        "database": manifest.database,
        "tables": {name: table.rows for name, table in (manifest.tables | manifest.audit).items()},
        "files": len(manifest.files) - len(manifest.row_files()),
        "sealed_for": manifest.sealed_for,
        "keys": manifest.keys,
        "not_in_it": manifest.not_in_it,
        "lost": manifest.lost,
        "damaged": manifest.damaged,
    }


def _contents(manifest: Manifest) -> str:
    tables = manifest.tables | manifest.audit
    rows = sum(table.rows for table in tables.values())
    files = len(manifest.files) - len(manifest.row_files())
    made_at = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
    return f"{rows:,} rows in {len(tables)} tables and {files:,} files, as of {made_at}"


def _made_in_words(folder: Path, manifest: Manifest) -> str:
    keys = ", ".join(f"{name} with the fingerprint {mark}" for name, mark in manifest.keys.items()) or "none"
    sealed = f"It is sealed for {', '.join(manifest.sealed_for)}." if manifest.sealed_for else "It is not sealed."
    missing = "\n".join(f"  {each}" for each in manifest.not_in_it)
    return (
        f"The backup in {folder} has {_contents(manifest)}. {sealed}\nNot in it:\n{missing}\nKeys it needs: {keys}.\n"
        f"Now try it: followthrough backup verify {folder}"
    )


def _harmed(manifest: Manifest) -> str:
    lost = f"Lost: {', '.join(manifest.lost)}." if manifest.lost else ""
    damaged = f"Damaged: {', '.join(manifest.damaged)}." if manifest.damaged else ""
    return f"{lost} {damaged}".strip()


def _restored_in_words(report: RestoreReport) -> str:
    ended = ", ".join(f"{count} of {table}" for table, count in report.ended.items() if count) or "nothing"
    without = f"Without {', '.join(report.without)}: what it opens stays closed.\n" if report.without else ""
    return (
        f"Restored: {_contents(report.manifest)}.\n{without}Ended: {ended}; links in earlier mails no longer work.\n"
        "What was changed after the backup is lost: accounts shut and roles ended since then are open again.\n"
        "Nothing is sent until you have looked: then run followthrough reminders release."
    )
