"""The table of rights that named people have, or lack, on one case."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, words


class RightKind(StrEnum):
    """A grant to read a case or to work on it, or an exclusion from it."""

    READ = "read"
    WORK = "work"
    EXCLUDED = "excluded"


class CaseRight(Base):
    """A grant or an exclusion of one person on one case, up to and including `until_on`, or until it was ended.

    A grant always has its last day. An exclusion is of a whole case: it is never recorded on a child case.
    """

    __tablename__ = "case_rights"
    __table_args__ = (
        sa.Index(
            "ix_case_rights_person_id",
            "person_id",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("kind = 'excluded' OR until_on IS NOT NULL", "grant_has_a_last_day"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    kind: Mapped[RightKind] = mapped_column(words(RightKind))
    until_on: Mapped[date | None]
    reason: Mapped[str]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
