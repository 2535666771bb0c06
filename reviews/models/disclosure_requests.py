"""Tables of the register of requests for information that is held."""

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, words
from reviews.models.people import Partnership, Person


class RequestKind(StrEnum):
    SUBJECT_ACCESS = "subject-access"
    FREEDOM_OF_INFORMATION = "freedom-of-information"
    DISCLOSURE = "disclosure"


class RequestOutcome(StrEnum):
    GIVEN = "given"
    GIVEN_IN_PART = "given-in-part"
    REFUSED = "refused"
    NOTHING_HELD = "nothing-held"
    WITHDRAWN = "withdrawn"


class DisclosureRequest(Base):
    """A request for information that is held, with its clock. It never has the name of whoever asks.

    `council_reference` is that of the council's own system, where the requester is named. The clock runs from
    `counted_from_on`: the receipt, the proof of identity, or for freedom of information the clarification. It stands
    still since `paused_on`; `paused_days` are those it stood still before. `ordered_due_on` is the day that a coroner,
    court or inquiry has set.
    """

    __tablename__ = "disclosure_requests"
    __table_args__ = (
        sa.UniqueConstraint("partnership_id", "reference"),
        sa.CheckConstraint("(answered_on IS NULL) = (outcome IS NULL)", "answered_with_an_outcome"),
        sa.CheckConstraint("answered_on IS NULL OR paused_on IS NULL", "no_pause_once_answered"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    kind: Mapped[RequestKind] = mapped_column(words(RequestKind))
    reference: Mapped[str] = mapped_column(sa.String(40))
    council_reference: Mapped[str] = mapped_column(sa.String(80))
    received_on: Mapped[date]
    counted_from_on: Mapped[date]
    ordered_due_on: Mapped[date | None]
    paused_on: Mapped[date | None]
    paused_days: Mapped[int] = mapped_column(default=0)
    extended_until: Mapped[date | None]
    extension_notified_on: Mapped[date | None]
    extension_reason: Mapped[str] = mapped_column(default="")
    outcome: Mapped[RequestOutcome | None] = mapped_column(words(RequestOutcome))
    exemptions: Mapped[str] = mapped_column(sa.String(200), default="")
    answered_on: Mapped[date | None]
    handler_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column()

    partnership: Mapped[Partnership] = relationship()
    handler: Mapped[Person | None] = relationship()
    cases: Mapped[list["RequestedCase"]] = relationship(
        order_by="RequestedCase.reference", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy reads it off the class


class RequestedCase(Base):
    """A case that a request is about, by its reference: who enters one need not see it, and learns nothing of it."""

    __tablename__ = "requested_cases"

    request_id: Mapped[int] = mapped_column(sa.ForeignKey("disclosure_requests.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(40), primary_key=True, index=True)
