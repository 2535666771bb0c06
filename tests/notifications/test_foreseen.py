"""The forecast of a morning's reminders: it matches the actual round, and access to it is limited."""

from datetime import date

import pytest

from notifications.ledger.forecast import foresee
from reviews.access.permissions import system
from tests.builders import a_person, an_action
from tests.changes import nothing_changes
from tests.notifications.mornings import (
    LETTERHEAD,
    a_morning,
    a_quiet_case,
    an_owned_action,
    hush,
    mail_comes_back,
    owner_of,
    said,
    why,
)
from workflows.core.vocabulary import Role

FRIDAY, MONDAY = date(2026, 12, 4), date(2026, 12, 7)
DEATHS = "CDR-2026-01/A1"


@pytest.fixture
def morning(database, anyshire, case):
    """Let two actions of reviews and one of a child death fall due on a Friday, and one have no owner."""
    with database.begin() as session:
        deaths = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        an_action(session, deaths, due_on=FRIDAY, owner=owner_of(anyshire))
        other = a_person(session, anyshire.partnership, email="other@anyshire.example")
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    an_owned_action(database, case, anyshire, other, FRIDAY)
    an_owned_action(database, case, anyshire, None, FRIDAY)
    hush(database)


@pytest.fixture
def read(database, anyshire):
    def read(role=Role.BUSINESS_MANAGER, on=FRIDAY, place=anyshire):
        actor = place.actors[role] if role else system("test")
        known = {"partnership_id": place.partnership.id, "code": place.partnership.code}
        return foresee(database, actor, on=on, letterhead=LETTERHEAD, **known)

    return read


def told(found):
    return {mail.email: [(item.reference, item.rung) for item in mail.items] for mail in found.mails}


def held(found):
    return {item.reference: reason for reason, items in found.held_back.items() for item in items}


def test_the_system_foresees_exactly_what_the_round_then_does(database, morning, read):
    with nothing_changes(database):
        foreseen = read(None)
    result = a_morning(database, FRIDAY.isoformat())

    assert told(foreseen) == said(result) != {}
    assert held(foreseen) == why(result) != {}


def test_a_manager_foresees_all_but_child_deaths(morning, read):
    whole, seen = told(read(None)), told(read())

    assert any(DEATHS in [reference for reference, _ in items] for items in whole.values())
    kept = {to: [each for each in items if each[0] != DEATHS] for to, items in whole.items()}
    assert seen == {to: items for to, items in kept.items() if items}


def test_people_stand_by_name_with_addresses_that_lead_to_what_they_hear_of(morning, read):
    mails = read().mails

    assert [mail.name for mail in mails] == sorted(mail.name for mail in mails)
    assert {item.address for mail in mails for item in mail.items} == {"RR-2025-03.A1", "RR-2025-03.A2"}


def test_a_weekend_is_said_plainly(morning, read):
    found = read(on=date(2026, 12, 5))

    assert (found.mails, found.held_back) == ([], {})
    assert found.note == "No reminders on Saturday 5 December 2026: a weekend."


def test_a_bank_holiday_is_named(morning, read):
    assert read(on=date(2026, 12, 25)).note == "No reminders on Friday 25 December 2026: Christmas Day."


def test_a_morning_that_was_is_as_things_stand_now(database, morning, read):
    assert told(read(None, date(2026, 11, 4))) == said(a_morning(database, "2026-11-04")) != {}


def test_who_was_mailed_already_is_not_mailed_again(database, morning, read):
    a_morning(database, FRIDAY.isoformat())

    assert (read().mails, read().already) == ([], True)


def test_tasks_alone_are_foreseen_by_who_is_to_do_them(database, anyshire, read):
    mail_comes_back(database, anyshire, owner_of(anyshire))

    assert [(mail.email, mail.items) for mail in read(on=MONDAY).mails] == [("manager@anyshire.example", [])]
    assert read(Role.SUBGROUP_CHAIR, on=MONDAY).mails == []


def test_nothing_is_written_by_looking_at_many_mornings(database, morning, read):
    with nothing_changes(database):
        found = [read(on=day) for day in (date(1900, 1, 1), date(2024, 2, 29), date(2200, 12, 31))]
    assert not any(each.failed for each in found)
