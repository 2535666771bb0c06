"""Delivery problems as tasks for the business manager, and how often the email names them."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.models import LetterState
from notifications.returns.address_problems import solve_address
from notifications.rounds.delivery_problems import ProblemCause, tasks_of
from reviews.actions.details import assign_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Membership
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_person, an_action
from tests.notifications.mornings import (
    Pigeonhole,
    a_morning,
    a_quiet_case,
    an_owned_action,
    deliver_to,
    hush,
    is_away,
    leaves,
    letters_of,
    mail_comes_back,
    owner_of,
    said,
    states,
)
from workflows.core.vocabulary import Role

FRIDAY, FAR = date(2026, 12, 4), date(2027, 6, 1)
MANAGER = "manager@anyshire.example"


@pytest.fixture
def read(database, anyshire):
    def read(role=Role.BUSINESS_MANAGER):
        with database() as session:
            return tasks_of(session, anyshire.actors[role], anyshire.partnership.id, read_moment("2026-11-23"))

    return read


def test_a_task_says_who_since_when_why_and_how_much_waits(database, anyshire, case, read):
    with database.begin() as session:
        leaver = a_person(session, anyshire.partnership, email="leaver@anyshire.example")
    for owner in (owner_of(anyshire), leaver, leaver):
        an_owned_action(database, case, anyshire, owner, FAR)
    mail_comes_back(database, anyshire, owner_of(anyshire), "2026-11-20")
    leaves(database, leaver, "2026-11-01")

    told = [(each.email, each.since, each.why, each.open_actions, each.answer) for each in read()]

    assert told == [
        ("leaver@anyshire.example", date(2026, 11, 1), ProblemCause.LEFT, 2, ""),
        ("owner@anyshire.example", date(2026, 11, 20), ProblemCause.COMES_BACK, 1, "5.1.1"),
    ]


@pytest.mark.parametrize("role", [Role.AGENCY_LEAD, Role.SUBGROUP_CHAIR, Role.CDOP_MANAGER])
def test_nobody_else_is_shown_the_tasks(database, anyshire, case, read, role):
    mail_comes_back(database, anyshire, owner_of(anyshire))

    assert read(role) == []


def test_a_leaver_of_child_death_actions_alone_is_no_task_of_the_business_manager(database, anyshire, read):
    with database.begin() as session:
        deaths = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        an_action(session, deaths, due_on=FAR, owner=owner_of(anyshire))
    leaves(database, owner_of(anyshire))
    hush(database)

    assert read() == []
    assert a_morning(database, "2026-11-23T08:00").mails == []


def test_the_managers_mail_names_the_tasks_once_a_week_until_they_are_solved(database, anyshire, case):
    mail_comes_back(database, anyshire, owner_of(anyshire), "2026-11-20")
    days = [f"2026-{day}T08:00" for day in ("11-23", "11-24", "11-27", "11-30", "12-01")]

    told = [day for day in days if MANAGER in said(a_morning(database, day))]
    with unit_of_work(database, anyshire.actors[Role.BUSINESS_MANAGER], StoppedClock(read_moment(days[-1]))) as unit:
        solve_address(unit, "owner@anyshire.example", "The provider had it wrong.")

    assert told == [days[0], days[3]]
    assert a_morning(database, "2026-12-07T08:00").mails == []
    letter = letters_of(database)[-1]
    assert letter.subject == "Your tasks: 1 to look at, 30 November 2026"
    assert "Please look at one task of Anyshire Safeguarding Children Partnership today." in letter.body
    assert "Addresses and owners to put right\n" in letter.body
    assert "mail to owner@anyshire.example has come back since 20 November 2026; owns no open actions" in letter.body
    assert "Addresses and owners to put right</h2>" in letter.html


def test_the_tasks_stand_in_the_same_mail_as_the_rest_and_for_somebody_away_wait_for_who_is_there(
    database, anyshire, case
):
    with database.begin() as session:
        second = a_person(session, anyshire.partnership, Role.BUSINESS_MANAGER, email="second@anyshire.example")
    an_owned_action(database, case, anyshire, second, FRIDAY)
    hush(database)
    mail_comes_back(database, anyshire, owner_of(anyshire), "2026-11-20")
    is_away(database, anyshire, anyshire.people[Role.BUSINESS_MANAGER], second, "2026-11-23", "2026-12-31")

    result = a_morning(database, "2026-12-04T08:00")

    assert said(result) == {second.email: [("RR-2025-03/A1", "due")]}
    letter = letters_of(database)[-1]
    assert letter.subject == "Your actions and tasks: 2 to look at, 4 December 2026"
    assert "one action and one task" in letter.body


def test_the_old_owner_is_not_written_to_when_it_changed_hands_after_queueing(database, anyshire, case):
    with database.begin() as session:
        a_person(session, anyshire.partnership, agency=anyshire.agencies["Council"], email="new@anyshire.example")
    for _ in range(2):
        an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    a_morning(database, "2026-12-04T08:00")
    give(database, "RR-2025-03/A1")
    one_left = Pigeonhole()
    deliver_to(one_left, database, StoppedClock(read_moment("2026-12-04T08:01")))
    a_morning(database, "2026-12-07T08:00")
    give(database, "RR-2025-03/A2")
    none_left = Pigeonhole()

    deliver_to(none_left, database, StoppedClock(read_moment("2026-12-07T08:01")))

    assert [letter.to for letter in one_left.letters] == ["owner@anyshire.example"]
    assert "owner@anyshire.example" not in [letter.to for letter in none_left.letters]
    assert [letter.answer for letter in letters_of(database) if letter.state is LetterState.SUPPRESSED] == [
        "they may no longer see anything in it"
    ]


def test_a_role_that_ended_for_that_realm_stops_the_letter(database, anyshire):
    with database.begin() as session:
        deaths = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        an_action(session, deaths, due_on=date(2026, 11, 20), owner=owner_of(anyshire))
        cdop = anyshire.people[Role.CDOP_MANAGER]
        a_second_role(session, anyshire, cdop)
    hush(database)
    a_morning(database, "2026-12-04T08:00")
    leaves_role(database, cdop, Role.CDOP_MANAGER)

    deliver_to(Pigeonhole(), database, StoppedClock(read_moment("2026-12-04T08:01")))

    ended = {letter.person_id: letter.state for letter in letters_of(database)}
    assert ended[cdop.id] is LetterState.SUPPRESSED


def test_a_letter_queued_before_the_address_failed_stays_here(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    a_morning(database, "2026-12-04T08:00")
    mail_comes_back(database, anyshire, owner_of(anyshire), "2026-12-04")
    transport = Pigeonhole()

    deliver_to(transport, database, StoppedClock(read_moment("2026-12-04T08:01")))

    assert transport.letters == []
    assert sorted(states(database)) == [LetterState.BOUNCED, LetterState.SUPPRESSED]


def test_letters_to_a_deputy_and_to_a_keeper_are_theirs(database, anyshire, case):
    deputy = anyshire.people[Role.SCRUTINY_MEMBER]
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    is_away(database, anyshire, owner_of(anyshire), deputy, "2026-12-01", "2026-12-04")
    transport = Pigeonhole()

    for day in ("2026-12-04", "2026-12-07"):
        a_morning(database, day)
        deliver_to(transport, database, StoppedClock(read_moment(f"{day}T08:01")))
        leaves(database, owner_of(anyshire), day)

    assert [letter.to for letter in transport.letters] == [deputy.email, MANAGER, "agency-lead@anyshire.example"]


def give(database, reference):
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-04"))) as unit:
        assign_action(unit, unit.action(reference), owner_email="new@anyshire.example")


def a_second_role(session, place, person):
    session.add(
        Membership(
            person_id=person.id,
            partnership_id=place.partnership.id,
            agency_id=place.agencies["Council"].id,
            role=Role.BUSINESS_UNIT_ADMIN,
            job_title="Administrator",
        )
    )


def leaves_role(database, person, role):
    with database.begin() as session:
        of_role = (Membership.person_id == person.id) & (Membership.role == role)
        session.execute(sa.update(Membership).where(of_role).values(ended_on=FRIDAY))
