"""The command that checks the installation and prints numbered findings."""

import sqlite3
import sys
from collections.abc import Iterator

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.returns.dsn_mailbox import Mailbox
from notifications.returns.sending_faults import fault_words, open_faults
from notifications.transports.notify import Account
from reviews.backups.generations import HELD, last_restore
from reviews.core.db import FIRST_SAFE_WAL
from reviews.core.keyring import keyring_of
from reviews.core.schema_version import newest_revision, present_revision
from reviews.core.secrets import SHORTEST_KEY, secret_key
from reviews.core.settings import Settings
from reviews.definitions.installed import added_definitions, collides, require_added_sound
from reviews.files.encrypt_files import count_plain
from reviews.files.file_checks import damaged_files, lost_files, strays
from reviews.files.store import folder_of
from reviews.files.virus_scanner import Unscanned, require_scanner
from reviews.keys.wrapped_keys import key_states
from reviews.models import AddedDefinition, Case, Partnership
from reviews.people.authenticator_apps import unreadable_apps
from reviews.people.offboarding import CARETAKERS, unattended_actions
from reviews.people.passkeys import other_hosts
from web.cli.production import Finding, people_found, settings_found
from web.cli.refusals import ANSWERS, in_words
from web.cli.runtime import as_json, database_of, emit, query_database
from web.cli.tried_settings import machine_found, tried
from workflows.catalogue import BUILT_IN
from workflows.checks import faults
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role
from workflows.definitions import WORKFLOWS

MOST_NAMED = 5


@click.command()
@click.option("--deploy", is_flag=True, help="Also check what only matters in production.")
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
    every = [*BUILT_IN.every(), WORKFLOWS["action"]]
    found = [fault for workflow in every for fault in faults(workflow, every)]
    yield "C01", not found, " ".join(found) or "Every workflow definition is sound."
    yield _database(settings)
    journal = "write-ahead log" if sqlite3.sqlite_version_info >= FIRST_SAFE_WAL else "rollback journal"
    yield "C03", True, f"SQLite {sqlite3.sqlite_version} is used with its {journal}."
    yield _added(settings)
    yield from _files(settings)
    yield _sending(settings)
    yield _unattended(settings)
    yield _second_factors(settings)
    yield _domains(settings)
    yield _restored(settings)
    yield _keys(settings)


def _second_factors(settings: Settings) -> Finding:
    """Name passkeys that were made for another host, and apps whose codes the present key cannot check."""
    try:
        found = query_database(lambda session: _lost_factors(session, settings), settings) or []
    except ANSWERS as fault:
        return "C09", False, in_words(fault)
    return "C09", not found, " ".join(found) or "Every second factor works at FOLLOWTHROUGH_BASE_URL with the key."


def _lost_factors(session: Session, settings: Settings) -> list[str]:
    key_lost = unreadable_apps(session, secret_key=secret_key(settings))
    by_key = (
        f"{key_lost} authenticator apps were set up with another FOLLOWTHROUGH_SECRET_KEY, and their codes cannot be "
        "checked. Put the key back, or use followthrough people reset-factor."
    )
    hosts = [
        f"{count} passkeys were made for {host} and do not work at {settings.base_url}. Passkeys belong to a host for "
        f"ever: serve Followthrough at {host} again, or let their holders sign in another way and make new ones."
        for host, count in other_hosts(session, settings.base_url).items()
    ]
    return [*hosts, by_key] if key_lost else hosts


def _unattended(settings: Settings) -> Finding:
    """Name the partnerships where somebody left open actions, and nobody has a role in which to look after them."""
    try:
        found = query_database(unattended_actions, settings) or {}
    except ANSWERS as fault:
        return "C08", False, in_words(fault)
    words = " ".join(
        f"{code}: nobody looks after {count} open {'action' if count == 1 else 'actions'} of people who have left. "
        f"Make somebody {_caretakers(realm)} with followthrough people add."
        for (code, realm), count in found.items()
    )
    return "C08", not found, words or "Somebody looks after every open action of people who have left."


def _restored(settings: Settings) -> Finding:
    try:
        found = query_database(last_restore, settings)
    except ANSWERS as fault:
        return "C11", False, in_words(fault)
    if found is None or found.released_at is not None:
        return "C11", True, "Nothing is held after a restore."
    made_at = f"{found.backup_made_at:%Y-%m-%d %H:%M} UTC"
    return "C11", False, f"{HELD}: look, then run followthrough reminders release. The backup was made at {made_at}."


def _keys(settings: Settings) -> Finding:
    try:
        states = query_database(lambda session: key_states(session, keyring_of(settings)), settings) or []
    except ANSWERS as fault:
        return "C12", False, in_words(fault)
    lost = [f"{each.purpose} with the fingerprint {each.fingerprint}" for each in states if each.file is None]
    words = (
        f"{', '.join(lost)} {'is' if len(lost) == 1 else 'are'} not in {settings.keys_folder}. Put the key files there."
    )
    return "C12", not lost, words if lost else "Every key that is needed is there."


def _sending(settings: Settings) -> Finding:
    try:
        faults = query_database(open_faults, settings) or ()
    except ANSWERS as fault:
        return "C07", False, in_words(fault)
    words = " ".join(fault_words(fault) for fault in faults)
    how = " When it is put right, say so with followthrough reminders sending-works."
    return "C07", not faults, words + how if faults else "Mail does not come back in numbers."


def _domains(settings: Settings) -> Finding:
    try:
        codes = query_database(_without_domains, settings) or []
    except ANSWERS as fault:
        return "C10", False, in_words(fault)
    words = (
        f"Any address is allowed in {', '.join(codes[:MOST_NAMED])}, also a private one. "
        "Name the domains with followthrough people domains."
    )
    return "C10", True, words if codes else "Every partnership names the domains that addresses must end in."


def _without_domains(session: Session) -> list[str]:
    rows = session.execute(sa.select(Partnership.code, Partnership.email_domains).order_by(Partnership.code))
    return [code for code, domains in rows if not domains]


def _caretakers(realm: Realm) -> str:
    return " or ".join(role.in_sentence for role in CARETAKERS[realm] if role is not Role.AGENCY_LEAD)


def _files(settings: Settings) -> Iterator[Finding]:
    folder = folder_of(settings.home)
    try:
        lost = query_database(lambda session: lost_files(session, folder), settings) or []
        left = query_database(lambda session: strays(session, folder), settings) or []
        damaged = query_database(damaged_files, settings) or []
    except ANSWERS as fault:
        yield "C05", False, in_words(fault)
        return
    found = [
        f"{len(names)} stored files {what}: {', '.join(names[:MOST_NAMED])}. Put them back from a backup, and run "
        "followthrough files verify."
        for names, what in ((lost, f"are not in {folder}"), (sorted({*damaged} - {*lost}), "are damaged"))
        if names
    ]
    yield "C05", not found, " ".join(found) or "Every stored file is there, and none is known to be damaged."
    stray = f"{len(left)} files in {folder} belong to no record. After a day they are removed when a file is stored."
    yield "C06", True, stray if left else "Every stored file belongs to a record."


def _database(settings: Settings) -> Finding:
    try:
        present, newest = present_revision(database_of(settings)), newest_revision()
    except ANSWERS as fault:
        return "C02", False, in_words(fault)
    if present is None:
        return "C02", True, "The database is empty. The first command creates its tables."
    return "C02", present == newest, f"The database is at revision {present}, the product at {newest}."


def _added(settings: Settings) -> Finding:
    try:
        found = query_database(_against_added, settings)
    except ANSWERS as fault:
        return "C04", False, in_words(fault)
    return (
        "C04",
        not found,
        " ".join(found or ["Every added definition is sound, and none has the name and version of one built in."]),
    )


def _against_added(session: Session) -> list[str]:
    require_added_sound(session)
    return [_in_doubt(session, row) for row in added_definitions(session) if collides(row)]


def _in_doubt(session: Session, row: AddedDefinition) -> str:
    of_version = sa.select(sa.func.count()).where(Case.workflow == row.name, Case.workflow_version == row.version)
    running = session.scalar(of_version.where(Case.closed_on.is_(None)))
    return (
        f"{row.name} version {row.version} was added here from {row.source}, and is now built into the product. The "
        f"built-in one is used, also for the {running} open cases of that version, so their rules may have changed. "
        "Add the file again with a higher version, and move the cases to it."
    )


def _in_production(settings: Settings) -> Iterator[Finding]:
    yield from settings_found(settings)
    yield from machine_found()
    is_folder = settings.mail.startswith("folder:")
    yield "W09", not is_folder, f"FOLLOWTHROUGH_MAIL_URL {'must name' if is_folder else 'names'} a mail server."
    yield from _mail_back(settings)
    yield "W38", *_where_keys_are(settings)
    if present_revision(database_of(settings)) == newest_revision():
        yield from query_database(lambda session: list(people_found(session, thorough=True)), settings) or ()
        yield from tried(settings, database_of(settings))
        plain = query_database(count_plain, settings) or 0
        left = f"{plain} stored files of an earlier version are not encrypted: run followthrough files encrypt."
        yield "W36", not plain, left if plain else "Every stored file is encrypted."
    yield _scanner(settings)


def _scanner(settings: Settings) -> Finding:
    if not settings.clamd:
        return "W37", True, "Files are stored without a virus check: FOLLOWTHROUGH_CLAMD names no scanner."
    try:
        require_scanner(settings.clamd)
    except Unscanned as fault:
        return (
            "W37",
            False,
            f"The virus scanner at FOLLOWTHROUGH_CLAMD does not answer, so no file is stored: {fault.why}.",
        )
    return "W37", True, "The virus scanner answers: every file is checked before it is stored."


def _where_keys_are(settings: Settings) -> tuple[bool, str]:
    """Whether the keys are apart from what they encrypt: a copy of HOME must not hold both."""
    keys, home = settings.keys_folder.resolve(), settings.home.resolve()
    if keys == home or home in keys.parents:
        return False, (
            f"The keys are in {settings.keys_folder}, beside the database: a copy of FOLLOWTHROUGH_HOME holds both. "
            "Move the folder elsewhere, and name it in FOLLOWTHROUGH_KEYS."
        )
    return True, "The keys are apart from FOLLOWTHROUGH_HOME."


def _mail_back(settings: Settings) -> Iterator[Finding]:
    """Check the settings by which delivery reports arrive, and that they arrive securely."""
    if settings.mail.startswith("notify:"):
        try:
            Account.of(settings)
            yield "W17", True, "The settings of GOV.UK Notify are complete."
        except Refused as fault:
            yield "W17", False, fault.sentence
        token = settings.notify_callback_token.get_secret_value() if settings.notify_callback_token else ""
        enough = f"FOLLOWTHROUGH_NOTIFY_CALLBACK_TOKEN has at least {SHORTEST_KEY} characters"
        yield (
            "W18",
            len(token) >= SHORTEST_KEY,
            f"{enough}, so that reports on the delivery of letters can be received.",
        )
    if settings.bounces_url is not None:
        try:
            Mailbox.of(settings.bounces_url.get_secret_value())
            yield "W19", True, "FOLLOWTHROUGH_BOUNCES_URL names a mailbox that is read over TLS."
        except Refused as fault:
            yield "W19", False, fault.sentence
