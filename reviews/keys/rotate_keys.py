"""A new master key for a purpose: every key that an older one wraps is wrapped anew, while others read and write."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from reviews.core.db import Database
from reviews.core.keyring import MARK, VERSION, Damaged, KeyPurpose, Keyring, MissingKey
from reviews.keys.wrapped_keys import WRAPPED, WrappedKeys, marks_in_use, require_keys
from reviews.transactions.unit_of_work import reading

BATCH = 100
"""So many keys in one transaction: on SQLite others wait for it, a few milliseconds."""
PASSES = 5
"""However often it looks again for keys that were stored under the old one meanwhile."""


@dataclass(slots=True)
class Rotation:
    """What a rotation did. `added` is false where it went on with one that did not finish.

    `missing` counts keys by the fingerprint of a master key that is not in the folder, `damaged` are rows that could
    not be read, by column. `needed` are the older keys on which something still depends, by fingerprint; `may_go` the
    files of those on which nothing does.
    """

    purpose: KeyPurpose
    key: str
    fingerprint: str
    added: bool
    rewrapped: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    damaged: dict[str, list[int]] = field(default_factory=dict)
    needed: Mapping[str, int] = field(default_factory=dict)
    may_go: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.needed and not self.missing and not self.damaged


def rotate(database: Database, keyring: Keyring, purpose: KeyPurpose) -> Rotation:
    """Add a master key and wrap anew what older ones wrap, in batches.

    Where something still depends on a key before the newest, as after a rotation that was killed or after `keys add`,
    none is added and that is finished. Everything stays readable, because the older keys stay in the folder.
    """
    with reading(database) as session:
        require_keys(session, keyring, purpose)
        newest = keyring.newest(purpose)
        unfinished = any(mark != newest.mark for mark in marks_in_use(session, purpose))
    key = newest if unfinished else keyring.add(purpose)
    done = Rotation(purpose, key.name, key.fingerprint, added=not unfinished)
    for _ in range(PASSES):
        done.missing.clear()
        done.damaged.clear()
        for column in WRAPPED.get(purpose, ()):
            _rewrap_column(database, keyring, column, key.mark, done)
        with reading(database) as session:
            older = {mark: each for mark, each in marks_in_use(session, purpose).items() if mark != key.mark}
        if sum(each.total() for each in older.values()) <= done.missing.total() + sum(map(len, done.damaged.values())):
            break
    done.needed = {mark.hex(): each.total() for mark, each in older.items()}
    if purpose in WRAPPED:
        earlier = [each for each in keyring.of(purpose) if each.mark != key.mark and each.mark not in older]
        done.may_go = tuple(str(each.path) for each in earlier)
    return done


def _rewrap_column(database: Database, keyring: Keyring, column: WrappedKeys, newest: bytes, done: Rotation) -> None:
    last = 0
    while True:
        with database() as session:
            session.connection(execution_options={"writes": True})
            rows = session.execute(_next_batch(column, newest, last)).all()
            for row in rows:
                _rewrap(session.connection(), keyring, column, row, done)
            session.commit()
        if not rows:
            return
        last = rows[-1][-2]


def _next_batch(column: WrappedKeys, newest: bytes, last: int) -> sa.Select[Any]:
    return (
        sa.select(*column.named_by, column.column)
        .where(column.only, column.mark != newest, column.row > last)
        .order_by(column.row)
        .limit(BATCH)
        .with_for_update()
    )


def _rewrap(connection: sa.Connection, keyring: Keyring, column: WrappedKeys, row: Any, done: Rotation) -> None:
    *names, wrapped = row
    where = column.where.format(*names)
    try:
        secret = keyring.unwrap(column.purpose, wrapped, where)
    except MissingKey:
        done.missing[wrapped[len(VERSION) : len(VERSION) + MARK].hex()] += 1
        return
    except Damaged:
        done.damaged.setdefault(column.name, []).append(names[-1])
        return
    anew = {column.column.name: keyring.wrap(column.purpose, secret, where)}
    connection.execute(sa.update(column.column.table).where(column.row == names[-1]).values(anew))
    done.rewrapped += 1
