"""Who leaves is in the next morning's mail of whoever has their actions now, also where the agency has no lead."""

from datetime import date

import pytest

from notifications.rounds.delivery_problems import ProblemCause, tasks_of
from reviews.access.permissions import system
from reviews.core.clock import read_moment
from reviews.models import Action, Person
from reviews.people.offboarding import disable_person, unattended_actions
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import a_clock, a_person, a_world, an_action
from tests.notifications.mornings import a_morning, a_quiet_case, hush, letters_of, morning_after_morning, said
from workflows.core.vocabulary import Realm, Role

MANAGER, ADMIN, LEAVER = "manager@anyshire.example", "admin@anyshire.example", "x@anyshire.example"
PAST, WHEN = read_moment("2025-05-01T09:00"), read_moment("2025-06-02T08:00")


@pytest.fixture
def place(database):
    return a_world(database).anyshire


def an_action_of_a_leaver(database, place, due_on, word="Police", without=()):
    """The shape of a small tracker that went wrong: the agency has no lead, and its only owner leaves."""
    with database.begin() as session:
        for role in without:
            session.get_one(Person, place.people[role].id).disabled_at = PAST
        case = a_quiet_case(session, place.partnership, reference="RR-2025-01")
        agency = place.agencies[word]
        owner = a_person(session, place.partnership, agency=agency, email=LEAVER)
        action = an_action(session, case, due_on=due_on, owner=owner, agency=agency)
    hush(database)
    with unit_of_work(database, system("operator"), a_clock("2025-05-30")) as unit:
        disable_person(unit, email=LEAVER)
    return owner, action


@pytest.mark.parametrize(("due_on", "rung"), [("2025-06-04", "due-7"), ("2025-09-30", "parked")])
def test_the_leaver_of_an_agency_without_a_lead_is_in_the_next_mornings_mail_to_the_manager(
    database, place, due_on, rung
):
    owner, action = an_action_of_a_leaver(database, place, date.fromisoformat(due_on))

    result = a_morning(database, "2025-06-02")  # the Monday after that Friday

    assert said(result) == {MANAGER: [(action.reference, rung)]}
    assert result.held_back == []
    (letter,) = letters_of(database)
    assert f"Sent to you because {owner.name} has left and it has no new owner yet." in letter.body


def test_the_manager_is_reminded_of_it_as_its_owner_from_then_on(database, place):
    an_action_of_a_leaver(database, place, date(2025, 6, 4))
    heard = morning_after_morning(database, "2025-06-02", 20)
    assert heard == {"manager": [("06-02", "due-7"), ("06-04", "due"), ("06-05", "due+1"), ("06-18", "due+14")]}


def test_the_reason_is_no_longer_given_once_it_has_an_owner_of_its_own(database, place):
    _, action = an_action_of_a_leaver(database, place, date(2025, 6, 4))
    with database.begin() as session:
        found = session.get_one(Action, action.id)
        found.awaiting_owner, found.previous_owner_id = False, None
        found.owner_id = place.people[Role.ACTION_OWNER].id
    a_morning(database, "2025-06-02")
    assert "has left" not in letters_of(database)[0].body


UNIT = (Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN)


def test_without_a_business_manager_the_administrator_looks_after_it_and_has_the_next_mornings_mail(database, place):
    owner, action = an_action_of_a_leaver(database, place, date(2025, 9, 30), without=UNIT[:1])

    result = a_morning(database, "2025-06-02")

    assert said(result) == {ADMIN: [(action.reference, "parked")]}
    assert f"Sent to you because {owner.name} has left and it has no new owner yet." in letters_of(database)[0].body
    with database() as session:
        tasks = tasks_of(session, place.actors[Role.BUSINESS_UNIT_ADMIN], place.partnership.id, WHEN)
        assert [(task.email, task.why, task.open_actions) for task in tasks] == [(LEAVER, ProblemCause.LEFT, 1)]


def test_where_the_business_unit_is_empty_whoever_comes_into_it_next_is_told_whose_it_was(database, place):
    owner, action = an_action_of_a_leaver(database, place, date(2025, 6, 4), without=UNIT)
    assert said(a_morning(database, "2025-06-02")) == {}
    with database() as session:
        assert unattended_actions(session) == {("ANYSHIRE", Realm.REVIEWS): 1}
        found = session.get_one(Action, action.id)
        assert (found.owner_id, found.owner_text, found.previous_owner_id) == (None, "", owner.id)
    with database.begin() as session:
        session.get_one(Person, place.people[Role.BUSINESS_UNIT_ADMIN].id).disabled_at = None

    result = a_morning(database, "2025-06-03")

    assert said(result) == {ADMIN: [(action.reference, "due-7")]}
    body = letters_of(database)[-1].body
    assert f"Sent to you because {owner.name} has left and it has no new owner yet." in body
    assert "left on 30 May 2025: 1 open action needs a new owner" in " ".join(body.split())
    with database() as session:
        assert unattended_actions(session) == {}


def test_what_a_leaver_owned_in_child_death_review_waits_for_a_cdop_manager_alone(database, place):
    with database.begin() as session:
        session.get_one(Person, place.people[Role.CDOP_MANAGER].id).disabled_at = PAST
        case = a_quiet_case(session, place.partnership, "cdop_case", reference="CD-2025-01")
        agency = place.agencies["Police"]
        owner = a_person(session, place.partnership, agency=agency, email=LEAVER)
        an_action(session, case, due_on=date(2025, 6, 4), owner=owner, agency=agency)
    hush(database)
    with unit_of_work(database, system("operator"), a_clock("2025-05-30")) as unit:
        disable_person(unit, email=LEAVER)
    assert said(a_morning(database, "2025-06-02")) == {}
    with database() as session:
        assert unattended_actions(session) == {("ANYSHIRE", Realm.CHILD_DEATHS): 1}
