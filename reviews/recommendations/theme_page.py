"""One theme by year and by agency, and the recommendations with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.core.paging import SIZE, Page
from reviews.models import Action, Agency, Case, Recommendation, RecommendationTheme, Theme
from reviews.recommendations.queries import action_counts, answering_pairs, comparable_recommendations
from reviews.recommendations.similar import SimilarRecommendation, with_outcomes
from reviews.recommendations.theme_counts import theme_occurrences
from reviews.transactions.unit_of_work import NotFound
from workflows.core.vocabulary import Realm


@dataclass(frozen=True, slots=True)
class ThemeYear:
    """A year from 1 April, by the day each review began."""

    first_year: int
    recommendations: int
    reviews: int
    repeated: int

    @property
    def in_words(self) -> str:
        return f"{self.first_year}–{(self.first_year + 1) % 100:02}"


@dataclass(frozen=True, slots=True)
class ThemeAgency:
    """The actions of one lead agency under a theme; None for those that no agency leads."""

    agency_id: int | None
    name: str | None
    actions: int
    embedded: int
    closed: int
    accepted: int
    submitted: int
    open: int
    overdue: int
    dropped: int


def find_theme_to_see(session: Session, actor: Actor, theme_id: int) -> Theme:
    """Find a theme of a partnership in which the actor may see themes; raises NotFound."""
    theme = session.scalars(sa.select(Theme).where(Theme.id == theme_id, visible(actor, Theme))).first()
    if theme is None or not actor.may(Permission.SEE_THEMES, theme.partnership_id):
        raise NotFound
    return theme


def theme_years(session: Session, actor: Actor, theme: Theme, *, realm: Realm, today: date) -> list[ThemeYear]:
    """Give each year that has recommendations with the theme, by the day their reviews began, the latest first."""
    occurrences = theme_occurrences(
        actor, comparable_recommendations(actor, theme.partnership_id, realm), today, theme.id
    )
    month, year = sa.extract("month", occurrences.c.opened_on), sa.extract("year", occurrences.c.opened_on)
    first_year = sa.case((month < 4, year - 1), else_=year).label("first_year")
    lines = sa.select(first_year, occurrences.c.case_id, occurrences.c.repeat).subquery()
    rows = session.execute(
        sa.select(
            lines.c.first_year,
            sa.func.count(),
            sa.func.count(lines.c.case_id.distinct()),
            sa.func.sum(lines.c.repeat),
        )
        .group_by(lines.c.first_year)
        .order_by(lines.c.first_year.desc())
    )
    return [ThemeYear(int(row[0]), *row[1:]) for row in rows]


def theme_agencies(session: Session, actor: Actor, theme: Theme, *, realm: Realm, today: date) -> list[ThemeAgency]:
    """Count the actions under a theme by the agency that leads them, the most actions first."""
    answering = answering_pairs(actor, comparable_recommendations(actor, theme.partnership_id, realm))
    action_ids = (
        sa.select(answering.c.action_id)
        .join(RecommendationTheme, RecommendationTheme.recommendation_id == answering.c.recommendation_id)
        .where(RecommendationTheme.theme_id == theme.id)
        .distinct()
    )
    every = sa.func.count()
    rows: Iterable[Any] = session.execute(
        sa.select(Action.lead_agency_id, Agency.name, every, *action_counts(today).values())
        .outerjoin(Agency, Agency.id == Action.lead_agency_id)
        .where(Action.id.in_(action_ids))
        .group_by(Action.lead_agency_id, Agency.name)
        .order_by(every.desc(), Agency.name, Action.lead_agency_id)
    )
    return [ThemeAgency(*row) for row in rows]


def theme_recommendations(
    session: Session, actor: Actor, theme: Theme, *, realm: Realm, today: date, number: int = 1, size: int = SIZE
) -> Page[SimilarRecommendation]:
    """Give a page of the recommendations with a theme, those of the latest review first."""
    pool = comparable_recommendations(actor, theme.partnership_id, realm)
    occurrences = sa.select(RecommendationTheme.recommendation_id).where(RecommendationTheme.theme_id == theme.id)
    conditions = (Recommendation.id.in_(occurrences), Recommendation.id.in_(pool))
    total = session.scalar(sa.select(sa.func.count()).select_from(Recommendation).where(*conditions)) or 0
    latest = (
        sa.select(Recommendation.id)
        .join(Case, Case.id == Recommendation.case_id)
        .where(*conditions)
        .order_by(Case.opened_on.desc(), Recommendation.id.desc())
        .limit(size)
        .offset((number - 1) * size)
    )
    ids = list(session.scalars(latest))
    rows = with_outcomes(session, actor, ids, pool=pool, today=today, theme_id=theme.id)
    return Page(rows, number, total, size)
