"""What every command needs: settings, database, clock, the acting person, and its output."""

import json
import os
import pwd
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, system
from reviews.access.shown import ShownRecord, begin_noting, in_which_roles, what_was_noted
from reviews.audit.write_entry import NewEntry, write_entry
from reviews.core.clock import Clock, local_day
from reviews.core.db import Database, engine_of, open_database
from reviews.core.schema_version import migrate, newest_revision, present_revision
from reviews.core.settings import Settings
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import present_catalogue, require_added_sound
from reviews.models import AuditKind, Through
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import NotFound, reading
from web.cli.arguments import named
from web.core.app_context import AppContext
from workflows.catalogue import BUILT_IN, Catalogue
from workflows.checks import require_sound
from workflows.core.bank_holidays import BUNDLED, Calendar
from workflows.core.days import PartialDay
from workflows.core.engine import Refused
from workflows.definitions import WORKFLOWS

Found = TypeVar("Found")

DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON document and nothing else.")
partnership = click.option("--partnership", metavar="CODE", required=True, help="Code of the partnership.")
any_partnership = click.option("--partnership", metavar="CODE", help="Code, where two have the same reference.")
as_person = click.option("--as", "as_", metavar="EMAIL", help="Act as this person; as the operator when left out.")


def open_app(settings: Settings | None = None) -> AppContext:
    """Open database and clock, after checking the workflows and the tables; an empty database gets its tables first.

    Raises Refused where the tables are of another revision.
    """
    settings = settings or Settings()
    clock = clock_of(settings)
    require_sound(WORKFLOWS.values())
    database = database_of(settings)
    newest, present = newest_revision(), present_revision(database)
    if present is None:
        _make_tables(settings, database)
    elif present != newest:
        raise Refused(f"The database is at revision {present} and the product at {newest}: run followthrough migrate.")
    with reading(database) as session:
        require_added_sound(session)
    app = AppContext(settings, database, clock)
    context = click.get_current_context()
    context.meta[APP], context.meta[COMMAND] = app, context.command_path.partition(" ")[2]
    begin_noting()
    return app


def database_of(settings: Settings) -> Database:
    """Open the database of the settings until the command ends.

    Raises Refused for a kind of database that is not served, and for a folder that cannot be made.
    """
    require_known_driver(settings)
    try:
        database = open_database(settings.database)
    except OSError as fault:
        raise Refused(f"FOLLOWTHROUGH_HOME cannot be used: {fault.strerror}: {fault.filename}") from fault
    click.get_current_context().call_on_close(engine_of(database).dispose)
    return database


def disposal_database(settings: Settings) -> Database:
    """Open the database as the user that disposal has, until the command ends."""
    return database_of(settings.of_disposal)


def require_known_driver(settings: Settings) -> None:
    if sa.make_url(settings.database).drivername not in DRIVERS:
        raise Refused("FOLLOWTHROUGH_DATABASE_URL must begin with sqlite:// or postgresql://.")


def installed_calendar(settings: Settings | None = None) -> Calendar:
    """Give the bank holidays of the database, or the bundled ones where there is no database yet."""
    return query_database(present_calendar, settings or Settings()) or BUNDLED


def installed_catalogue(settings: Settings | None = None) -> Catalogue:
    """Give the definitions of the database, or the built-in ones where there is no database yet."""
    return query_database(present_catalogue, settings or Settings()) or BUILT_IN


def query_database(ask: Callable[[Session], Found], settings: Settings) -> Found | None:
    """Query the database if it exists and has the newest tables; otherwise give None."""
    address = sa.make_url(settings.database)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
        return None
    database = database_of(settings)
    if present_revision(database) != newest_revision():
        return None
    with reading(database) as session:
        return ask(session)


def acting(database: Database, clock: Clock, email: str | None) -> Actor:
    """Give the person a command acts as, or the operator at the console; both with the operating system's user."""
    found = system(operator())
    if email:
        with database() as session:
            try:
                found = replace(actor_by_email(session, email, today=local_day(clock.now())), operator=operator())
            except NotFound:
                raise Refused(f"Nobody with the address {named(email)} has an open account.") from None
    click.get_current_context().meta[READER] = found
    return found


def operator() -> str:
    """Name whoever is at the terminal as the operating system knows them, whatever their environment says."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a number without a name, as in a container
        user = f"user {os.getuid()}"
    return f"operator ({user})"


APP, COMMAND, READER = "followthrough.app", "followthrough.command", "followthrough.reader"
"""What the commands keep beside their context: what they work on, how they are called, and who acts."""
LONGEST_ROUTE, LONGEST_NAME = 120, 200
NOT_ON_RECORD = (
    "This is not shown, because the audit log cannot be written. Check the disk and FOLLOWTHROUGH_DATABASE_URL; what "
    "the command was to change may have been changed."
)


def put_on_record() -> None:
    """Write to the audit log what is shown next. Raises Refused where that is not possible."""
    if APP not in click.get_current_context().meta:
        return  # a command that opened no database
    shown = what_was_noted()
    begin_noting()
    if shown.into:
        _write_entry(AuditKind.EXPORTED, shown, shown.into)
    elif shown.number:
        _write_entry(AuditKind.LISTED, shown)
    elif shown.is_one_record and shown.number is None:
        _write_entry(AuditKind.SEEN, shown)


def put_refusal_on_record(context: click.Context) -> None:
    """Write to the audit log that somebody was refused what they asked for. Raises Refused as `put_on_record` does."""
    if APP in context.meta:
        try:
            record_refusal("authz.denied", context)
        finally:
            engine_of(context.meta[APP].database).dispose()  # the command has ended


def record_refusal(why: str, context: click.Context | None = None) -> None:
    """Write to the audit log that something is refused, and of which record."""
    _write_entry(AuditKind.REFUSED, what_was_noted(), why, context)


def _write_entry(kind: AuditKind, shown: ShownRecord, outcome: str = "", context: click.Context | None = None) -> None:
    meta = (context or click.get_current_context()).meta
    app: AppContext = meta[APP]
    reader: Actor = meta.get(READER) or system(operator())
    entry = NewEntry(
        at=app.clock.now(),
        kind=kind,
        through=Through.TERMINAL,
        route=meta[COMMAND][:LONGEST_ROUTE],
        partnership_id=shown.partnership_id,
        person_id=reader.person_id,
        person=reader.signature[:LONGEST_NAME],
        role=shown.role or in_which_roles({assignment.role for assignment in reader.roles_held}),
        case_id=shown.case_id,
        action_id=shown.action_id,
        reference=shown.reference,
        outcome=outcome,
        number=shown.number,
    )
    try:
        log = engine_of(app.database.audit)
        try:
            write_entry(app.database, entry)
        finally:
            if log is not engine_of(app.database):  # which is closed when the command ends
                log.dispose()
    except (DBAPIError, OSError) as fault:
        raise Refused(NOT_ON_RECORD) from fault


CHUNKS_IN_BLOCK = 10_000
"""Writing each chunk by itself takes longer than making it."""


def emit(data: Any, json_: bool, text: Callable[[], str]) -> None:
    """Print the JSON document, in blocks as it may be long, or the text, once it is on record what it shows."""
    put_on_record()
    if not json_:
        click.echo(text())
        return
    chunks = json.JSONEncoder(ensure_ascii=False, indent=2, default=_plain).iterencode(data)
    while block := "".join(islice(chunks, CHUNKS_IN_BLOCK)):
        sys.stdout.write(block)
    click.echo()


def _plain(value: object) -> str:
    if isinstance(value, date | PartialDay):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not written as JSON.")


def clock_of(settings: Settings) -> Clock:
    try:
        return settings.clock()
    except ValueError:
        raise Refused("FOLLOWTHROUGH_NOW must be a moment such as 2026-11-20T08:00.") from None


def _make_tables(settings: Settings, database: Database) -> None:
    try:
        migrate(settings.database)
    except DBAPIError:
        if present_revision(database) != newest_revision():  # otherwise another process made them first
            raise


WIDTH = 110


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, most: int | None = None) -> str:
    """Lay rows out under headings, wrapped to 110 columns; of more than `most` the rest is counted.

    Thousands take longer to lay out than to work out.
    """
    # loaded here: most commands print no table, and each command loads this module
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        grid.add_column(heading, overflow="fold")
    every = list(rows)
    for row in every[:most]:
        grid.add_row(*(Text(cell) for cell in row))
    if most is not None and (more := len(every) - most) > 0:
        grid.add_row(*("" for _ in headings[1:]), f"And {more:,} more. Use --json to see them all.")
    out = StringIO()
    Console(file=out, width=WIDTH, no_color=True, highlight=False).print(grid)
    return out.getvalue().rstrip()
