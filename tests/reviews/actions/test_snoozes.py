"""Snoozing an action: for how long, how often, and by whom."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, system
from reviews.actions.extensions import snooze_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Action, Event, EventKind, Snooze
from reviews.people.absences import record_absence
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_case, a_world, an_action
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

DUE = date(2026, 12, 4)
ONE = "RR-2026-01/A1"


@pytest.fixture
def anyshire(database):
    place = a_world(database).anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership, reference="RR-2026-01")
        an_action(session, case, owner=place.people[Role.ACTION_OWNER], agency=place.agencies["Council"], due_on=DUE)
    return place


@pytest.fixture
def rest(database, anyshire):
    def rest(days=7, reason="The meeting is on Tuesday.", on=TODAY, by=Role.ACTION_OWNER, actor=None):
        clock = StoppedClock(read_moment(on.isoformat()))
        with unit_of_work(database, actor or anyshire.actors[by], clock) as unit:
            return snooze_action(unit, unit.action(ONE), days=days, reason=reason).until_on

    return rest


def change(database, **values):
    with database.begin() as session:
        session.execute(sa.update(Action).values(**values))


def test_it_rests_for_some_days_and_its_date_stays(database, anyshire, rest):
    assert rest(7) == TODAY + timedelta(days=7)

    with database() as session:
        snooze, action = session.scalars(sa.select(Snooze)).one(), session.scalars(sa.select(Action)).one()
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.ACTION_SNOOZED)).one()
    assert (snooze.person_id, snooze.about) == (anyshire.people[Role.ACTION_OWNER].id, DUE)
    assert (action.due_on, action.times_extended, action.version) == (DUE, 0, 2)
    assert event.details["snooze_reason"] == "The meeting is on Tuesday."


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"days": 0}, "You can snooze an action for 1 to 14 days at a time."),
        ({"days": 15}, "You can snooze an action for 1 to 14 days at a time."),
        ({"reason": "  "}, "Say why you want to be reminded later."),
        ({"reason": "x" * 501}, "The reason must be 500 characters or fewer."),
        ({"on": date(2026, 12, 10), "days": 9}, "You can snooze this action until 18 December 2026 at the latest"),
        (
            {"on": date(2026, 12, 18), "days": 1},
            "You cannot snooze an action that is more than 14 days late. Ask for more time instead.",
        ),
    ],
)
def test_what_goes_too_far_is_refused(rest, given, sentence):
    with pytest.raises(Refused) as refusal:
        rest(**given)
    assert refusal.value.sentence.startswith(sentence)


def test_it_can_rest_until_fourteen_days_after_its_date(rest):
    assert rest(8, on=date(2026, 12, 10)) == date(2026, 12, 18)


def test_twice_for_one_date_and_anew_for_another(database, rest):
    rest(2)
    with pytest.raises(Refused, match="already snoozed this action until then"):
        rest(1)
    rest(7)
    with pytest.raises(Refused, match="cannot snooze this action again before its due date"):
        rest(14)

    change(database, due_on=date(2026, 12, 31))
    rest(14)


@pytest.mark.parametrize(
    "stage", [ActionStage.AGREED_NO_DATE, ActionStage.SUBMITTED, ActionStage.AWAITING_IMPACT, ActionStage.COMPLETE]
)
def test_where_nobody_is_reminded_there_is_nothing_to_put_off(database, rest, stage):
    change(database, stage=stage)

    with pytest.raises(Refused, match="so you cannot snooze it"):
        rest()


@pytest.mark.parametrize("by", [Role.AGENCY_LEAD, Role.BUSINESS_MANAGER, Role.SUBGROUP_CHAIR])
def test_it_is_for_nobody_else(rest, by):
    with pytest.raises(NotAllowed):
        rest(by=by)


def test_the_named_deputy_and_the_deputy_of_an_absence_may(database, anyshire, rest, clock):
    lead, member = anyshire.people[Role.AGENCY_LEAD], anyshire.people[Role.REVIEW_SUBGROUP_MEMBER]
    change(database, deputy_id=lead.id)
    with unit_of_work(database, BUILDER, clock) as unit:
        place = unit.partnership("ANYSHIRE")
        record_absence(
            unit,
            place,
            email="owner@anyshire.example",
            deputy_email=member.email,
            from_on=TODAY,
            until_on=DUE,
        )
    with database() as session:
        standing_in = actor_by_email(session, member.email, today=TODAY)

    rest(by=Role.AGENCY_LEAD)
    rest(days=8, actor=standing_in)

    with database() as session:
        assert set(session.scalars(sa.select(Snooze.person_id))) == {lead.id, member.id}


def test_the_operator_asks_it_for_the_owner(database, anyshire, rest):
    rest(actor=system("operator"))

    with database() as session:
        assert session.scalars(sa.select(Snooze.person_id)).one() == anyshire.people[Role.ACTION_OWNER].id
    change(database, owner_id=None)
    with pytest.raises(NotAllowed):
        rest(actor=system("operator"))
