"""Sealing: what is new in history and audit log becomes the next links of the chains, in batches.

A row is sealed when it is committed, which may be after rows with higher numbers were. So each pass looks back an hour:
no transaction is open as long as that. Rows of before are never read again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.audit.canonical_rows import (
    EPOCH,
    FORMS,
    ROW_ID,
    SEAL_FIELDS,
    TABLES,
    SealKey,
    SealKeys,
    any_text,
    as_instant,
    microseconds,
    newest_form,
    pack_ids,
    row_writer,
    seal_writer,
    stored,
    unpack_ids,
)
from reviews.core.clock import Clock
from reviews.core.db import Database, is_sqlite
from reviews.core.keyring import Keyring
from reviews.models import DisposedRows, Stream
from reviews.models.seals import INSTALLATION

LOOK_BACK = timedelta(hours=1)
BATCH = 2_000
"""Rows that are sealed in one transaction: on SQLite others wait for it, a tenth of a second."""
LOCK = 5_370_033
"""The first number of the lock of PostgreSQL that one process at a time seals with."""
LONGEST_CERTIFICATE = 120


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows in the order of their numbers, those of them that are in no seal, and the highest number."""

    last_id: int
    unsealed: list[Any]


def seal_rows(
    database: Database, keyring: Keyring, clock: Clock, *, stop: Callable[[], bool] = lambda: False
) -> dict[Stream, int]:
    """Seal what is in no seal yet, and give how many rows that were, by stream.

    What is left where `stop` says so is sealed the next time.
    """
    keys = SealKeys(keyring)
    return {stream: _seal_stream(sessions_of(database, stream), stream, keys, clock, stop) for stream in Stream}


def sessions_of(database: Database, stream: Stream) -> Database:
    """Give the database in which a stream and its seals are."""
    return database.audit if stream is Stream.AUDIT_LOG else database


def unsealed_rows(session: Session, stream: Stream, now: datetime) -> Iterator[Any]:
    """Give the rows that no pass has sealed yet, as the database wrote them."""
    after = _settled_id(session, stream, now)
    while (chunk := _read_chunk(session, stream, after)) is not None:
        after = chunk.last_id
        yield from chunk.unsealed


def note_disposed(
    session: Session, stream: Stream, row_ids: Iterable[int], certificate: str, *, keyring: Keyring
) -> None:
    """Note in the main database, before they are deleted, which rows a certificate of disposal is about.

    The newest row of the table must stay, as SQLite would give its number to the next one: record the certificate
    first. Raises ValueError where it is among those of the history, and for a reference over 120 characters.
    """
    ids = sorted(set(row_ids))
    if not ids:
        return
    if len(certificate) > LONGEST_CERTIFICATE:
        raise ValueError("The reference of a certificate has at most 120 characters.")
    if stream is Stream.HISTORY:
        newest = session.scalar(sa.select(sa.func.max(ROW_ID)).select_from(sa.table(TABLES[stream].table)))
        if newest in ids:
            raise ValueError("The newest row of the history stays: record the certificate before its rows are deleted.")
    key, packed = SealKeys(keyring).newest(), pack_ids(ids)
    session.add(
        DisposedRows(
            stream=stream,
            row_ids=packed,
            certificate=certificate,
            key_mark=key.mark,
            mac=disposal_mac(key, stream, packed, certificate),
        )
    )


def disposal_mac(key: SealKey, stream: Stream, row_ids: bytes, certificate: str) -> str:
    return key.mac("disposed", stream, row_ids.hex(), certificate)


def _seal_stream(sessions: Database, stream: Stream, keys: SealKeys, clock: Clock, stop: Callable[[], bool]) -> int:
    sealed, now = 0, clock.now()
    with sessions() as session:
        after = _settled_id(session, stream, now)
    while not stop():
        with sessions() as session:
            chunk = _read_chunk(session, stream, after)
        if chunk is None:
            break
        if chunk.unsealed:
            sealed += _seal_chunk(sessions, stream, keys.newest(), after, now)
        after = chunk.last_id
    return sealed


def _seal_chunk(sessions: Database, stream: Stream, key: SealKey, after: int, now: datetime) -> int:
    """Seal the chunk after a number, in one transaction; it is read again, as another process may have sealed it."""
    with sessions() as session:
        session.connection(execution_options={"writes": True})
        if not is_sqlite(session):
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK, list(Stream).index(stream))))
        chunk = _read_chunk(session, stream, after)
        rows = chunk.unsealed if chunk is not None else []
        if rows:
            seals = TABLES[stream].seal_table
            session.execute(sa.insert(seals), list(_new_seals(session, stream, key, rows, now)))
            session.commit()
        return len(rows)


def _new_seals(
    session: Session, stream: Stream, key: SealKey, rows: list[Any], now: datetime
) -> Iterator[dict[str, Any]]:
    form, table = newest_form(stream), TABLES[stream].seal_table
    names = list(FORMS[stream][form])
    partnership, at = names.index("partnership_id"), names.index(TABLES[stream].at)
    canonical = row_writer(stream, form)
    by_partnership = defaultdict(list)
    for row in rows:
        found = row[partnership]
        by_partnership[found if type(found) is int else INSTALLATION].append(row)
    for partnership_id, of_it in sorted(by_partnership.items()):
        before = session.execute(
            sa.select(table.c.number, table.c.total, table.c.head)
            .where(table.c.partnership_id == partnership_id)
            .order_by(table.c.number.desc())
            .limit(1)
        ).first()
        number, total, head = tuple(before) if before else (0, 0, "")
        ids = [row[0] for row in of_it]
        instants = [found for row in of_it if (found := microseconds(row[at])) is not None]
        values: dict[str, Any] = {
            "partnership_id": partnership_id,
            "number": number + 1,
            "first_id": ids[0],
            "last_id": ids[-1],
            "row_count": len(ids),
            "total": total + len(ids),
            "row_ids": pack_ids(ids),
            "row_hashes": b"".join(key.hash_row(canonical(row)) for row in of_it),
            "form": form,
            "newest_at": EPOCH + timedelta(microseconds=max(instants, default=0)),
            "sealed_at": now,
            "key_mark": key.mark,
        }
        as_stored = values | {name: as_instant(values[name]) for name in ("newest_at", "sealed_at")}
        yield values | {"head": key.head(seal_writer(stream)(as_stored[name] for name in SEAL_FIELDS), head)}


def _settled_id(session: Session, stream: Stream, now: datetime) -> int:
    """Give the number up to which nothing new can come: that of a seal made before the look back."""
    table = TABLES[stream].seal_table
    old = sa.select(table.c.last_id).where(table.c.sealed_at < now - LOOK_BACK).order_by(table.c.id.desc()).limit(1)
    return session.scalar(old) or 0


def _read_chunk(session: Session, stream: Stream, after: int) -> Chunk | None:
    columns = stored(session, FORMS[stream][newest_form(stream)])
    query = sa.select(*columns).select_from(sa.table(TABLES[stream].table)).where(after < ROW_ID)
    with any_text(session):
        rows = session.execute(query.order_by(ROW_ID).limit(BATCH)).all()
    if not rows:
        return None
    last_id = rows[-1][0]
    sealed = set(sealed_ids(session, stream, after, last_id))
    return Chunk(last_id, [row for row in rows if row[0] not in sealed])


def sealed_ids(session: Session, stream: Stream, after: int, last_id: int) -> Iterator[int]:
    """Give the numbers that are in seals about this range, a few of them outside it."""
    table = TABLES[stream].seal_table
    about = (table.c.last_id > after, table.c.first_id <= last_id)
    for (packed,) in session.execute(sa.select(table.c.row_ids).where(*about)):
        yield from unpack_ids(packed)
