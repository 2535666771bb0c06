"""Is this installation fit for use?"""

import sqlite3
import sys
from collections.abc import Iterator

import click

from reviews.db import FIRST_SAFE_WAL
from reviews.revision import newest_revision, present_revision
from reviews.settings import Settings
from web.cli.answers import ANSWERS, in_words
from web.cli.opening import as_json, database_of, emit
from web.keys import SHORTEST
from workflows.definitions import WORKFLOWS
from workflows.soundness import faults

Finding = tuple[str, bool, str]


@click.command()
@click.option("--deploy", is_flag=True, help="Also what only matters in production.")
@as_json
def check(deploy: bool, json_: bool) -> None:
    """Print numbered findings; exit 1 on any fault."""
    settings = Settings()
    findings = [*_always(settings), *(_in_production(settings) if deploy else ())]
    data = [{"code": code, "sound": sound, "finding": sentence} for code, sound, sentence in findings]
    lines = (f"{code} {'ok   ' if sound else 'FAULT'} {sentence}" for code, sound, sentence in findings)
    emit({"findings": data}, json_, lambda: "\n".join(lines))
    if not all(sound for _, sound, _ in findings):
        sys.exit(1)


def _always(settings: Settings) -> Iterator[Finding]:
    found = [fault for workflow in WORKFLOWS.values() for fault in faults(workflow)]
    yield "C01", not found, " ".join(found) or "Every workflow definition is sound."
    yield _database(settings)
    journal = "write-ahead log" if sqlite3.sqlite_version_info >= FIRST_SAFE_WAL else "rollback journal"
    yield "C03", True, f"SQLite {sqlite3.sqlite_version} is used with its {journal}."


def _database(settings: Settings) -> Finding:
    try:
        present, newest = present_revision(database_of(settings)), newest_revision()
    except ANSWERS as fault:
        return "C02", False, in_words(fault)
    if present is None:
        return "C02", True, "The database is empty: the first command makes its tables."
    return "C02", present == newest, f"The database is at revision {present}, the product at {newest}."


def _in_production(settings: Settings) -> Iterator[Finding]:
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    yield "W01", len(key) >= SHORTEST, f"FOLLOWTHROUGH_SECRET_KEY has at least {SHORTEST} characters."
    yield "W02", settings.is_production, "FOLLOWTHROUGH_ENV is production."
    yield "W05", settings.base_url.startswith("https://"), "FOLLOWTHROUGH_BASE_URL begins with https://."
    yield "W09", not settings.mail.startswith("folder:"), "FOLLOWTHROUGH_MAIL_URL names a mail server."
