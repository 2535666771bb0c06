"""What holds a step of a case back, and what may the words for it name?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.cases.facts import facts_of
from reviews.cases.responses import answering
from reviews.models import Action, Case
from workflows.core.engine import Held, wanted_beside
from workflows.core.vocabulary import Step, Workflow


@dataclass(frozen=True, slots=True)
class Named:
    """What this person may open of a case's own: the addresses of its open actions and the cases inside it."""

    actions: dict[str, str]
    inside: Sequence[str]


def named_around(session: Session, actor: Actor, case: Case) -> Named:
    """Give what of a case's own may stand in the words of a refusal and be opened by this person."""
    actions = session.execute(
        sa.select(Action.reference, Action.address).where(
            answering(case.id), Action.ended_on.is_(None), visible(actor, Action)
        )
    )
    inside = sa.select(Case.reference).where(Case.parent_id == case.id, visible(actor, Case)).order_by(Case.id)
    return Named({row.reference: row.address for row in actions}, session.scalars(inside).all())


def wanted_for(session: Session, case: Case, workflow: Workflow, step: Step, *, today: date) -> list[Held]:
    """Give what a step that is open still wants beside what its own form asks."""
    return wanted_beside(step, facts_of(session, case, workflow, on=today))
