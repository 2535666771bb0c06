"""A person's choice of how often they get the summary by mail."""

from datetime import date, timedelta

import sqlalchemy as sa

from notifications.base.summary_rhythm import WEEKDAYS, Rhythm, SummaryChoice, read_summary_choices
from notifications.models import SummaryRhythm
from reviews.access.permissions import NotAllowed, Permission
from reviews.access.visibility import visible
from reviews.models import EventKind, Membership, Partnership, Person
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

LONGEST_AHEAD = timedelta(days=366)
NEVER = "never"


def choose_summary(
    unit: Unit,
    partnership: Partnership,
    *,
    email: str,
    rhythm: str,
    weekday: str = WEEKDAYS[0],
    meeting_on: date | None = None,
) -> SummaryChoice | None:
    """Set a person's rhythm to weekly, monthly, meeting or never, and return the choice.

    Only the person themself or the operator may choose. Raises NotFound, NotAllowed, Refused.
    """
    person = _reader(unit, partnership, email)
    _check(unit.today, rhythm, weekday, meeting_on)
    of_theirs = (SummaryRhythm.person_id == person.id, SummaryRhythm.partnership_id == partnership.id)
    stored = unit.session.scalars(sa.select(SummaryRhythm).where(*of_theirs)).first()
    details = {"person": person.id, "rhythm": rhythm}
    if rhythm == NEVER:
        if stored is not None:
            unit.session.delete(stored)
    else:
        stored = stored or SummaryRhythm(person_id=person.id, partnership_id=partnership.id)
        stored.rhythm, stored.chosen_at = rhythm, unit.now
        stored.weekday = WEEKDAYS.index(weekday) if rhythm == Rhythm.WEEKLY else 0
        stored.meeting_on = meeting_on if rhythm == Rhythm.MEETING else None
        unit.session.add(stored)
        details |= {"weekday": stored.weekday, "meeting_on": stored.meeting_on and stored.meeting_on.isoformat()}
    unit.record(EventKind.SUMMARY_CHOSEN, partnership_id=partnership.id, details=details)
    unit.session.flush()
    return next(iter(read_summary_choices(unit.session, partnership_ids=[partnership.id], person_id=person.id)), None)


def _reader(unit: Unit, partnership: Partnership, email: str) -> Person:
    """Find and lock a person of this partnership who may see the summary."""
    works_here = sa.select(Membership.person_id).where(
        Membership.partnership_id == partnership.id, Membership.ended_on.is_(None), visible(unit.actor, Membership)
    )
    query = sa.select(Person).where(Person.email == email.strip().lower(), Person.id.in_(works_here))
    person = unit.session.scalars(query.with_for_update(of=Person, key_share=True)).first()
    if person is None:
        raise NotFound
    if not unit.actor.is_system and unit.actor.person_id != person.id:
        raise NotAllowed("You can only choose for yourself whether the summary comes by mail.")
    actor_by_email(unit.session, person.email, today=unit.today).require(Permission.SEE_SUMMARY, partnership.id)
    return person


def _check(today: date, rhythm: str, weekday: str, meeting_on: date | None) -> None:
    if rhythm not in (*Rhythm, NEVER):
        raise Refused("Choose weekly, monthly, before a meeting, or never.")
    if rhythm == Rhythm.WEEKLY and weekday not in WEEKDAYS:
        raise Refused("Choose a weekday from Monday to Friday.")
    if rhythm == Rhythm.MEETING:
        if meeting_on is None:
            raise Refused("Give the day of the meeting.")
        if meeting_on <= today:
            raise Refused("The meeting must be after today.")
        if meeting_on > today + LONGEST_AHEAD:
            raise Refused("The meeting must be within a year.")
