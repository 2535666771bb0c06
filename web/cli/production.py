"""What must not be in production: looked at by `check --deploy`, and each time pages or reminders are started there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.db import engine_of
from reviews.core.secrets import KEY_FILE, NEW_KEY, SHORTEST_KEY, is_password, is_weak
from reviews.core.settings import Settings
from reviews.demo.people import DEMO_PASSWORD
from reviews.models import Person
from reviews.transactions.unit_of_work import reading
from web.core.app_context import AppContext
from workflows.core.engine import Refused

Finding = tuple[str, bool, str]
INVENTED = "%.example"
"""Addresses of a domain that can never exist (RFC 2606)."""
OTHERS = 0o077
"""The rights of everybody but the owner."""


def refuse_unsafe(app: AppContext) -> None:
    """Raise Refused where production must not start as it is."""
    if not app.settings.is_production:
        return
    with reading(app.database) as session:
        findings = [*settings_found(app.settings), *people_found(session, thorough=False)]
    faults = [f"{code} {sentence}" for code, is_sound, sentence in findings if not is_sound]
    if faults:
        raise Refused(f"Production does not start like this. {' '.join(faults)}")


@contextmanager
def only_process(app: AppContext) -> Iterator[None]:
    """Hold the lock of the one process that serves pages on SQLite in production. Raises Refused for a second."""
    if not app.settings.is_production or engine_of(app.database).dialect.name != "sqlite":
        yield
        return
    with (app.settings.home / "web.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "Another process serves this database already. SQLite serves one: end it, or use PostgreSQL."
            ) from None
        yield


def settings_found(settings: Settings) -> Iterator[Finding]:
    yield "W01", *_key(settings)
    yield "W02", *_environment(settings)
    yield "W05", *_base_url(settings)
    yield "W21", *_rights(settings)


def people_found(session: Session, *, thorough: bool) -> Iterator[Finding]:
    """Look for invented people and for the password that the demonstration prints.

    A thorough look tries it on each account, which takes a fortieth of a second each; otherwise on hashes that several
    accounts share, as those of the demonstration do.
    """
    invented = session.scalars(
        sa.select(Person.email).where(Person.email.like(INVENTED), Person.disabled_at.is_(None)).order_by(Person.email)
    ).all()
    found = f"{len(invented)} open accounts are invented, such as {invented[0]}: " if invented else ""
    yield "W20", not invented, f"{found}Use a new, empty database." if invented else "No account is invented."
    hashes = sa.select(Person.password_hash).where(Person.password_hash.is_not(None), Person.disabled_at.is_(None))
    hashes = hashes.group_by(Person.password_hash)
    if not thorough:
        hashes = hashes.having(sa.func.count() > 1)
    is_known = any(is_password(DEMO_PASSWORD, each) for each in session.scalars(hashes))
    known = "An account has the password that the demonstration prints: followthrough people password."
    yield "W22", not is_known, known if is_known else "No account has the password that the demonstration prints."


def _key(settings: Settings) -> tuple[bool, str]:
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    if len(key) < SHORTEST_KEY:
        return False, f"FOLLOWTHROUGH_SECRET_KEY must have at least {SHORTEST_KEY} characters. {NEW_KEY}"
    if is_weak(key):
        return False, f"FOLLOWTHROUGH_SECRET_KEY can be guessed. {NEW_KEY}"
    return True, "FOLLOWTHROUGH_SECRET_KEY is long and looks random."


def _environment(settings: Settings) -> tuple[bool, str]:
    if not settings.is_production:
        return False, "FOLLOWTHROUGH_ENV must be production."
    if os.environ.get("FLASK_DEBUG", "0").lower() not in ("", "0", "false", "no"):
        return False, "FLASK_DEBUG is set: unset it. Faults would be shown with what is stored."
    return True, "FOLLOWTHROUGH_ENV is production, and FLASK_DEBUG is not set."


def _base_url(settings: Settings) -> tuple[bool, str]:
    address = urlsplit(settings.base_url)
    is_sound = address.scheme == "https" and bool(address.hostname) and not address.path.strip("/")
    if not is_sound:
        return False, "FOLLOWTHROUGH_BASE_URL must begin with https:// and name this server, without a path."
    return True, "FOLLOWTHROUGH_BASE_URL begins with https://."


def _rights(settings: Settings) -> tuple[bool, str]:
    address = sa.make_url(settings.database)
    folders = [settings.home]
    if address.get_backend_name() == "sqlite" and address.database:
        folders.append(Path(address.database).parent)
    keys = settings.keys_folder
    paths = dict.fromkeys((*folders, settings.home / KEY_FILE, keys, *sorted(keys.glob("*.key"))))
    opened = [path for path in paths if path.exists() and path.stat().st_mode & OTHERS]
    if opened:
        return False, f"Others on this machine can read {opened[0]}: chmod go-rwx {' '.join(map(str, opened))}"
    return True, "Only this account reads the folders of database, files and keys."
