"""Of which finished actions is it time to ask whether anything is different, and who is asked?"""

from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.rounds.action_lines import COLUMNS, ActionLine
from reviews.models import Action, ImpactCheck
from workflows.definitions.action import A
from workflows.definitions.shared.ladder_policies import CHECK_LADDER
from workflows.definitions.shared.recorders import CHAIR

IMPACT = "impact"
IMPACT_LADDER = replace(
    CHECK_LADDER,
    name="impact-ladder",
    title="Ladder of impact checks",
    rungs=tuple(replace(rung, tells=rung.tells | CHAIR) for rung in CHECK_LADDER.rungs),
)
"""The ladder of checks, whose every rung also tells the chair of the subgroup: it is theirs to answer."""


def read_checks(session: Session, partnership_id: int, morning: date) -> list[ActionLine]:
    """Read the actions whose next check is due, as lines with the date of that check."""
    rows = session.execute(
        sa.select(*COLUMNS, ImpactCheck.due_on)
        .join(ImpactCheck, ImpactCheck.action_id == Action.id)
        .where(
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            Action.stage == A.AWAITING_IMPACT.value,
            ImpactCheck.answered_on.is_(None),
            ImpactCheck.due_on <= morning,
        )
        .order_by(Action.id, ImpactCheck.due_on)
    )
    first: dict[int, ActionLine] = {}
    for row in rows:
        first.setdefault(row[0], replace(ActionLine(*row[:-1]), due_on=row[-1], owner_id=None, aspect=IMPACT))
    return list(first.values())
