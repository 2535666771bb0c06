"""Which edition of its form does a case fill in when a step is recorded?"""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Case, Event, EventKind
from workflows.core.questions import editions_of
from workflows.core.vocabulary import Step


def form_day(session: Session, case: Case, step: Step, happened_on: date) -> date:
    """Give the day by which the form of a step is chosen: a case keeps the edition it was first filled in under.

    That is the day this step first happened in the case, or `happened_on` where it is recorded for the first time.
    """
    if not editions_of(step.asks):
        return happened_on
    first = (
        sa.select(Event.happened_on)
        .where(Event.case_id == case.id, Event.kind == EventKind.STEP_TAKEN, Event.step == step.name, Event.day_known)
        .order_by(Event.id)
        .limit(1)
    )
    return session.scalar(first) or happened_on
