"""The database itself refuses what must never be stored."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Letter, LetterState
from reviews.core.db import Database
from reviews.models import (
    Action,
    Case,
    CaseClock,
    CaseFact,
    CaseLink,
    Event,
    Evidence,
    Extension,
    Membership,
    Partnership,
    Person,
)
from tests.builders import NOW, TODAY, a_case, a_partnership, a_person, an_action
from workflows.core.questions import Kind


def a_fact(action: Action, event: Event, **values: Any) -> CaseFact:
    return CaseFact(case_id=action.case_id, name="reviewer", kind=Kind.WORDS, event_id=event.id, **values)


def a_letter(action: Action, person: Person, **values: Any) -> Letter:
    given = {
        "letter_key": "anyshire-1",
        "kind": "morning",
        "subject": "Actions",
        "body": "",
        "message_id": "<1@anyshire>",
    }
    return Letter(
        **given, partnership_id=action.partnership_id, person_id=person.id, morning=TODAY, next_try_at=NOW, **values
    )


NONSENSE: dict[str, Callable[[Action, Person, Event], Any]] = {
    "an extension that gives less time": lambda action, person, event: Extension(
        action_id=action.id,
        previous_due_on=date(2026, 12, 4),
        new_due_on=date(2026, 12, 4),
        reason="none",
        granted_by="somebody",
        granted_at=NOW,
    ),
    "a clock that is met and dropped": lambda action, person, event: CaseClock(
        case_id=action.case_id,
        name="cdrm",
        edition_from=TODAY,
        counted_from_on=TODAY,
        due_on=TODAY,
        met_on=TODAY,
        dropped_on=TODAY,
    ),
    "the same clock twice": lambda action, person, event: CaseClock(
        case_id=action.case_id, name="sin", edition_from=TODAY, counted_from_on=TODAY, due_on=TODAY
    ),
    "a fact without a value": lambda action, person, event: a_fact(action, event),
    "a fact with two values": lambda action, person, event: a_fact(action, event, words="Ada", number=1),
    "a case that led to itself": lambda action, person, event: CaseLink(
        from_case_id=action.case_id, to_case_id=action.case_id, linked_at=NOW
    ),
    "evidence of no action": lambda action, person, event: Evidence(
        action_id=-1, text="minutes", offered_by="somebody", offered_at=NOW
    ),
    "a partnership of the same code": lambda action, person, event: Partnership(code="ANYSHIRE", name="Another"),
    "a code in small letters": lambda action, person, event: Partnership(code="midmarch", name="Midmarch"),
    "an address in capitals": lambda action, person, event: Person(email="Ada@anyshire.example", name="Ada Fair"),
    "the same role twice": lambda action, person, event: Membership(
        person_id=person.id, partnership_id=action.partnership_id, agency_id=1, role=held(person), job_title="officer"
    ),
    "a letter tried a negative number of times": lambda action, person, event: a_letter(action, person, tries=-1),
    "a letter sent at no time": lambda action, person, event: a_letter(action, person, state=LetterState.SENT),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_the_database_refuses(database: Database, name: str) -> None:
    with database() as session:
        action, person, event = something(session)
        session.add(NONSENSE[name](action, person, event))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()


@pytest.mark.parametrize(
    "values",
    [{"times_extended": -1}, {"address": "RR-1/A1"}, {"original_due_on": None}, {"owner_id": -1}, {"text": None}],
    ids=lambda values: next(iter(values)),
)
def test_the_database_refuses_an_action_with_such_a(database: Database, values: dict[str, Any]) -> None:
    with database() as session:
        action, _person, _event = something(session)
        with pytest.raises(sa.exc.IntegrityError):
            session.execute(sa.update(Action).where(Action.id == action.id).values(values))


def test_the_database_refuses_a_case_closed_before_it_was_opened(database: Database) -> None:
    with database() as session:
        something(session)
        with pytest.raises(sa.exc.IntegrityError):
            session.execute(sa.update(Case).values(closed_on=date(2026, 11, 19)))


def test_an_instant_needs_its_time_zone_and_comes_back_in_utc(database: Database) -> None:
    with database() as session:
        _action, person, _event = something(session)
        summer = datetime.fromisoformat("2026-07-01T08:00+01:00")
        session.execute(sa.update(Person).values(disabled_at=summer))
        stored = session.scalars(sa.select(Person.disabled_at).where(Person.id == person.id)).one()
        assert (stored, stored.tzinfo) == (datetime(2026, 7, 1, 7, tzinfo=UTC), UTC)
        with pytest.raises(sa.exc.StatementError, match="needs its time zone"):
            session.execute(sa.update(Person).values(disabled_at=summer.replace(tzinfo=None)))


def something(session: Session) -> tuple[Action, Person, Event]:
    partnership = a_partnership(session)
    action = an_action(session, a_case(session, partnership))
    person = a_person(session, partnership)
    session.flush()
    return action, person, session.scalars(sa.select(Event).order_by(Event.id)).first()


def held(person: Person) -> Any:
    session = sa.orm.object_session(person)
    return session.scalars(sa.select(Membership.role).where(Membership.person_id == person.id)).one()
