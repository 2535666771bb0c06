"""Tables of actions: their parts, progress, evidence, requests for more time, checks of their impact."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, UtcDateTime, known_to_column, words
from reviews.models.cases import Case
from reviews.models.people import Agency, Person
from reviews.models.recommendations import Recommendation
from workflows.core.days import KnownDay, Precision, known_day
from workflows.core.vocabulary import Realm

LIVE = sa.text("ended_on IS NULL")


SUBMITTED = sa.text("submitted_by_id IS NOT NULL")


LEFT = sa.text("previous_owner_id IS NOT NULL")


DEPUTISED = sa.text("ended_on IS NULL AND deputy_id IS NOT NULL")


class PartState(StrEnum):
    """Whether an agency's part of an action is open, or how it ended."""

    OPEN = "open"
    DONE = "done"
    NOT_NEEDED = "not_needed"


class ImpactResult(StrEnum):
    """Whether the change is seen some months after an action was accepted as done."""

    EMBEDDED = "embedded"
    PARTLY = "partly"
    NOT_SEEN = "not_seen"


class ExtensionRequest(Base):
    """A request for more time, and its answer. `granted` is None while it waits and where it was called off.

    `asked_by_id` is who asked, `asked_for_id` who owned the action then.
    """

    __tablename__ = "extension_requests"
    __table_args__ = (
        sa.Index(
            "ix_extension_requests_waiting",
            "action_id",
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    wanted_due_on: Mapped[date]
    reason: Mapped[str]
    meanwhile: Mapped[str] = mapped_column(default="")
    asked_by: Mapped[str] = mapped_column(sa.String(200))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    granted: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[str] = mapped_column(sa.String(200), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    asked_for_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)


class ImpactCheck(Base):
    """The question some months after acceptance whether anything is different for children, and its answer."""

    __tablename__ = "impact_checks"
    __table_args__ = (
        sa.UniqueConstraint("action_id", "due_on"),
        sa.Index(
            "ix_impact_checks_waiting",
            "due_on",
            "action_id",
            sqlite_where=sa.text("answered_on IS NULL"),
            postgresql_where=sa.text("answered_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"))
    months: Mapped[int]
    due_on: Mapped[date]
    result: Mapped[ImpactResult | None] = mapped_column(words(ImpactResult))
    text: Mapped[str] = mapped_column(default="")
    answered_on: Mapped[date | None]
    answered_by: Mapped[str] = mapped_column(sa.String(200), default="")


class Action(Base):
    """One thing that one agency will do, with one named owner.

    `source_reference` is what the action is called in the tracker it was imported from.
    `reference_name` is what mails call it, given by a person who marked it as safe; without one, `title` goes into
    mails, and only where `title_safe_to_mail`; `due_text` is the date as somebody wrote it;
    `original_due_on` never changes; `times_extended` and `last_progress_on` follow their own tables.
    `expected_on` is when the last answer about it expects it to be done, while it is late.
    `done_on` is the day it was done, as its submission says: None before, and again once that is returned.
    `deputy_id` may do what the owner may; `review_on` is the day it is looked at again, whenever it is due.
    `owner_rating` is the owner's colour and `chair_rating` the chair's, with its reason: both stand beside the colour
    that is computed, never in its place. `blocked_plan` is what is done about what is in the way, while it is.
    An action is `awaiting_owner` when its owner has left: until it is assigned, `owner_id` is whoever looks after it
    and `owner_text` names the previous owner, who is `previous_owner_id`; where nobody does, it has neither.
    `order` counts from 1 within the recommendation; those without one come after the others. `brought_in_on` is the
    day an import made it, or gave it its date or owner: nobody is reminded of rungs up to that day.
    A due date that is known to the month, the quarter or the year is its last day; `due` is what is shown.
    `lead_agency_text` is a lead agency that is none here, as somebody wrote it. `rating_reported` is the colour in the
    tracker: "" where it is blank there, None where the tracker has no ratings. While an action is `awaiting_status`, a
    tracker may say that it has ended, and nobody has decided: it is not late, and nobody is reminded of it.
    """

    __tablename__ = "actions"
    __table_args__ = (
        sa.UniqueConstraint("partnership_id", "realm", "reference"),
        sa.UniqueConstraint("partnership_id", "realm", "address"),
        # `ended_on` is among the columns because SQLite, which keeps no statistics, goes by how many are narrowed
        sa.Index(
            "ix_actions_live",
            "partnership_id",
            "ended_on",
            "due_on",
            "id",
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        sa.Index("ix_actions_owner_live", "owner_id", "ended_on", "due_on", sqlite_where=LIVE, postgresql_where=LIVE),
        sa.Index(
            "ix_actions_deputy_live",
            "deputy_id",
            "ended_on",
            "due_on",
            sqlite_where=DEPUTISED,
            postgresql_where=DEPUTISED,
        ),
        sa.Index("ix_actions_due_live", "due_on", "partnership_id", sqlite_where=LIVE, postgresql_where=LIVE),
        sa.Index("ix_actions_partnership_due", "partnership_id", "due_on", "id"),
        sa.Index("ix_actions_previous_owner_id", "previous_owner_id", sqlite_where=LEFT, postgresql_where=LEFT),
        sa.Index("ix_actions_submitted_by_id", "submitted_by_id", sqlite_where=SUBMITTED, postgresql_where=SUBMITTED),
        sa.CheckConstraint("address NOT LIKE '%/%'", "address_without_slashes"),
        sa.CheckConstraint("due_on IS NULL OR original_due_on IS NOT NULL", "first_date_kept"),
        sa.CheckConstraint("times_extended >= 0", "times_extended_counted"),
        # as of a case: the audit log has the numbers of those that were disposed of
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    recommendation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("recommendations.id"), index=True)
    realm: Mapped[Realm] = mapped_column(words(Realm))
    reference: Mapped[str] = mapped_column(sa.String(120))
    source_reference: Mapped[str] = mapped_column(sa.String(120), default="")
    address: Mapped[str] = mapped_column(sa.String(120))
    title: Mapped[str] = mapped_column(sa.String(200))
    title_safe_to_mail: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str]
    success_measure: Mapped[str] = mapped_column(default="")
    lead_agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    owner_text: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date | None]
    due_text: Mapped[str] = mapped_column(default="")
    original_due_on: Mapped[date | None]
    stage: Mapped[str] = mapped_column(sa.String(40))
    status_text: Mapped[str] = mapped_column(default="")
    times_extended: Mapped[int] = mapped_column(default=0)
    last_progress_on: Mapped[date | None]
    submitted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column()
    deputy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    start_on: Mapped[date | None]
    review_on: Mapped[date | None]
    kind: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    owner_rating: Mapped[str] = mapped_column(sa.String(10), default="", server_default="")
    chair_rating: Mapped[str] = mapped_column(sa.String(10), default="", server_default="")
    chair_rating_reason: Mapped[str] = mapped_column(default="", server_default="")
    chair_rating_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    blocked_plan: Mapped[str] = mapped_column(default="", server_default="")
    awaiting_owner: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    order: Mapped[int | None]
    done_on: Mapped[date | None]
    brought_in_on: Mapped[date | None]
    reference_name: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")
    previous_owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    expected_on: Mapped[date | None]
    due_known_to: Mapped[Precision] = known_to_column()
    original_due_known_to: Mapped[Precision] = known_to_column()
    lead_agency_text: Mapped[str] = mapped_column(default="", server_default="")
    rating_reported: Mapped[str | None]
    awaiting_status: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    submitted_for_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)

    case: Mapped[Case] = relationship()
    recommendation: Mapped[Recommendation | None] = relationship()
    lead_agency: Mapped[Agency | None] = relationship()
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    deputy: Mapped[Person | None] = relationship(foreign_keys=[deputy_id])
    extensions: Mapped[list["Extension"]] = relationship(back_populates="action", order_by="Extension.id")
    requests: Mapped[list[ExtensionRequest]] = relationship(order_by=ExtensionRequest.id)
    impact_checks: Mapped[list[ImpactCheck]] = relationship(order_by=ImpactCheck.due_on, cascade="all, delete-orphan")
    delays: Mapped[list["Delay"]] = relationship(order_by="Delay.id")
    progress: Mapped[list["ProgressUpdate"]] = relationship(back_populates="action", order_by="ProgressUpdate.id")
    evidence: Mapped[list["Evidence"]] = relationship(back_populates="action", order_by="Evidence.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy reads it off the class

    @property
    def due(self) -> KnownDay:
        """The due date as far as it is known."""
        return known_day(self.due_on, self.due_known_to)

    @property
    def original_due(self) -> KnownDay:
        return known_day(self.original_due_on, self.original_due_known_to)


def name_in_mails() -> sa.Case[Any]:
    """What an action is called outside the pages: only what a person has marked as safe; empty where nothing is."""
    return sa.case(
        (Action.reference_name != "", Action.reference_name), (Action.title_safe_to_mail, Action.title), else_=""
    )


IN_PLAN = (Action.order.asc().nulls_last(), Action.id)
"""The order of the actions of a plan, within their recommendation."""


class ActionAnswer(Base):
    """A further recommendation, of this case or another, that an action answers."""

    __tablename__ = "action_answers"

    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(sa.ForeignKey("recommendations.id"), primary_key=True, index=True)


class ActionPart(Base):
    """One agency's part of an action that several share. `agency_text` names a body that is not an agency here."""

    __tablename__ = "action_parts"
    __table_args__ = (
        sa.UniqueConstraint("action_id", "agency_id", "agency_text"),
        sa.CheckConstraint("(state = 'open') = (ended_on IS NULL)", "ended_on_if_ended"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"))
    agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.id"), index=True)
    agency_text: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[PartState] = mapped_column(words(PartState), default=PartState.OPEN)
    note: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class ProgressUpdate(Base):
    """A dated report of what has been done. A new one never overwrites the last; one taken back stays, uncounted."""

    __tablename__ = "progress_updates"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    happened_on: Mapped[date]
    text: Mapped[str]
    reported_by: Mapped[str] = mapped_column(sa.String(200))
    reported_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]

    action: Mapped[Action] = relationship(back_populates="progress")


class Delay(Base):
    """The answer that a late action is not done yet: when it is expected, and why. One taken back stays, uncounted.

    `due_on` is the due date that has passed.
    """

    __tablename__ = "delays"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    due_on: Mapped[date]
    expected_on: Mapped[date]
    reason: Mapped[str]
    reported_by: Mapped[str] = mapped_column(sa.String(200))
    reported_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]


class Evidence(Base):
    """What shows that an action was done: a text, a link or a file, which is stored under a random name.

    One that was withdrawn stays, with the reason, and counts no more. `sha256` and `size` are of the content as it was
    uploaded; it is encrypted under a key that is kept here wrapped (reviews/core/keyring.py), and a file of an earlier
    version without `wrapped_key` is not. `damaged_at` is set while the file is known not to be what was uploaded.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        sa.Index(
            "ix_evidence_damaged_at",
            "damaged_at",
            sqlite_where=sa.text("damaged_at IS NOT NULL"),
            postgresql_where=sa.text("damaged_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    text: Mapped[str]
    offered_by: Mapped[str] = mapped_column(sa.String(200))
    offered_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(10), default="text", server_default="text")
    shows: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    link: Mapped[str] = mapped_column(default="", server_default="")
    file_name: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    stored_as: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    size: Mapped[int] = mapped_column(default=0, server_default="0")
    withdrawn_on: Mapped[date | None]
    withdrawn_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    withdrawn_reason: Mapped[str] = mapped_column(default="", server_default="")
    wrapped_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    damaged_at: Mapped[datetime | None]

    action: Mapped[Action] = relationship(back_populates="evidence")


class Assurance(Base):
    """What somebody other than the owner saw for themselves: an audit, a visit, a survey."""

    __tablename__ = "assurances"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    seen_on: Mapped[date]
    text: Mapped[str]
    is_assured: Mapped[bool]
    given_by: Mapped[str] = mapped_column(sa.String(200))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime())


class Extension(Base):
    """More time that was granted. One that was undone stays, with the reason, and counts no more."""

    __tablename__ = "extensions"
    __table_args__ = (sa.CheckConstraint("new_due_on > previous_due_on", "more_time"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    previous_due_on: Mapped[date]
    new_due_on: Mapped[date]
    reason: Mapped[str]
    granted_by: Mapped[str] = mapped_column(sa.String(200))
    granted_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    undone_reason: Mapped[str] = mapped_column(default="", server_default="")

    action: Mapped[Action] = relationship(back_populates="extensions")


class Snooze(Base):
    """One person gets no reminders of one action until `until_on`, while its due date is `about`."""

    __tablename__ = "snoozes"
    __table_args__ = (sa.UniqueConstraint("action_id", "person_id", "until_on"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    about: Mapped[date | None]
    until_on: Mapped[date]
    reason: Mapped[str]
    asked_at: Mapped[datetime]
