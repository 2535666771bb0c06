"""The keys of backups: to whom they are sealed with age, and the fingerprints of the keys that are not in them."""

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pyrage

from reviews.core.keyring import keyring_of
from reviews.core.secrets import present_key
from reviews.core.settings import Settings
from workflows.core.engine import Refused

SECRET_KEY = "FOLLOWTHROUGH_SECRET_KEY"  # noqa: S105  # the name of the setting
SEALED = ".age"


class WrongKey(Exception):
    """None of the keys given opens a file."""


def fingerprint(key: str) -> str:
    """Name a key without telling anything about it."""
    return sha256(f"fingerprint of a key|{key}".encode()).hexdigest()[:16]


def key_fingerprints(settings: Settings) -> dict[str, str]:
    """Give the fingerprint of each key that what is stored depends on, by the name of its setting or of its file."""
    key = present_key(settings)
    in_folder = {each.path.name: each.fingerprint for each in keyring_of(settings).every()}
    return {SECRET_KEY: fingerprint(key), **in_folder} if key else in_folder


def missing_keys(needed: Mapping[str, str], settings: Settings) -> list[str]:
    """Give in words the keys of a backup that this installation does not have."""
    present = key_fingerprints(settings)
    return [f"{name} with the fingerprint {mark}" for name, mark in needed.items() if present.get(name) != mark]


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
