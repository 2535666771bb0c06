"""Which recommendations stand under a theme, and which of them repeat what was closed?"""

from datetime import date

import sqlalchemy as sa

from reviews.access.permissions import Actor
from reviews.models import Case, Recommendation, RecommendationTheme
from reviews.recommendations.queries import Ids, outcomes


def tellings(actor: Actor, pool: Ids, today: date, theme_id: int | None = None) -> sa.Subquery:
    """Give each recommendation under each of its themes, with when its review began and whether it is a repeat.

    It is one where its review began after what another review asked for under the theme was closed.
    """
    told = _told(actor, pool, today, theme_id)
    first, second = _closings(told, 1), _closings(told, 2)
    of_another = sa.case((first.c.case_id != told.c.case_id, first.c.closed_on), else_=second.c.closed_on)
    return (
        sa.select(
            told.c.theme_id,
            told.c.case_id,
            told.c.opened_on,
            sa.case((of_another < told.c.opened_on, 1), else_=0).label("repeat"),
        )
        .outerjoin(first, first.c.theme_id == told.c.theme_id)
        .outerjoin(second, second.c.theme_id == told.c.theme_id)
        .subquery("tellings")
    )


def _told(actor: Actor, pool: Ids, today: date, theme_id: int | None) -> sa.CTE:
    if theme_id is not None:
        under = sa.select(RecommendationTheme.recommendation_id).where(RecommendationTheme.theme_id == theme_id)
        pool = pool.where(Recommendation.id.in_(under))
    found = outcomes(actor, today, pool)
    query = (
        sa.select(RecommendationTheme.theme_id, Recommendation.case_id, Case.opened_on, found.c.closed_on)
        .join(Recommendation, Recommendation.id == RecommendationTheme.recommendation_id)
        .join(Case, Case.id == Recommendation.case_id)
        .outerjoin(found, found.c.recommendation_id == Recommendation.id)
        .where(Recommendation.id.in_(pool))
    )
    if theme_id is not None:
        query = query.where(RecommendationTheme.theme_id == theme_id)
    return query.cte("told")


def _closings(told: sa.CTE, place: int) -> sa.Subquery:
    """Give of each theme the review that closed something first, or second: one of them is another than any given."""
    by_review = (
        sa.select(told.c.theme_id, told.c.case_id, sa.func.min(told.c.closed_on).label("closed_on"))
        .where(told.c.closed_on.is_not(None))
        .group_by(told.c.theme_id, told.c.case_id)
        .subquery()
    )
    order = sa.func.row_number().over(
        partition_by=by_review.c.theme_id, order_by=(by_review.c.closed_on, by_review.c.case_id)
    )
    ranked = sa.select(by_review, order.label("place")).subquery()
    return sa.select(ranked).where(ranked.c.place == place).subquery()
