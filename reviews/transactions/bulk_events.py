"""Writing the history of many actions or cases in one statement."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from reviews.models import Event, EventKind
from reviews.models.event_details import check_details
from reviews.transactions.unit_of_work import Unit


def record_each(unit: Unit, kind: EventKind, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one event for each row. A row has partnership_id and details, and case_id or action_id or both.

    Raises ValueError for details that are not those of the kind.
    """
    same = {
        "kind": kind,
        "happened_on": unit.today,
        "recorded_at": unit.now,
        "recorded_by": unit.actor.signature,
        "case_id": None,
        "action_id": None,
    }
    if events := [{**same, **row} for row in rows]:
        for event in events:
            check_details(kind, event.get("details", {}))
        unit.session.execute(sa.insert(Event), events)
