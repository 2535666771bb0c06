"""What is the golden thread made of, from the finding to the proof that something changed?"""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, UtcDateTime, words


class StrandState(StrEnum):
    """How far one agency has come with its part of an action."""

    OPEN = "open"
    DONE = "done"
    NOT_NEEDED = "not_needed"


class ImpactResult(StrEnum):
    """Whether the change is seen some months after an action was accepted as done."""

    EMBEDDED = "embedded"
    PARTLY = "partly"
    NOT_SEEN = "not_seen"


class Finding(Base):
    """What a review found. Recommendations answer it."""

    __tablename__ = "findings"
    __table_args__ = (sa.UniqueConstraint("case_id", "reference"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str]


class ActionAnswer(Base):
    """A further recommendation, of this case or another, that an action answers besides its own."""

    __tablename__ = "action_answers"

    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(sa.ForeignKey("recommendations.id"), primary_key=True, index=True)


class ActionStrand(Base):
    """One agency's part of an action that several share. `agency_text` is a body that is no agency here."""

    __tablename__ = "action_strands"
    __table_args__ = (
        sa.UniqueConstraint("action_id", "agency_id", "agency_text"),
        sa.CheckConstraint("(state = 'open') = (ended_on IS NULL)", "ended_on_if_ended"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"))
    agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.id"), index=True)
    agency_text: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[StrandState] = mapped_column(words(StrandState), default=StrandState.OPEN)
    note: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class ExtensionRequest(Base):
    """More time, as it was asked for, and what was answered."""

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


class ImpactCheck(Base):
    """The question, some months after acceptance, whether anything is different for children."""

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


class Theme(Base):
    """A word of one partnership under which findings and recommendations are told together."""

    __tablename__ = "themes"
    __table_args__ = (sa.UniqueConstraint("partnership_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    name: Mapped[str] = mapped_column(sa.String(100))
    ended_on: Mapped[date | None]


class FindingTheme(Base):
    __tablename__ = "finding_themes"

    finding_id: Mapped[int] = mapped_column(sa.ForeignKey("findings.id"), primary_key=True)
    theme_id: Mapped[int] = mapped_column(sa.ForeignKey("themes.id"), primary_key=True, index=True)


class RecommendationTheme(Base):
    __tablename__ = "recommendation_themes"

    recommendation_id: Mapped[int] = mapped_column(sa.ForeignKey("recommendations.id"), primary_key=True)
    theme_id: Mapped[int] = mapped_column(sa.ForeignKey("themes.id"), primary_key=True, index=True)


class RecommendationStem(Base):
    """One word of a recommendation without its ending, by which others like it are found (core/text_similarity.py)."""

    __tablename__ = "recommendation_stems"
    __table_args__ = (sa.Index("ix_recommendation_stems_stem", "stem", "recommendation_id"),)

    recommendation_id: Mapped[int] = mapped_column(sa.ForeignKey("recommendations.id"), primary_key=True)
    stem: Mapped[str] = mapped_column(sa.String(6), primary_key=True)
