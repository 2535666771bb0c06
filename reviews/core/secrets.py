"""Which key signs the sessions, and the links in mails?"""

import os
from pathlib import Path
from secrets import token_urlsafe

from reviews.core.settings import Settings

SHORTEST = 32


class UnsafeSettings(Exception):
    """Production does not start on a setting that is not safe; the sentence names it."""


def secret_key(settings: Settings) -> str:
    """Give the key of the settings; outside production one is made when missing, and kept in HOME for its owner."""
    if settings.secret_key is not None:
        key = settings.secret_key.get_secret_value()
        if len(key) < SHORTEST:
            raise UnsafeSettings(f"FOLLOWTHROUGH_SECRET_KEY must have at least {SHORTEST} characters.")
        return key
    if settings.is_production:
        raise UnsafeSettings("FOLLOWTHROUGH_SECRET_KEY is missing: production does not start without it.")
    return _kept_key(settings)


def _kept_key(settings: Settings) -> str:
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.home / "secret.key"
    if not path.exists():
        _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    """Write a whole key or none: of two processes that start together, both take the first one's."""
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
