"""Which actions answer which recommendations: the one an action was added for, and further ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action, ActionAnswer, Case, Recommendation


@dataclass(frozen=True, slots=True)
class AnsweredRecommendation:
    """A recommendation that an action answers; `is_own` where it is the one the action was added for."""

    recommendation_id: int
    reference: str
    text: str
    case_reference: str
    partnership_id: int
    is_first_answered: bool

    @property
    def in_words(self) -> str:
        return f"{self.reference} of {self.case_reference}"


def answered_by(session: Session, actor: Actor, action: Action) -> list[AnsweredRecommendation]:
    """Give the recommendations an action answers that the actor may see: first the one it was added for."""
    further = sa.select(ActionAnswer.recommendation_id).where(ActionAnswer.action_id == action.id)
    is_primary = Recommendation.id == action.recommendation_id if action.recommendation_id else sa.false()
    rows = session.execute(
        sa.select(
            Recommendation.id,
            Recommendation.reference,
            Recommendation.text,
            Case.reference,
            Case.partnership_id,
            sa.case((is_primary, 1), else_=0).label("own"),
        )
        .join(Case, Case.id == Recommendation.case_id)
        .where(sa.or_(is_primary, Recommendation.id.in_(further)), visible(actor, Case))
        .order_by(sa.desc("own"), Case.reference, Recommendation.id)
    )
    return [
        AnsweredRecommendation(key, number, text, case, partnership_id, bool(primary))
        for key, number, text, case, partnership_id, primary in rows
    ]


def further_answers(session: Session, case: Case) -> dict[int, list[int]]:
    """Give for each action, by number, the further recommendations of this case that it answers."""
    rows = session.execute(
        sa.select(ActionAnswer.action_id, ActionAnswer.recommendation_id)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .where(Recommendation.case_id == case.id)
        .order_by(ActionAnswer.action_id, ActionAnswer.recommendation_id)
    )
    found: dict[int, list[int]] = {}
    for action_id, recommendation_id in rows:
        found.setdefault(action_id, []).append(recommendation_id)
    return found


def in_case_plan(case_id: int) -> sa.ColumnElement[bool]:
    """Give the condition on the actions in the plan of a case: those added to it, and those that answer one of its
    recommendations too."""
    primary = aliased(Action)
    further = (
        sa.select(ActionAnswer.action_id)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .where(Recommendation.case_id == case_id)
    )
    return Action.id.in_(sa.union(sa.select(primary.id).where(primary.case_id == case_id), further))


def answers_recommendation(recommendation_id: int) -> sa.ColumnElement[bool]:
    """Give the condition on actions that answer a recommendation, whether they were added for it or for another."""
    primary = aliased(Action)
    further = sa.select(ActionAnswer.action_id).where(ActionAnswer.recommendation_id == recommendation_id)
    return Action.id.in_(sa.union(sa.select(primary.id).where(primary.recommendation_id == recommendation_id), further))


def in_plan_of(reference: str, actor: Actor, partnership_id: int | None) -> sa.ColumnElement[bool]:
    """Give the condition on the actions in the plan of a case by its reference, as far as this person may see it."""
    primary, case, asking = aliased(Action), aliased(Case), aliased(Case)
    partnership_ids = (
        {partnership_id} if partnership_id else {assignment.partnership_id for assignment in actor.roles_held}
    )
    directly = (
        sa.select(primary.id)
        .join(case, case.id == primary.case_id)
        .where(_has_reference(case, reference, partnership_ids))
    )
    seen = sa.select(Case.id).where(visible(actor, Case)).correlate(None)
    further = (
        sa.select(ActionAnswer.action_id)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .join(asking, asking.id == Recommendation.case_id)
        .where(_has_reference(asking, reference, partnership_ids), asking.id.in_(seen))
    )
    return Action.id.in_(sa.union(directly, further))


def recommendation_labels(session: Session, actor: Actor, keys: Iterable[object]) -> Mapping[int, str]:
    """Give recommendations by number as `R1 of LCSPR-2026-01`; those this person may not see are left out."""
    numbers = sorted({key for key in keys if isinstance(key, int)})
    if not numbers:
        return {}
    rows = session.execute(
        sa.select(Recommendation.id, Recommendation.reference, Case.reference)
        .join(Case, Case.id == Recommendation.case_id)
        .where(Recommendation.id.in_(numbers), visible(actor, Case))
    )
    return {key: f"{reference} of {case}" for key, reference, case in rows}


def _has_reference(case: Any, reference: str, partnerships: set[int]) -> sa.ColumnElement[bool]:
    """The partnerships are part of the condition where there are any: the index of references begins with them."""
    called: sa.ColumnElement[bool] = case.reference == reference
    return called & case.partnership_id.in_(sorted(partnerships)) if partnerships else called
