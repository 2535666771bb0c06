"""Absences: who is away from when to when, and which deputy stands in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.access.visibility import manageable_absences, visible
from reviews.models import Absence, EventKind, Membership, Partnership, Person
from reviews.models.people import known_as_in, name_here
from reviews.transactions.references import require_credible
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

DAYS_LISTED_AFTER_END = 90
"""How long an absence that is over stays on the page."""


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """`may_end`: the reader may record that the person is back, or cancel an absence to come."""

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

    def state(self, today: date) -> str:
        if self.ended_at is not None or self.until_on < today:
            return "over"
        return "away" if self.from_on <= today else "to come"


def absences(session: Session, actor: Actor, *, today: date, partnership_id: int | None = None) -> list[AbsenceLine]:
    """List the absences the actor may know of, by their first day; what has long been over is left out."""
    deputy = aliased(Person)
    conditions = [visible(actor, Absence), Absence.until_on >= today - timedelta(days=DAYS_LISTED_AFTER_END)]
    if partnership_id is not None:
        conditions.append(Absence.partnership_id == partnership_id)
    rows: Iterable[Any] = session.execute(
        sa.select(
            Absence.id,
            Person.id,
            sa.func.coalesce(known_as_in(Absence.partnership_id, Person.id), Person.name),
            Person.email,
            deputy.id,
            sa.func.coalesce(known_as_in(Absence.partnership_id, deputy.id), deputy.name),
            deputy.email,
            Partnership.id,
            Partnership.name,
            Absence.from_on,
            Absence.until_on,
            Absence.ended_at,
            sa.and_(Absence.ended_at.is_(None), Absence.until_on >= today, manageable_absences(actor)),
        )
        .join(Person, Person.id == Absence.person_id)
        .join(deputy, deputy.id == Absence.deputy_id)
        .join(Partnership, Partnership.id == Absence.partnership_id)
        .where(*conditions)
        .order_by(Absence.from_on, Absence.id)
    )
    return [AbsenceLine(*row) for row in rows]


def overlapping(session: Session, partnership_id: int, person_id: int, from_on: date, until_on: date) -> Absence | None:
    """Give an absence of a person that has days in common with these and was not cancelled."""
    query = sa.select(Absence).where(
        Absence.partnership_id == partnership_id,
        Absence.person_id == person_id,
        Absence.ended_at.is_(None),
        Absence.from_on <= until_on,
        Absence.until_on >= from_on,
    )
    return session.scalars(query.order_by(Absence.from_on).limit(1)).first()


def may_record_for(session: Session, actor: Actor, partnership_id: int, person_id: int) -> bool:
    """Whether the actor may record the absence of somebody: themself, people of the agency they lead, or everybody."""
    if person_id == actor.person_id or actor.may(Permission.MANAGE_PEOPLE, partnership_id):
        return True
    led = _agencies_led(actor, partnership_id)
    works_for_them = sa.select(Membership.id).where(
        Membership.person_id == person_id, Membership.agency_id.in_(led), Membership.ended_on.is_(None)
    )
    return bool(led) and session.scalar(works_for_them.limit(1)) is not None


def people_to_record(session: Session, actor: Actor, partnership_id: int) -> list[tuple[str, str]]:
    """Give the e-mail addresses and names of those whose absence the actor may record, the actor first."""
    rows = session.execute(
        sa.select(Person.id, Person.email, name_here().label("name"), Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            visible(actor, Membership),
        )
        .order_by(Person.id != actor.person_id, name_here(), Person.id)
    ).all()
    led, manages_all = _agencies_led(actor, partnership_id), actor.may(Permission.MANAGE_PEOPLE, partnership_id)
    recordable = (row for row in rows if manages_all or row.id == actor.person_id or row.agency_id in led)
    return list({row.email: row.name for row in recordable}.items())


def _agencies_led(actor: Actor, partnership_id: int) -> frozenset[int]:
    roles_held = actor.roles_held_in(partnership_id)
    return frozenset(assignment.agency_id for assignment in roles_held if assignment.role is Role.AGENCY_LEAD)


LONGEST_ABSENCE = timedelta(days=366)


def record_absence(
    unit: Unit, partnership: Partnership, *, email: str, deputy_email: str, from_on: date, until_on: date
) -> Absence:
    """Record that somebody is away from the first to the last day, both included; their deputy gets their reminders.

    The person, the lead of their agency and the business manager may do so. Raises NotFound, NotAllowed, Refused.
    """
    people = _colleagues(unit, partnership, email, deputy_email)
    person, deputy = people.get(_normalised(email)), people.get(_normalised(deputy_email))
    if person is None:
        raise NotFound
    _require_may_record(unit, partnership, person)
    _check_days(unit.today, from_on, until_on)
    if deputy is None:
        raise Refused("Nobody with the deputy's e-mail address works in the partnership.")
    if deputy.id == person.id:
        raise Refused("The deputy must be somebody else.")
    _refuse_overlap(unit, partnership, person, deputy, from_on, until_on)
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
    """End an absence today, or cancel one to come. Raises NotAllowed, and Refused when it is over."""
    person = unit.session.get_one(Person, absence.person_id)
    _require_may_record(unit, unit.session.get_one(Partnership, absence.partnership_id), person)
    if absence.ended_at is not None or absence.until_on < unit.today:
        raise Refused(f"{person.name} is already back.")
    absence.ended_at = unit.now
    _record(unit, EventKind.ABSENCE_ENDED, absence)


def find_absence(unit: Unit, number: int) -> Absence:
    """Find and lock an absence that the actor may see; raises NotFound."""
    return _find(unit, Absence.id == number)


def absence_of(unit: Unit, partnership: Partnership, email: str) -> Absence:
    """Find the absence of a person that runs or comes next; raises NotFound for an unknown person, Refused for none."""
    person = _colleagues(unit, partnership, email).get(_normalised(email))
    if person is None:
        raise NotFound
    of_person = (Absence.person_id == person.id) & (Absence.partnership_id == partnership.id)
    try:
        return _find(unit, of_person & Absence.ended_at.is_(None) & (Absence.until_on >= unit.today))
    except NotFound:
        raise Refused(f"{person.name} is not away and has no absence to come.") from None


def _find(unit: Unit, condition: sa.ColumnElement[bool]) -> Absence:
    query = sa.select(Absence).where(condition, visible(unit.actor, Absence)).order_by(Absence.from_on)
    found = unit.session.scalars(query.limit(1).with_for_update(of=Absence)).first()
    if found is None:
        raise NotFound
    return found


def _colleagues(unit: Unit, partnership: Partnership, *emails: str) -> dict[str, Person]:
    """Give by address those with an open account and a role here, locked so that two absences cannot overlap unseen."""
    members = sa.select(Membership.person_id).where(
        Membership.partnership_id == partnership.id, Membership.ended_on.is_(None), visible(unit.actor, Membership)
    )
    people = unit.session.scalars(
        sa.select(Person)
        .where(Person.email.in_({_normalised(email) for email in emails}), Person.disabled_at.is_(None))
        .where(Person.id.in_(members))
        .order_by(Person.id)
        .with_for_update(of=Person, key_share=True)
    )
    return {person.email: person for person in people}


def _require_may_record(unit: Unit, partnership: Partnership, person: Person) -> None:
    if not may_record_for(unit.session, unit.actor, partnership.id, person.id):
        raise NotAllowed("Only the person themself, the lead of their agency and the business manager can record this.")


def _check_days(today: date, from_on: date, until_on: date) -> None:
    require_credible(from_on, "The first day away")
    require_credible(until_on, "The last day away")
    if until_on < from_on:
        raise Refused("The last day away must not be before the first.")
    if until_on < today:
        raise Refused("These days are in the past. Enter a last day that is today or later.")
    if until_on - from_on >= LONGEST_ABSENCE:
        raise Refused("An absence can last a year at most. Give the actions to another owner instead.")


def _refuse_overlap(
    unit: Unit, partnership: Partnership, person: Person, deputy: Person, from_on: date, until_on: date
) -> None:
    for who in (person, deputy):
        other = overlapping(unit.session, partnership.id, who.id, from_on, until_on)
        if other is not None:
            days = f"from {_day(other.from_on)} to {_day(other.until_on)}"
            if who is person:
                raise Refused(f"{who.name} is already away {days}.")
            raise Refused(f"{who.name} is also away, {days}, and cannot stand in.")


def _record(unit: Unit, kind: EventKind, absence: Absence) -> None:
    details = {
        "person": absence.person_id,
        "deputy": absence.deputy_id,
        "from_on": absence.from_on.isoformat(),
        "until_on": absence.until_on.isoformat(),
    }
    unit.record(kind, partnership_id=absence.partnership_id, details=details)


def _normalised(email: str) -> str:
    return email.strip().lower()


def _day(on: date) -> str:
    return f"{on:%-d %B %Y}"
