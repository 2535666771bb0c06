"""Tables of the chain that shows whether history and audit log were changed: seals, anchors, and rows disposed of."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from reviews.core.db import AuditBase, Base, Key, words

INSTALLATION = 0
"""Stands for the partnership of what belongs to none."""


class Stream(StrEnum):
    """What is sealed, each in chains of its own, one for each partnership."""

    HISTORY = "history"
    AUDIT_LOG = "audit_log"


class SealColumns:
    """A batch of rows that was sealed at one moment: the next link in the chain of its partnership.

    `row_ids` has the numbers of the rows, `row_hashes` a keyed hash of each, `form` says which columns went into it
    (reviews/audit/canonical_rows.py). `total` counts the rows of the chain up to here, `newest_at` is when the latest
    of the batch was written down. `head` is the keyed hash of all this and of the head before, `key_mark` the
    fingerprint of the key.
    """

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[sa.schema.SchemaItem, ...]:
        name = cls.__tablename__  # type: ignore[attr-defined]  # each table has its own
        return (sa.UniqueConstraint("partnership_id", "number"), sa.Index(f"ix_{name}_last_id", "last_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(Key)
    number: Mapped[int]
    first_id: Mapped[int] = mapped_column(Key)
    last_id: Mapped[int] = mapped_column(Key)
    row_count: Mapped[int]
    total: Mapped[int] = mapped_column(Key)
    row_ids: Mapped[bytes]
    row_hashes: Mapped[bytes]
    form: Mapped[int]
    newest_at: Mapped[datetime]
    sealed_at: Mapped[datetime]
    key_mark: Mapped[str] = mapped_column(sa.String(16))
    head: Mapped[str] = mapped_column(sa.String(64))


class Seal(SealColumns, Base):
    """A batch of the history."""

    __tablename__ = "seals"


class AuditSeal(SealColumns, AuditBase):
    """A batch of the audit log, in the database of the audit log."""

    __tablename__ = "audit_seals"


class Anchor(Base):
    """The state of one chain on one day, told to people and to places outside: what was before can no longer be
    rewritten unnoticed.

    `total` is the number of rows sealed by then. `sent_at` is when it was handed to the place outside, if one is set.
    `verified_at` is when everything up to it was found whole, `verified` the keyed hash that makes that believable.
    """

    __tablename__ = "anchors"
    __table_args__ = (sa.Index("ix_anchors_stream_partnership_id", "stream", "partnership_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stream: Mapped[Stream] = mapped_column(words(Stream))
    partnership_id: Mapped[int] = mapped_column(Key)
    number: Mapped[int]
    total: Mapped[int] = mapped_column(Key)
    head: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    verified: Mapped[str] = mapped_column(sa.String(64), default="")


class DisposedRows(Base):
    """Rows that were deleted as the retention schedule allows, and the certificate that says so.

    `mac` is a keyed hash of it: whoever can only write to the database cannot excuse a deletion with such a row.
    """

    __tablename__ = "disposed_rows"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stream: Mapped[Stream] = mapped_column(words(Stream))
    row_ids: Mapped[bytes]
    certificate: Mapped[str] = mapped_column(sa.String(120))
    key_mark: Mapped[str] = mapped_column(sa.String(16))
    mac: Mapped[str] = mapped_column(sa.String(64))
