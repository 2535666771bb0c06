"""How does somebody choose on which mornings they have the summary by mail?"""

from datetime import date, timedelta

import sqlalchemy as sa

from notifications.base.summary_rhythm import WEEKDAYS, Rhythm, Wish, read_wishes
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
) -> Wish | None:
    """Keep a person's rhythm, weekly, monthly, before a meeting, or never, and give it as it stands.

    It is for the person to choose, or for the operator in their place. Raises NotFound, NotAllowed, Refused.
    """
    person = _reader(unit, partnership, email)
    _check(unit.today, rhythm, weekday, meeting_on)
    of_theirs = (SummaryRhythm.person_id == person.id, SummaryRhythm.partnership_id == partnership.id)
    kept = unit.session.scalars(sa.select(SummaryRhythm).where(*of_theirs)).first()
    details = {"person": person.id, "rhythm": rhythm}
    if rhythm == NEVER:
        if kept is not None:
            unit.session.delete(kept)
    else:
        kept = kept or SummaryRhythm(person_id=person.id, partnership_id=partnership.id)
        kept.rhythm, kept.chosen_at = rhythm, unit.now
        kept.weekday = WEEKDAYS.index(weekday) if rhythm == Rhythm.WEEKLY else 0
        kept.meeting_on = meeting_on if rhythm == Rhythm.MEETING else None
        unit.session.add(kept)
        details |= {"weekday": kept.weekday, "meeting_on": kept.meeting_on and kept.meeting_on.isoformat()}
    unit.record(EventKind.SUMMARY_CHOSEN, partnership_id=partnership.id, details=details)
    unit.session.flush()
    return next(iter(read_wishes(unit.session, partnership_ids=[partnership.id], person_id=person.id)), None)


def _reader(unit: Unit, partnership: Partnership, email: str) -> Person:
    """Find who works here and may read the summary, locked: of two choices at once the later one holds."""
    works_here = sa.select(Membership.person_id).where(
        Membership.partnership_id == partnership.id, Membership.ended_on.is_(None), visible(unit.actor, Membership)
    )
    wanted = sa.select(Person).where(Person.email == email.strip().lower(), Person.id.in_(works_here))
    person = unit.session.scalars(wanted.with_for_update(of=Person, key_share=True)).first()
    if person is None:
        raise NotFound
    if not unit.actor.is_system and unit.actor.person_id != person.id:
        raise NotAllowed("Each chooses for themself whether the summary comes by mail.")
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
