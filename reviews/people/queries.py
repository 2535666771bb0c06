"""Who works in the partnership, for which agency, and how much is on their desk?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible, within
from reviews.actions.action_groups import counted_by
from reviews.core.paging import SIZE, Page
from reviews.models import Action, Agency, AgencyKind, AgencySuccession, Membership, Partnership, Person
from workflows.core.roles import Role


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One role of one person; `outstanding` counts the actions of theirs that the reader may see."""

    person_id: int
    name: str
    email: str
    role: Role
    job_title: str
    agency: str
    partnership_id: int
    partnership: str
    disabled_at: datetime | None
    outstanding: int


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One agency; `outstanding` and `overdue` count the actions it leads that the reader may see.

    `heirs` are the names of those that went on when it ended.
    """

    agency_id: int
    name: str
    kind: AgencyKind
    partnership_id: int
    partnership: str
    began_on: date | None
    ended_on: date | None
    people: int
    outstanding: int
    overdue: int
    heirs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What the list is narrowed to; `standing` is "open" or "disabled"."""

    text: str = ""
    role: str = ""
    agency_id: int | None = None
    standing: str = ""


def people_list(
    session: Session,
    actor: Actor,
    *,
    today: date,
    partnership_id: int | None = None,
    wanted: PeopleFilter,
    number: int = 1,
) -> Page[PersonLine]:
    """Give one page of the roles held today in the partnerships whose people the actor may see, by name."""
    query = (
        sa.select(
            Person.id,
            Person.name,
            Person.email,
            Membership.role,
            Membership.job_title,
            Agency.name,
            Partnership.id,
            Partnership.name,
            Person.disabled_at,
            _count(actor, "outstanding", today, (Action.owner_id == Person.id)),
        )
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .join(Agency, Agency.id == Membership.agency_id)
        .join(Partnership, Partnership.id == Membership.partnership_id)
        .where(*_people_conditions(actor, partnership_id, wanted))
    )
    total = session.scalar(sa.select(sa.func.count()).select_from(query.with_only_columns(Membership.id).subquery()))
    rows: Iterable[Any] = session.execute(
        query.order_by(Person.name, Person.id, Membership.id).limit(SIZE).offset((number - 1) * SIZE)
    )
    return Page([PersonLine(*row) for row in rows], number, total or 0)


def agency_list(
    session: Session, actor: Actor, *, today: date, partnership_id: int | None = None, number: int = 1
) -> Page[AgencyLine]:
    """Give one page of the agencies of the partnerships whose people the actor may see, by name."""
    query = _agencies(actor, today, partnership_id)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.with_only_columns(Agency.id).subquery()))
    rows: Iterable[Any] = session.execute(query.limit(SIZE).offset((number - 1) * SIZE))
    return Page(_with_heirs(session, [AgencyLine(*row) for row in rows]), number, total or 0)


def every_agency(session: Session, actor: Actor, *, today: date, partnership_id: int) -> list[AgencyLine]:
    """Give all agencies of a partnership whose people the actor may see, by name."""
    rows: Iterable[Any] = session.execute(_agencies(actor, today, partnership_id))
    return _with_heirs(session, [AgencyLine(*row) for row in rows])


def _agencies(actor: Actor, today: date, partnership_id: int | None) -> sa.Select[*tuple[Any, ...]]:
    people = (
        sa.select(sa.func.count(sa.distinct(Membership.person_id)))
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.agency_id == Agency.id, Membership.ended_on.is_(None), Person.disabled_at.is_(None))
        .correlate(Agency)
        .scalar_subquery()
    )
    counts = [_count(actor, group, today, (Action.lead_agency_id == Agency.id)) for group in ("outstanding", "overdue")]
    columns = (Agency.id, Agency.name, Agency.kind, Partnership.id, Partnership.name, Agency.began_on, Agency.ended_on)
    return (
        sa.select(*columns, people, *counts)
        .join(Partnership, Partnership.id == Agency.partnership_id)
        .where(*_there(actor, Agency.partnership_id, partnership_id))
        .order_by(Agency.name, Agency.id)
    )


def _with_heirs(session: Session, lines: list[AgencyLine]) -> list[AgencyLine]:
    rows = session.execute(
        sa.select(AgencySuccession.from_agency_id, Agency.name)
        .join(Agency, Agency.id == AgencySuccession.to_agency_id)
        .where(AgencySuccession.from_agency_id.in_([line.agency_id for line in lines]))
        .order_by(Agency.name)
    )
    heirs: dict[int, tuple[str, ...]] = {}
    for agency_id, name in rows:
        heirs[agency_id] = (*heirs.get(agency_id, ()), name)
    return [replace(line, heirs=heirs.get(line.agency_id, ())) for line in lines]


def _count(actor: Actor, group: str, today: date, whose: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Count by the condition of the list of actions, so that the number is the length of the list behind it."""
    return (
        sa.select(sa.func.count())
        .select_from(Action)
        .where(
            whose,
            Action.partnership_id == Partnership.id,
            Action.ended_on.is_(None),
            counted_by(group, today),
            visible(actor, Action),
        )
        .correlate(Person, Agency, Partnership)
        .scalar_subquery()
    )


def _there(actor: Actor, column: Any, partnership_id: int | None) -> list[sa.ColumnElement[bool]]:
    own = [] if partnership_id is None else [column == partnership_id]
    return [within(actor, column, Permission.SEE_PEOPLE), *own]


def _people_conditions(actor: Actor, partnership_id: int | None, wanted: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    says = Person.name.icontains(wanted.text, autoescape=True) | Person.email.icontains(wanted.text, autoescape=True)
    standing = {"open": Person.disabled_at.is_(None), "disabled": Person.disabled_at.is_not(None)}
    narrowed = (
        (wanted.text, says),
        (wanted.role, Membership.role == wanted.role),
        (wanted.agency_id, Membership.agency_id == wanted.agency_id),
        (wanted.standing in standing, standing.get(wanted.standing)),
    )
    there = [*_there(actor, Membership.partnership_id, partnership_id), Membership.ended_on.is_(None)]
    return [*there, *(condition for holds, condition in narrowed if holds and condition is not None)]
