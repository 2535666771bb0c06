"""Who is away from when to when, and who stands in for them?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.access.visibility import absences_kept_by, visible
from reviews.models import Absence, EventKind, Membership, Partnership, Person
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

KEPT_DAYS = 90
"""How many days an absence that is over stays on the page."""


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """`may_end` tells whether the reader may say that the person is back, or call it off."""

    number: int
    person_id: int
    name: str
    email: str
    deputy_id: int
    deputy: str
    deputy_email: str
    partnership_id: int
    partnership: str
    from_on: date
    until_on: date
    ended_at: datetime | None
    may_end: bool

    def standing(self, today: date) -> str:
        if self.ended_at is not None or self.until_on < today:
            return "over"
        return "away" if self.from_on <= today else "to come"


def absences(session: Session, actor: Actor, *, today: date, partnership_id: int | None = None) -> list[AbsenceLine]:
    """List the absences the actor may know of, by their first day; what has long been over is left out."""
    deputy = aliased(Person)
    wanted = [visible(actor, Absence), Absence.until_on >= today - timedelta(days=KEPT_DAYS)]
    if partnership_id is not None:
        wanted.append(Absence.partnership_id == partnership_id)
    rows: Iterable[Any] = session.execute(
        sa.select(
            Absence.id,
            Person.id,
            Person.name,
            Person.email,
            deputy.id,
            deputy.name,
            deputy.email,
            Partnership.id,
            Partnership.name,
            Absence.from_on,
            Absence.until_on,
            Absence.ended_at,
            sa.and_(Absence.ended_at.is_(None), Absence.until_on >= today, absences_kept_by(actor)),
        )
        .join(Person, Person.id == Absence.person_id)
        .join(deputy, deputy.id == Absence.deputy_id)
        .join(Partnership, Partnership.id == Absence.partnership_id)
        .where(*wanted)
        .order_by(Absence.from_on, Absence.id)
    )
    return [AbsenceLine(*row) for row in rows]


def overlapping(session: Session, partnership_id: int, person_id: int, from_on: date, until_on: date) -> Absence | None:
    """Give an absence of a person that has days in common with these, and was not called off."""
    query = sa.select(Absence).where(
        Absence.partnership_id == partnership_id,
        Absence.person_id == person_id,
        Absence.ended_at.is_(None),
        Absence.from_on <= until_on,
        Absence.until_on >= from_on,
    )
    return session.scalars(query.order_by(Absence.from_on).limit(1)).first()


def may_record_for(session: Session, actor: Actor, partnership_id: int, person_id: int) -> bool:
    """Whether somebody's absence is the actor's to record: their own, of their agency's people, or of all."""
    if person_id == actor.person_id or actor.may(Permission.MANAGE_PEOPLE, partnership_id):
        return True
    led = _led(actor, partnership_id)
    works_for_them = sa.select(Membership.id).where(
        Membership.person_id == person_id, Membership.agency_id.in_(led), Membership.ended_on.is_(None)
    )
    return bool(led) and session.scalar(works_for_them.limit(1)) is not None


def absentees(session: Session, actor: Actor, partnership_id: int) -> list[tuple[str, str]]:
    """Give address and name of those whose absence the actor may record in a partnership, themself first."""
    rows = session.execute(
        sa.select(Person.id, Person.email, Person.name, Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            visible(actor, Membership),
        )
        .order_by(Person.id != actor.person_id, Person.name, Person.id)
    ).all()
    led, whole = _led(actor, partnership_id), actor.may(Permission.MANAGE_PEOPLE, partnership_id)
    theirs = (row for row in rows if whole or row.id == actor.person_id or row.agency_id in led)
    return list({row.email: row.name for row in theirs}.items())


def _led(actor: Actor, partnership_id: int) -> frozenset[int]:
    posts = actor.posts_in(partnership_id)
    return frozenset(post.agency_id for post in posts if post.role is Role.AGENCY_LEAD)


LONGEST = timedelta(days=366)


def record_absence(
    unit: Unit, partnership: Partnership, *, email: str, deputy_email: str, from_on: date, until_on: date
) -> Absence:
    """Let somebody be away on these days, both included, and their deputy hear of their actions meanwhile.

    It is for the person, the lead of their agency and the business manager. Raises NotFound, NotAllowed, Refused.
    """
    people = _colleagues(unit, partnership, email, deputy_email)
    person, deputy = people.get(_plain(email)), people.get(_plain(deputy_email))
    if person is None:
        raise NotFound
    _require_theirs(unit, partnership, person)
    _check_days(unit.today, from_on, until_on)
    if deputy is None:
        raise Refused("Nobody with the deputy's e-mail address works in the partnership.")
    if deputy.id == person.id:
        raise Refused("The deputy must be somebody else.")
    _check_free(unit, partnership, person, deputy, from_on, until_on)
    absence = Absence(
        partnership_id=partnership.id,
        person_id=person.id,
        deputy_id=deputy.id,
        from_on=from_on,
        until_on=until_on,
        recorded_by=unit.actor.signature,
        recorded_at=unit.now,
    )
    unit.session.add(absence)
    unit.session.flush()
    _record(unit, EventKind.ABSENCE_RECORDED, absence)
    return absence


def end_absence(unit: Unit, absence: Absence) -> None:
    """Let somebody be back at once, or call off an absence to come. Raises NotAllowed; Refused where it is over."""
    person = unit.session.get_one(Person, absence.person_id)
    _require_theirs(unit, unit.session.get_one(Partnership, absence.partnership_id), person)
    if absence.ended_at is not None or absence.until_on < unit.today:
        raise Refused(f"{person.name} is back already.")
    absence.ended_at = unit.now
    _record(unit, EventKind.ABSENCE_ENDED, absence)


def absence_numbered(unit: Unit, number: int) -> Absence:
    """Find and lock an absence that the actor may know of; raises NotFound."""
    return _found(unit, Absence.id == number)


def absence_of(unit: Unit, partnership: Partnership, email: str) -> Absence:
    """Find the absence of a person that runs or comes next; raises NotFound for nobody, Refused where there is none."""
    person = _colleagues(unit, partnership, email).get(_plain(email))
    if person is None:
        raise NotFound
    here = (Absence.person_id == person.id) & (Absence.partnership_id == partnership.id)
    try:
        return _found(unit, here & Absence.ended_at.is_(None) & (Absence.until_on >= unit.today))
    except NotFound:
        raise Refused(f"{person.name} is not away, and no absence is to come.") from None


def _found(unit: Unit, wanted: sa.ColumnElement[bool]) -> Absence:
    query = sa.select(Absence).where(wanted, visible(unit.actor, Absence)).order_by(Absence.from_on)
    found = unit.session.scalars(query.limit(1).with_for_update(of=Absence)).first()
    if found is None:
        raise NotFound
    return found


def _colleagues(unit: Unit, partnership: Partnership, *emails: str) -> dict[str, Person]:
    """Give by address those with an open account and a role here, locked: of two absences at once one is seen."""
    works_here = sa.select(Membership.person_id).where(
        Membership.partnership_id == partnership.id, Membership.ended_on.is_(None), visible(unit.actor, Membership)
    )
    people = unit.session.scalars(
        sa.select(Person)
        .where(Person.email.in_({_plain(email) for email in emails}), Person.disabled_at.is_(None))
        .where(Person.id.in_(works_here))
        .order_by(Person.id)
        .with_for_update(of=Person, key_share=True)
    )
    return {person.email: person for person in people}


def _require_theirs(unit: Unit, partnership: Partnership, person: Person) -> None:
    if not may_record_for(unit.session, unit.actor, partnership.id, person.id):
        raise NotAllowed("This is for the person themself, the lead of their agency and the business manager.")


def _check_days(today: date, from_on: date, until_on: date) -> None:
    if until_on < from_on:
        raise Refused("The last day away is before the first.")
    if until_on < today:
        raise Refused("These days are over.")
    if until_on - from_on >= LONGEST:
        raise Refused("An absence is a year at most. Give the actions to another owner instead.")


def _check_free(
    unit: Unit, partnership: Partnership, person: Person, deputy: Person, from_on: date, until_on: date
) -> None:
    for who in (person, deputy):
        other = overlapping(unit.session, partnership.id, who.id, from_on, until_on)
        if other is not None:
            already = "already" if who is person else "too, and cannot stand in"
            raise Refused(f"{who.name} is away from {_day(other.from_on)} to {_day(other.until_on)} {already}.")


def _record(unit: Unit, kind: EventKind, absence: Absence) -> None:
    details = {
        "person": absence.person_id,
        "deputy": absence.deputy_id,
        "from_on": absence.from_on.isoformat(),
        "until_on": absence.until_on.isoformat(),
    }
    unit.record(kind, partnership_id=absence.partnership_id, details=details)


def _plain(email: str) -> str:
    return email.strip().lower()


def _day(on: date) -> str:
    return f"{on:%-d %B %Y}"
