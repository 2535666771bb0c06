"""The keys of backups: to whom they are sealed with age, and the fingerprints of the keys that are not in them."""

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pyrage
import sqlalchemy as sa

from reviews.core.keyring import keyring_of
from reviews.core.secrets import present_key
from reviews.core.settings import Settings
from reviews.keys.wrapped_keys import WRAPPED, marks_in_use
from workflows.core.engine import Refused

SECRET_KEY = "FOLLOWTHROUGH_SECRET_KEY"  # noqa: S105  # the name of the setting
SEALED = ".age"


class WrongKey(Exception):
    """None of the keys given opens a file."""


def fingerprint(key: str) -> str:
    """Name a key without telling anything about it."""
    return sha256(f"fingerprint of a key|{key}".encode()).hexdigest()[:16]


def key_fingerprints(settings: Settings) -> dict[str, str]:
    """Give the fingerprint of each key there is here, by the name of its setting or file."""
    key = present_key(settings)
    named = {SECRET_KEY: fingerprint(key)} if key else {}
    return named | {key.name: key.fingerprint for key in keyring_of(settings).every()}


def needed_fingerprints(connection: sa.Connection, settings: Settings) -> dict[str, str]:
    """Give the fingerprint of each key that what is stored depends on: also of one that is not here, by its purpose."""
    needed, tables = key_fingerprints(settings), set(sa.inspect(connection).get_table_names())
    for purpose, columns in WRAPPED.items():
        if not {each.column.table.name for each in columns} <= tables:
            continue  # of an earlier version, which had no such keys
        names = {key.fingerprint: key.name for key in keyring_of(settings).of(purpose)}
        in_use = {mark.hex() for mark in marks_in_use(connection, purpose)}
        for mark, name in names.items():
            if mark not in in_use:
                del needed[name]
        needed |= {f"{purpose} (missing, {mark})": mark for mark in in_use - names.keys()}
    return needed


def missing_keys(needed: Mapping[str, str], settings: Settings) -> list[str]:
    """Give in words the keys of a backup that this installation does not have, whatever their files are called."""
    present = set(key_fingerprints(settings).values())
    return [f"{name} with the fingerprint {mark}" for name, mark in needed.items() if mark not in present]


def make_key(path: Path) -> str:
    """Make the key of backups in a new file, for its owner alone; gives the recipient to make backups for."""
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{path} is there already. Name a new file for the key.") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(f"# The key of the backups for {recipient}\n{identity}\n")
    return recipient


def read_recipients(text: str) -> tuple[str, ...]:
    """Read the recipients of the setting, divided by commas. Raises Refused for one that is none."""
    recipients = tuple(each.strip() for each in text.split(",") if each.strip())
    _as_recipients(recipients)
    return recipients


def read_key(path: Path) -> list[pyrage.x25519.Identity]:
    """Read a key file as made here or by age-keygen. Raises Refused for a file without a key."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, UnicodeDecodeError):
        found = []
    if not found:
        raise Refused(f"{path} holds no key of backups: it has a line that begins AGE-SECRET-KEY-.")
    return found


def seal(source: Path, target: Path, recipients: Sequence[str]) -> None:
    """Encrypt a file for every recipient: each of their keys opens it by itself."""
    with source.open("rb") as plain, target.open("wb") as sealed:
        pyrage.encrypt_io(plain, sealed, _as_recipients(recipients))


def unseal(source: Path, target: Path, keys: Sequence[pyrage.x25519.Identity]) -> None:
    """Decrypt a file. Raises WrongKey, or OSError for a damaged one."""
    with source.open("rb") as sealed, target.open("wb") as plain:
        try:
            pyrage.decrypt_io(sealed, plain, list(keys))
        except pyrage.DecryptError as fault:
            raise WrongKey from fault


def _as_recipients(recipients: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    try:
        return [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    except pyrage.RecipientError:
        raise Refused(
            "FOLLOWTHROUGH_BACKUP_RECIPIENTS must be addresses of keys that begin age1, divided by commas. "
            "followthrough backup key FILE makes one."
        ) from None
