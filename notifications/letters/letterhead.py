"""The base address and the signing key of every letter of this installation."""

from dataclasses import dataclass, field
from hashlib import sha256

from reviews.core.secrets import secret_key
from reviews.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Letterhead:
    """`base_url` is what every link begins with, `key` the secret that signs links and Message-IDs."""

    base_url: str
    key: str = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "Letterhead":
        """Raises UnsafeSettings where production has no key."""
        return cls(settings.base_url, secret_key(settings))

    def hashed(self, purpose: str) -> bytes:
        """Derive the key for one purpose, so that a signature for one is never valid for another."""
        return sha256(f"{purpose}|{self.key}".encode()).digest()
