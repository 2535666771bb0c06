"""The commands that hold the stored files against the records, and encrypt those of earlier versions."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from reviews.access.permissions import Actor, system
from reviews.core.keyring import keyring_of
from reviews.files.encrypt_files import count_plain, encrypt_files
from reviews.files.file_checks import check_files, note_damaged, record_check
from reviews.files.store import DamagedFile, StoredFile, StoreFile, folder_of, storing_files
from reviews.files.virus_scanner import Infected
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.cli.runtime import as_json, emit, open_app, operator, record_refusal, table
from web.core.app_context import AppContext
from workflows.core.engine import Refused

UNREADABLE = "is missing or not what was uploaded, and stays as it is: followthrough files verify"


@click.group()
def files() -> None:
    """Look after the stored files of evidence and of cases."""


@files.command()
@as_json
def verify(json_: bool) -> None:
    """Name files that are missing or not what was uploaded, and files that no record names; exit 1 on any but the last.

    Needs the keys of files. What is found is noted: pages and check say it until all is as it was uploaded.
    """
    app = open_app()
    with reading(app.database) as session:
        found = check_files(session, folder_of(app.settings.home), keyring_of(app.settings))
        plain = count_plain(session)
    with unit_of_work(app.database, system(operator()), app.clock) as unit:
        record_check(unit, found)
    data = {
        "ok": found.is_sound,
        "missing": found.missing,
        "orphans": found.orphans,
        "changed": found.changed,
        "plain": plain,
    }
    rows = [
        (name, what)
        for names, what in ((found.missing, "missing"), (found.changed, "changed"), (found.orphans, "orphans"))
        for name in names
    ]
    emit(data, json_, lambda: table("Files", ("File", "What"), rows) if rows else "Every file is as it was uploaded.")
    if not found.is_sound:
        sys.exit(1)


@files.command()
@as_json
def encrypt(json_: bool) -> None:
    """Encrypt the files that an earlier version stored as they were; interrupted, it goes on when run again.

    Make no backup meanwhile: it would miss the files that get another name under it.
    """
    app = open_app()
    done = encrypt_files(app.database, app.settings, system(operator()), app.clock)
    words = f"{done.files} {'file is' if done.files == 1 else 'files are'} encrypted now." if done.files else ""
    emit(
        {"encrypted": done.files, "damaged": done.damaged},
        json_,
        lambda: words or "No file was left to encrypt.",
    )
    if done.damaged:
        raise Refused(" ".join(f"{name} {UNREADABLE}." for name in done.damaged))


@contextmanager
def taking_files(app: AppContext) -> Iterator[StoreFile]:
    """Give a function that stores files, as `storing_files` does; what a virus scanner knows is put on record."""
    try:
        with storing_files(app.database, app.settings, app.clock.now()) as take:
            yield take
    except Infected:
        record_refusal("infected")
        raise


def stored_from(take: StoreFile, path: Path) -> StoredFile:
    with path.open("rb") as stream:
        return take(stream, path.name)


def note_damage(app: AppContext, actor: Actor, fault: DamagedFile) -> None:
    """Note a damaged file that was to be taken, as the pages do."""
    with unit_of_work(app.database, actor, app.clock) as unit:
        note_damaged(unit, [fault.stored_as])
    record_refusal("damaged")
