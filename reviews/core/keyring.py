"""The keys that are not in the database: one file each, in a folder of their own, for each purpose the newest in use.

A key here encrypts other keys, which are stored (an envelope), or makes what follows from it by HKDF. To change one, a
newer is made beside it and what it wrapped is wrapped anew; the old one is needed as long as something names it.
"""

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reviews.core.settings import Settings
from workflows.core.engine import Refused

SIZE, NONCE, MARK = 32, 12, 8  # bytes
VERSION = b"\x01"
_NAME = re.compile(r"(?P<purpose>[a-z-]+)-(?P<number>[1-9][0-9]*)\.key")


class KeyPurpose(StrEnum):
    IDENTITIES = "identities"
    CHILD_DEATHS = "child-deaths"
    FILES = "files"
    SEALS = "seals"


class MissingKey(Refused):
    """What is to be read was encrypted under a key that is not in the folder; the sentence names its fingerprint."""


class Damaged(Exception):
    """What is to be read was changed, or belongs to another row."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key and where it is. `mark` is the first bytes of its fingerprint, which stand before all it wrapped."""

    purpose: KeyPurpose
    number: int
    secret: bytes
    path: Path

    @property
    def mark(self) -> bytes:
        return sha256(b"fingerprint of a key|" + self.secret).digest()[:MARK]

    @property
    def name(self) -> str:
        return f"{self.purpose}-{self.number}"

    @property
    def fingerprint(self) -> str:
        return self.mark.hex()


class Keyring:
    """The keys in a folder, read when first needed; one that another process made is found when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keys: dict[KeyPurpose, list[MasterKey]] = {}

    def newest(self, purpose: KeyPurpose) -> MasterKey:
        """Give the key in use for a purpose. The first is made when it is first needed."""
        if not self._all(purpose):
            self._make(purpose, 1)  # one that another made meanwhile stays
        return self._all(purpose)[-1]

    def with_mark(self, purpose: KeyPurpose, mark: bytes) -> MasterKey:
        """Give the key of a fingerprint. Raises MissingKey."""
        for fresh in (False, True):
            if fresh:
                self._keys.pop(purpose, None)
            for key in self._all(purpose):
                if key.mark == mark:
                    return key
        raise MissingKey(
            f"The key of {purpose} with the fingerprint {mark.hex()} is not in {self.folder}. Put it there."
        )

    def wrap(self, purpose: KeyPurpose, secret: bytes, where: str) -> bytes:
        """Encrypt a key under the newest key of a purpose, for one row, named by `where`."""
        key, nonce = self.newest(purpose), os.urandom(NONCE)
        return VERSION + key.mark + nonce + AESGCM(key.secret).encrypt(nonce, secret, where.encode())

    def unwrap(self, purpose: KeyPurpose, wrapped: bytes, where: str) -> bytes:
        """Decrypt a key that was wrapped for this row. Raises MissingKey, or Damaged."""
        if wrapped[:1] != VERSION:
            raise Damaged
        mark, rest = wrapped[1 : 1 + MARK], wrapped[1 + MARK :]
        try:
            return AESGCM(self.with_mark(purpose, mark).secret).decrypt(rest[:NONCE], rest[NONCE:], where.encode())
        except InvalidTag as fault:
            raise Damaged from fault

    def add(self, purpose: KeyPurpose) -> MasterKey:
        """Make the next key of a purpose, readable by its owner alone, and use it from now on."""
        self._keys.pop(purpose, None)
        there = self._all(purpose)
        self._make(purpose, there[-1].number + 1 if there else 1)
        return self._all(purpose)[-1]

    def of(self, purpose: KeyPurpose) -> list[MasterKey]:
        """Give the keys of a purpose that are in the folder now, the newest last."""
        self._keys.pop(purpose, None)
        return list(self._all(purpose))

    def every(self) -> Iterator[MasterKey]:
        for purpose in KeyPurpose:
            yield from self._all(purpose)

    def _make(self, purpose: KeyPurpose, number: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(self.folder / f"{purpose}-{number}.key")
        self._keys.pop(purpose, None)

    def _all(self, purpose: KeyPurpose) -> list[MasterKey]:
        if purpose not in self._keys:
            self._keys[purpose] = sorted(_read(self.folder, purpose), key=lambda key: key.number)
        return self._keys[purpose]


def keyring_of(settings: Settings) -> Keyring:
    return Keyring(settings.keys_folder)


def _read(folder: Path, purpose: KeyPurpose) -> Iterator[MasterKey]:
    for path in folder.glob(f"{purpose}-*.key"):
        name = _NAME.fullmatch(path.name)
        if name is None or name["purpose"] != purpose:
            continue
        secret = b64decode(path.read_text().strip())
        if len(secret) != SIZE:
            raise Refused(f"{path} holds no key: it has {SIZE} bytes in base64.")
        yield MasterKey(purpose, int(name["number"]), secret, path)


def _make(path: Path) -> None:
    """Write the file whole or not at all: two that begin together then use the same key."""
    unfinished = path.with_suffix(f".{token_hex(8)}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(b64encode(os.urandom(SIZE)).decode())
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
