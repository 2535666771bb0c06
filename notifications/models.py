"""What was said to whom: the ledger of reminders, the queue of letters, and the process that sends them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, words
from reviews.models import Action, Person

ROLE_ANSWERED = "role-answered"
SECOND_FACTOR = "second_factor"
"""The kind of letter about a request for a role, to who asked and to who was to get it."""
SEALS = "seals"
"""The kind of letter that only tells the chairs the anchors of the week."""
WAITING = sa.text("state IN ('queued', 'sending')")


class LetterState(StrEnum):
    """Queued, being handed over, handed over, arrived, come back, perhaps arrived, refused for good, or stopped.

    `delivered` and `bounced` are what was heard afterwards of a letter that was handed over. `uncertain` and `failed`
    were given up, and wait for a person; `suppressed` is what may not go to its person any more.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class FailureKind(StrEnum):
    """Why a letter came back: only where there is no such address does nobody write to it any more."""

    ADDRESS = "no such address"
    FULL = "mailbox full"
    LOOP = "mail loop"
    POLICY = "refused by policy"
    EXPIRED = "given up after days"
    OTHER = "refused"
    UNCLEAR = "report not understood"


class Letter(Base):
    """One mail to one person. `once` is claimed in the transaction that decides to write it.

    A row in `sending` whose lease has run out, or whose holder (`lease_by`) is no longer alive, was being handed over
    when the process died: nobody knows whether it arrived, so it goes again under the same `message_id`.
    `provider_id` is its number at GOV.UK Notify, `reported_at` the moment of which the last report of its arrival
    speaks, `again_of_id` the letter that somebody asked to be sent again. `written_at` is when its lines were decided
    on, `sent_to` the address of the last try; rows of earlier versions have neither. `address` is where it goes if that
    is not the present address of its person.
    """

    __tablename__ = "letters"
    __table_args__ = (
        sa.Index("ix_letters_waiting", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        sa.Index("ix_letters_partnership_id_morning", "partnership_id", "morning"),
        sa.CheckConstraint("tries >= 0", "tries_counted"),
        sa.CheckConstraint("state NOT IN ('sent', 'delivered', 'bounced') OR sent_at IS NOT NULL", "sent_at_some_time"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    letter_key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    morning: Mapped[date]
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str]
    message_id: Mapped[str] = mapped_column(sa.String(200), index=True)
    state: Mapped[LetterState] = mapped_column(words(LetterState), default=LetterState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_by: Mapped[str] = mapped_column(sa.String(100), default="")
    sent_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(sa.String(200), default="")
    html: Mapped[str] = mapped_column(default="", server_default="")
    provider_id: Mapped[str] = mapped_column(sa.String(100), default="", server_default="")
    reported_at: Mapped[datetime | None]
    again_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("letters.id"), index=True)
    written_at: Mapped[datetime | None]
    sent_to: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")
    address: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")

    person: Mapped[Person] = relationship()


class AccountLetter(Base):
    """A letter about an account. Its link is made when the letter leaves, and is not in the letter's `body`."""

    __tablename__ = "account_letters"

    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letters.id"), primary_key=True)
    account_mail_id: Mapped[int] = mapped_column(sa.ForeignKey("account_mails.id"), index=True)


MAILED = sa.text("left_out = ''")


class Reminder(Base):
    """One action or one clock brought up with one person on one rung: the unique key makes it once only.

    `role` is the one as which they are told, `why` the reason if it is in somebody's place. `left_out` says why the
    line was taken out of its letter before that left: such a line was never sent, and does not count as sent.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        sa.Index(
            "uq_reminders_of_action",
            "action_id",
            "person_id",
            "rung",
            "about",
            unique=True,
            sqlite_where=MAILED,
            postgresql_where=MAILED,
        ),
        sa.Index(
            "uq_reminders_of_clock",
            "clock_id",
            "person_id",
            "rung",
            "about",
            unique=True,
            sqlite_where=MAILED,
            postgresql_where=MAILED,
        ),
        sa.CheckConstraint("(action_id IS NULL) <> (clock_id IS NULL)", "of_action_or_clock"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("actions.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    rung: Mapped[str] = mapped_column(sa.String(40))
    about: Mapped[str] = mapped_column(sa.String(40))
    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letters.id"), index=True)
    clock_id: Mapped[int | None] = mapped_column(sa.ForeignKey("case_clocks.id"))
    role: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    why: Mapped[str] = mapped_column(default="", server_default="")
    left_out: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")

    action: Mapped[Action | None] = relationship()
    letter: Mapped[Letter] = relationship()


class Heartbeat(Base):
    """When a process of this name was last seen alive, and what went wrong if anything did."""

    __tablename__ = "ticks"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    seen_at: Mapped[datetime]
    failure: Mapped[str] = mapped_column(sa.String(200), default="")
    next_at: Mapped[datetime | None]


class Failure(Base):
    """Something that went wrong in a process, kept for a while after the ticks went well again."""

    __tablename__ = "failures"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    failed_at: Mapped[datetime] = mapped_column(index=True)
    failure: Mapped[str] = mapped_column(sa.String(200))


class Leader(Base):
    """Which process leads until when. `term` grows by one with every change of hands: an older one writes nothing."""

    __tablename__ = "leaders"
    __table_args__ = (sa.CheckConstraint("term > 0", "term_counted"),)

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(100))
    term: Mapped[int]
    lease_until: Mapped[datetime]


class LetterAnswer(Base):
    """What was answered by the link of one line of a letter: once each, and it can be undone for some days."""

    __tablename__ = "letter_answers"
    __table_args__ = (sa.UniqueConstraint("letter_id", "action_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letters.id"))
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    answer: Mapped[str] = mapped_column(sa.String(20))
    recorded: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    answered_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class AddressProblem(Base):
    """Mail to this address came back, and of what kind of failure, until it is solved.

    Where it `closes` the address, nobody writes to it. `reports` counts the letters of this kind, and
    `last_reported_at` is when the last of them came back.
    """

    __tablename__ = "address_troubles"
    __table_args__ = (
        sa.Index(
            "ix_address_troubles_open",
            "person_id",
            sqlite_where=sa.text("solved_at IS NULL"),
            postgresql_where=sa.text("solved_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letters.id"), index=True)
    source: Mapped[str] = mapped_column(sa.String(20))
    answer: Mapped[str] = mapped_column(sa.String(200))
    reported_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    solved_by: Mapped[str] = mapped_column(sa.String(200), default="")
    solution: Mapped[str] = mapped_column(default="")
    kind: Mapped[FailureKind] = mapped_column(words(FailureKind), server_default=FailureKind.ADDRESS.value)
    closes: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    reports: Mapped[int] = mapped_column(default=1, server_default="1")
    last_reported_at: Mapped[datetime | None]


class SendingFault(Base):
    """So many letters came back on one day, for one reason, that the fault is in our sending, until it ends.

    `people` counts those whose mail came back. While it lasts, no address is closed for that reason.
    """

    __tablename__ = "sending_faults"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[FailureKind] = mapped_column(words(FailureKind))
    code: Mapped[str] = mapped_column(sa.String(40))
    people: Mapped[int]
    found_at: Mapped[datetime]
    last_reported_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(200), default="")
    solution: Mapped[str] = mapped_column(default="")


class SummaryRhythm(Base):
    """How often a person has the summary by mail: `weekly` on a `weekday` (0 is Monday), `monthly`, or `meeting`.

    `meeting_on` is the next meeting it is wanted before.
    """

    __tablename__ = "summary_rhythms"
    __table_args__ = (sa.UniqueConstraint("person_id", "partnership_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    rhythm: Mapped[str] = mapped_column(sa.String(20))
    weekday: Mapped[int] = mapped_column(default=0)
    meeting_on: Mapped[date | None]
    chosen_at: Mapped[datetime]
    last_on: Mapped[date | None]
