"""Table of roles that wait for a second person."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, words
from reviews.models.people import Agency, Partnership, Person
from workflows.core.vocabulary import Role


class RoleAnswer(StrEnum):
    """How a request for a role ended. A lapsed one ended by itself."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    LAPSED = "lapsed"


WAITING = sa.text("answered_at IS NULL")


class RoleRequest(Base):
    """A role that one person asked for another to have. It gives nothing until somebody else confirms it.

    `known_as` is as of a membership. `mailed_at` is when the mails about the answer were queued.
    """

    __tablename__ = "role_requests"
    __table_args__ = (
        sa.Index(
            "uq_role_requests_waiting",
            "person_id",
            "partnership_id",
            "role",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", "answered_with_an_answer"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    job_title: Mapped[str] = mapped_column(sa.String(200))
    known_as: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    asked_by: Mapped[str] = mapped_column(sa.String(200))
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    asked_at: Mapped[datetime]
    answer: Mapped[RoleAnswer | None] = mapped_column(words(RoleAnswer))
    answered_by: Mapped[str] = mapped_column(sa.String(200), default="")
    answered_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    mailed_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    asker: Mapped[Person] = relationship(foreign_keys=[asked_by_id])
    partnership: Mapped[Partnership] = relationship()
    agency: Mapped[Agency] = relationship()

    @property
    def name(self) -> str:
        """The name by which the partnership knows the person."""
        return self.known_as or self.person.name
