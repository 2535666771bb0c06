"""Lists of people and agencies, the signed-in actor, and the choices of owners and agencies in forms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.case_rights import in_force, rights_of_people, touched_by_rights
from reviews.access.permissions import NO_RIGHTS, Actor, CaseRights, Permission, RoleAssignment
from reviews.access.visibility import visible, within
from reviews.core.clock import local_day
from reviews.core.paging import SIZE, Page
from reviews.models import (
    Absence,
    Agency,
    AgencyKind,
    AgencySuccession,
    CasePerson,
    CaseRight,
    Membership,
    Partnership,
    Person,
    ProviderAccount,
    RightKind,
    SignIn,
)
from reviews.models.people import name_here
from reviews.transactions.unit_of_work import NotFound
from workflows.core.vocabulary import Role


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One role of one person. `has_way_in` is false where they have no means to sign in yet."""

    person_id: int
    name: str
    email: str
    role: Role
    job_title: str
    agency: str
    partnership_id: int
    partnership: str
    disabled_at: datetime | None
    has_way_in: bool


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One agency. `successors` are the names of those that replaced it when it ended."""

    agency_id: int
    name: str
    kind: AgencyKind
    partnership_id: int
    partnership: str
    began_on: date | None
    ended_on: date | None
    people: int
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What the list is narrowed to; `account_state` is "open" or "disabled", an empty field narrows nothing."""

    text: str = ""
    role: str = ""
    agency_id: int | None = None
    account_state: str = ""


def without_way_in() -> sa.ColumnElement[bool]:
    """The condition for roles of people who, as far as their partnership knows, have no means to sign in.

    Whether somebody it did not know has one elsewhere, it is not told.
    """
    return (Membership.known_as != "") | without_means()


def without_means() -> sa.ColumnElement[bool]:
    """The condition for people with an open account who have neither a password nor an account at a provider."""
    at_provider = sa.exists().where(ProviderAccount.person_id == Person.id, ProviderAccount.ended_at.is_(None))
    return Person.password_hash.is_(None) & Person.disabled_at.is_(None) & ~at_provider


DISABLED_HERE = sa.case((Membership.known_as == "", Person.disabled_at))
"""When an account was disabled, for a partnership that knows it: of others it is not told."""


def people_list(
    session: Session,
    actor: Actor,
    *,
    partnership_id: int | None = None,
    filters: PeopleFilter,
    number: int = 1,
) -> Page[PersonLine]:
    """Give one page of the roles held today in the partnerships whose people the actor may see, by name."""
    query = (
        sa.select(
            Person.id,
            name_here(),
            Person.email,
            Membership.role,
            Membership.job_title,
            Agency.name,
            Partnership.id,
            Partnership.name,
            DISABLED_HERE,
            ~without_way_in(),
        )
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .join(Agency, Agency.id == Membership.agency_id)
        .join(Partnership, Partnership.id == Membership.partnership_id)
        .where(*_people_conditions(actor, partnership_id, filters))
    )
    total = session.scalar(sa.select(sa.func.count()).select_from(query.with_only_columns(Membership.id).subquery()))
    rows: Iterable[Any] = session.execute(
        query.order_by(name_here(), Person.id, Membership.id).limit(SIZE).offset((number - 1) * SIZE)
    )
    return Page([PersonLine(*row) for row in rows], number, total or 0)


def agency_list(
    session: Session, actor: Actor, *, partnership_id: int | None = None, number: int = 1
) -> Page[AgencyLine]:
    """Give one page of the agencies of the partnerships whose people the actor may see, by name."""
    query = _agencies(actor, partnership_id)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.with_only_columns(Agency.id).subquery()))
    rows: Iterable[Any] = session.execute(query.limit(SIZE).offset((number - 1) * SIZE))
    return Page(_with_successors(session, [AgencyLine(*row) for row in rows]), number, total or 0)


def every_agency(session: Session, actor: Actor, *, partnership_id: int) -> list[AgencyLine]:
    """Give all agencies of a partnership whose people the actor may see, by name."""
    rows: Iterable[Any] = session.execute(_agencies(actor, partnership_id))
    return _with_successors(session, [AgencyLine(*row) for row in rows])


def _agencies(actor: Actor, partnership_id: int | None) -> sa.Select[*tuple[Any, ...]]:
    people = (
        sa.select(sa.func.count(sa.distinct(Membership.person_id)))
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.agency_id == Agency.id, Membership.ended_on.is_(None), Person.disabled_at.is_(None))
        .correlate(Agency)
        .scalar_subquery()
    )
    columns = (Agency.id, Agency.name, Agency.kind, Partnership.id, Partnership.name, Agency.began_on, Agency.ended_on)
    return (
        sa.select(*columns, people)
        .join(Partnership, Partnership.id == Agency.partnership_id)
        .where(*_in_partnerships(actor, Agency.partnership_id, partnership_id))
        .order_by(Agency.name, Agency.id)
    )


def _with_successors(session: Session, lines: list[AgencyLine]) -> list[AgencyLine]:
    rows = session.execute(
        sa.select(AgencySuccession.from_agency_id, Agency.name)
        .join(Agency, Agency.id == AgencySuccession.to_agency_id)
        .where(AgencySuccession.from_agency_id.in_([line.agency_id for line in lines]))
        .order_by(Agency.name)
    )
    successors: dict[int, tuple[str, ...]] = {}
    for agency_id, name in rows:
        successors[agency_id] = (*successors.get(agency_id, ()), name)
    return [replace(line, successors=successors.get(line.agency_id, ())) for line in lines]


def _in_partnerships(actor: Actor, column: Any, partnership_id: int | None) -> list[sa.ColumnElement[bool]]:
    narrowed = [] if partnership_id is None else [column == partnership_id]
    return [within(actor, column, Permission.SEE_PEOPLE), *narrowed]


def _people_conditions(actor: Actor, partnership_id: int | None, filters: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    matches_text = name_here().icontains(filters.text, autoescape=True) | Person.email.icontains(
        filters.text, autoescape=True
    )
    account_states = {"open": DISABLED_HERE.is_(None), "disabled": DISABLED_HERE.is_not(None)}
    optional = (
        (filters.text, matches_text),
        (filters.role, Membership.role == filters.role),
        (filters.agency_id, Membership.agency_id == filters.agency_id),
        (filters.account_state in account_states, account_states.get(filters.account_state)),
    )
    required = [*_in_partnerships(actor, Membership.partnership_id, partnership_id), Membership.ended_on.is_(None)]
    return [*required, *(condition for is_set, condition in optional if is_set and condition is not None)]


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """When a session ends by itself: after so long without a page, and in any case."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class CurrentSession:
    """A session that has not ended. `actor` proved at `started_at` who they are, and again at `proved_at`."""

    actor: Actor
    started_at: datetime
    seen_at: datetime
    proved_at: datetime | None = None


DEFAULT_LIMITS = SessionLimits()
COLUMNS = (
    Person.id,
    Person.name,
    Person.email,
    Membership.partnership_id,
    Partnership.code,
    Partnership.name,
    Membership.agency_id,
    Agency.name,
    Membership.role,
    Membership.job_title,
    Membership.earlier_agency_ids,
    Absence.partnership_id.label("away_in"),
    Absence.person_id.label("away"),
    touched_by_rights(Membership.partnership_id).label("has_case_rights"),
)
TODAY = sa.bindparam("today", type_=sa.Date)
IS_DEPUTY = sa.and_(
    Absence.deputy_id == Person.id, Absence.from_on <= TODAY, Absence.until_on >= TODAY, Absence.ended_at.is_(None)
)

PEOPLE: sa.Select[*tuple[Any, ...]] = (
    sa.select(*COLUMNS)
    .select_from(Person)
    .outerjoin(Membership, (Membership.person_id == Person.id) & Membership.ended_on.is_(None))
    .outerjoin(Partnership, Partnership.id == Membership.partnership_id)
    .outerjoin(Agency, Agency.id == Membership.agency_id)
    .outerjoin(Absence, IS_DEPUTY)
    .where(Person.disabled_at.is_(None))
    .order_by(Membership.id, Absence.id)
)
SIGNED_IN: sa.Select[*tuple[Any, ...]] = (
    PEOPLE.add_columns(SignIn.started_at, SignIn.seen_at, SignIn.proved_at)
    .join(SignIn, SignIn.person_id == Person.id)
    .where(
        SignIn.token_hash == sa.bindparam("token_hash"),
        SignIn.ended_at.is_(None),
        SignIn.awaits_factor.is_(False),
        SignIn.seen_at > sa.bindparam("seen_after"),
        SignIn.started_at > sa.bindparam("started_after"),
    )
)
"""Executed for every page, and so built once."""
LONGEST_HALF_SESSION = timedelta(minutes=15)


def actor_by_email(session: Session, email: str, *, today: date) -> Actor:
    """Find a person by address; raises NotFound for an unknown address or a disabled account."""
    rows = session.execute(PEOPLE.where(Person.email == email.strip().lower()), {"today": today}).all()
    actor = _actor(session, rows, today)
    if actor is None:
        raise NotFound
    return actor


def actors_of(session: Session, partnership_id: int, *, today: date) -> list[Actor]:
    """Give everybody with an open account and a role in a partnership, in three statements, however many they are."""
    here = sa.select(Membership.person_id).where(
        Membership.partnership_id == partnership_id, Membership.ended_on.is_(None)
    )
    rows: dict[int, list[Any]] = {}
    for row in session.execute(PEOPLE.where(Person.id.in_(here)), {"today": today}):
        rows.setdefault(row[0], []).append(row)
    roles_held = {person_id: _roles_held(theirs) for person_id, theirs in rows.items()}
    in_time = CasePerson.until_on.is_(None) | (CasePerson.until_on >= today)
    reviewing: dict[int, tuple[int, ...]] = {}
    for person_id, case_id in session.execute(
        sa.select(CasePerson.person_id, CasePerson.case_id).where(CasePerson.person_id.in_(here), in_time)
    ):
        if any(assignment.role is Role.LEAD_REVIEWER for assignment in roles_held.get(person_id, ())):
            reviewing[person_id] = (*reviewing.get(person_id, ()), case_id)
    rights = rights_of_people(session, roles_held, reviewing, today=today)
    return [
        _actor_of(theirs, roles_held[person_id], reviewing.get(person_id, ()), rights[person_id])
        for person_id, theirs in rows.items()
    ]


def actor_signed_in(
    session: Session, token_hash: str, *, now: datetime, limits: SessionLimits = DEFAULT_LIMITS
) -> CurrentSession | None:
    """Give a session that has not ended and is within its limits, with its holder."""
    today = local_day(now)
    holder = {
        "token_hash": token_hash,
        "seen_after": now - limits.idle,
        "started_after": now - limits.longest,
        "today": today,
    }
    rows: Sequence[Any] = session.connection().execute(SIGNED_IN, holder).all()
    actor = _actor(session, rows, today)
    return CurrentSession(actor, *rows[0][-3:]) if actor else None


def actor_awaiting_factor(session: Session, token_hash: str, *, now: datetime) -> Actor | None:
    """Give the holder of half a session: the password was right up to 15 minutes ago, a second factor is to come."""
    today = local_day(now)
    query = PEOPLE.join(SignIn, SignIn.person_id == Person.id).where(
        SignIn.token_hash == token_hash,
        SignIn.ended_at.is_(None),
        SignIn.awaits_factor.is_(True),
        SignIn.started_at > now - LONGEST_HALF_SESSION,
    )
    return _actor(session, session.execute(query, {"today": today}).all(), today)


def _actor(session: Session, rows: Sequence[Any], today: date) -> Actor | None:
    if not rows:
        return None
    person_id, roles_held = rows[0][0], _roles_held(rows)
    reviews = any(assignment.role is Role.LEAD_REVIEWER for assignment in roles_held)
    reviewing = _reviewing(session, person_id, today) if reviews else ()
    rights = NO_RIGHTS
    if any(row.has_case_rights for row in rows):
        rights = rights_of_people(session, {person_id: roles_held}, {person_id: reviewing}, today=today)[person_id]
    return _actor_of(rows, roles_held, reviewing, rights)


def _roles_held(rows: Sequence[Any]) -> tuple[RoleAssignment, ...]:
    held = (RoleAssignment(*(*row[3:10], tuple(row[10]))) for row in rows if row[3] is not None)
    return tuple(dict.fromkeys(held))


def _actor_of(
    rows: Sequence[Any], roles_held: tuple[RoleAssignment, ...], reviewing: tuple[int, ...], rights: CaseRights
) -> Actor:
    person_id, name, email = rows[0][:3]
    return Actor(
        name=name,
        email=email,
        person_id=person_id,
        roles_held=roles_held,
        reviewing=reviewing,
        deputises_for=tuple({(row.away_in, row.away): None for row in rows if row.away is not None}),
        case_rights=rights,
    )


def _reviewing(session: Session, person_id: int, today: date) -> tuple[int, ...]:
    in_time = CasePerson.until_on.is_(None) | (CasePerson.until_on >= today)
    return tuple(session.scalars(sa.select(CasePerson.case_id).where(CasePerson.person_id == person_id, in_time)))


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody an action can be given to, with the first of their roles in the partnership."""

    person_id: int
    name: str
    email: str
    job_title: str
    agency_id: int
    agency: str

    @property
    def in_words(self) -> str:
        """The name with what tells people of one name apart."""
        return f"{self.name}, {self.job_title}, {self.agency}"


def agencies(
    session: Session, actor: Actor, partnership_id: int | None = None, *, ended: bool = False
) -> Sequence[tuple[int, str]]:
    """Give number and name of the agencies of one partnership of the actor's, or of all theirs, by name.

    Those that have ended are left out unless `ended` is set, as for filters of past records.
    """
    query = sa.select(Agency.id, Agency.name).where(visible(actor, Agency)).order_by(Agency.name, Agency.id)
    if not ended:
        query = query.where(Agency.ended_on.is_(None))
    if partnership_id is not None:
        query = query.where(Agency.partnership_id == partnership_id)
    return [(row.id, row.name) for row in session.execute(query)]


def owners(
    session: Session, actor: Actor, partnership_id: int, *, case_id: int | None = None, today: date | None = None
) -> list[Owner]:
    """Give everybody with an open account and a role in the partnership today, by name.

    With `case_id` and `today`, those who are excluded from that case are left out.
    """
    query = (
        sa.select(Person.id, name_here(), Person.email, Membership.job_title, Agency.id, Agency.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Agency, Agency.id == Membership.agency_id)
        .where(
            visible(actor, Membership),
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
        )
        .order_by(name_here(), Person.id, Membership.id)
    )
    if case_id is not None:
        excluded = (CaseRight.case_id == case_id, CaseRight.kind == RightKind.EXCLUDED, in_force(today))
        query = query.where(~sa.exists().where(CaseRight.person_id == Person.id, *excluded))
    rows: Iterable[Any] = session.execute(query)
    found: dict[int, Owner] = {}
    for row in rows:
        found.setdefault(row[0], Owner(*row))
    return list(found.values())


def person_name(session: Session, actor: Actor, person_id: int) -> str:
    """Give the name of a person the actor may see; empty for anybody else."""
    return session.scalar(sa.select(Person.name).where(Person.id == person_id, visible(actor, Person))) or ""
