"""Who is away, what rests for some days, which ladders a partnership wrote itself, and who reads its days elsewhere?"""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key


class ReminderPolicy(Base):
    """A ladder of a partnership's own. `rungs` are name, days, working, every and tells; `begins` is `07:30`, London.

    `name` is what Partnership.reminder_policy and PlanRules.reminder_policy say, as they do of the built-in ladders.
    """

    __tablename__ = "reminder_policies"
    __table_args__ = (sa.UniqueConstraint("partnership_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    name: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    begins: Mapped[str] = mapped_column(sa.String(5))
    rungs: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(sa.String(200))


class Absence(Base):
    """A person is away from `from_on` to `until_on`, both included; their deputy hears of their actions meanwhile."""

    __tablename__ = "absences"
    __table_args__ = (
        sa.CheckConstraint("until_on >= from_on", "ends_after_it_begins"),
        sa.CheckConstraint("deputy_id <> person_id", "somebody_else"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Snooze(Base):
    """One person hears nothing of one action until `until_on`; its due date `about` stays what it is."""

    __tablename__ = "snoozes"
    __table_args__ = (sa.UniqueConstraint("action_id", "person_id", "until_on"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    about: Mapped[date | None]
    until_on: Mapped[date]
    reason: Mapped[str]
    asked_at: Mapped[datetime]


class CalendarFeed(Base):
    """A person's due dates and clocks, read by a calendar program. Only the hash of its token is kept."""

    __tablename__ = "calendar_feeds"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
