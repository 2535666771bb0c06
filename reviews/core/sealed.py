"""Encryption of columns, with a key of its own for each purpose."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NONCE = 12


def derived_key(secret: str, purpose: str) -> bytes:
    """Give the 32 bytes that follow from the installation's key for one purpose, and for no other."""
    return HKDF(SHA256(), 32, salt=None, info=f"followthrough {purpose}".encode()).derive(secret.encode())


def seal(key: bytes, text: str, where: str) -> bytes:
    """Encrypt a text for one row and column, named by `where`: moved to another it cannot be read."""
    nonce = os.urandom(NONCE)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, text.encode(), where.encode())


def unseal(key: bytes, sealed: bytes, where: str) -> str | None:
    """Decrypt a text; None where it was sealed with another key or for another row, or was changed."""
    if sealed[:1] != VERSION:
        return None
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], where.encode()).decode()
    except InvalidTag:
        return None
