"""What does the round of one partnership have to look at?"""

from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.summary_rhythm import SUMMARY
from notifications.models import Letter, Reminder
from notifications.rounds.action_lines import COLUMNS, ActionLine
from notifications.rounds.audience import AUDIENCE, Holder, People
from notifications.rounds.clocks import ClockLine, read_clocks, read_spoken
from notifications.rounds.delivery_problems import Trouble, read_tasks, told_this_week
from notifications.rounds.escalation import Stairs
from notifications.rounds.impact_checks import read_checks
from notifications.rounds.parts import read_parts
from notifications.rounds.spoken import Spoken
from notifications.rounds.unavailable import Quiet, read_quiet
from reviews.models import Action, Event, EventKind, Membership, Partnership, Person
from workflows.catalogue import Catalogue

TELLING = [kind for kind, told in AUDIENCE.items() if told is not None]


@dataclass(frozen=True, slots=True)
class Place:
    """A partnership, and the policy its reminders follow."""

    id: int
    code: str
    name: str
    policy: str


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

    `mailed` are the people who had their mail this morning. `parts` are those agencies have in shared actions, `checks`
    those of impact that are due. `tasks` are for the business managers, `told_of_tasks` who heard of them this week.
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
    quiet: Quiet = field(default_factory=Quiet)
    parts: list[ActionLine] = field(default_factory=list)
    checks: list[ActionLine] = field(default_factory=list)
    tasks: list[Trouble] = field(default_factory=list)
    told_of_tasks: set[int] = field(default_factory=set)


def places(session: Session) -> list[Place]:
    columns = (Partnership.id, Partnership.code, Partnership.name, Partnership.reminder_policy)
    return [Place(*row) for row in session.execute(sa.select(*columns).order_by(Partnership.code))]


def read_standing(session: Session, place: Place, stairs: Stairs, catalogue: Catalogue) -> Standing:
    """Read one partnership in sixteen queries, columns only; the number of people and roles does not add to them."""
    people, recipients = _people(session, place)
    morning = stairs.today
    return Standing(
        place=place,
        people=people,
        recipients=recipients,
        news=_news(session, place),
        actions=_actions(session, place, until=stairs.until),
        clocks=read_clocks(session, catalogue, place.id, morning),
        spoken=_spoken(session, place),
        spoken_of_clocks=read_spoken(session, place.id),
        mailed=_mailed(session, place, morning),
        quiet=read_quiet(session, place.id, morning),
        parts=read_parts(session, place.id, until=stairs.until),
        checks=read_checks(session, place.id, morning),
        tasks=read_tasks(session, place.id),
        told_of_tasks=told_this_week(session, place.id, morning),
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
        sa.select(*COLUMNS)
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
    return Spoken((row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None)


def _mailed(session: Session, place: Place, morning: date) -> set[int]:
    of_morning = (Letter.partnership_id == place.id, Letter.morning == morning, Letter.kind != SUMMARY)
    return set(session.scalars(sa.select(Letter.person_id).where(*of_morning)))
