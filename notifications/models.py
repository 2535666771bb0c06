"""What was said to whom: the ledger of reminders, the queue of letters, and the process that sends them."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.db import Base, Key, words
from reviews.models import Action, Person

WAITING = sa.text("state IN ('queued', 'sending')")


class LetterState(StrEnum):
    """Queued, being handed over, handed over, refused for good, or stopped because the person has left."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Letter(Base):
    """One mail to one person. `once` is claimed in the transaction that decides to write it.

    A row in `sending` whose lease has run out, or whose holder (`lease_by`) is no longer alive, was being handed over
    when the process died: nobody knows whether it arrived, so it goes again under the same `message_id`.
    """

    __tablename__ = "letters"
    __table_args__ = (
        sa.Index("ix_letters_waiting", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        sa.Index("ix_letters_partnership_id_morning", "partnership_id", "morning"),
        sa.CheckConstraint("tries >= 0", "tries_counted"),
        sa.CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", "sent_at_some_time"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    once: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    morning: Mapped[date]
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str]
    message_id: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[LetterState] = mapped_column(words(LetterState), default=LetterState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_by: Mapped[str] = mapped_column(sa.String(100), default="")
    sent_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(sa.String(200), default="")

    person: Mapped[Person] = relationship()


class Reminder(Base):
    """One action or one clock brought up with one person on one rung: the unique key makes it once only."""

    __tablename__ = "reminders"
    __table_args__ = (
        sa.UniqueConstraint("action_id", "person_id", "rung", "about"),
        sa.UniqueConstraint("clock_id", "person_id", "rung", "about"),
        sa.CheckConstraint("(action_id IS NULL) <> (clock_id IS NULL)", "of_action_or_clock"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("actions.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    rung: Mapped[str] = mapped_column(sa.String(40))
    about: Mapped[str] = mapped_column(sa.String(40))
    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letters.id"), index=True)
    clock_id: Mapped[int | None] = mapped_column(sa.ForeignKey("case_clocks.id"))

    action: Mapped[Action | None] = relationship()
    letter: Mapped[Letter] = relationship()


class Tick(Base):
    """When a process of this name was last seen alive, and what went wrong if anything did."""

    __tablename__ = "ticks"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    seen_at: Mapped[datetime]
    failure: Mapped[str] = mapped_column(sa.String(200), default="")
