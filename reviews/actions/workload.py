"""How many live actions people own and agencies lead: the numbers beside the lists of people and of agencies.

Each is counted by the condition of the list of actions, so that it is the length of the list behind it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.list_queries import counted_by
from reviews.models import Action


@dataclass(frozen=True, slots=True)
class AgencyWorkload:
    outstanding: int = 0
    overdue: int = 0


def outstanding_by_owner(
    session: Session, actor: Actor, person_ids: Sequence[int], *, today: date
) -> Counter[tuple[int, int]]:
    """Count the outstanding actions the actor may see, by the numbers of their owner and of their partnership.

    An action of somebody who has left is counted for them too, until it has an owner of its own.
    """
    counted = (Action.ended_on.is_(None), counted_by("outstanding", today), visible(actor, Action))
    of_each = (
        sa.select(column, Action.partnership_id, sa.func.count())
        .where(column.in_(person_ids), *counted)
        .group_by(column, Action.partnership_id)
        for column in (Action.owner_id, Action.previous_owner_id)
    )
    found: Counter[tuple[int, int]] = Counter()
    for owner_id, partnership_id, count in session.execute(sa.union_all(*of_each)):
        found[owner_id or 0, partnership_id] += count
    return found


def workload_by_agency(
    session: Session, actor: Actor, agency_ids: Sequence[int], *, today: date
) -> dict[int, AgencyWorkload]:
    """Count the outstanding and the overdue actions the actor may see, for each of these agencies."""
    counts = [sa.func.count().filter(counted_by(group, today)) for group in ("outstanding", "overdue")]
    rows = session.execute(
        sa.select(Action.lead_agency_id, *counts)
        .where(Action.lead_agency_id.in_(agency_ids), Action.ended_on.is_(None), visible(actor, Action))
        .group_by(Action.lead_agency_id)
    )
    found = {row[0]: AgencyWorkload(row[1], row[2]) for row in rows}
    return {agency_id: found.get(agency_id, AgencyWorkload()) for agency_id in agency_ids}
