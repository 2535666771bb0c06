"""Which agencies still have a part of a shared action to do, and when are their leads reminded of it?"""

from dataclasses import replace
from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.rounds.action_lines import COLUMNS, ActionLine
from reviews.models import Action, ActionStrand, StrandState
from workflows.core.deadlines import Ladder
from workflows.core.roles import Realm, Role
from workflows.definitions.action import OPEN

PART = "part"
FOR_THE_DOER = frozenset({Role.ACTION_OWNER, Role.AGENCY_LEAD})


def read_parts(session: Session, partnership_id: int, *, until: date) -> list[ActionLine]:
    """Read the open parts that a ladder may have reached: lines of their action, with agency and date of the part.

    In child death review no agency's lead sees an action: nobody is reminded of parts there.
    """
    due_on = sa.func.coalesce(ActionStrand.due_on, Action.due_on, type_=sa.Date)
    rows = session.execute(
        sa.select(*COLUMNS, ActionStrand.id, ActionStrand.agency_id, due_on)
        .join(ActionStrand, ActionStrand.action_id == Action.id)
        .where(
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            Action.stage.in_(sorted(OPEN)),
            Action.realm == Realm.REVIEWS,
            ActionStrand.state == StrandState.OPEN,
            ActionStrand.agency_id.is_not(None),
            due_on <= until,
        )
        .order_by(ActionStrand.id)
    )
    return [_part(ActionLine(*row[:-3]), *row[-3:]) for row in rows]


@lru_cache(maxsize=64)
def ladder_of_parts(ladder: Ladder) -> Ladder:
    """Give the ladder on which an agency's lead is reminded of its part: the rungs of whoever is to do the action.

    What goes further up speaks of the action as a whole.
    """
    rungs = tuple(
        replace(rung, tells=frozenset({Role.AGENCY_LEAD}), deputy=False)
        for rung in ladder.rungs
        if rung.tells & FOR_THE_DOER
    )
    return replace(ladder, name=f"{ladder.name}, parts", rungs=rungs)


def _part(action: ActionLine, strand_id: int, agency_id: int, due_on: date) -> ActionLine:
    """The owner and their deputy hear of the action itself."""
    return replace(
        action,
        agency_id=agency_id,
        due_on=due_on,
        owner_id=None,
        deputy_id=None,
        aspect=f"{PART} {strand_id}",
    )
