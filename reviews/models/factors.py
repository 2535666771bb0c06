"""Tables of second factors: passkeys, authenticator apps, recovery codes, and requests to start anew."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key


class Passkey(Base):
    """A key pair on a person's device, of which we have the public half. It works for the host `rp_id` alone.

    `user_handle` names the person to the device, and is the same for all passkeys of one person. `sign_count` grows
    with each use, where the device counts; `backed_up` says that it is copied between a person's devices.
    """

    __tablename__ = "passkeys"
    __table_args__ = (sa.CheckConstraint("sign_count >= 0", "uses_counted"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    user_handle: Mapped[bytes] = mapped_column(sa.LargeBinary)
    rp_id: Mapped[str] = mapped_column(sa.String(253))
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    aaguid: Mapped[str] = mapped_column(sa.String(36))
    backed_up: Mapped[bool]
    name: Mapped[str] = mapped_column(sa.String(100))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuthenticatorApp(Base):
    """An app that shows a code every 30 seconds. It counts from `confirmed_at`, when its first code was typed.

    `secret` is encrypted. `last_step` is the half minute of the last code that was taken: no code up to it works again.
    """

    __tablename__ = "authenticator_apps"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary)
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    name: Mapped[str] = mapped_column(sa.String(100))
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that lets its person in without a device, a single time. Only its hash is stored."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a device has to sign next in a session. It is deleted by the first answer, right or wrong."""

    __tablename__ = "passkey_challenges"

    token_hash: Mapped[str] = mapped_column(sa.ForeignKey("sign_ins.token_hash", ondelete="CASCADE"), primary_key=True)
    challenge: Mapped[bytes] = mapped_column(sa.LargeBinary)
    user_handle: Mapped[bytes] = mapped_column(sa.LargeBinary)
    made_at: Mapped[datetime]


class FactorReset(Base):
    """A request that a person who lost their second factor starts anew: asked by one person, confirmed by another.

    It takes effect at `effective_at`, unless it is stopped before; `done_at` is when the factors were removed.
    """

    __tablename__ = "factor_resets"
    __table_args__ = (
        sa.Index(
            "uq_factor_resets_open",
            "person_id",
            unique=True,
            sqlite_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
        ),
        sa.CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> asked_by_id", "two_people"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(sa.String(500))
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    asked_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    effective_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str] = mapped_column(sa.String(200), default="")
    done_at: Mapped[datetime | None]
