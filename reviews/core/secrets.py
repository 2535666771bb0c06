"""The key that signs sessions and links, and the hashing of passwords."""

import os
from functools import cache
from itertools import pairwise
from pathlib import Path
from secrets import token_urlsafe
from zlib import compress

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reviews.core.hashing_slots import FOR_EVERYBODY, HashingSlots
from reviews.core.settings import Settings
from workflows.core.engine import Refused

SHORTEST_KEY = 32
KEY_FILE = "secret.key"
FEWEST_LETTERS, FEWEST_STEPS, LEAST_PACKED = 10, 6, 30
"""What 32 random hexadecimal digits always have more of: different letters, different steps, bytes when packed."""


class UnsafeSettings(Exception):
    """A setting with which production must not start; the sentence names it."""


NEW_KEY = "Make a new one: openssl rand -base64 48"


def secret_key(settings: Settings) -> str:
    """Give the key of the settings, or, outside production, one that is made and stored in HOME, readable by its owner.

    Raises UnsafeSettings.
    """
    if settings.secret_key is not None:
        key = settings.secret_key.get_secret_value()
        if len(key) < SHORTEST_KEY:
            raise UnsafeSettings(f"FOLLOWTHROUGH_SECRET_KEY must have at least {SHORTEST_KEY} characters.")
        if settings.is_production and is_weak(key):
            raise UnsafeSettings(f"FOLLOWTHROUGH_SECRET_KEY can be guessed. {NEW_KEY}")
        return key
    if settings.is_production:
        raise UnsafeSettings("FOLLOWTHROUGH_SECRET_KEY is missing: production does not start without it.")
    return _stored_key(settings)


def is_weak(key: str) -> bool:
    """Whether a key is one that somebody typed: few letters, a word again and again, or a row of neighbours."""
    steps = {ord(second) - ord(first) for first, second in pairwise(key)}
    return len(set(key)) < FEWEST_LETTERS or len(steps) < FEWEST_STEPS or len(compress(key.encode(), 9)) < LEAST_PACKED


def present_key(settings: Settings) -> str | None:
    """Give the key as it is set or stored, and make none."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.home / KEY_FILE
    return path.read_text() if path.exists() else None


def _stored_key(settings: Settings) -> str:
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.home / KEY_FILE
    if not path.exists():
        _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    """Write the file whole or not at all: two processes that start together then use the same key."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token_urlsafe(48))
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()


SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128


def hash_password(password: str) -> str:
    """Hash with Argon2id. Raises Refused for a password that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused(f"A password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.", field="password")
    with FOR_EVERYBODY.slot():
        return _hasher().hash(password)


def is_password(password: str, password_hash: str | None, *, slots: HashingSlots = FOR_EVERYBODY) -> bool:
    """Check a password. Without a hash it takes as long, so that an unknown address cannot be told by the time.

    Raises Busy where too many are being checked.
    """
    unused = _unused_hash()  # made by the first check of a process, whether of a known address or of an unknown one
    with slots.slot():
        try:
            matches = _hasher().verify(password_hash or unused, password[:LONGEST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False
    return matches and password_hash is not None


@cache
def _hasher() -> PasswordHasher:
    """OWASP's minimum for Argon2id (2023): 19 MiB, two passes, one lane. More would limit sign-ins at a time."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _unused_hash() -> str:
    return _hasher().hash("nobody has this password")
