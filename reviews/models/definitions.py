"""Which definitions were added here, which periods are local, and which cases were moved to another version?"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, UtcDateTime, words
from workflows.core.working_days import Unit


class AddedDefinition(Base):
    """A definition read from a file. It is never changed: another rule is another version."""

    __tablename__ = "added_definitions"
    __table_args__ = (sa.UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[int]
    partnership_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    text: Mapped[str]
    source: Mapped[str] = mapped_column(sa.String(200))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime())
    added_by: Mapped[str] = mapped_column(sa.String(200))


class LocalRule(Base):
    """What a partnership set for one deadline from a day on: a period of its own, a ladder of its own, or both.

    It is never changed: the latest that is in force on the day a clock is counted from holds. One with neither takes
    back what was set before.
    """

    __tablename__ = "local_rules"
    __table_args__ = (
        sa.Index("ix_local_rules_of", "partnership_id", "workflow", "deadline", "effective_from"),
        sa.CheckConstraint("(period IS NULL) = (unit IS NULL)", "period_with_unit"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    workflow: Mapped[str] = mapped_column(sa.String(40))
    deadline: Mapped[str] = mapped_column(sa.String(60))
    effective_from: Mapped[date]
    period: Mapped[int | None]
    unit: Mapped[Unit | None] = mapped_column(words(Unit))
    ladder: Mapped[str | None] = mapped_column(sa.String(40))
    authority: Mapped[str] = mapped_column(sa.String(300))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime())
    set_by: Mapped[str] = mapped_column(sa.String(200))


class VersionMove(Base):
    """Cases of one kind moved to another version of its definition, together. Which ones is in their histories."""

    __tablename__ = "version_moves"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workflow: Mapped[str] = mapped_column(sa.String(40), index=True)
    to_version: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(500))
    cases: Mapped[int]
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    moved_by: Mapped[str] = mapped_column(sa.String(200))
    reverted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
