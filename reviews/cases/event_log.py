"""The recorded events of a case or of an action, page by page."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.core.paging import SIZE, Page
from reviews.models import Action, Case, CaseFact, Event, EventKind, Person
from reviews.models.event_details import ActionAssigned, ActionChanged, RecommendationReopened, details_if
from reviews.models.people import known_as_in

READINGS = (EventKind.PLAN_EXPORTED, EventKind.EVIDENCE_READ, EventKind.FILE_READ)
"""Events by which somebody took or read something and nothing changed: they are no part of the story."""


NAMING_CHILD_CASES = (EventKind.CASE_OPENED_INSIDE, EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


class Shown(Enum):
    """Which events of a history: the story, who took or read something, or both."""

    STORY = "story"
    READINGS = "readings"
    ALL = "all"


def case_history(
    session: Session, actor: Actor, case: Case, *, shown: Shown = Shown.STORY, number: int = 1, size: int = SIZE
) -> Page[Event]:
    """Give the events of a case, the latest day first, without those of its actions."""
    condition = (Event.case_id == case.id) & Event.action_id.is_(None) & visible(actor, Event)
    return _page(session, condition & _which(shown), number, size)


def action_history(
    session: Session, actor: Actor, action: Action, *, shown: Shown = Shown.STORY, number: int = 1
) -> Page[Event]:
    return _page(session, (Event.action_id == action.id) & visible(actor, Event) & _which(shown), number, SIZE)


def unseen_references(session: Session, actor: Actor, case: Case, events: Sequence[Event]) -> frozenset[str]:
    """Give the references that these events of a case may name and that this person must not come across."""
    rows: list[Any] = []
    if any(event.kind in NAMING_CHILD_CASES for event in events):
        query = sa.select(Case.reference, visible(actor, Case)).where(Case.parent_id == case.id)
        rows += session.execute(query)
    if named := {each["action"] for event in events if (each := details_if(event, RecommendationReopened))}:
        query = sa.select(Action.reference, visible(actor, Action))
        rows += session.execute(query.where(Action.partnership_id == case.partnership_id, Action.reference.in_(named)))
    return frozenset(reference for reference, seen in rows if not seen)


def _which(shown: Shown) -> sa.ColumnElement[bool]:
    match shown:
        case Shown.STORY:
            return Event.kind.not_in(READINGS)
        case Shown.READINGS:
            return Event.kind.in_(READINGS)
        case Shown.ALL:
            return sa.true()


def facts_recorded(session: Session, events: Sequence[Event]) -> dict[int, list[CaseFact]]:
    """Give the facts that were recorded with these events, by event."""
    found: dict[int, list[CaseFact]] = {}
    ids = [event.id for event in events]
    for fact in session.scalars(sa.select(CaseFact).where(CaseFact.event_id.in_(ids)).order_by(CaseFact.id)):
        found.setdefault(fact.event_id, []).append(fact)
    return found


def people_named(session: Session, actor: Actor, events: Sequence[Event]) -> dict[int, str]:
    """Give the names of the people whom the events of one action mention by number, such as its owners."""
    ids = {number for event in events for number in _people_of(event)}
    numbers = sorted(found for found in ids if isinstance(found, int))
    if not numbers:
        return {}
    name = sa.func.coalesce(known_as_in(events[0].partnership_id, Person.id), Person.name).label("name")
    rows = session.execute(sa.select(Person.id, name).where(Person.id.in_(numbers), visible(actor, Person)))
    return {row.id: row.name for row in rows}


def _people_of(event: Event) -> Iterator[int | None]:
    if assigned := details_if(event, ActionAssigned):
        yield from (assigned.get("owner"), assigned.get("previous"))
    if changed := details_if(event, ActionChanged):
        yield from (side.get("deputy_id") for side in (changed.get("before"), changed.get("now")) if side)


def _page(session: Session, condition: sa.ColumnElement[bool], number: int, size: int) -> Page[Event]:
    total = session.scalar(sa.select(sa.func.count()).select_from(Event).where(condition)) or 0
    rows = session.scalars(
        sa.select(Event)
        .where(condition)
        .order_by(Event.happened_on.desc(), Event.id.desc())
        .limit(size)
        .offset((number - 1) * size)
    ).all()
    return Page(rows, number, total, size)
