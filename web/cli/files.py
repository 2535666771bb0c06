"""The command that holds the stored files against the records."""

import sys

import click

from reviews.files.store import check_files, folder_of
from reviews.transactions.unit_of_work import reading
from web.cli.runtime import as_json, emit, open_app, table


@click.group()
def files() -> None:
    """Look after the stored files of evidence."""


@files.command()
@as_json
def verify(json_: bool) -> None:
    """Name files of evidence that are missing or changed, and files that belong to none; exit 1 on any but the last."""
    app = open_app()
    with reading(app.database) as session:
        found = check_files(session, folder_of(app.settings.home))
    data = {"ok": found.is_sound, "missing": found.missing, "orphans": found.orphans, "changed": found.changed}
    rows = [(name, what) for what in ("missing", "changed", "orphans") for name in data[what]]  # type: ignore[attr-defined]  # lists, all three
    emit(data, json_, lambda: table("Files", ("File", "What"), rows) if rows else "Every file is as it was uploaded.")
    if not found.is_sound:
        sys.exit(1)
