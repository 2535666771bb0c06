"""Whatever stops, for hours or days, and whatever the clock does: nothing is lost, and each rung is said once."""

import re
import time
from collections import Counter
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter, LetterState, Reminder
from notifications.outbox.rate_limit import RateLimit
from notifications.process.plan_round import plan_round
from notifications.process.worker import deliver
from notifications.transports.configured import transport_for
from reviews.core.clock import read_moment
from reviews.models import Action, Membership, Person
from tests.notifications.forked_processes import a_process_starter, has_ended
from tests.notifications.mornings import (
    LETTERHEAD,
    SENDER,
    Pigeonhole,
    a_morning,
    an_owned_action,
    hush,
    letters_of,
    owner_of,
    run_jobs,
    states,
)
from tests.notifications.quick_server import QuickServer

pytestmark = pytest.mark.faults

PEOPLE = {"postgresql": 2000, "sqlite": 300}
FRIDAY = date(2026, 12, 4)


def copies_of(session, row, changes):
    """Write copies of a row, each with its own changes, and give their numbers."""
    table = type(row).__table__
    values = {column.name: getattr(row, column.key) for column in table.columns if column.name != "id"}
    insert = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.scalars(insert, [{**values, **each} for each in changes]))


def many_actions(session, action, owners):
    return copies_of(
        session,
        action,
        [
            {"reference": f"{action.reference}-{number}", "address": f"{action.address}-{number}", "owner_id": owner}
            for number, owner in enumerate(owners)
        ],
    )


def many_owners(session, place, count):
    """Give people with the owner's role, as many as that."""
    owner = owner_of(place)
    names = [{"email": f"owner-{number}@anyshire.example"} for number in range(count)]
    people = copies_of(session, session.get_one(Person, owner.id), names)
    role = session.scalars(sa.select(Membership).where(Membership.person_id == owner.id)).one()
    copies_of(session, role, [{"person_id": person} for person in people])
    return people


def heard(database):
    """Give what each address was told: the morning, the action and the rung."""
    with database() as session:
        rows = session.execute(
            sa.select(Person.email, Letter.morning, Action.reference, Reminder.rung)
            .join(Letter, Letter.person_id == Person.id)
            .join(Reminder, Reminder.letter_id == Letter.id)
            .join(Action, Action.id == Reminder.action_id)
            .order_by(Letter.morning, Reminder.id)
        )
        told = {}
        for email, morning, reference, rung in rows:
            told.setdefault(email.partition("@")[0], []).append((f"{morning:%m-%d}", reference, rung))
        return told


def run_at(database, clock, moment, transport=None):
    clock.at = read_moment(moment) if isinstance(moment, str) else moment
    run_jobs(database, clock, transport or Pigeonhole())


def test_six_hours_without_a_mail_server_and_then_two_thousand_mails_in_order(
    database, database_url, anyshire, case, clock
):
    count = PEOPLE[database_url.partition(":")[0]]
    action = an_owned_action(database, case, anyshire, None, FRIDAY)
    with database.begin() as session:
        many_actions(session, action, [owner for owner in many_owners(session, anyshire, count) for _ in range(2)])
        session.execute(sa.update(Action).where(Action.id == action.id).values(due_on=None))
    hush(database)
    server, taken_at = QuickServer(), []
    port, url = server.port, server.url
    server.stop()
    clock.at = read_moment("2026-12-04T08:00")

    def pause(seconds):
        clock.at += timedelta(seconds=seconds)

    rate_limit = RateLimit(60, seconds=lambda: clock.at.timestamp(), pause=pause)
    transport = transport_for(url, SENDER)
    for _ in range(6 * 12):
        run_jobs(database, clock, transport, rate_limit=rate_limit)
        clock.at += timedelta(minutes=5)
    assert set(states(database)) == {LetterState.QUEUED}
    assert {letter.tries for letter in letters_of(database)} == {0}

    server, begun = QuickServer(port), clock.at
    server.on_letter = lambda number: taken_at.append(clock.at)
    while run_jobs(database, clock, transport, rate_limit=rate_limit):
        pass

    mails = letters_of(database)
    assert server.message_ids == [letter.message_id for letter in mails]
    assert {letter.state for letter in mails} == {LetterState.SENT}
    assert set(Counter(letter.person_id for letter in mails).values()) == {1}
    assert len([letter for letter in mails if "2 to look at" in letter.subject]) == count
    assert all(later - earlier > timedelta(minutes=1) for earlier, later in zip(taken_at, taken_at[60:], strict=False))
    assert clock.at - begun < timedelta(minutes=40)
    server.stop()


def test_nine_days_without_the_process_are_caught_up_in_one_mail_each(database, anyshire, case, clock):
    overdue = an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 24))
    coming = an_owned_action(database, case, anyshire, owner_of(anyshire), date(2027, 1, 6))
    hush(database)
    run_at(database, clock, "2026-12-22T08:00")
    before = heard(database)

    for hour in range(8, 18):
        run_at(database, clock, f"2026-12-31T{hour:02}:00")

    told = {who: said[len(before.get(who, [])) :] for who, said in heard(database).items()}
    assert told == {
        "owner": [("12-31", overdue.reference, "due+1"), ("12-31", coming.reference, "due-7")],
        "agency-lead": [("12-31", overdue.reference, "due+1")],
    }


@pytest.mark.parametrize("night", ["2026-10-22T22:00", "2027-03-25T22:00"])
def test_hour_by_hour_over_a_clock_change_each_rung_is_said_once(database, anyshire, case, clock, night):
    begun = read_moment(night)
    for days in range(12):
        an_owned_action(database, case, anyshire, owner_of(anyshire), (begun + timedelta(days=days)).date())
    hush(database)
    for hour in range(7 * 24):
        run_at(database, clock, begun + timedelta(hours=hour))

    said = [(who, reference, rung) for who, lines in heard(database).items() for _, reference, rung in lines]
    assert len(said) == len(set(said)) > 15
    with database() as session:
        mornings = session.execute(sa.select(Letter.person_id, Letter.morning)).all()
    assert len(mornings) == len(set(mornings))
    assert {rung for _, _, rung in said} >= {"due-7", "due", "due+1"}


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=-1), timedelta(days=-9), timedelta(days=9)])
def test_a_clock_that_is_set_in_the_middle_of_a_delivery_says_nothing_twice(database, anyshire, case, clock, step):
    with database.begin() as session:
        owners = many_owners(session, anyshire, 20)
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    with database.begin() as session:
        many_actions(session, action, owners)
    hush(database)
    transport = Pigeonhole()

    def set_clock(_letter):
        if len(transport.letters) == 7:
            clock.at += step

    transport.at_hand_over = set_clock
    run_at(database, clock, "2026-12-04T08:00", transport)
    transport.at_hand_over = lambda letter: None
    for minutes in range(0, 180, 20):
        run_at(database, clock, read_moment("2026-12-04T08:00") + step + timedelta(minutes=minutes), transport)
    for minutes in range(0, 180, 20):
        run_at(database, clock, read_moment("2026-12-04T08:10") + timedelta(minutes=minutes), transport)

    assert max(Counter(letter.message_id for letter in transport.letters).values()) == 1
    said = [(who, *line[1:]) for who, lines in heard(database).items() for line in lines]
    assert len(said) == len(set(said))
    assert sum(rung == "due" for _, _, rung in said) == 21
    assert set(states(database)) == {LetterState.SENT}


def test_a_thousand_actions_of_one_owner_are_one_mail_written_within_a_second(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    with database.begin() as session:
        many_actions(session, action, [owner_of(anyshire).id] * 999)
    hush(database)
    begun = time.process_time()
    found = a_morning(database, "2026-12-04T08:00")
    seconds = time.process_time() - begun

    [mail] = found.mails
    [letter] = letters_of(database)
    assert len(mail.items) == len(set(re.findall(r"RR-2025-03/A1(?:-\d+)?", letter.body))) == 1000
    assert seconds < 1


def test_fifty_rounds_eight_at_once_write_one_row_for_each_key(database, database_url, anyshire, case, clock):
    with database.begin() as session:
        owners = many_owners(session, anyshire, 30)
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    with database.begin() as session:
        many_actions(session, action, owners)
    hush(database)
    server = QuickServer()
    with a_process_starter() as starter:
        running = []
        for _ in range(50):
            running.append(starter.start("round", database_url, server.url, now="2026-12-04T08:00"))
            if len(running) == 8:
                assert has_ended(running.pop(0), within=60)
        assert all(has_ended(each, within=60) for each in running)

    clock.at = read_moment("2026-12-04T09:00")
    again = plan_round(database, clock.now(), letterhead=LETTERHEAD)
    last = deliver(database, clock, Pigeonhole(), ignore_waits=True, letterhead=LETTERHEAD)
    server.stop()

    assert (again.mails, last.sent, again.failed_in) == ([], 0, [])
    assert len(server.message_ids) == len(set(server.message_ids)) == 31
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reminder)) == 31
