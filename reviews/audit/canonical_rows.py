"""The one form of a row that is hashed, alike on both databases and after a restore into the other.

Rows are read as the database itself writes them, and nothing that somebody may have put there raises an error: what is
no day or instant any more is hashed as it stands, and so as something else than before.
"""

import json
import sqlite3
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from hashlib import sha256
from hmac import digest
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.db import is_sqlite
from reviews.core.keyring import KeyPurpose, Keyring, MasterKey, MissingKey
from reviews.core.sealed import derived_key
from reviews.models import AuditSeal, Seal, Stream

HASH = 16  # bytes of the hash of a row: half of SHA-256, as its key is secret
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ROW_ID: sa.ColumnElement[int] = sa.column("id", sa.BigInteger())


class FieldKind(StrEnum):
    NUMBER = "number"
    TEXT = "text"
    DAY = "day"
    INSTANT = "instant"
    JSON = "json"
    BYTES = "bytes"


Fields = Mapping[str, FieldKind]
NUMBER, TEXT, DAY, INSTANT, JSON = (
    FieldKind.NUMBER,
    FieldKind.TEXT,
    FieldKind.DAY,
    FieldKind.INSTANT,
    FieldKind.JSON,
)
FORMS: Mapping[Stream, Mapping[int, Fields]] = {
    Stream.HISTORY: {
        1: {
            "id": NUMBER,
            "kind": TEXT,
            "partnership_id": NUMBER,
            "case_id": NUMBER,
            "action_id": NUMBER,
            "track": TEXT,
            "step": TEXT,
            "from_stage": TEXT,
            "to_stage": TEXT,
            "happened_on": DAY,
            "recorded_at": INSTANT,
            "recorded_by": TEXT,
            "details": JSON,
            "known_to": TEXT,
            "form_edition": DAY,
            "corrects_id": NUMBER,
            "recorded_by_id": NUMBER,
        }
    },
    Stream.AUDIT_LOG: {
        1: {
            "id": NUMBER,
            "at": INSTANT,
            "kind": TEXT,
            "partnership_id": NUMBER,
            "person_id": NUMBER,
            "person": TEXT,
            "role": TEXT,
            "through": TEXT,
            "route": TEXT,
            "case_id": NUMBER,
            "action_id": NUMBER,
            "reference": TEXT,
            "outcome": TEXT,
            "number": NUMBER,
            "network": TEXT,
            "request_id": TEXT,
        }
    },
}
"""The columns that are hashed, by the number of the form. A form is never changed: a table that gets another column
gets the next form, which has every column of those before it. Left out is `announced_at`, which is set after the row is
sealed."""
SEAL_FIELDS: Fields = {
    "partnership_id": NUMBER,
    "number": NUMBER,
    "first_id": NUMBER,
    "last_id": NUMBER,
    "row_count": NUMBER,
    "total": NUMBER,
    "row_ids": FieldKind.BYTES,
    "row_hashes": FieldKind.BYTES,
    "form": NUMBER,
    "newest_at": INSTANT,
    "sealed_at": INSTANT,
    "key_mark": TEXT,
}
"""What goes into the head of a chain, with the head before it."""


@dataclass(frozen=True, slots=True)
class StreamTables:
    """The table of a stream, the model of its seals, and the column that says when a row was written down."""

    table: str
    seals: type[Seal] | type[AuditSeal]
    at: str

    @property
    def seal_table(self) -> sa.Table:
        table = self.seals.__table__
        assert isinstance(table, sa.Table)  # noqa: S101  # each has one of its own
        return table


TABLES: Mapping[Stream, StreamTables] = {
    Stream.HISTORY: StreamTables("events", Seal, "recorded_at"),
    Stream.AUDIT_LOG: StreamTables("audit_entries", AuditSeal, "at"),
}


def newest_form(stream: Stream) -> int:
    return max(FORMS[stream])


@dataclass(frozen=True, slots=True)
class SealKey:
    """What follows from one key of the folder: for the hashes of rows, for the heads of chains, and for other marks."""

    mark: str
    rows: bytes
    heads: bytes
    marks: bytes

    @classmethod
    def of(cls, key: MasterKey) -> "SealKey":
        secret = key.secret.hex()
        names = (f"seals|{purpose}" for purpose in ("rows", "heads", "marks"))
        return cls(key.fingerprint, *(derived_key(secret, name) for name in names))

    def hash_row(self, canonical: bytes) -> bytes:
        return digest(self.rows, canonical, "sha256")[:HASH]

    def head(self, canonical: bytes, previous: str) -> str:
        return digest(self.heads, canonical + previous.encode(), "sha256").hex()

    def mac(self, *parts: object) -> str:
        text = "".join(f"{len(str(part))}:{part}" for part in parts)
        return digest(self.marks, text.encode("utf-8", "surrogateescape"), "sha256").hex()


class SealKeys:
    """The keys of seals, each worked out once."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._known: dict[str, SealKey | None] = {}

    def newest(self) -> SealKey:
        """Give the key in use; the first is made when it is first needed."""
        return SealKey.of(self._keyring.newest(KeyPurpose.SEALS))

    def every(self) -> list[SealKey]:
        return [SealKey.of(key) for key in self._keyring.every() if key.purpose is KeyPurpose.SEALS]

    def of_mark(self, mark: str) -> SealKey | None:
        """Give the key of a fingerprint; None where it is not in the folder."""
        if mark not in self._known:
            try:
                self._known[mark] = SealKey.of(self._keyring.with_mark(KeyPurpose.SEALS, bytes.fromhex(mark)))
            except (MissingKey, ValueError):
                self._known[mark] = None
        return self._known[mark]


def writer_of(name: str, fields: Fields) -> Callable[[Iterable[Any]], bytes]:
    """Give the function that writes values as one text: each says its kind and its length, so that no two rows that
    differ give the same."""
    write = [(_PLAIN.get(kind), _WRITERS[kind]) for kind in fields.values()]

    def canonical(values: Iterable[Any]) -> bytes:
        parts = [name]
        for (plain, as_text), value in zip(write, values, strict=True):
            if value is None:
                parts.append("-")
            elif type(value) is plain:  # written here, as a call for each value would take longer
                parts.append(f"n{value};" if plain is int else f"t{len(value)}:{value}")  # type: ignore[arg-type]  # text
            else:
                parts.append(as_text(value))
        return "".join(parts).encode("utf-8", "surrogateescape")

    return canonical


@cache
def row_writer(stream: Stream, form: int) -> Callable[[Iterable[Any]], bytes]:
    return writer_of(f"{stream}|{form}|", FORMS[stream][form])


@cache
def seal_writer(stream: Stream) -> Callable[[Iterable[Any]], bytes]:
    return writer_of(f"{stream}|seal|", SEAL_FIELDS)


def microseconds(value: Any) -> int | None:
    """Give an instant as the database wrote it, in microseconds since 1970 in UTC; None for what is none."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND


def as_instant(value: datetime) -> str:
    """Write an instant as the database is asked to write it."""
    return value.astimezone(UTC).isoformat(sep=" ", timespec="microseconds").removesuffix("+00:00")


def _as_stored(value: Any) -> str:
    text = repr(value)
    return f"?{type(value).__name__}{len(text)}:{text}"


def _instant(value: Any) -> str:
    found = microseconds(value)
    return _as_stored(value) if found is None else f"i{found};"


def _json(value: Any) -> str:
    try:
        text = _JSON.encode(json.loads(value))
    except (TypeError, ValueError, RecursionError):
        return _as_stored(value)
    return f"j{len(text)}:{text}"


def _bytes(value: Any) -> str:
    return f"b{sha256(value).hexdigest()}" if isinstance(value, bytes) else _as_stored(value)


_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_PLAIN: Mapping[FieldKind, type] = {FieldKind.NUMBER: int, FieldKind.TEXT: str, FieldKind.DAY: str}
_WRITERS: Mapping[FieldKind, Callable[[Any], str]] = {
    FieldKind.NUMBER: _as_stored,
    FieldKind.TEXT: _as_stored,
    FieldKind.DAY: _as_stored,
    FieldKind.INSTANT: _instant,
    FieldKind.JSON: _json,
    FieldKind.BYTES: _bytes,
}


def pack_ids(ids: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(ids)}q", *ids)


def unpack_ids(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 8}q", packed)


def stored(session: Session, fields: Fields) -> list[sa.ColumnElement[Any]]:
    """Give columns to select as the database writes them, days and instants in one manner and JSON to the letter."""
    return [_stored(name, kind, plain=is_sqlite(session)) for name, kind in fields.items()]


def _stored(name: str, kind: FieldKind, *, plain: bool) -> sa.ColumnElement[Any]:
    column: sa.ColumnElement[Any] = sa.column(name)
    if plain:
        return column
    match kind:
        case FieldKind.DAY:
            return sa.func.to_char(column, "YYYY-MM-DD").label(name)
        case FieldKind.INSTANT:
            return sa.func.to_char(sa.func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US").label(name)
        case FieldKind.JSON:
            return sa.cast(column, sa.Text()).label(name)
        case _:
            return column


@contextmanager
def any_text(session: Session) -> Any:
    """Let a session of SQLite read text that is no UTF-8 too, which somebody may have put there."""
    if not is_sqlite(session):
        yield
        return
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101  # the only driver that is served
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = str
