"""Findings and recommendations of a case, and the outcome of recommendations: what became of their actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import in_realms_of, visible
from reviews.cases.late import is_overdue
from reviews.models import Action, ActionAnswer, Case, Finding, Recommendation, RecommendationTheme
from reviews.transactions.unit_of_work import NotFound
from workflows.core.vocabulary import Realm
from workflows.definitions.action import ACHIEVED, DROPPED, OPEN, ActionStage

Ids: TypeAlias = sa.Select[int]


@dataclass(frozen=True, slots=True)
class RecommendationOutcome:
    """The stages of the actions that answer a recommendation, as counts.

    A recommendation is closed once all its actions have ended and one at least was done, on the day the last one ended.
    `repeated` counts the recommendations with one of its themes in reviews that began after that day.
    """

    response: str
    reopened_on: date | None
    actions: int
    embedded: int
    closed: int
    accepted: int
    submitted: int
    open: int
    overdue: int
    dropped: int
    closed_on: date | None
    repeated: int


def comparable_recommendations(actor: Actor, partnership_id: int, realm: Realm) -> Ids:
    """Select the recommendations of a partnership and realm that this person may see counted and compared."""
    return (
        sa.select(Recommendation.id)
        .join(Case, Case.id == Recommendation.case_id)
        .where(
            Case.partnership_id == partnership_id,
            Case.realm == realm,
            in_realms_of(actor, Case, Permission.SEE_THEMES),
            visible(actor, Case),
        )
    )


def answering_pairs(actor: Actor, ids: Ids) -> sa.Subquery:
    """Select the pairs of a recommendation and an action that answers it, added for it or as a further one."""
    added_for = sa.select(Action.recommendation_id.label("recommendation_id"), Action.id.label("action_id"))
    further = sa.select(ActionAnswer.recommendation_id, ActionAnswer.action_id).join(Action)
    return sa.union(
        added_for.where(Action.recommendation_id.in_(ids), visible(actor, Action)),
        further.where(ActionAnswer.recommendation_id.in_(ids), visible(actor, Action)),
    ).subquery("answering")


def outcomes(actor: Actor, today: date, ids: Ids) -> sa.Subquery:
    """Select the counts of actions by stage, and the day it was closed, of each recommendation that has actions."""
    answering = answering_pairs(actor, ids)
    ended, every = sa.func.count(Action.ended_on), sa.func.count()
    done = _counted(Action.stage.in_(sorted(ACHIEVED)))
    return (
        sa.select(
            answering.c.recommendation_id,
            every.label("actions"),
            *(column.label(name) for name, column in action_counts(today).items()),
            sa.case(((ended == every) & (done > 0), sa.func.max(Action.ended_on))).label("closed_on"),
        )
        .join(Action, Action.id == answering.c.action_id)
        .group_by(answering.c.recommendation_id)
        .subquery("outcomes")
    )


def action_counts(today: date) -> dict[str, sa.ColumnElement[int]]:
    """Give the counts of actions by stage, in the order of `RecommendationOutcome`."""
    return {
        "embedded": _counted(Action.stage == ActionStage.EMBEDDED),
        "closed": _counted(Action.stage == ActionStage.COMPLETE),
        "accepted": _counted(Action.stage == ActionStage.AWAITING_IMPACT),
        "submitted": _counted(Action.stage == ActionStage.SUBMITTED),
        "open": _counted(Action.stage.in_(sorted(OPEN | {ActionStage.PROPOSED}))),
        "overdue": _counted(is_overdue(today)),
        "dropped": _counted(Action.stage.in_(sorted(DROPPED))),
    }


def outcome_columns(found: sa.Subquery) -> list[Any]:
    """Give the columns of `RecommendationOutcome` but the last, also for a recommendation without actions."""
    counts = ("actions", "embedded", "closed", "accepted", "submitted", "open", "overdue", "dropped")
    numbers = [sa.func.coalesce(found.c[name], 0) for name in counts]
    return [Recommendation.response, Recommendation.reopened_on, *numbers, found.c.closed_on]


def repeats(pool: Ids, ids: Ids, closed: sa.Subquery, theme_id: int | None = None) -> sa.Subquery:
    """Count, for each of these recommendations, those of the pool that repeat it in another review.

    They share a theme with it, or have the one named, and their review began after it was closed.
    """
    marked, other = aliased(RecommendationTheme), aliased(RecommendationTheme)
    later = pool.add_columns(Recommendation.case_id, Case.opened_on).subquery("later")
    query = (
        sa.select(marked.recommendation_id, sa.func.count(later.c.id.distinct()).label("times"))
        .join(Recommendation, Recommendation.id == marked.recommendation_id)
        .join(closed, closed.c.recommendation_id == marked.recommendation_id)
        .join(other, other.theme_id == marked.theme_id)
        .join(later, later.c.id == other.recommendation_id)
        .where(
            marked.recommendation_id.in_(ids),
            later.c.opened_on > closed.c.closed_on,
            later.c.case_id != Recommendation.case_id,
        )
    )
    if theme_id is not None:
        query = query.where(marked.theme_id == theme_id)
    return query.group_by(marked.recommendation_id).subquery("repeats")


def _counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def recommendations_of(session: Session, actor: Actor, case: Case) -> Sequence[Recommendation]:
    """Give the recommendations of a case that the actor may see, in the order they were added."""
    return session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.case_id == case.id, visible(actor, Recommendation))
        .order_by(Recommendation.id)
    ).all()


def findings_of(session: Session, actor: Actor, case: Case) -> Sequence[Finding]:
    """Give the findings of a case in the order they were added."""
    query = sa.select(Finding).where(Finding.case_id == case.id, visible(actor, Finding)).order_by(Finding.id)
    return session.scalars(query).all()


def find_finding(session: Session, actor: Actor, case: Case, reference: str) -> Finding:
    """Find a finding of a case by its reference, such as F1; raises NotFound."""
    query = sa.select(Finding).where(
        Finding.case_id == case.id, Finding.reference == reference, visible(actor, Finding)
    )
    found = session.scalars(query).first()
    if found is None:
        raise NotFound
    return found


def finding_of(session: Session, actor: Actor, recommendation: Recommendation) -> Finding | None:
    """Give the finding behind a recommendation, where one is named."""
    if recommendation.finding_id is None:
        return None
    query = sa.select(Finding).where(Finding.id == recommendation.finding_id, visible(actor, Finding))
    return session.scalars(query).first()


def recommendations_of_finding(session: Session, actor: Actor, finding: Finding) -> Sequence[Recommendation]:
    """Give the recommendations that are based on a finding."""
    return session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.finding_id == finding.id, visible(actor, Recommendation))
        .order_by(Recommendation.id)
    ).all()
