"""Under which job title does somebody work on an action?"""

from typing import Any

import sqlalchemy as sa

from reviews.models import Action, Membership


def job_title_of(person_id: Any) -> sa.ScalarSelect[str]:
    """Give that of the first post the person holds in the partnership of the action."""
    return (
        sa.select(Membership.job_title)
        .where(
            Membership.person_id == person_id,
            Membership.partnership_id == Action.partnership_id,
            Membership.ended_on.is_(None),
        )
        .order_by(Membership.id)
        .limit(1)
        .correlate(Action)
        .scalar_subquery()
    )
