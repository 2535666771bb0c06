"""Is this their password?"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workflows.core.engine import Refused

SHORTEST, LONGEST = 12, 128


def hash_password(password: str) -> str:
    """Hash with Argon2id; raises Refused for a password that is too short or too long. No other rule is made."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"A password has {SHORTEST} to {LONGEST} characters.")
    return _hasher().hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Check a password. Without a hash the same work is done in vain, so that an unknown address takes as long."""
    try:
        matches = _hasher().verify(password_hash or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


@cache
def _hasher() -> PasswordHasher:
    """OWASP's floor for Argon2id (2023): 19 MiB, two passes, one lane; many can sign in at once."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")
