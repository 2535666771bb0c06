"""What `check --deploy` tries: whether what is set works, and whether what is installed is safe."""

import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.policy import SMTP
from importlib.metadata import version
from platform import python_version
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from notifications.models import Failure
from notifications.process.sealing import MAILTO, seal_status
from notifications.transports.configured import transport_of
from notifications.transports.envelope import NotSent
from notifications.transports.smtp import Smtp
from reviews.access.database_rights import changeable_history, owned_tables
from reviews.backups.backup_folder import newest_verified
from reviews.core.append_only import missing_triggers
from reviews.core.db import FIRST_SAFE_WAL, Database, engine_of
from reviews.core.settings import Settings
from reviews.transactions.unit_of_work import reading
from web.cli.production import Finding
from web.cli.runtime import clock_of, database_of
from workflows.core.engine import Refused

OLDEST_SAFE = {"flask": "3.1.3", "werkzeug": "3.1.6", "jinja2": "3.1.6", "apscheduler": "3.11.2"}
"""Versions with known holes below them."""
BACKUP_AFTER = timedelta(hours=26)
FURTHEST = timedelta(seconds=2)
SECONDS = 10
PLAIN_ADDRESS = re.compile(r"[^@\s?&<>,]+@[^@\s?&<>,]+")
GRANT = "give each process a user of its own with followthrough database grant"
WHO_AND_WHERE = sa.text("SELECT current_user, concat_ws(' ', current_database(), pg_postmaster_start_time())")
SUPERUSER = sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
UNENCRYPTED = sa.text("SELECT inet_client_addr() IS NOT NULL AND NOT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


def machine_found() -> Iterator[Finding]:
    refused = _refuses_line_breaks()
    holes = f"Python {python_version()} writes a line break in a mail's header as another header"
    words = f"{holes}. Ours are refused before, but update it: 3.11.15, 3.12.13, 3.13.12 or newer."
    yield "W03", refused, "Python refuses a line break in a mail's header." if refused else words
    yield "W15", *_zone()
    older = [(name, least) for name, least in OLDEST_SAFE.items() if _numbers(version(name)) < _numbers(least)]
    old = [f"{name} {version(name)} (at least {least})" for name, least in older]
    yield "W16", not old, f"Too old: {', '.join(old)}." if old else "The libraries are as new as they must be."


def tried(settings: Settings, database: Database) -> Iterator[Finding]:
    yield "W04", *_journal(database)
    yield "W10", *_history(database)
    yield "W11", *_backup(settings)
    yield "W12", *_seals(settings, database)
    yield "W14", *_clock(settings, database)
    yield "W23", *_database_rights(database)
    yield "W24", *_mail_server(settings)
    yield "W25", *_certificate(settings)
    yield "W27", *_users(settings, database)
    is_sealed = bool(settings.backup_recipients)
    unsealed = "FOLLOWTHROUGH_BACKUP_RECIPIENTS is missing: whoever gets a backup reads it."
    yield "W26", is_sealed, "Backups are sealed." if is_sealed else unsealed


def _refuses_line_breaks() -> bool:
    """Whether this Python refuses to write a header with another inside it, as text and as bytes.

    Holes of 2024 and 2026 (CVE-2024-6923, CVE-2026-1299) let one through.
    """
    message = Message(policy=SMTP)
    message.set_raw("Subject", "one\nBcc: somebody@else.example")
    for write in (message.as_string, message.as_bytes):
        try:
            write()
        except Exception:  # noqa: BLE001, S112  # each version refuses with an exception of its own
            continue
        return False
    return True


def _zone() -> tuple[bool, str]:
    try:
        summer = datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(ZoneInfo("Europe/London"))
    except ZoneInfoNotFoundError:
        return False, "There is no data on time zones: install tzdata."
    return summer.hour == 13, "The clocks of Europe/London are known."


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdecimal())


def _journal(database: Database) -> tuple[bool, str]:
    engine = engine_of(database)
    if engine.dialect.name != "sqlite":
        return True, "The database is PostgreSQL."
    with engine.connect() as connection:
        journal = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar()).lower()
        library = tuple(map(int, str(connection.exec_driver_sql("SELECT sqlite_version()").scalar()).split(".")))
    return journal != "wal" or library >= FIRST_SAFE_WAL, f"SQLite writes with the journal {journal}."


def _history(database: Database) -> tuple[bool, str]:
    """Whether the database itself refuses to change the history and the audit log, to this process too."""
    names = []
    for engine in {engine_of(database), engine_of(database.audit)}:
        with engine.connect() as connection:
            names += missing_triggers(connection)
    if names:
        return False, f"Triggers are missing, and rows of the history can be changed: {', '.join(sorted(names))}."
    if engine_of(database).dialect.name == "sqlite":
        return True, "Triggers refuse to change or delete rows of the history and of the audit log."
    with engine_of(database).connect() as connection:
        found = list(changeable_history(connection))
    if found:
        return False, f"The database's user may change or delete rows of {', '.join(found)}: {GRANT}."
    return True, "The database's user may add rows to the history and the audit log, and not change or delete them."


def _users(settings: Settings, database: Database) -> tuple[bool, str]:
    """Whether pages, reminder process and disposal each have a user, of the same database, that owns no table."""
    if engine_of(database).dialect.name == "sqlite":
        return True, "SQLite has no users."
    seen: dict[str, tuple[str, str]] = {}
    for name, own in (
        ("FOLLOWTHROUGH_DATABASE_URL", settings),
        ("FOLLOWTHROUGH_REMINDERS_DATABASE_URL", settings.of_reminders),
        ("FOLLOWTHROUGH_DISPOSAL_DATABASE_URL", settings.of_disposal),
    ):
        try:
            with engine_of(database_of(own)).connect() as connection:
                user, database_name = connection.execute(WHO_AND_WHERE).one()
                if owned_tables(connection):
                    return False, f"{user}, the user of {name}, owns the tables: {GRANT}."
        except SQLAlchemyError as fault:
            return False, f"{name} cannot be opened ({type(fault).__name__})."
        if user in seen:
            return False, f"{name} is missing, or names the same user as {seen[user][0]}: {GRANT}."
        if any(database_name != where for _, where in seen.values()):
            return False, f"{name} names another database than FOLLOWTHROUGH_DATABASE_URL."
        seen[user] = name, database_name
    return True, "Pages, reminder process and disposal each have a user of the database that owns no table."


def _backup(settings: Settings) -> tuple[bool, str]:
    if settings.backups is None:
        return False, "FOLLOWTHROUGH_BACKUPS is missing: nobody sees whether there is a verified backup."
    made_at = newest_verified(settings.backups)
    if made_at is None:
        return False, f"There is no verified backup in {settings.backups}: followthrough backup verify."
    is_fresh = clock_of(settings).now() - made_at <= BACKUP_AFTER
    return is_fresh, f"The newest verified backup was made at {made_at:%Y-%m-%d %H:%M} UTC."


def _seals(settings: Settings, database: Database) -> tuple[bool, str]:
    """Look whether history and audit log are sealed and anchored, and the anchors kept outside."""
    outside = settings.anchors.removeprefix(MAILTO)
    if settings.anchors.startswith(MAILTO) and not PLAIN_ADDRESS.fullmatch(outside):
        return False, "FOLLOWTHROUGH_ANCHORS must be mailto: and one address, or the path of a file."
    with reading(database) as session:
        status = seal_status(session, clock_of(settings).now())
    if status.dark:
        return False, f"{status.dark} Start the reminder process, or run followthrough audit seal every minute."
    where = (
        f"Anchors are kept at {outside}." if outside else "FOLLOWTHROUGH_ANCHORS names no place outside to keep them."
    )
    return True, f"History and audit log are sealed and anchored. {where}"


def _clock(settings: Settings, database: Database) -> tuple[bool, str]:
    engine = engine_of(database)
    if engine.dialect.name == "sqlite":
        return True, "The clock of the database is that of this machine."
    with engine.connect() as connection:
        theirs: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    apart = abs(clock_of(settings).now() - theirs)
    return apart <= FURTHEST, f"The clocks of this machine and the database are {apart.total_seconds():.1f} s apart."


def _database_rights(database: Database) -> tuple[bool, str]:
    """Write a row and take it back; on PostgreSQL with rights that are not those of an administrator, and over TLS."""
    engine = engine_of(database)
    try:
        with engine.connect().execution_options(writes=True) as connection:
            row = {"name": "check", "failed_at": datetime(2026, 1, 1, tzinfo=UTC), "failure": "a trial"}
            connection.execute(sa.insert(Failure).values(row))
            connection.rollback()
            if engine.dialect.name == "sqlite":
                return True, "The database can be written."
            is_super = connection.execute(
                sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            ).scalar()
            is_open = connection.execute(
                sa.text(
                    "SELECT inet_client_addr() IS NOT NULL AND NOT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
                )
            ).scalar()
    except SQLAlchemyError as fault:
        return False, f"The database cannot be written ({type(fault).__name__})."
    if is_super:
        return (
            False,
            "The database's user is a superuser: give Followthrough one of its own.",
        )
    if is_open and engine.url.host not in ("localhost", "127.0.0.1", "::1"):
        return False, "The connection to the database is not encrypted: add ?sslmode=verify-full to its URL."
    return True, "The database can be written, by a user with no more rights than it needs."


def _mail_server(settings: Settings) -> tuple[bool, str]:
    try:
        transport = transport_of(settings)
        if not isinstance(transport, Smtp):
            return True, "There is no mail server to try: followthrough mail test sends a mail."
        if not transport.reach():
            return False, "The mail server offers no encryption: use smtps://, or one that offers STARTTLS."
    except Refused as fault:
        return False, fault.sentence
    except NotSent as fault:
        return False, f"The mail server could not be reached, or let nobody in ({fault.code})."
    return True, "The mail server was reached."


def _certificate(settings: Settings) -> tuple[bool, str]:
    address = urlsplit(settings.base_url)
    if address.scheme != "https" or not address.hostname:
        return False, "FOLLOWTHROUGH_BASE_URL names no server with a certificate."
    where = f"{address.hostname}:{address.port or 443}"
    try:
        with (
            socket.create_connection((address.hostname, address.port or 443), timeout=SECONDS) as line,
            ssl.create_default_context().wrap_socket(line, server_hostname=address.hostname),
        ):
            return True, f"{where} answers with a certificate that browsers trust."
    except ssl.SSLError as fault:
        return False, f"{where} has no certificate that browsers trust ({fault.reason})."
    except OSError as fault:
        return False, f"{where} does not answer ({type(fault).__name__}): start the web server in front."
