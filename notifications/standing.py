"""What does the round of one partnership have to look at?"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.audience import AUDIENCE, Holder, People
from notifications.clocks import ClockLine, Spoken, read_clocks, read_spoken
from notifications.models import Letter, Reminder
from reviews.models import Action, Event, EventKind, Membership, Partnership, Person
from workflows.catalogue import Catalogue
from workflows.vocabulary import Ladder, Realm

TELLING = [kind for kind, told in AUDIENCE.items() if told is not None]


@dataclass(frozen=True, slots=True)
class Place:
    """A partnership, and the policy its reminders follow."""

    id: int
    code: str
    name: str
    policy: str


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What a mail may know of an action. `title` is empty unless it is safe to mail."""

    id: int
    reference: str
    address: str
    title: str
    realm: Realm
    stage: str
    agency_id: int | None
    owner_id: int | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class News:
    """An event that nobody has been told of yet."""

    id: int
    kind: EventKind
    action_id: int


@dataclass(frozen=True, slots=True)
class Recipient:
    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`spoken` holds action, person, rung and about, `spoken_of_clocks` the same of clocks.

    `mailed` are the people who had their mail this morning.
    """

    place: Place
    people: People
    recipients: dict[int, Recipient]
    actions: list[ActionLine]
    clocks: list[ClockLine]
    news: list[News]
    spoken: Spoken
    spoken_of_clocks: Spoken
    mailed: set[int]


def places(session: Session) -> list[Place]:
    columns = (Partnership.id, Partnership.code, Partnership.name, Partnership.reminder_policy)
    return [Place(*row) for row in session.execute(sa.select(*columns).order_by(Partnership.code))]


def read_standing(session: Session, place: Place, ladder: Ladder, catalogue: Catalogue, morning: date) -> Standing:
    """Read one partnership in eight queries, columns only; the number of people and roles does not add to them."""
    people, recipients = _people(session, place)
    first_rung = min(rung.days for rung in ladder.rungs)
    return Standing(
        place=place,
        people=people,
        recipients=recipients,
        news=_news(session, place),
        actions=_actions(session, place, until=morning - timedelta(days=first_rung)),
        clocks=read_clocks(session, catalogue, place.id, morning),
        spoken=_spoken(session, place),
        spoken_of_clocks=read_spoken(session, place.id),
        mailed=_mailed(session, place, morning),
    )


def _people(session: Session, place: Place) -> tuple[People, dict[int, Recipient]]:
    rows = session.execute(
        sa.select(Person.id, Person.name, Person.email, Membership.role, Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.partnership_id == place.id, Membership.ended_on.is_(None), Person.disabled_at.is_(None))
        .order_by(Membership.id)
    ).all()
    people = People(Holder(row.id, row.role, row.agency_id) for row in rows)
    return people, {row.id: Recipient(row.id, row.name, row.email) for row in rows}


def _unannounced(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(
        Event.partnership_id == place.id,
        Event.announced_at.is_(None),
        Event.kind.in_(TELLING),
        Event.action_id.is_not(None),
    )


def _news(session: Session, place: Place) -> list[News]:
    events = sa.select(Event.id, Event.kind, Event.action_id).where(_unannounced(place)).order_by(Event.id)
    return [News(*row[:2], row[2]) for row in session.execute(events) if row[2] is not None]


def _actions(session: Session, place: Place, *, until: date) -> list[ActionLine]:
    """Read the live actions on the ladder, those without a date, and those of which there is news."""
    of_news = sa.select(Event.action_id).where(_unannounced(place))
    rows = session.execute(
        sa.select(
            Action.id,
            Action.reference,
            Action.address,
            sa.case((Action.title_safe_to_mail, Action.title), else_=""),
            Action.realm,
            Action.stage,
            Action.lead_agency_id,
            Action.owner_id,
            Action.due_on,
        )
        .where(
            Action.partnership_id == place.id,
            Action.ended_on.is_(None),
            sa.or_(Action.due_on.is_(None), Action.due_on <= until, Action.id.in_(of_news)),
        )
        .order_by(Action.id)
    )
    return [ActionLine(*row) for row in rows]


def _spoken(session: Session, place: Place) -> Spoken:
    rows = session.execute(
        sa.select(Reminder.action_id, Reminder.person_id, Reminder.rung, Reminder.about)
        .join(Action, Action.id == Reminder.action_id)
        .where(Action.partnership_id == place.id, Action.ended_on.is_(None))
    )
    return {(row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None}


def _mailed(session: Session, place: Place, morning: date) -> set[int]:
    return set(
        session.scalars(sa.select(Letter.person_id).where(Letter.partnership_id == place.id, Letter.morning == morning))
    )
