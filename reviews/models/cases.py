"""Tables of cases: tracks, facts, clocks, holds, agencies, people, children, links."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, UtcDateTime, known_to_column, words
from reviews.models.people import Agency
from workflows.core.days import PartialDay, Precision, day_as_known
from workflows.core.questions import Kind, Value
from workflows.core.vocabulary import Realm

VALUES = ("words", "day", "moment", "number")
ONE_VALUE = " + ".join(f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in VALUES) + " = 1"

ABSORBED = "absorbed_into"
"""The kind of the link from a case to the one it was taken into."""
CHALLENGED = "challenged"
"""The kind of the link from a case to the challenge of a recommendation that was rejected."""


class OurRole(StrEnum):
    """Our part in a case. Statutory clocks run, and it is counted, only where we lead."""

    LEAD = "lead"
    CONTRIBUTOR = "contributor"
    OBSERVER = "observer"


class Case(Base):
    """A review, a child death review, a plan, or a child case of one of them.

    What it is: `title` is neutral, fit for every reader, never a child's name. `workflow` and `workflow_version` name
    its definition. A child case (a request, a parallel process) has its `parent_id`.
    When: `opened_on` is the day of its opening step, `closed_on` the day its last track ended, each known as far as
    `opened_known_to` and `closed_known_to` say: `opened` and `closed` are what is shown.
    Our part: `our_role`, and `lead_area` where another area leads.
    Where its kind was changed, `kind_changed_id` is the event that says so: what was recorded before it is of another
    kind, and neither `facts` nor `clocks` have it.
    `confined_at` is set while only the people who are named may see the case (reviews/access/case_rights.py).
    `version` grows with every change of the case, its clocks and its tracks: a form sends the one it was made from.
    """

    __tablename__ = "cases"
    __table_args__ = (
        # in each realm for itself: a reference that is refused would tell of a case in the other
        sa.UniqueConstraint("partnership_id", "realm", "reference"),
        sa.Index(
            "ix_cases_open",
            "partnership_id",
            "realm",
            "opened_on",
            sqlite_where=sa.text("closed_on IS NULL"),
            postgresql_where=sa.text("closed_on IS NULL"),
        ),
        sa.Index(
            "ix_cases_kind_changed_id",
            "kind_changed_id",
            sqlite_where=sa.text("kind_changed_id IS NOT NULL"),
            postgresql_where=sa.text("kind_changed_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_cases_confined",
            "partnership_id",
            sqlite_where=sa.text("confined_at IS NOT NULL"),
            postgresql_where=sa.text("confined_at IS NOT NULL"),
        ),
        sa.CheckConstraint("closed_on >= opened_on", "closed_after_opened"),
        # the number of a case that was disposed of stands in the audit log, and must never be another's
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    reference: Mapped[str] = mapped_column(sa.String(60))
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    workflow: Mapped[str] = mapped_column(sa.String(40))
    workflow_version: Mapped[int]
    realm: Mapped[Realm] = mapped_column(words(Realm))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column()
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    our_role: Mapped[OurRole] = mapped_column(words(OurRole), default=OurRole.LEAD, server_default=OurRole.LEAD)
    lead_area: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    opened_known_to: Mapped[Precision] = known_to_column()
    closed_known_to: Mapped[Precision] = known_to_column()
    kind_changed_id: Mapped[int | None] = mapped_column(sa.ForeignKey("events.id", use_alter=True))
    confined_at: Mapped[datetime | None]

    parent: Mapped["Case | None"] = relationship(remote_side=[id])
    tracks: Mapped[list["CaseTrack"]] = relationship(back_populates="case", order_by="CaseTrack.id")
    facts: Mapped[list["CaseFact"]] = relationship(
        back_populates="case",
        order_by="CaseFact.id",
        primaryjoin=lambda: (CaseFact.case_id == Case.id) & is_of_present_kind(CaseFact.event_id),
    )
    clocks: Mapped[list["CaseClock"]] = relationship(
        back_populates="case",
        order_by="CaseClock.id",
        primaryjoin=lambda: (CaseClock.case_id == Case.id) & CaseClock.earlier_workflow.is_(None),
    )
    involved: Mapped[list["CaseAgency"]] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy reads it off the class

    @property
    def opened(self) -> PartialDay | None:
        return day_as_known(self.opened_on, self.opened_known_to)

    @property
    def closed(self) -> PartialDay | None:
        """None where it is open, or closed on a day nobody knows."""
        return day_as_known(self.closed_on, self.closed_known_to) if self.closed_on else None


def is_of_present_kind(event_id: sa.ColumnElement[int] | InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    """Give the condition for an event of a case, beside the case, that it was recorded of the kind the case is now."""
    return event_id > sa.func.coalesce(Case.kind_changed_id, 0)


class CaseTrack(Base):
    """One part of a case that runs beside others, with its stage since a day.

    `ended_on` is the day it reached a stage that counts as finished; `held_at` the stage to which it returns from hold.
    `since_known_to` and `ended_known_to` say how far these days are known: `since` is what is shown.
    """

    __tablename__ = "case_tracks"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "name"),
        sa.Index("ix_case_tracks_name_stage", "name", "stage"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"))
    name: Mapped[str] = mapped_column(sa.String(40))
    stage: Mapped[str] = mapped_column(sa.String(60))
    since_on: Mapped[date]
    ended_on: Mapped[date | None]
    held_at: Mapped[str | None] = mapped_column(sa.String(60))
    since_known_to: Mapped[Precision] = known_to_column()
    ended_known_to: Mapped[Precision] = known_to_column()

    case: Mapped[Case] = relationship(back_populates="tracks")

    @property
    def since(self) -> PartialDay | None:
        return day_as_known(self.since_on, self.since_known_to)


class CaseFact(Base):
    """A fact recorded with a step, in the column of its kind. The latest of a name holds; earlier ones stay.

    A day that is known to the month or the year only is in `words`, as 2019-03 or 2019.
    """

    __tablename__ = "case_facts"
    __table_args__ = (sa.CheckConstraint(ONE_VALUE, "one_value"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[Kind] = mapped_column(words(Kind))
    words: Mapped[str | None]
    day: Mapped[date | None]
    moment: Mapped[datetime | None]
    number: Mapped[int | None]
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id"), index=True)

    case: Mapped[Case] = relationship(back_populates="facts")

    @property
    def value(self) -> Value | None:
        match self.kind:
            case Kind.DAY | Kind.MOMENT if self.words is not None:
                return PartialDay.fromisoformat(self.words)
            case Kind.DAY:
                return self.day
            case Kind.MOMENT:
                return self.moment if self.moment is not None else self.day
            case Kind.NUMBER:
                return self.number
            case Kind.YES_NO:
                return None if self.number is None else bool(self.number)
            case Kind.AGENCIES | Kind.PARTNERS | Kind.STEPS:
                return tuple((self.words or "").splitlines())
            case _:
                return self.words


class CaseClock(Base):
    """A deadline that runs on a case, or has run.

    The rule: `name` is the deadline's, `edition_from` the first day of the edition it was counted by, `counted_from_on`
    the day it was counted from. Where that is not what starts the clock, `start_rule` names the step or fact, and
    `started_on` is the day the clock started, by which its edition and local rule were chosen. `local_rule_id` is the
    partnership's rule: it set `target_on`, or, without a target, `due_on`.
    The dates: `due_on` is never moved by a person, `due_at` is its hour where it is counted in hours,
    `target_on` an earlier day the partnership set beside a binding date. `provisional` dates lie beyond the known bank
    holidays. `brought_in_on` is the day an import started it: nobody is reminded of rungs up to that day.
    The outcome: `met_on`, or `dropped_on` where it ended unmet; until then `forecast_on`. `late_reason` explains a late
    one.
    Days not known exactly: it was counted from a day between `counted_from_earliest_on` and `counted_from_on`, which
    gives the latest due date, and met between `met_on` and `met_latest_on`: late by these is late for certain.
    `dropped_known_to` says how far `dropped_on` is known.
    Where the kind of the case was changed since, `earlier_workflow` and `earlier_version` are what it ran under.
    """

    __tablename__ = "case_clocks"
    __table_args__ = (
        sa.Index("ix_case_clocks_case_id", "case_id"),
        sa.Index(
            "ix_case_clocks_present",
            "case_id",
            "name",
            "counted_from_on",
            unique=True,
            sqlite_where=sa.text("earlier_workflow IS NULL"),
            postgresql_where=sa.text("earlier_workflow IS NULL"),
        ),
        sa.Index(
            "ix_case_clocks_running",
            "due_on",
            "case_id",
            sqlite_where=sa.text("met_on IS NULL AND dropped_on IS NULL"),
            postgresql_where=sa.text("met_on IS NULL AND dropped_on IS NULL"),
        ),
        sa.CheckConstraint("met_on IS NULL OR dropped_on IS NULL", "one_end"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"))
    name: Mapped[str] = mapped_column(sa.String(60))
    edition_from: Mapped[date]
    counted_from_on: Mapped[date]
    due_on: Mapped[date]
    due_at: Mapped[datetime | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    forecast_on: Mapped[date | None]
    met_on: Mapped[date | None]
    dropped_on: Mapped[date | None]
    late_reason: Mapped[str | None]
    target_on: Mapped[date | None]
    local_rule_id: Mapped[int | None] = mapped_column(sa.ForeignKey("local_rules.id"), index=True)
    counted_from_earliest_on: Mapped[date | None]
    met_latest_on: Mapped[date | None]
    dropped_known_to: Mapped[Precision] = known_to_column()
    brought_in_on: Mapped[date | None]
    start_rule: Mapped[str | None] = mapped_column(sa.String(60))
    started_on: Mapped[date | None]
    earlier_workflow: Mapped[str | None] = mapped_column(sa.String(40))
    earlier_version: Mapped[int | None]

    case: Mapped[Case] = relationship(back_populates="clocks")

    @property
    def begun_on(self) -> date:
        """The day it started, whatever it is counted from."""
        return self.started_on or self.counted_from_on

    @property
    def is_running(self) -> bool:
        return self.met_on is None and self.dropped_on is None


class CaseHold(Base):
    """A time for which a track was on hold: what is counted and reminded about. Its facts are CaseFact rows.

    `owner_id` is the person who sees to it that the hold ends.
    """

    __tablename__ = "case_holds"
    __table_args__ = (
        sa.Index(
            "ix_case_holds_running",
            "review_on",
            "case_id",
            sqlite_where=sa.text("lifted_on IS NULL"),
            postgresql_where=sa.text("lifted_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    track: Mapped[str] = mapped_column(sa.String(40))
    held_at: Mapped[str] = mapped_column(sa.String(60))
    reason: Mapped[str] = mapped_column(sa.String(60))
    placed_on: Mapped[date]
    review_on: Mapped[date | None]
    expected_end_on: Mapped[date | None]
    lifted_on: Mapped[date | None]
    placed_known_to: Mapped[Precision] = known_to_column()
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)


class CaseAgency(Base):
    """An agency involved in a case. Its members of the review subgroup and its lead may see the case."""

    __tablename__ = "case_agencies"

    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), primary_key=True, index=True)

    agency: Mapped[Agency] = relationship()


class CasePerson(Base):
    """A lead reviewer, who sees the case up to and including `until_on`."""

    __tablename__ = "case_people"

    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True, index=True)
    until_on: Mapped[date | None]


class Child(Base):
    """A child of a case, by pseudonym only; a permission of its own is needed to see it.

    `nature` is that of the incident as notified; `died_on` is set for a child who dies later.
    """

    __tablename__ = "children"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    pseudonym: Mapped[str] = mapped_column(sa.String(60))
    nature: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    died_on: Mapped[date | None]


class Attachment(Base):
    """A file of a case, or of what an agency returned where the case is the request to it.

    `title` says what it is; `event_id` is the step that it was attached to. The rest is as of Evidence: one that was
    withdrawn stays, content and all, with the reason.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        sa.Index(
            "ix_attachments_damaged_at",
            "damaged_at",
            sqlite_where=sa.text("damaged_at IS NOT NULL"),
            postgresql_where=sa.text("damaged_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("events.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    file_name: Mapped[str] = mapped_column(sa.String(200))
    stored_as: Mapped[str] = mapped_column(sa.String(64), unique=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
    wrapped_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    damaged_at: Mapped[datetime | None]
    added_by: Mapped[str] = mapped_column(sa.String(200))
    added_at: Mapped[datetime]
    withdrawn_on: Mapped[date | None]
    withdrawn_by: Mapped[str] = mapped_column(sa.String(200), default="")
    withdrawn_reason: Mapped[str] = mapped_column(default="")


class CaseLink(Base):
    """One case led to another, or was taken into it. Whoever sees one case sees of the other only that it is linked."""

    __tablename__ = "case_links"
    __table_args__ = (sa.CheckConstraint("from_case_id <> to_case_id", "two_cases"),)

    from_case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    to_case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(sa.String(40), default="led_to")
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime())
