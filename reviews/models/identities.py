"""Tables of who a child is, sealed, and of each time that was opened."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, words
from reviews.core.keyring import KeyPurpose


class OpeningPurpose(StrEnum):
    """What an identity is opened for."""

    FAMILY = "family"
    MATCHING = "matching"
    NOTIFICATION = "notification"
    CORONER_OR_COURT = "coroner_or_court"
    SUBJECT_ACCESS = "subject_access"
    CORRECTION = "correction"
    OTHER = "other"


class ChildIdentity(Base):
    """Who a child is. Each detail is sealed under a key of this child alone, and None where it is not known.

    `wrapped_key` is that key, wrapped under the master key of `key_purpose`, which is not in the database: without it
    no row can be read, here or in a backup. What each sealed text belongs to (table, column, partnership, child) is
    bound to it, so that it cannot be read from another row.
    """

    __tablename__ = "child_identities"

    child_id: Mapped[int] = mapped_column(sa.ForeignKey("children.id"), primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    key_purpose: Mapped[KeyPurpose] = mapped_column(words(KeyPurpose))
    wrapped_key: Mapped[bytes]
    name: Mapped[bytes | None]
    other_names: Mapped[bytes | None]
    birth: Mapped[bytes | None]
    death: Mapped[bytes | None]
    home_address: Mapped[bytes | None]
    nhs_number: Mapped[bytes | None]
    local_number: Mapped[bytes | None]
    other_numbers: Mapped[bytes | None]
    family_contact: Mapped[bytes | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str] = mapped_column(sa.String(200), default="")


class IdentityOpening(Base):
    """One opening of an identity: who, when and what for. Never changed.

    `child_id` is no foreign key: the row outlives the child's. `alerted_for` are the reasons, with spaces between, for
    which the privacy role was written to about it.
    """

    __tablename__ = "identity_openings"
    __table_args__ = (
        sa.Index("ix_identity_openings_child", "child_id", "opened_at"),
        sa.Index("ix_identity_openings_person", "opened_by_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    child_id: Mapped[int] = mapped_column(Key)
    purpose: Mapped[OpeningPurpose] = mapped_column(words(OpeningPurpose))
    reason: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(sa.String(200))
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    alerted_for: Mapped[str] = mapped_column(sa.String(80), default="")
