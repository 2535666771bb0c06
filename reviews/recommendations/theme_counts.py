"""The themes of a partnership with their figures: how often each occurred and was repeated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action, Case, Finding, FindingTheme, Recommendation, RecommendationTheme, Theme
from reviews.recommendations.queries import Ids, action_counts, answering_pairs, comparable_recommendations, outcomes
from reviews.recommendations.themes import SHIPPED_THEMES
from workflows.core.vocabulary import Realm


def theme_occurrences(actor: Actor, pool: Ids, today: date, theme_id: int | None = None) -> sa.Subquery:
    """Select each recommendation once for each of its themes, with the day its review began and whether it is a repeat.

    It is one if a recommendation of another review with the theme was closed before its review began.
    """
    occurrences = _occurrences(actor, pool, today, theme_id)
    first, second = _closings(occurrences, 1), _closings(occurrences, 2)
    of_another = sa.case((first.c.case_id != occurrences.c.case_id, first.c.closed_on), else_=second.c.closed_on)
    return (
        sa.select(
            occurrences.c.theme_id,
            occurrences.c.case_id,
            occurrences.c.opened_on,
            sa.case((of_another < occurrences.c.opened_on, 1), else_=0).label("repeat"),
        )
        .outerjoin(first, first.c.theme_id == occurrences.c.theme_id)
        .outerjoin(second, second.c.theme_id == occurrences.c.theme_id)
        .subquery("theme_occurrences")
    )


def _occurrences(actor: Actor, pool: Ids, today: date, theme_id: int | None) -> sa.CTE:
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
    return query.cte("occurrences")


def _closings(occurrences: sa.CTE, position: int) -> sa.Subquery:
    """Select for each theme the review that closed a recommendation first, or second.

    For any review, one of the two is another review.
    """
    by_review = (
        sa.select(
            occurrences.c.theme_id, occurrences.c.case_id, sa.func.min(occurrences.c.closed_on).label("closed_on")
        )
        .where(occurrences.c.closed_on.is_not(None))
        .group_by(occurrences.c.theme_id, occurrences.c.case_id)
        .subquery()
    )
    order = sa.func.row_number().over(
        partition_by=by_review.c.theme_id, order_by=(by_review.c.closed_on, by_review.c.case_id)
    )
    ranked = sa.select(by_review, order.label("position")).subquery()
    return sa.select(ranked).where(ranked.c.position == position).subquery()


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """A theme with its figures. `repeated` counts recommendations in reviews that began after one with the theme, of
    another review, was closed. `theme_id` is None for a shipped theme not yet stored."""

    theme_id: int | None
    name: str
    ended_on: date | None
    findings: int = 0
    recommendations: int = 0
    reviews: int = 0
    repeated: int = 0
    last_opened_on: date | None = None
    open: int = 0
    overdue: int = 0


def theme_names(session: Session, actor: Actor, partnership_id: int, chosen: Sequence[str] = ()) -> list[str]:
    """Give the themes to choose from, and the ended ones among `chosen`; the shipped ones if none is stored."""
    rows = session.execute(
        sa.select(Theme.name, Theme.ended_on).where(Theme.partnership_id == partnership_id, visible(actor, Theme))
    ).all()
    names = [name for name, ended_on in rows if ended_on is None or name in chosen] if rows else SHIPPED_THEMES
    return sorted(names, key=str.casefold)


def themes_of_recommendations(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Give the names of the themes of recommendations, by the number of the recommendation."""
    return _names(session, actor, RecommendationTheme, RecommendationTheme.recommendation_id, ids)


def themes_of_findings(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    return _names(session, actor, FindingTheme, FindingTheme.finding_id, ids)


def theme_lines(session: Session, actor: Actor, *, partnership_id: int, realm: Realm, today: date) -> list[ThemeLine]:
    """Give every theme of a partnership with its figures by name, those that have ended last."""
    themes = session.execute(
        sa.select(Theme.id, Theme.name, Theme.ended_on).where(
            Theme.partnership_id == partnership_id, visible(actor, Theme)
        )
    ).all()
    if not themes:
        return [ThemeLine(None, name, None) for name in SHIPPED_THEMES]
    pool = comparable_recommendations(actor, partnership_id, realm)
    figures = _figures(session, actor, pool, today)
    findings = _findings(session, actor, partnership_id, realm)
    lines = [
        ThemeLine(theme_id, name, ended_on, findings.get(theme_id, 0), *figures.get(theme_id, ()))
        for theme_id, name, ended_on in themes
    ]
    return sorted(lines, key=lambda line: (line.ended_on is not None, line.name.casefold()))


def _figures(session: Session, actor: Actor, pool: Ids, today: date) -> dict[int, tuple[int, int, int, date, int, int]]:
    occurrences = theme_occurrences(actor, pool, today)
    rows = session.execute(
        sa.select(
            occurrences.c.theme_id,
            sa.func.count(),
            sa.func.count(occurrences.c.case_id.distinct()),
            sa.func.sum(occurrences.c.repeat),
            sa.func.max(occurrences.c.opened_on),
        ).group_by(occurrences.c.theme_id)
    )
    actions = _actions(session, actor, pool, today)
    return {row[0]: (*row[1:], *actions.get(row[0], (0, 0))) for row in rows}


def _actions(session: Session, actor: Actor, pool: Ids, today: date) -> dict[int, tuple[int, int]]:
    """Count the open and overdue actions of each theme; one that answers several of its recommendations counts once."""
    answering, counts = answering_pairs(actor, pool), action_counts(today)
    pairs = (
        sa.select(RecommendationTheme.theme_id, answering.c.action_id)
        .join(answering, answering.c.recommendation_id == RecommendationTheme.recommendation_id)
        .distinct()
        .subquery()
    )
    rows = session.execute(
        sa.select(pairs.c.theme_id, counts["open"], counts["overdue"])
        .join(Action, Action.id == pairs.c.action_id)
        .group_by(pairs.c.theme_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _findings(session: Session, actor: Actor, partnership_id: int, realm: Realm) -> dict[int, int]:
    rows = session.execute(
        sa.select(FindingTheme.theme_id, sa.func.count())
        .join(Finding, Finding.id == FindingTheme.finding_id)
        .join(Case, Case.id == Finding.case_id)
        .where(Case.partnership_id == partnership_id, Case.realm == realm, visible(actor, Case))
        .group_by(FindingTheme.theme_id)
    )
    return {row[0]: row[1] for row in rows}


def _names(
    session: Session,
    actor: Actor,
    table: type[RecommendationTheme] | type[FindingTheme],
    column: sa.orm.InstrumentedAttribute[int],
    ids: Sequence[int],
) -> dict[int, tuple[str, ...]]:
    rows = session.execute(
        sa.select(column, Theme.name)
        .join(Theme, Theme.id == table.theme_id)
        .where(column.in_(ids), visible(actor, Theme))
    )
    found: dict[int, list[str]] = {}
    for number, name in rows:
        found.setdefault(number, []).append(name)
    return {number: tuple(sorted(names, key=str.casefold)) for number, names in found.items()}
