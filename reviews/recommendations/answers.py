"""Which further recommendations does an action answer, of its own case or of another?"""

import re

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.models import Action, ActionAnswer, Case, EventKind, Recommendation
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

WAYS_TO_SAY_IT = (
    re.compile(r"(?P<number>.+?)\s+of\s+(?P<case>\S+)", re.IGNORECASE),
    re.compile(r"(?P<case>[^\s/,]+)[\s/,]+(?P<number>.+)"),
)
"""`R1 of LCSPR-2026-01`, `LCSPR-2026-01 R1` or `LCSPR-2026-01/R1`."""


def recommendation_named(unit: Unit, partnership_id: int, words: str) -> Recommendation:
    """Find a recommendation as a person names it, among those the actor may see. Raises Refused with the words."""
    for way in WAYS_TO_SAY_IT:
        said = way.fullmatch(" ".join(words.split()))
        found = _find(unit, partnership_id, said["case"], said["number"]) if said else None
        if found is not None:
            return found
    raise Refused(f"There is no recommendation “{words.strip()}” here. Name it as in R1 of LCSPR-2026-01.")


def add_answer(unit: Unit, action: Action, recommendation: Recommendation) -> None:
    """Let an action answer one more recommendation, of the same partnership and realm. Raises NotAllowed, Refused.

    An action that serves several reviews stands in each of their plans and is counted once.
    """
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    asking = _case_of(unit, recommendation)
    if (asking.partnership_id, asking.realm) != (action.partnership_id, action.realm):
        raise Refused("An action answers recommendations of its own partnership and kind of review only.")
    if recommendation.id == action.recommendation_id or _kept(unit, action, recommendation) is not None:
        raise Refused(f"{action.reference} answers {recommendation.reference} of {asking.reference} already.")
    unit.session.add(ActionAnswer(action_id=action.id, recommendation_id=recommendation.id))
    _record(unit, EventKind.ANSWER_ADDED, action, asking, recommendation)


def remove_answer(unit: Unit, action: Action, recommendation: Recommendation) -> None:
    """Let an action answer a further recommendation no longer; its own stays. Raises NotAllowed, Refused."""
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    asking = _case_of(unit, recommendation)
    kept = _kept(unit, action, recommendation)
    if kept is None:
        raise Refused(f"{recommendation.reference} of {asking.reference} is not among its further recommendations.")
    unit.session.delete(kept)
    _record(unit, EventKind.ANSWER_REMOVED, action, asking, recommendation)


def _find(unit: Unit, partnership_id: int, case: str, number: str) -> Recommendation | None:
    return unit.session.scalars(
        sa.select(Recommendation)
        .join(Case, Case.id == Recommendation.case_id)
        .where(
            Case.partnership_id == partnership_id,
            sa.func.lower(Case.reference) == case.lower(),
            sa.func.lower(Recommendation.reference) == number.lower(),
            visible(unit.actor, Case),
        )
        .order_by(Recommendation.id)
    ).first()


def _case_of(unit: Unit, recommendation: Recommendation) -> Case:
    return unit.session.scalars(
        sa.select(Case).where(Case.id == recommendation.case_id, visible(unit.actor, Case))
    ).one()


def _kept(unit: Unit, action: Action, recommendation: Recommendation) -> ActionAnswer | None:
    return unit.session.get(ActionAnswer, (action.id, recommendation.id))


def _record(unit: Unit, kind: EventKind, action: Action, asking: Case, recommendation: Recommendation) -> None:
    """Write it into both histories. That of the action names the recommendation by number: not all who read it may
    see the other case."""
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.record(
        kind,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"recommendation_id": recommendation.id},
    )
    unit.record(
        kind,
        partnership_id=asking.partnership_id,
        case_id=asking.id,
        details={"recommendation": recommendation.reference},
    )
