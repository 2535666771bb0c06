"""Tables of findings, the recommendations that answer them, and the themes of both."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from reviews.core.db import Base, Key
from reviews.core.text_similarity import LONGEST, stems_of

RESPONSES = {
    "accepted": "Accepted",
    "accepted_in_part": "Accepted in part",
    "rejected": "Rejected",
    "national": "For national bodies",
    "already_done": "Already done",
}


WITHOUT_ACTION = frozenset({"rejected", "national", "already_done"})
"""Responses that need no action here: such a recommendation never counts as one “without an action”."""


class Finding(Base):
    """What a review found. Recommendations rest on it."""

    __tablename__ = "findings"
    __table_args__ = (sa.UniqueConstraint("case_id", "reference"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str]


class RecommendationStem(Base):
    """The stem of one word of a recommendation, by which others like it are found."""

    __tablename__ = "recommendation_stems"
    __table_args__ = (sa.Index("ix_recommendation_stems_stem", "stem", "recommendation_id"),)

    recommendation_id: Mapped[int] = mapped_column(sa.ForeignKey("recommendations.id"), primary_key=True)
    stem: Mapped[str] = mapped_column(sa.String(LONGEST), primary_key=True)


class Recommendation(Base):
    """What a review or plan asks for.

    The partners' response: `response` (one of RESPONSES, empty until given), `response_reason`, `response_by`, who
    decided it, `responded_on`, and `addressee`, the national body it is for.
    What is aimed at: `success`, what will be different for children, and `evidence_wanted`, what would show it.
    `reopened_on` is the day the impact of one of its actions was found not to be seen.
    """

    __tablename__ = "recommendations"
    __table_args__ = (sa.UniqueConstraint("case_id", "reference"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str]
    response: Mapped[str] = mapped_column(sa.String(40), default="")
    response_reason: Mapped[str] = mapped_column(default="")
    finding_id: Mapped[int | None] = mapped_column(sa.ForeignKey("findings.id"), index=True)
    addressee: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    success: Mapped[str] = mapped_column(default="", server_default="")
    evidence_wanted: Mapped[str] = mapped_column(default="", server_default="")
    response_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    responded_on: Mapped[date | None]
    reopened_on: Mapped[date | None]

    stems: Mapped[list[RecommendationStem]] = relationship(cascade="all, delete-orphan")

    @validates("text")
    def _keep_stems(self, _name: str, text: str) -> str:
        """Renew the stems with every change of the text."""
        stems = stems_of(text)
        present = [row for row in self.stems if row.stem in stems]
        new = sorted(stems - {row.stem for row in present})
        self.stems = present + [RecommendationStem(stem=stem) for stem in new]
        return text


class Theme(Base):
    """A word of one partnership under which findings and recommendations are counted together."""

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
