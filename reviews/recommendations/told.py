"""How is a recommendation shown where others are shown beside it, with what became of it?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.models import Case, Recommendation
from reviews.recommendations.queries import Ids, Outcome, outcome_columns, outcomes, repeats
from reviews.recommendations.theme_counts import themes_told


@dataclass(frozen=True, slots=True)
class Told:
    """A recommendation as it stands in the review that made it, and what became of it."""

    reference: str
    text: str
    case_reference: str
    workflow: str
    opened_on: date
    partnership_id: int
    themes: tuple[str, ...]
    outcome: Outcome


def recommendations_told(
    session: Session, actor: Actor, ids: Sequence[int], *, pool: Ids, today: date, theme_id: int | None = None
) -> list[Told]:
    """Give the recommendations with these numbers, in their order; repeats are counted in the pool, under one theme
    where it is named. Every number must lie in the pool."""
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
            Case.partnership_id,
            *outcome_columns(found),
            sa.func.coalesce(again.c.times, 0),
        )
        .join(Case, Case.id == Recommendation.case_id)
        .outerjoin(found, found.c.recommendation_id == Recommendation.id)
        .outerjoin(again, again.c.recommendation_id == Recommendation.id)
        .where(Recommendation.id.in_(ids))
    )
    themes = themes_told(session, actor, ids)
    told = {row[0]: Told(*(*row[1:7], themes.get(row[0], ()), Outcome(*row[7:]))) for row in rows}
    return [told[number] for number in ids]
