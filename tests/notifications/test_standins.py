"""Reminders to deputies, agency leads and managers when somebody is away or has left."""

from datetime import date

import pytest

from reviews.actions.steps import return_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Person
from reviews.people.absences import absence_of, end_absence
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_case, a_person, an_action
from tests.notifications.mornings import (
    a_morning,
    a_quiet_case,
    a_request,
    an_owned_action,
    hush,
    is_away,
    leaves,
    letters_of,
    mail_comes_back,
    morning_after_morning,
    owner_of,
    reasons,
    said,
    why,
)
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

FRIDAY = date(2026, 12, 4)
ONE = "RR-2025-03/A1"
OWNER, LEAD, MANAGER, CDOP = (f"{word}@anyshire.example" for word in ("owner", "agency-lead", "manager", "cdop"))


@pytest.fixture
def deputy(database, anyshire):
    with database.begin() as session:
        council = anyshire.agencies["Council"]
        return a_person(session, anyshire.partnership, agency=council, email="deputy@anyshire.example")


@pytest.fixture
def cdop_case(database, anyshire):
    with database.begin() as session:
        return a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")


def test_the_deputy_hears_in_the_owners_place_and_is_told_why(database, anyshire, case, deputy):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    own = an_owned_action(database, case, anyshire, deputy, FRIDAY)
    hush(database)
    is_away(database, anyshire, owner_of(anyshire), deputy, "2026-11-23", "2026-12-11")

    result = a_morning(database, "2026-12-04T08:00")

    assert said(result) == {deputy.email: [(ONE, "due"), (own.reference, "due")]}
    (letter,) = letters_of(database)
    reason = f"Sent to you because {owner_of(anyshire).name} is away until 11 December 2026."
    assert letter.body.count("Sent to you because") == letter.body.count(reason) == 1


def test_a_deputy_begins_where_it_stands_and_who_is_back_is_told_of_the_rung_that_was_reached_meanwhile(
    database, anyshire, case, deputy
):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    is_away(database, anyshire, owner_of(anyshire), deputy, "2026-11-23", "2026-12-11")

    heard = morning_after_morning(database, "2026-11-20T08:00", days=25)

    assert heard["deputy"] == [("11-23", "due-30"), ("11-27", "due-7"), ("12-04", "due"), ("12-07", "due+1")]
    assert heard["owner"] == [("11-20", "due-30"), ("12-14", "due+1")]


def test_who_comes_back_early_hears_themself_again(database, anyshire, case, deputy):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    is_away(database, anyshire, owner_of(anyshire), deputy, "2026-11-23", "2026-12-11")
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-03"))) as unit:
        end_absence(unit, absence_of(unit, unit.partnership("ANYSHIRE"), OWNER))

    assert set(said(a_morning(database, "2026-12-04T08:00"))) == {OWNER}


def test_news_and_the_question_for_a_date_go_to_the_deputy_too(database, anyshire, case, deputy):
    an_owned_action(database, case, anyshire, owner_of(anyshire), None)
    hush(database)
    returned = an_owned_action(
        database, case, anyshire, owner_of(anyshire), date(2027, 6, 1), stage=ActionStage.SUBMITTED
    )
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-11-20"))) as unit:
        return_action(unit, unit.action(returned.reference), reason="x", happened_on=unit.today)
    is_away(database, anyshire, owner_of(anyshire), deputy, "2026-11-23", "2026-12-11")

    result = a_morning(database, "2026-11-23T08:00")

    assert said(result) == {deputy.email: [(ONE, "no-date"), (returned.reference, "returned")]}


def test_a_child_death_action_goes_to_a_deputy_of_that_realm_alone(database, anyshire, cdop_case, deputy):
    an_owned_action(database, cdop_case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    is_away(database, anyshire, owner_of(anyshire), deputy, "2026-12-01", "2026-12-04")
    member = anyshire.people[Role.CDOP_PANEL_MEMBER]
    is_away(database, anyshire, owner_of(anyshire), member, "2026-12-07", "2026-12-07")

    heard = morning_after_morning(database, "2026-12-04T08:00", days=4)

    assert heard == {"cdop": [("12-04", "due")], "cdop-member": [("12-07", "due+1")]}


def test_where_the_deputy_is_away_or_has_left_too_the_agency_lead_hears(database, anyshire, case, deputy):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    is_away(database, anyshire, owner_of(anyshire), deputy, "2026-11-23", "2026-12-11")
    leaves(database, deputy)

    result = a_morning(database, "2026-12-04T08:00")

    assert said(result) == {LEAD: [(ONE, "due")]}
    assert reasons(result, database) == {LEAD: f"{owner_of(anyshire).name} is away until 11 December 2026"}


def test_no_absence_silences_a_clock_and_the_deputy_who_sees_the_case_hears_as_well(database, anyshire, deputy):
    with database.begin() as session:
        a_case(session, anyshire.partnership, reference="RR-2026-07")
    manager, admin = anyshire.people[Role.BUSINESS_MANAGER], anyshire.people[Role.BUSINESS_UNIT_ADMIN]
    is_away(database, anyshire, manager, deputy, "2026-11-20", "2026-11-26")
    is_away(database, anyshire, manager, admin, "2026-11-27", "2026-12-31")

    blind = said(a_morning(database, "2026-11-24T08:00"))
    seeing = said(a_morning(database, "2026-11-27T08:00"))

    assert blind == {MANAGER: [("RR-2026-07 sin", "due-3")]}
    assert seeing == {
        MANAGER: [("RR-2026-07 sin", "due")],
        admin.email: [("RR-2026-07 sin", "due")],
    }


def test_a_request_is_told_to_the_lead_who_is_away_and_to_the_deputy_of_the_same_agency(database, anyshire, case):
    with database.begin() as session:
        council, police = anyshire.agencies["Council"], anyshire.agencies["Police"]
        same = a_person(session, anyshire.partnership, Role.AGENCY_LEAD, council, "second-lead@anyshire.example")
        other = a_person(session, anyshire.partnership, Role.AGENCY_LEAD, police, "police-lead@anyshire.example")
    a_request(database, case, police, date(2026, 12, 2))
    is_away(database, anyshire, other, same, "2026-11-23", "2026-12-31")

    assert set(said(a_morning(database, "2026-12-02T08:00"))) == {other.email}


def test_a_leavers_actions_go_to_the_lead_of_the_agency_once_a_rung(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    leaves(database, owner_of(anyshire))

    first = a_morning(database, "2026-12-04T08:00")
    heard = morning_after_morning(database, "2026-12-05T08:00", days=20)

    assert said(first)[LEAD] == [(ONE, "due")]
    assert reasons(first, database) == {LEAD: "its owner has left"}
    assert "owner" not in heard
    assert heard["agency-lead"] == [("12-07", "due+1"), ("12-18", "due+14")]


def test_a_leavers_child_death_actions_go_to_the_cdop_manager_and_to_no_manager_else(database, anyshire, cdop_case):
    an_owned_action(database, cdop_case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    leaves(database, owner_of(anyshire))

    assert said(a_morning(database, "2026-12-04T08:00")) == {CDOP: [("CDR-2026-01/A1", "due")]}
    leaves(database, anyshire.people[Role.CDOP_MANAGER])
    after = a_morning(database, "2026-12-07T08:00")
    assert (said(after), list(why(after))) == ({}, ["CDR-2026-01/A1"])


def test_without_a_lead_the_business_manager_hears_of_a_leavers_action(database, anyshire, case):
    with database.begin() as session:
        an_action(session, case, due_on=FRIDAY, owner=owner_of(anyshire), agency=anyshire.agencies["Hospitals"])
    hush(database)
    leaves(database, owner_of(anyshire))

    result = a_morning(database, "2026-12-04T08:00")

    assert said(result) == {MANAGER: [(ONE, "due")]}
    assert reasons(result, database) == {MANAGER: "its owner has left"}


def test_who_cannot_be_reached_is_not_written_to_at_all(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    mail_comes_back(database, anyshire, owner_of(anyshire))

    result = a_morning(database, "2026-12-04T08:00")

    assert set(said(result)) == {LEAD, MANAGER}
    assert reasons(result, database) == {LEAD: "mail to its owner comes back"}
    assert [letter.person_id for letter in letters_of(database)].count(owner_of(anyshire).id) == 1


def test_a_new_address_is_written_to_again(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    mail_comes_back(database, anyshire, owner_of(anyshire))
    with database.begin() as session:
        session.get_one(Person, owner_of(anyshire).id).email = "new@anyshire.example"

    assert set(said(a_morning(database, "2026-12-04T08:00"))) == {"new@anyshire.example"}


def test_a_statutory_clock_of_who_cannot_be_reached_goes_to_the_others_of_the_role(database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, reference="RR-2026-07")
        second = a_person(session, anyshire.partnership, Role.BUSINESS_MANAGER, email="second@anyshire.example")
    mail_comes_back(database, anyshire, anyshire.people[Role.BUSINESS_MANAGER])

    heard = said(a_morning(database, "2026-11-27T08:00"))

    assert heard == {second.email: [("RR-2026-07 sin", "due")]}


def test_where_nobody_else_holds_the_role_a_clock_is_the_business_managers(database, anyshire, case):
    a_request(database, case, anyshire.agencies["Council"], date(2026, 12, 2))
    mail_comes_back(database, anyshire, anyshire.people[Role.AGENCY_LEAD])

    result = a_morning(database, "2026-12-02T08:00")

    assert said(result)[MANAGER] == [("RR-2025-03.I1 return", "due")]
    assert reasons(result, database)[MANAGER] == "mail to the agency lead comes back"
