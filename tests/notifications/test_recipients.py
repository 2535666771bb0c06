"""Recipients of reminders about actions, and reminders held back because nobody can receive them."""

from datetime import date, timedelta

from reviews.actions.details import assign_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_person, an_action
from tests.notifications.mornings import (
    a_morning,
    a_quiet_case,
    an_owned_action,
    hush,
    morning_after_morning,
    owner_of,
    said,
    why,
)
from workflows.core.vocabulary import Role

FRIDAY = date(2026, 12, 4)


def test_a_new_owner_starts_where_the_action_stands_and_the_old_one_hears_nothing(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    with database.begin() as session:
        a_person(session, anyshire.partnership, agency=anyshire.agencies["Council"], email="new@anyshire.example")
    a_morning(database, "2026-12-07T08:00")
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-08"))) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="new@anyshire.example")

    result = a_morning(database, "2026-12-09T08:00")

    assert said(result) == {"new@anyshire.example": [(action.reference, "due+1")]}


def test_the_manager_hears_of_their_own_action_as_its_owner(database, anyshire, case):
    an_owned_action(database, case, anyshire, anyshire.people[Role.BUSINESS_MANAGER], FRIDAY)
    hush(database)

    heard = morning_after_morning(database, "2026-12-04T08:00", days=20)

    assert heard["manager"] == [("12-04", "due"), ("12-07", "due+1"), ("12-18", "due+14")]


def test_child_death_actions_are_told_to_the_cdop_manager_in_place_of_the_others(database, anyshire):
    with database.begin() as session:
        case = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        an_action(session, case, due_on=FRIDAY, owner=owner_of(anyshire), agency=anyshire.agencies["Council"])
    hush(database)

    heard = morning_after_morning(database, "2026-12-04T08:00", days=70)

    assert heard == {
        "owner": [
            *(("12-04", "due"), ("12-07", "due+1"), ("12-18", "due+14")),
            *(("01-04", "due+28"), ("01-15", "due+42"), ("01-29", "due+56")),
        ],
        "cdop": [("12-18", "due+14"), ("02-02", "due+60")],
    }


def test_partner_and_agency_lead_hear_of_their_own_agency_only(database, anyshire, case):
    with database.begin() as session:
        an_action(session, case, due_on=FRIDAY, owner=owner_of(anyshire), agency=anyshire.agencies["Hospitals"])
    hush(database)

    heard = morning_after_morning(database, "2026-12-04T08:00", days=70)

    assert set(heard) == {"owner", "manager", "chair", "independent-chair"}


def test_what_can_be_told_to_nobody_is_held_back_with_the_reason(database, anyshire, case):
    an_owned_action(database, case, anyshire, None, FRIDAY)
    an_owned_action(database, case, anyshire, None, None)
    with database.begin() as session:
        an_action(session, case, due_on=date(2026, 12, 3), owner=owner_of(anyshire), agency=None)
    hush(database)

    result = a_morning(database, "2026-12-04T08:00")

    assert why(result) == {
        "RR-2025-03/A1": "It has no owner yet.",
        "RR-2025-03/A2": "It has no owner yet.",
        "RR-2025-03/A3": "Nobody holds the role that is told 1 day after the date: agency lead.",
    }
    assert said(result) == {"owner@anyshire.example": [("RR-2025-03/A3", "due+1")]}


def test_two_partnerships_hear_nothing_of_each_other(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY - timedelta(days=90))

    result = a_morning(database, "2026-12-04T08:00")

    assert {mail.to.partition("@")[2] for mail in result.mails} == {"anyshire.example"}
    assert {mail.partnership for mail in result.mails} == {"ANYSHIRE"}
