"""Which bank holidays does this installation know otherwise than the product brings them?"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, UtcDateTime


class HolidayLoad(Base):
    """One list that was loaded, and from where. It is never changed."""

    __tablename__ = "holiday_loads"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(200))
    known_to: Mapped[date]
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    loaded_by: Mapped[str] = mapped_column(sa.String(200))


class BankHoliday(Base):
    """A day on which a loaded list differed from what was known: its title, or None where it is no bank holiday."""

    __tablename__ = "bank_holidays"

    day: Mapped[date] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(sa.String(200))
    load_id: Mapped[int] = mapped_column(sa.ForeignKey("holiday_loads.id"), index=True)
