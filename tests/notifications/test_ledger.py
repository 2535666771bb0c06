"""What the page of the reminders shows, and to whom."""

from datetime import date

import pytest

from notifications.ledger.queries import LedgerFilters, LedgerItem, last_seen, ledger
from notifications.models import LetterState
from reviews.access.permissions import system
from tests.builders import a_case, an_action
from tests.notifications.mornings import (
    Pigeonhole,
    a_morning,
    a_quiet_case,
    a_request,
    an_owned_action,
    deliver_to,
    owner_of,
)
from workflows.core.vocabulary import Role


@pytest.fixture
def two_mornings(database, anyshire, case, clock):
    with database.begin() as session:
        deaths = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        an_action(session, deaths, due_on=date(2026, 12, 4), owner=owner_of(anyshire))
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 4))
    a_morning(database, "2026-12-07")
    deliver_to(Pigeonhole(), database, clock, ignore_waits=True)
    a_morning(database, "2026-12-18")


@pytest.fixture
def read(database, anyshire, two_mornings):
    def read(role=Role.BUSINESS_MANAGER, place=anyshire, **given):
        actor = anyshire.actors[role] if role else system("test")
        with database() as session:
            return ledger(session, actor, partnership_id=place.partnership.id, **given)

    return read


def names(page):
    return [(f"{row.morning:%d}", row.to_email.partition("@")[0]) for row in page.rows]


def test_the_ledger_says_what_went_to_whom_and_whether_it_arrived(read, clock):
    page = read()

    second = [("18", "owner"), ("18", "agency-lead"), ("18", "manager")]
    assert names(page) == [*second, ("07", "owner"), ("07", "agency-lead")]
    assert page.total == 5
    sent = next(row for row in reversed(page.rows) if row.to_email == "owner@anyshire.example")
    assert (sent.state, sent.sent_at, sent.tries) == (LetterState.SENT, clock.now(), 1)
    assert [(item.reference, item.address, item.rung) for item in sent.items] == [
        ("RR-2025-03/A1", "RR-2025-03.A1", "due+1")
    ]


def test_clocks_stand_in_the_ledger_beside_the_actions(database, anyshire, case):
    a_request(database, case, anyshire.agencies["Council"], date(2026, 12, 2))
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 11, 19))
    a_morning(database, "2026-12-03")

    with database() as session:
        page = ledger(session, anyshire.actors[Role.BUSINESS_MANAGER], partnership_id=anyshire.partnership.id)

    items = {row.to_email.partition("@")[0]: row.items for row in page.rows}
    clock = LedgerItem("RR-2025-03.I1", "RR-2025-03.I1", "due+1", "Return of the agency")
    assert items["manager"] == [clock, LedgerItem("RR-2025-03/A1", "RR-2025-03.A1", "due+14")]
    assert items["admin"] == [clock]


def test_clocks_of_child_death_reviews_are_not_in_the_managers_ledger(database, anyshire):
    with database.begin() as session:
        deaths = a_case(session, anyshire.partnership, "cdop_case", reference="CD-2026-01")
    a_request(database, deaths, anyshire.agencies["Council"], date(2026, 12, 2), "report_request")
    a_morning(database, "2026-12-03")

    with database() as session:
        for_all = ledger(session, system("test"), partnership_id=anyshire.partnership.id)
        manager = anyshire.actors[Role.BUSINESS_MANAGER]
        for_manager = ledger(session, manager, partnership_id=anyshire.partnership.id)

    assert {row.to_email.partition("@")[0] for row in for_all.rows} == {"cdop", "agency-lead"}
    assert (list(for_manager.rows), for_manager.total) == ([], 0)


def test_child_death_actions_are_not_in_the_managers_ledger(read):
    seen_by_manager = {item.reference for row in read().rows for item in row.items}
    seen_by_system = {item.reference for row in read(role=None).rows for item in row.items}

    assert seen_by_manager == {"RR-2025-03/A1"}
    assert seen_by_system == {"RR-2025-03/A1", "CDR-2026-01/A1"}
    assert "cdop@anyshire.example" not in {row.to_email for row in read().rows}


@pytest.mark.parametrize("role", [Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.CDOP_MANAGER, Role.SAFEGUARDING_PARTNER])
def test_others_see_no_ledger(read, role):
    assert read(role).total == 0


def test_another_partnerships_ledger_is_empty(database, anyshire, read):
    with database() as session:
        page = ledger(session, anyshire.actors[Role.BUSINESS_MANAGER], partnership_id=anyshire.partnership.id + 1)
    assert (list(page.rows), page.total) == ([], 0)


def test_the_ledger_is_filtered_sorted_and_paged(read):
    queued = [("18", "owner"), ("18", "agency-lead"), ("18", "manager")]
    assert names(read(filters=LedgerFilters(state=LetterState.QUEUED))) == queued
    assert names(read(filters=LedgerFilters(to="MANAGER"))) == [("18", "manager")]
    assert names(read(filters=LedgerFilters(to="%"))) == []
    assert len(names(read(filters=LedgerFilters(until_on=date(2026, 12, 7))))) == 2
    assert names(read(filters=LedgerFilters(since_on=date(2026, 12, 18)), sort="to"))[0] == ("18", "owner")
    assert [row.morning.day for row in read(sort="morning").rows] == [7, 7, 18, 18, 18]
    pages = [read(page=number, size=3) for number in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [3, 2, 0]
    assert {page.total for page in pages} == {5}


def test_a_process_that_never_ran_was_never_seen(database):
    with database() as session:
        assert last_seen(session) is None
