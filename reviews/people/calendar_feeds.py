"""What falls due for a person, on which day: their own actions, their agency's parts, the clocks of their cases?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Action, ActionStrand, Case, CaseClock, Event, StrandState
from workflows.core.roles import Realm, Role
from workflows.definitions.action import OPEN

PAST, AHEAD = timedelta(days=90), timedelta(days=730)
MOST = 1000
"""Of each sort, the earliest first: what somebody sees to from a calendar is far less."""
Around = aliased(Case)
Changes: TypeAlias = Mapping[int, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One thing that falls due. `key` names it for as long as it is there; `title` is empty unless it is safe to mail.

    `path` begins the address of its page, `code` is its partnership. It has changed `changes` times, last at
    `changed_at`, where that is known.
    """

    key: str
    on: date
    words: str
    title: str
    path: tuple[str, str]
    code: str
    changes: int
    changed_at: datetime | None


def calendar_days(session: Session, actor: Actor, *, today: date) -> list[CalendarDay]:
    """Give the last 90 days and the next two years, by date. What is done, submitted or held is left out.

    Only of partnerships in which the actor holds a role today: what somebody owned there before is theirs no more.
    """
    codes = {post.partnership_id: post.partnership_code for post in actor.posts}
    between = (today - PAST, today + AHEAD)
    found = [
        *_actions(session, actor, codes, between),
        *_parts(session, actor, codes, between),
        *_clocks(session, actor, codes, between),
    ]
    return sorted(found, key=lambda day: (day.on, day.key))


def _actions(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    own = sa.or_(Action.owner_id == actor.person_id, Action.deputy_id == actor.person_id)
    query = _of_actions(actor, codes).where(own, Action.due_on.between(*between)).order_by(Action.due_on, Action.id)
    rows = session.execute(query.add_columns(Action.id.label("key"), Action.due_on.label("on")).limit(MOST)).all()
    changes = _changes(session, Event.action_id, {row.id for row in rows})
    return [_of_action(row, f"action-{row.key}", "Action {} is due", codes, changes) for row in rows]


def _parts(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    """In child death review no agency's lead sees an action."""
    led = sorted({post.agency_id for post in actor.posts if post.role is Role.AGENCY_LEAD})
    if not led:
        return []
    due_on = sa.func.coalesce(ActionStrand.due_on, Action.due_on, type_=sa.Date)
    query = (
        _of_actions(actor, codes)
        .join(ActionStrand, ActionStrand.action_id == Action.id)
        .where(ActionStrand.agency_id.in_(led), ActionStrand.state == StrandState.OPEN)
        .where(Action.realm == Realm.REVIEWS, due_on.between(*between))
        .order_by(due_on, ActionStrand.id)
    )
    rows = session.execute(query.add_columns(ActionStrand.id.label("key"), due_on.label("on")).limit(MOST)).all()
    changes = _changes(session, Event.action_id, {row.id for row in rows})
    return [
        _of_action(row, f"part-{row.key}", "Your agency's part of action {} is due", codes, changes) for row in rows
    ]


def _of_actions(actor: Actor, codes: Mapping[int, str]) -> sa.Select[*tuple[Any, ...]]:
    title = sa.case((Action.title_safe_to_mail, Action.title), else_="").label("title")
    return sa.select(Action.id, Action.reference, Action.address, title, Action.partnership_id).where(
        Action.partnership_id.in_(sorted(codes)),
        Action.ended_on.is_(None),
        Action.stage.in_(sorted(OPEN)),
        visible(actor, Action),
    )


def _of_action(row: Any, key: str, words: str, codes: Mapping[int, str], changes: Changes) -> CalendarDay:
    count, last = changes.get(row.id, (0, None))
    path, code = ("actions", row.address), codes[row.partnership_id]
    return CalendarDay(key, row.on, words.format(row.reference), row.title, path, code, count, last)


def _clocks(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    """Read what runs in the open cases of the tracker, and in the small ones inside them."""
    rows = session.execute(
        sa.select(CaseClock.id, CaseClock.name, CaseClock.due_on)
        .add_columns(CaseClock.case_id, Case.reference, Case.workflow, Case.workflow_version, Case.partnership_id)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(Around, Around.id == Case.parent_id)
        .where(Case.partnership_id.in_(sorted(codes)), visible(actor, Case))
        .where(Case.closed_on.is_(None), Around.closed_on.is_(None))
        .where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None), CaseClock.due_on.between(*between))
        .order_by(CaseClock.due_on, CaseClock.id)
        .limit(MOST)
    ).all()
    changes, catalogue = _changes(session, Event.case_id, {row.case_id for row in rows}), present_catalogue(session)
    found = []
    for row in rows:
        title = catalogue.deadline(row.workflow, row.workflow_version, row.name).title
        words, path = f"Case {row.reference}: {title} is due", ("cases", row.reference)
        key, code = f"clock-{row.id}", codes[row.partnership_id]
        found.append(CalendarDay(key, row.due_on, words, "", path, code, *changes.get(row.case_id, (0, None))))
    return found


def _changes(session: Session, column: Any, ids: Iterable[int]) -> Changes:
    """Count what the history has of each, and when the last was recorded."""
    rows = session.execute(
        sa.select(column, sa.func.count(), sa.func.max(Event.recorded_at))
        .where(column.in_(sorted(ids)))
        .group_by(column)
    )
    return {row[0]: (row[1], row[2]) for row in rows}
