"""The pages of absences: who sees them and who may record them."""

import sqlalchemy as sa

from reviews.models import Absence, Event, EventKind
from reviews.people.absences import record_absence
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_case, a_person, an_action
from tests.web.visitor import statements
from workflows.core.vocabulary import Role

OWNER, DEPUTY = "owner@anyshire.example", "reviewer@anyshire.example"
GIVEN = {"person": OWNER, "deputy": DEPUTY, "from_on": "2026-11-20", "until_on": "2026-12-04"}


def kept(database):
    with database() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Absence))


def record(visitor, **changed):
    assert visitor.open("/people/away/new") == 200
    return visitor.send("/people/away/new", form_id=visitor.hidden("form_id"), **(GIVEN | changed))


def test_an_owner_says_that_they_are_away_and_who_stands_in(doors, world, database):
    owner = doors.visitor(OWNER)

    assert record(owner) == 303
    assert owner.follow() == 200

    deputy = world.anyshire.people[Role.LEAD_REVIEWER].name
    assert "The absence is recorded, until 4 December 2026." in owner.said
    assert f"You From 20 November 2026 to 4 December 2026 {deputy} stands in." in owner.said
    assert kept(database) == 1


def test_one_press_is_one_absence(doors, database):
    owner = doors.visitor(OWNER)
    owner.open("/people/away/new")
    typed = GIVEN | {"form_id": owner.hidden("form_id")}

    assert [owner.send("/people/away/new", **typed) for _ in range(2)] == [303, 303]
    assert kept(database) == 1


def test_what_is_refused_comes_back_with_what_was_typed(doors, database):
    owner = doors.visitor(OWNER)

    assert record(owner, deputy=OWNER) == 422
    assert "The deputy must be somebody else." in owner.said
    assert 'value="2026"' in owner.html
    assert record(owner, until_on="") == 422
    assert "Enter the last day away" in owner.said
    assert kept(database) == 0


def test_an_owner_is_offered_nobody_but_themself_and_cannot_record_for_others(doors, database):
    owner = doors.visitor(OWNER)
    owner.open("/people/away/new")

    assert "chair@anyshire.example" not in owner.html.partition('name="deputy"')[0]
    assert record(owner, person="chair@anyshire.example") == 422
    assert kept(database) == 0


def test_the_deputy_sees_it_opens_the_actions_and_cannot_end_it(doors, world, database, clock):
    place = world.anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership, reference="RR-2026-01")
        an_action(session, case, owner=place.people[Role.ACTION_OWNER], agency=place.agencies["Hospitals"])
    record(doors.visitor(OWNER))
    number = 1

    deputy, chair = doors.visitor(DEPUTY), doors.visitor("chair@anyshire.example")
    assert deputy.open("/people/away") == 200
    assert "You stand in. Their actions" in deputy.said
    assert "Back early" not in deputy.said
    assert [visitor.open(f"/people/away/{number}/back") for visitor in (deputy, chair)] == [404, 404]
    assert deputy.open(f"/actions?group=outstanding&owner={place.people[Role.ACTION_OWNER].id}") == 200
    assert "RR-2026-01/A1" in deputy.said
    assert deputy.open("/actions/RR-2026-01.A1/progress") == 200
    assert chair.open("/people/away") == 200
    assert "Nobody whose absence you can see is away" in chair.said


def test_a_manager_sees_all_and_calls_them_back(doors, database):
    record(doors.visitor(OWNER))
    manager = doors.visitor("manager@anyshire.example")

    assert manager.open("/people/away") == 200
    assert "Away now: 1" in manager.said
    assert manager.open("/people/away/1/back") == 200
    assert manager.send("/people/away/1/back", form_id=manager.hidden("form_id")) == 303
    assert manager.follow() == 200
    assert "is no longer away." in manager.said
    assert "Over in the last 90 days: 1" in manager.said
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Event.kind == EventKind.ABSENCE_ENDED)) == 1


def test_another_partnerships_absence_does_not_exist(doors):
    record(doors.visitor(OWNER))
    stranger = doors.visitor("manager@midmarch.example")

    assert stranger.open("/people/away/1/back") == 404
    assert stranger.open("/people/away") == 200
    assert "Nobody whose absence you can see is away" in stranger.said


def test_many_absences_take_as_many_questions_as_one(doors, world, database, clock):
    manager = doors.visitor("manager@anyshire.example")
    record(manager)
    with statements(database) as one:
        manager.open("/people/away")
    with database.begin() as session:
        people = [a_person(session, world.anyshire.partnership) for _ in range(30)]
        emails = [person.email for person in people]
    with unit_of_work(database, BUILDER, clock) as unit:
        for email in emails:
            place = unit.partnership("ANYSHIRE")
            record_absence(
                unit, place, email=email, deputy_email="chair@anyshire.example", from_on=unit.today, until_on=unit.today
            )
    with statements(database) as many:
        manager.open("/people/away")

    assert len(many) == len(one)
