"""Where the keys are stored that the master keys of the folder wrap: what each master key is needed for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.keyring import MARK, VERSION, KeyPurpose, Keyring
from reviews.files.store import key_name
from reviews.models import Attachment, ChildIdentity, Evidence

Column = sa.Column[Any]


@dataclass(frozen=True, slots=True)
class WrappedKeys:
    """A column of keys, wrapped under the master key of one purpose.

    `where` names the row to which a key is bound, filled in with the columns of `named_by`; the last of these is the
    key of the table. `only` are the rows that belong to the purpose, where a table has keys of several.
    """

    purpose: KeyPurpose
    column: Column
    named_by: tuple[Column, ...]
    where: str
    only: sa.ColumnElement[bool]

    @property
    def name(self) -> str:
        return f"{self.column.table.name}.{self.column.name}"

    @property
    def row(self) -> Column:
        return self.named_by[-1]

    @property
    def mark(self) -> sa.ColumnElement[bytes]:
        """The mark of the master key that wraps a key (Keyring.wrap); no parameters, so that it can be grouped by."""
        start = sa.literal_column(str(len(VERSION) + 1), sa.Integer())
        length = sa.literal_column(str(MARK), sa.Integer())
        return sa.func.substr(self.column, start, length, type_=sa.LargeBinary())


_IDENTITIES = ChildIdentity.metadata.tables[ChildIdentity.__tablename__].c


def _of_identities(purpose: KeyPurpose) -> WrappedKeys:
    return WrappedKeys(
        purpose,
        _IDENTITIES.wrapped_key,
        (_IDENTITIES.partnership_id, _IDENTITIES.child_id),
        "child_identities|wrapped_key|{}|{}",
        _IDENTITIES.key_purpose == purpose,
    )


def _of_files(table: type[Attachment | Evidence]) -> WrappedKeys:
    columns = table.metadata.tables[table.__tablename__].c
    named_by, where = (columns.stored_as, columns.id), key_name("{}")
    return WrappedKeys(KeyPurpose.FILES, columns.wrapped_key, named_by, where, columns.wrapped_key.is_not(None))


WRAPPED: Mapping[KeyPurpose, tuple[WrappedKeys, ...]] = {
    KeyPurpose.IDENTITIES: (_of_identities(KeyPurpose.IDENTITIES),),
    KeyPurpose.CHILD_DEATHS: (_of_identities(KeyPurpose.CHILD_DEATHS),),
    KeyPurpose.FILES: (_of_files(Evidence), _of_files(Attachment)),
}
"""By purpose, every column with keys that a new master key wraps anew. A purpose that is not here is only added to:
what was made with a key of it names that key for ever."""


def marks_in_use(session: Session | sa.Connection, purpose: KeyPurpose) -> dict[bytes, Counter[str]]:
    """Count the keys that depend on each master key of a purpose, by its mark and the column they are in."""
    found: dict[bytes, Counter[str]] = {}
    for each in WRAPPED.get(purpose, ()):
        query = sa.select(each.mark, sa.func.count()).where(each.only).group_by(each.mark)
        for mark, count in session.execute(query):
            found.setdefault(bytes(mark), Counter())[each.name] += count
    return found


def require_keys(session: Session, keyring: Keyring, purpose: KeyPurpose) -> None:
    """Raise MissingKey where the folder has no key of a purpose and something depends on one: none is made then."""
    if not keyring.of(purpose):
        for mark in marks_in_use(session, purpose):
            keyring.with_mark(purpose, mark)


@dataclass(frozen=True, slots=True)
class KeyState:
    """A master key, and how many keys depend on it, by column. `number` and `file` are None for one that is not in
    the folder though something depends on it. `is_newest`: what is encrypted from now on is under this one.

    `may_go` where nothing in the database depends on it any more; backups that were made before still do.
    """

    purpose: KeyPurpose
    number: int | None
    fingerprint: str
    file: str | None
    is_newest: bool
    depends: Mapping[str, int]

    @property
    def may_go(self) -> bool:
        return not self.is_newest and not self.depends and self.purpose in WRAPPED


def key_states(session: Session, keyring: Keyring) -> list[KeyState]:
    """List the master keys of the folder in order, and after those of each purpose the ones that are missing."""
    found = []
    for purpose in KeyPurpose:
        keys = keyring.of(purpose)
        in_use = marks_in_use(session, purpose)
        for key in keys:
            depends = in_use.pop(key.mark, Counter())
            path = str(key.path)
            found.append(KeyState(purpose, key.number, key.fingerprint, path, key is keys[-1], depends))
        found += [KeyState(purpose, None, mark.hex(), None, False, depends) for mark, depends in in_use.items()]
    return found
