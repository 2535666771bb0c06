"""Tables of the organisations that sign people in with their own accounts, and of those accounts."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key
from reviews.models.people import Person


class SignInProvider(Base):
    """An organisation whose accounts people may sign in with, such as the Entra tenant of a council.

    `name` is its word in addresses. `client_secret` is encrypted. It `vouches_for_addresses` where the technician has
    pinned a tenant of one organisation: it then need not say of each address that it is confirmed.
    """

    __tablename__ = "sign_in_providers"
    __table_args__ = (sa.CheckConstraint("name = lower(name)", "name_in_lower_case"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(100))
    issuer: Mapped[str] = mapped_column(sa.String(500))
    client_id: Mapped[str] = mapped_column(sa.String(200))
    client_secret: Mapped[bytes] = mapped_column(sa.LargeBinary)
    vouches_for_addresses: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ProviderAccount(Base):
    """An account at a provider, by which a person signs in: its issuer and subject, never its address.

    `tenant_id` and `object_id` are what Entra calls it, to find it again after the application is registered anew.
    """

    __tablename__ = "provider_accounts"
    __table_args__ = (
        sa.Index(
            "uq_provider_accounts_live",
            "provider_id",
            "subject",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider_id: Mapped[int] = mapped_column(sa.ForeignKey("sign_in_providers.id"))
    subject: Mapped[str] = mapped_column(sa.String(255))
    tenant_id: Mapped[str] = mapped_column(sa.String(100), default="")
    object_id: Mapped[str] = mapped_column(sa.String(100), default="")
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    provider: Mapped[SignInProvider] = relationship()
    person: Mapped[Person] = relationship()
