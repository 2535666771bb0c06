"""Recommendations of other reviews that are similar to a text, each with its outcome."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.core.text_similarity import distinctive_stems
from reviews.models import Case, Recommendation, RecommendationStem, RecommendationTheme, Theme
from reviews.recommendations.queries import (
    Ids,
    RecommendationOutcome,
    comparable_recommendations,
    outcome_columns,
    outcomes,
    repeats,
)
from reviews.recommendations.theme_counts import themes_of_recommendations
from workflows.core.days import PartialDay, day_as_known


@dataclass(frozen=True, slots=True)
class SimilarRecommendation:
    """A recommendation of a review with its themes and its outcome."""

    reference: str
    text: str
    case_reference: str
    workflow: str
    opened: PartialDay | None
    partnership_id: int
    themes: tuple[str, ...]
    outcome: RecommendationOutcome


def with_outcomes(
    session: Session, actor: Actor, ids: Sequence[int], *, pool: Ids, today: date, theme_id: int | None = None
) -> list[SimilarRecommendation]:
    """Give the recommendations with these numbers, all of them in the pool, in their order.

    Repeats are counted within the pool, under one theme if `theme_id` names it.
    """
    if not ids:
        return []
    these = sa.select(Recommendation.id).where(Recommendation.id.in_(ids))
    found = outcomes(actor, today, these)
    again = repeats(pool, these, found, theme_id)
    rows: Iterable[Any] = session.execute(
        sa.select(
            Recommendation.id,
            Recommendation.reference,
            Recommendation.text,
            Case.reference,
            Case.workflow,
            Case.opened_on,
            Case.opened_known_to,
            Case.partnership_id,
            *outcome_columns(found),
            sa.func.coalesce(again.c.times, 0),
        )
        .join(Case, Case.id == Recommendation.case_id)
        .outerjoin(found, found.c.recommendation_id == Recommendation.id)
        .outerjoin(again, again.c.recommendation_id == Recommendation.id)
        .where(Recommendation.id.in_(ids))
    )
    themes = themes_of_recommendations(session, actor, ids)
    rows_by_id = {
        row[0]: SimilarRecommendation(
            reference=row[1],
            text=row[2],
            case_reference=row[3],
            workflow=row[4],
            opened=day_as_known(row[5], row[6]),
            partnership_id=row[7],
            themes=themes.get(row[0], ()),
            outcome=RecommendationOutcome(*row[8:]),
        )
        for row in rows
    }
    return [rows_by_id[number] for number in ids]


MOST = 5
SMOOTHING = 10
"""As if there were ten more recommendations without any of the words: among few, every word would be a rare one."""
OF_A_THEME = 1.5
"""The weight of a shared theme; a word that hardly any other recommendation has weighs nearly 1."""
PER_WORD = 0.25
LEAST, ENOUGH = 1.4, 3.0
"""Similar is what reaches a quarter of the number of words, at least the first and at most the second of these."""
MOST_STEMS = 200
"""The first by alphabet of a very long text: SQLite limits the parameters of a statement."""


def similar_recommendations(
    session: Session,
    actor: Actor,
    case: Case,
    text: str,
    *,
    today: date,
    themes: Collection[str] = (),
    began_no_later: bool = False,
) -> list[SimilarRecommendation]:
    """Give at most five recommendations of other reviews that are similar to a text of this case, best first.

    Only of the same partnership and realm; with `began_no_later`, only of reviews that began no later than this one.
    """
    stems = sorted(distinctive_stems(text))[:MOST_STEMS]
    if not stems and not themes:
        return []
    everything = comparable_recommendations(actor, case.partnership_id, case.realm)
    others = everything.where(Case.id != case.id)
    if began_no_later:
        others = others.where(Case.opened_on <= case.opened_on)
    ids = list(session.scalars(_ranked(others, case.partnership_id, stems, sorted(themes))))
    return with_outcomes(session, actor, ids, pool=everything, today=today)


def _ranked(pool: Ids, partnership_id: int, stems: Sequence[str], themes: Sequence[str]) -> Ids:
    """Select by the words and themes shared, best first: a word weighs less, the more recommendations have it."""
    hits = (
        sa.select(RecommendationStem.recommendation_id, RecommendationStem.stem)
        .where(RecommendationStem.stem.in_(stems), RecommendationStem.recommendation_id.in_(pool))
        .cte("hits")
    )
    common = sa.select(hits.c.stem, sa.func.count().label("times")).group_by(hits.c.stem).cte("common")
    size = sa.select(sa.func.count()).select_from(pool.subquery()).scalar_subquery()
    weight = 1.0 - (common.c.times * 1.0) / (size + SMOOTHING)
    by_word = sa.select(hits.c.recommendation_id, weight.label("weight")).join(common, common.c.stem == hits.c.stem)
    by_theme = (
        sa.select(RecommendationTheme.recommendation_id, sa.literal(OF_A_THEME, sa.Float))
        .join(Theme, Theme.id == RecommendationTheme.theme_id)
        .where(
            Theme.partnership_id == partnership_id,
            Theme.name.in_(themes),
            RecommendationTheme.recommendation_id.in_(pool),
        )
    )
    shared = sa.union_all(by_word, by_theme).subquery("shared")
    score = sa.func.sum(shared.c.weight)
    return (
        sa.select(shared.c.recommendation_id)
        .group_by(shared.c.recommendation_id)
        .having(score >= max(LEAST, min(ENOUGH, PER_WORD * len(stems))))
        .order_by(score.desc(), shared.c.recommendation_id.desc())
        .limit(MOST)
    )
