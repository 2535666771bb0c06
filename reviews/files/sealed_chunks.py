"""The content of a stored file, encrypted in chunks under a key that no other file has.

The nonce of a chunk is its number and a mark of the last one: as each key is used for one file alone, none comes twice,
and a chunk that is moved, repeated, left out or put at the end does not open.
"""

import os
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reviews.core.keyring import Damaged

KEY_SIZE = 32
CHUNK = 65_536  # bytes of content; TAG more when sealed
TAG = 16


def new_key() -> bytes:
    return os.urandom(KEY_SIZE)


def seal_chunks(key: bytes, chunks: Iterator[bytes], where: str) -> Iterator[bytes]:
    """Encrypt the content of the file that `where` names; all chunks but the last have the same size."""
    cipher, number = AESGCM(key), 0
    chunk = next(chunks, None)
    while chunk is not None:
        following = next(chunks, None)
        yield cipher.encrypt(_nonce(number, is_last=following is None), chunk, where.encode())
        chunk, number = following, number + 1


def unseal_chunks(key: bytes, sealed: IO[bytes], where: str) -> Iterator[bytes]:
    """Decrypt a file. Raises Damaged at the first chunk that is not as it was written, or where the end is missing."""
    cipher, number = AESGCM(key), 0
    chunk = sealed.read(CHUNK + TAG)
    if not chunk:
        raise Damaged
    while chunk:
        following = sealed.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), chunk, where.encode())
        except (InvalidTag, ValueError) as fault:
            raise Damaged from fault
        chunk, number = following, number + 1


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + is_last.to_bytes(1)
