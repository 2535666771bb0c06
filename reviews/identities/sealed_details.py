"""Sealing the details of an identity, and reading them again. The first key of each child is made here."""

import os
from collections.abc import Mapping

from reviews.core.keyring import MARK, SIZE, VERSION, Damaged, KeyPurpose, Keyring
from reviews.core.sealed import seal, unseal
from reviews.identities.labels import DETAILS_BY_COLUMN, DETAILS_OF_IDENTITY
from reviews.keys.wrapped_keys import WRAPPED
from reviews.models import ChildIdentity
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm

PURPOSE_OF: Mapping[Realm, KeyPurpose] = {
    Realm.REVIEWS: KeyPurpose.IDENTITIES,
    Realm.CHILD_DEATHS: KeyPurpose.CHILD_DEATHS,
}
"""What is known for child death review is under a key of its own."""


class DamagedIdentity(Refused):
    """What is stored of an identity was changed, or belongs to another row."""


def new_key(keyring: Keyring, identity: ChildIdentity) -> bytes:
    """Make the key of a child, and put it into the row, wrapped."""
    secret = os.urandom(SIZE)
    identity.wrapped_key = keyring.wrap(identity.key_purpose, secret, _where_of_key(identity))
    return secret


def key_of(keyring: Keyring, identity: ChildIdentity) -> bytes:
    """Give the key of a child. Raises MissingKey and DamagedIdentity, which name the fingerprint of the master key."""
    try:
        return keyring.unwrap(identity.key_purpose, identity.wrapped_key, _where_of_key(identity))
    except Damaged:
        raise _damaged(identity) from None


def seal_detail(secret: bytes, identity: ChildIdentity, column: str, text: str) -> None:
    """Seal a detail into its column; an empty one is None."""
    if column not in DETAILS_BY_COLUMN:
        raise KeyError(column)
    setattr(identity, column, seal(secret, text, _where(identity, column)) if text else None)


def details_of_identity(secret: bytes, identity: ChildIdentity) -> dict[str, str]:
    """Read the details that are known, by column. Raises DamagedIdentity where one of them cannot be read."""
    found = {}
    for detail in DETAILS_OF_IDENTITY:
        sealed: bytes | None = getattr(identity, detail.column)
        if sealed is None:
            continue
        text = unseal(secret, sealed, _where(identity, detail.column))
        if text is None:
            raise _damaged(identity)
        found[detail.column] = text
    return found


def _where(identity: ChildIdentity, column: str) -> str:
    return f"child_identities|{column}|{identity.partnership_id}|{identity.child_id}"


def _where_of_key(identity: ChildIdentity) -> str:
    (wrapped,) = WRAPPED[identity.key_purpose]
    return wrapped.where.format(identity.partnership_id, identity.child_id)


def _damaged(identity: ChildIdentity) -> DamagedIdentity:
    mark = identity.wrapped_key[len(VERSION) : len(VERSION) + MARK].hex()
    return DamagedIdentity(
        f"The identity of this child cannot be read: what is stored was changed since it was sealed (key of "
        f"{identity.key_purpose} with the fingerprint {mark}). Nothing is shown. Take it from a backup, or remove it "
        "and store it anew."
    )
