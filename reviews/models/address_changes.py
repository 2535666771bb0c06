"""The table of changes of an e-mail address that somebody asked for."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key

IS_OPEN = sa.text("ended_at IS NULL")


class AddressChange(Base):
    """Somebody is to have another address, once the old and the new one have confirmed it, until `expires_at`.

    Until then the old one, `was`, is theirs. Where mail to it comes back, a second person confirms in its place:
    `old_confirmed_by` names them. `ended_at` is when it was made, refused, withdrawn or replaced by another.
    """

    __tablename__ = "address_changes"
    __table_args__ = (
        sa.Index("uq_address_changes_open", "person_id", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    was: Mapped[str] = mapped_column(sa.String(254))
    email: Mapped[str] = mapped_column(sa.String(254))
    asked_by: Mapped[str] = mapped_column(sa.String(500))
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    old_confirmed_at: Mapped[datetime | None]
    old_confirmed_by: Mapped[str] = mapped_column(sa.String(500), default="")
    new_confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
