"""Tables of what is counted to limit it, and of the browsers that people have signed in with before."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key


class TryCount(Base):
    """So many tries since `began_at`, of one bucket, from one network, for one name or by one person.

    `key_hash` is all there is of those: nothing here says who tried or what was typed. `warned_at` is when the holder
    of an account was written to whose password was tried. Over and deleted after `expires_at`.
    """

    __tablename__ = "try_counts"
    __table_args__ = (sa.CheckConstraint("tries >= 0", "tries_counted"),)

    key_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    bucket: Mapped[str] = mapped_column(sa.String(40))
    tries: Mapped[int]
    began_at: Mapped[datetime]
    last_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    warned_at: Mapped[datetime | None]


class KnownDevice(Base):
    """A browser in which a person has signed in. Only the hash of its cookie's token is stored.

    `name` is what the browser calls itself, shortened; it is shown to its owner alone.
    """

    __tablename__ = "known_devices"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    first_used_at: Mapped[datetime]
    used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
