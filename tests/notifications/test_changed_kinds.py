"""After the kind of a case was changed nobody is reminded of the clocks it had before, nor told of them any more."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.ledger.queries import items_of
from notifications.models import Letter, Reminder
from reviews.cases.change_kind import change_kind
from reviews.models import CaseClock
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TO_THE_PANEL, a_case, a_clock, facts_for, take
from tests.notifications.mornings import Pigeonhole, a_morning, deliver_to, said
from workflows.definitions import CASE_WORKFLOWS

OPENED = date(2026, 11, 10)
DUE = "2026-11-17T08:00"


@pytest.fixture
def overdue(database, anyshire):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, opened_on=OPENED, reference="RR-2026-60")
        take(session, case, *TO_THE_PANEL[:2], on=OPENED)
        return case.reference


def change(database, reference, day, to="risk_entry", **answers):
    with unit_of_work(database, BUILDER, a_clock(day)) as unit:
        facts = facts_for(CASE_WORKFLOWS[to].opening, on=unit.today, **answers)
        case = unit.case(reference)
        change_kind(unit, case, to=to, happened_on=unit.today, answers=facts, reason="It was opened as the wrong kind.")


def test_the_next_morning_says_nothing_of_the_clocks_of_before(database, overdue):
    told = a_morning(database, DUE)
    assert {item for items in said(told).values() for item in items}
    change(database, overdue, "2026-11-17T12:00", next_review_on=date(2027, 1, 15))
    found = a_morning(database, "2026-11-18T08:00")
    assert (said(found), found.held_back) == ({}, [])


def test_a_letter_that_waits_is_not_sent_and_the_ledger_still_names_the_clock(database, overdue):
    a_morning(database, DUE)
    change(database, overdue, "2026-11-17T08:30", next_review_on=date(2027, 1, 15))
    transport = Pigeonhole()
    deliver_to(transport, database, a_clock("2026-11-17T09:00"))
    assert transport.letters == []
    with database() as session:
        assert all(session.scalars(sa.select(Reminder.left_out)))
        letters = list(session.scalars(sa.select(Letter.id)))
        titles = {item.clock for items in items_of(session, BUILDER, letters).values() for item in items}
        rapid_review = CASE_WORKFLOWS["rapid_review"]
        reminded = session.scalars(sa.select(CaseClock).join(Reminder, Reminder.clock_id == CaseClock.id))
        assert titles == {rapid_review.deadline(clock.name).title for clock in reminded}
        assert titles


def test_the_clock_of_the_new_kind_is_reminded_of(database, anyshire):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, "learning_review", opened_on=OPENED, reference="LR-2026-60")
    change(database, case.reference, "2026-11-16T12:00", "rapid_review", la_aware_at=OPENED)
    found = said(a_morning(database, DUE))
    assert {item for items in found.values() for item, _ in items} == {"LR-2026-60 sin"}
