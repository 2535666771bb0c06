"""A small invented partnership for the tests of the floor, with what is rare in the nation."""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from reviews.core.db import Base, Database
from reviews.models import Action, Case, ExtensionRequest, OurRole, PlanRules
from tests.bench.actions import add_actions
from tests.bench.cases import add_cases
from tests.bench.nation import NOW, TODAY, Size, drafts
from tests.bench.people import add_people

VILLAGE = Size("village", 1, 3, 5, 200, 60, 40, 5)
TOWN = Size("town", 1, 40, 30, 2_600, 400, 200, 20)


def settle(database: Database, size: Size) -> None:
    draft = next(drafts(size, 1))
    owners = add_people(draft)
    add_actions(draft, add_cases(draft), owners)
    with database.begin() as session:
        for table in Base.metadata.sorted_tables:
            if rows := draft.rows[table.name]:
                session.execute(sa.insert(table), rows)


def add_what_is_rare(database: Database) -> None:
    """Change some cases and actions: each in a way of its own, by number, so that some are changed in several."""
    with database.begin() as session:
        cases = list(session.scalars(sa.select(Case).where(Case.closed_on.is_(None)).order_by(Case.id)))
        for outer, inner in zip(cases[::5], cases[1::5], strict=False):
            if outer.realm is inner.realm:
                inner.parent_id = outer.id
        for case in cases[2::5]:
            case.our_role, case.lead_area = OurRole.CONTRIBUTOR, "Fellmere"
        for number, case in enumerate(cases[::3]):
            session.add(PlanRules(case_id=case.id, amber_days=7, red_moves=number % 2, cadence_days=30))
        live = sa.select(Action).where(Action.ended_on.is_(None)).order_by(Action.id)
        for number, action in enumerate(session.scalars(live)):
            _change(action, number)
            if number % 37 == 0:
                session.add(_request(action.id))


RARE: Mapping[int, Mapping[str, object]] = {
    7: {"rating_reported": ""},
    11: {"awaiting_status": True},
    13: {"chair_rating": "Green", "chair_rating_reason": "The team has met."},
    17: {"deputy_id": 1},
    19: {"blocked_plan": "Another trainer is booked."},
    23: {"last_progress_on": TODAY - timedelta(days=40)},
    29: {"lead_agency_id": None, "lead_agency_text": "The fire service"},
}
"""What every so many of the live actions has."""


def _change(action: Action, number: int) -> None:
    if action.stage == "submitted":  # in time, late, or on a day that nobody has said
        action.due_on = action.original_due_on = TODAY - timedelta(days=number % 120)
        action.done_on = [None, action.due_on, TODAY][number % 3]
    for every, columns in RARE.items():
        for name, value in columns.items() if number % every == 0 else ():
            setattr(action, name, value)


def _request(action_id: int) -> ExtensionRequest:
    return ExtensionRequest(
        action_id=action_id,
        wanted_due_on=TODAY + timedelta(days=60),
        reason="The trainer was ill.",
        asked_at=NOW,
        asked_by="somebody <somebody@area.example>",
    )
