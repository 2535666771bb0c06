"""Which recommendations does an action answer, and which actions answer a recommendation?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action, ActionAnswer, Case, Recommendation


@dataclass(frozen=True, slots=True)
class Answered:
    """A recommendation that an action answers; `is_own` where it is the one the action was added for."""

    recommendation_id: int
    reference: str
    text: str
    case_reference: str
    partnership_id: int
    is_own: bool

    @property
    def in_words(self) -> str:
        return f"{self.reference} of {self.case_reference}"


def answered_by(session: Session, actor: Actor, action: Action) -> list[Answered]:
    """Give the recommendations of an action that the actor may see: its own first, then the further ones."""
    further = sa.select(ActionAnswer.recommendation_id).where(ActionAnswer.action_id == action.id)
    is_own = Recommendation.id == action.recommendation_id if action.recommendation_id else sa.false()
    rows = session.execute(
        sa.select(
            Recommendation.id,
            Recommendation.reference,
            Recommendation.text,
            Case.reference,
            Case.partnership_id,
            sa.case((is_own, 1), else_=0).label("own"),
        )
        .join(Case, Case.id == Recommendation.case_id)
        .where(sa.or_(is_own, Recommendation.id.in_(further)), visible(actor, Case))
        .order_by(sa.desc("own"), Case.reference, Recommendation.id)
    )
    return [Answered(key, said, text, case, place, bool(own)) for key, said, text, case, place, own in rows]


def further_answers(session: Session, case: Case) -> dict[int, list[int]]:
    """Give for each action, by number, the recommendations of this case that it answers besides its own."""
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


def answering(case_id: int) -> sa.ColumnElement[bool]:
    """Give the condition on actions that stand in the plan of a case: its own, and those that answer it too."""
    own = aliased(Action)
    further = (
        sa.select(ActionAnswer.action_id)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .where(Recommendation.case_id == case_id)
    )
    return Action.id.in_(sa.union(sa.select(own.id).where(own.case_id == case_id), further))


def answers(recommendation_id: int) -> sa.ColumnElement[bool]:
    """Give the condition on actions that answer a recommendation, whether they were added for it or for another."""
    own = aliased(Action)
    further = sa.select(ActionAnswer.action_id).where(ActionAnswer.recommendation_id == recommendation_id)
    return Action.id.in_(sa.union(sa.select(own.id).where(own.recommendation_id == recommendation_id), further))


def in_plan_of(reference: str, actor: Actor, partnership_id: int | None) -> sa.ColumnElement[bool]:
    """An action stands in the plan of its own case and of every other whose recommendation it answers."""
    own, case, asking = aliased(Action), aliased(Case), aliased(Case)
    theirs = {partnership_id} if partnership_id else {post.partnership_id for post in actor.posts}
    of_own = sa.select(own.id).join(case, case.id == own.case_id).where(_called(case, reference, theirs))
    seen = sa.select(Case.id).where(visible(actor, Case)).correlate(None)
    further = (
        sa.select(ActionAnswer.action_id)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .join(asking, asking.id == Recommendation.case_id)
        .where(_called(asking, reference, theirs), asking.id.in_(seen))
    )
    return Action.id.in_(sa.union(of_own, further))


def recommendations_named(session: Session, actor: Actor, keys: Iterable[object]) -> Mapping[int, str]:
    """Say recommendations by number as `R1 of LCSPR-2026-01`; those that are not theirs to see are left out."""
    numbers = sorted({key for key in keys if isinstance(key, int)})
    if not numbers:
        return {}
    rows = session.execute(
        sa.select(Recommendation.id, Recommendation.reference, Case.reference)
        .join(Case, Case.id == Recommendation.case_id)
        .where(Recommendation.id.in_(numbers), visible(actor, Case))
    )
    return {key: f"{reference} of {case}" for key, reference, case in rows}


def _called(case: Any, reference: str, partnerships: set[int]) -> sa.ColumnElement[bool]:
    """The partnerships are said too, where there are any: the index of references begins with them."""
    called: sa.ColumnElement[bool] = case.reference == reference
    return called & case.partnership_id.in_(sorted(partnerships)) if partnerships else called
