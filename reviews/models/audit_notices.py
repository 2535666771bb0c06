"""Tables of the notices that unusual entries of the audit log raise, and of how far the log was looked through."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, words
from reviews.models.people import Partnership, Person
from workflows.core.vocabulary import Role


class NoticeFinding(StrEnum):
    """What somebody who looked into a notice found."""

    EXPLAINED = "explained"
    PASSED_ON = "passed_on"


class AuditNotice(Base):
    """That a person reached a threshold (reviews/audit/thresholds.py): `count` of what it counts, between two moments.

    The count grows until the threshold's window is over. `recipient_role` is the role whose holders are to look into
    it, None where nobody but the person held one. What they found is written once.
    """

    __tablename__ = "audit_notices"
    __table_args__ = (
        sa.UniqueConstraint("partnership_id", "person_id", "threshold", "from_at"),
        sa.CheckConstraint("(noted_at IS NULL) = (finding IS NULL)", "noted_with_a_finding"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    threshold: Mapped[str] = mapped_column(sa.String(40))
    count: Mapped[int]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    recipient_role: Mapped[Role | None] = mapped_column(words(Role))
    raised_at: Mapped[datetime]
    finding: Mapped[NoticeFinding | None] = mapped_column(words(NoticeFinding))
    note: Mapped[str] = mapped_column(default="")
    noted_by: Mapped[str] = mapped_column(sa.String(200), default="")
    noted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    noted_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    partnership: Mapped[Partnership] = relationship()


class AuditWatch(Base):
    """The newest entry of the audit log that was looked through for what is unusual. One row."""

    __tablename__ = "audit_watch"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    last_entry_id: Mapped[int] = mapped_column(Key)
