"""A queued letter is looked at again before it leaves: what holds no more is left out."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter, LetterState, Reminder
from notifications.process.worker import Delivered
from notifications.transports.envelope import Unreachable
from reviews.actions.details import assign_action
from reviews.actions.extensions import ask_extension, explain_delay
from reviews.actions.steps import extend_action, record_progress, submit_action
from reviews.actions.take_step import take_action_step
from reviews.core.clock import StoppedClock, read_moment
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_case, a_person
from tests.notifications.mornings import (
    Pigeonhole,
    a_morning,
    an_owned_action,
    deliver_to,
    hush,
    letters_of,
    owner_of,
    raising,
    said,
)
from workflows.core.vocabulary import Role

FRIDAY, LATER = date(2026, 12, 4), date(2027, 2, 1)
OWNER, MANAGER = "owner@anyshire.example", "manager@anyshire.example"


@pytest.fixture
def clock():
    return StoppedClock(read_moment("2026-12-04T08:00"))


@pytest.fixture
def queued(database, anyshire, case, clock):
    """Give the letter of a Friday about two actions that are due, which the mail server could not take."""
    actions = [an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY).reference for _ in range(2)]
    hush(database)
    a_morning(database, "2026-12-04T08:00")
    down = deliver_to(Pigeonhole(at_hand_over=raising(Unreachable("down"))), database, clock)
    assert down.unreachable
    clock.at += timedelta(hours=1)
    return actions


def act(database, clock, reference, command, actor=BUILDER, **values):
    with unit_of_work(database, actor, clock) as unit:
        command(unit, unit.action(reference), **values)


def sent_to_owner(database, clock):
    transport = Pigeonhole()
    delivered = deliver_to(transport, database, clock)
    return delivered, [letter for letter in transport.letters if letter.to == OWNER]


def left_out(database):
    with database() as session:
        return list(session.scalars(sa.select(Reminder.left_out).order_by(Reminder.id)))


def withdrawn(database, clock, anyshire, reference):
    values = {"happened_on": FRIDAY, "answers": {"dropped_reason": "The unit has closed."}}
    act(database, clock, reference, take_action_step, step_name="withdraw", **values)


def reassigned(database, clock, anyshire, reference):
    with database.begin() as session:
        a_person(
            session, anyshire.partnership, agency=anyshire.agencies["Council"], email=f"x{reference[-1]}@x.example"
        )
    act(database, clock, reference, assign_action, owner_email=f"x{reference[-1]}@x.example")


def submitted(database, clock, anyshire, reference):
    actor = anyshire.actors[Role.ACTION_OWNER]
    act(database, clock, reference, submit_action, actor, evidence="Minutes of the board", happened_on=FRIDAY)


def answered(database, clock, anyshire, reference):
    actor = anyshire.actors[Role.ACTION_OWNER]
    act(database, clock, reference, record_progress, actor, text="Half of the staff is trained", happened_on=FRIDAY)


def asked_for_time(database, clock, anyshire, reference):
    actor = anyshire.actors[Role.ACTION_OWNER]
    values = {"wanted_due_on": LATER, "reason": "No trainer", "happened_on": FRIDAY}
    act(database, clock, reference, ask_extension, actor, **values)


def given_time(database, clock, anyshire, reference):
    actor = anyshire.actors[Role.SUBGROUP_CHAIR]
    act(database, clock, reference, extend_action, actor, new_due_on=LATER, reason="No trainer", happened_on=FRIDAY)


CHANGES = (withdrawn, reassigned, submitted, answered, asked_for_time, given_time)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_holds_no_more_is_left_out_and_the_rest_still_goes(database, anyshire, clock, queued, change):
    change(database, clock, anyshire, queued[0])

    _, [letter] = sent_to_owner(database, clock)

    assert queued[0] not in letter.body + letter.html + letter.subject
    assert letter.subject == f"Action {queued[1]}: due on 4 December 2026"
    assert queued[1] in letter.body
    assert next(each.body for each in letters_of(database) if each.body == letter.body)
    assert [bool(each) for each in left_out(database)] == [True, False]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_letter_with_nothing_left_to_say_stays_here(database, anyshire, clock, queued, change):
    for reference in queued:
        change(database, clock, anyshire, reference)

    delivered, letters = sent_to_owner(database, clock)

    assert (delivered, letters) == (Delivered(suppressed=1), [])
    assert all(left_out(database))


def test_nothing_changed_and_the_letter_goes_as_it_was_written(database, clock, queued):
    [before] = letters_of(database)

    _, [letter] = sent_to_owner(database, clock)

    assert (letter.body, letter.html, letter.subject) == (before.body, before.html, before.subject)


def test_a_letter_that_leaves_the_day_after_speaks_of_that_day(database, clock, queued):
    clock.at = read_moment("2026-12-07T07:00")

    _, [letter] = sent_to_owner(database, clock)

    assert "was due on 4 December 2026, 3 days late" in letter.body
    assert (
        "today" not in letter.body.partition("When you have done")[0].replace("Due today", "today").split("look at")[0]
    )


def test_an_owner_who_said_that_it_is_not_done_yet_is_chased_by_no_queued_letter(database, anyshire, clock, queued):
    clock.at += timedelta(days=1)
    values = {"expected_on": LATER, "reason": "No trainer", "happened_on": FRIDAY + timedelta(days=1)}
    act(database, clock, queued[0], explain_delay, anyshire.actors[Role.ACTION_OWNER], **values)
    _, [letter] = sent_to_owner(database, clock)
    assert queued[0] not in letter.body + letter.html + letter.subject
    assert left_out(database) == ["they have answered", ""]


def test_what_a_later_mail_says_is_not_said_twice(database, clock, queued):
    clock.at = read_moment("2026-12-07T08:00")
    a_morning(database, "2026-12-07T08:00")

    _, letters = sent_to_owner(database, clock)

    assert [letter.body.count(f"  {queued[0]}\n") for letter in letters] == [1]
    assert LetterState.SUPPRESSED in [letter.state for letter in letters_of(database)]


def test_a_rung_that_was_left_out_does_not_count_as_sent(database, anyshire, clock, queued):
    asked_for_time(database, clock, anyshire, queued[0])
    hush(database)
    sent_to_owner(database, clock)
    with database.begin() as session:
        session.execute(sa.update(Letter).values(morning=date(2026, 12, 3), letter_key="the day before"))

    assert (queued[0], "due") in said(a_morning(database, "2026-12-04T09:30"))[OWNER]


def test_a_clock_that_stopped_meanwhile_is_left_out(database, anyshire, clock):
    with database.begin() as session:
        a_case(session, anyshire.partnership, "rapid_review", reference="RR-2026-01", opened_on=date(2026, 11, 13))
    hush(database)
    queue = a_morning(database, "2026-12-04T08:00")
    assert said(queue)[MANAGER]
    with database.begin() as session:
        session.execute(sa.text("UPDATE case_clocks SET met_on = '2026-12-04'"))

    transport = Pigeonhole()
    assert deliver_to(transport, database, clock).sent == 0
    assert transport.letters == []
