"""Is this installation fit for use?"""

import sqlite3
import sys
from collections.abc import Iterator

import click

from reviews.db import FIRST_SAFE_WAL, open_database
from reviews.settings import Settings
from web.cli.opening import newest_revision, present_revision
from web.keys import SHORTEST
from workflows.definitions import WORKFLOWS
from workflows.soundness import faults

Finding = tuple[str, bool, str]


@click.command()
@click.option("--deploy", is_flag=True, help="Also what only matters in production.")
def check(deploy: bool) -> None:
    """Print numbered findings; exit 1 on any fault."""
    settings = Settings()
    findings = [*_always(settings), *(_in_production(settings) if deploy else ())]
    for code, sound, sentence in findings:
        click.echo(f"{code} {'ok   ' if sound else 'FAULT'} {sentence}")
    if not all(sound for _, sound, _ in findings):
        sys.exit(1)


def _always(settings: Settings) -> Iterator[Finding]:
    found = [fault for workflow in WORKFLOWS.values() for fault in faults(workflow)]
    yield "C01", not found, " ".join(found) or "Every workflow definition is sound."
    present, newest = present_revision(open_database(settings.database)), newest_revision()
    yield "C02", present == newest, f"The database is at revision {present or 'none'}, the product at {newest}."
    journal = "write-ahead log" if sqlite3.sqlite_version_info >= FIRST_SAFE_WAL else "rollback journal"
    yield "C03", True, f"SQLite {sqlite3.sqlite_version} is used with its {journal}."


def _in_production(settings: Settings) -> Iterator[Finding]:
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    yield "W01", len(key) >= SHORTEST, f"FOLLOWTHROUGH_SECRET_KEY has at least {SHORTEST} characters."
    yield "W02", settings.is_production, "FOLLOWTHROUGH_ENV is production."
    yield "W05", settings.base_url.startswith("https://"), "FOLLOWTHROUGH_BASE_URL begins with https://."
    yield "W09", not settings.mail.startswith("folder:"), "FOLLOWTHROUGH_MAIL_URL names a mail server."
