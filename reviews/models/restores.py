"""The table of restores: each begins a new generation of an installation."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key


class Generation(Base):
    """An installation that was restored from the backup made at `backup_made_at`.

    Until it is released nothing is sent. What was handed out before it began – sessions, links in mails, calendars – is
    not honoured any more: what was taken back after the backup is not known here.
    """

    __tablename__ = "generations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    begun_at: Mapped[datetime]
    backup_made_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
