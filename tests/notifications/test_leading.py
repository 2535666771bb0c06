"""One of several reminder processes leads: it is found out quickly when it is gone, and stopped when it comes back."""

import signal
import time
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Heartbeat, Leader, Letter, LetterState, Reminder
from notifications.process.job import record_heartbeat
from notifications.process.leader import BEATS, LEASE, SILENT_IN_LEAD_SECONDS, Leadership, LeadershipLost, database_now
from notifications.process.plan_round import plan_round
from notifications.process.worker import deliver
from reviews.core.clock import read_moment
from tests.notifications.forked_processes import a_process_starter, has_ended, hit
from tests.notifications.mornings import (
    LETTERHEAD,
    Pigeonhole,
    an_owned_action,
    letters_of,
    owner_of,
    queue,
    states,
)
from tests.notifications.quick_server import QuickServer
from workflows.core.vocabulary import Role

SHORT = 4.0
PROCESSES = 5


def leader_of(database):
    with database() as session:
        return session.scalars(sa.select(Leader)).first()


def run_out(database):
    """Let the lease of whoever leads be over."""
    with database.begin() as session:
        session.execute(sa.update(Leader).values(lease_until=database_now(session)))


def count_of(database, table):
    with database() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


@pytest.fixture
def frozen(database):
    """Give a process that led until it was frozen, as it finds itself when it wakes and another leads."""
    leadership = Leadership(database, holder="elsewhere|1|x")
    assert leadership.beat()
    woken = leadership.database
    run_out(database)
    assert Leadership(database, holder="elsewhere|2|x").beat()
    return woken


def test_the_lead_changes_hands_within_half_a_minute():
    # frozen right after a beat, found free with the next look after that; a lock of the lead is gone before
    assert (LEASE + LEASE / BEATS).total_seconds() < 30
    assert timedelta(seconds=SILENT_IN_LEAD_SECONDS) < LEASE
    assert (LEASE / BEATS).total_seconds() <= 7


def test_one_leads_and_the_next_one_has_a_higher_term(database):
    first, second = Leadership(database, holder="elsewhere|1|x"), Leadership(database, holder="elsewhere|2|x")

    assert [first.beat(), second.beat(), first.beat()] == [True, False, False]
    assert (first.term, second.term, leader_of(database).term) == (1, 0, 1)

    run_out(database)
    assert second.beat()
    assert not first.beat()
    assert (first.term, first.database, second.term) == (0, None, 2)


def test_a_beat_renews_the_lease(database):
    leadership = Leadership(database, holder="elsewhere|1|x")
    leadership.beat()
    run_out(database)
    leadership.beat()

    with database() as session:
        assert leader_of(database).lease_until > database_now(session) + LEASE / 2
    assert not Leadership(database, holder="elsewhere|2|x").beat()


def test_who_ends_in_peace_lets_the_next_one_lead_at_once(database):
    first, second = Leadership(database, holder="elsewhere|1|x"), Leadership(database, holder="elsewhere|2|x")
    first.beat()
    first.give_up()

    assert second.beat()
    first.give_up()
    assert leader_of(database).term == second.term == 2


def test_a_dead_process_of_this_machine_is_not_waited_for(database):
    with a_process_starter() as starter:
        dead = starter.start("deliver", "sqlite://", "folder:///nowhere")
        assert has_ended(dead, within=30)
    machine = Leadership(database)._holder.partition("|")[0]
    assert Leadership(database, holder=f"{machine}|{dead}|x").beat()

    assert Leadership(database).beat()


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(database):
    Leadership(database, holder="elsewhere|1|x").beat()
    with database.begin() as session:
        session.execute(sa.update(Leader).values(lease_until=database_now(session) + timedelta(hours=1)))

    assert Leadership(database, holder="elsewhere|2|x").beat()


def test_a_woken_process_writes_no_round(database, anyshire, case, frozen):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 4))
    planned = plan_round(frozen, read_moment("2026-12-04T08:00"), letterhead=LETTERHEAD)

    assert "ANYSHIRE" in planned.failed_in
    assert (count_of(database, Letter), count_of(database, Reminder)) == (0, 0)


def test_a_woken_process_writes_no_outcome_of_the_letter_in_its_hands(database, anyshire, clock):
    queue(database, anyshire, clock, 2)
    leadership = Leadership(database, holder="elsewhere|1|x")
    leadership.beat()

    def freeze(_letter):
        run_out(database)
        Leadership(database, holder="elsewhere|2|x").beat()

    with pytest.raises(LeadershipLost):
        deliver(leadership.database, clock, Pigeonhole(at_hand_over=freeze), letterhead=LETTERHEAD)

    assert states(database) == [LetterState.SENDING, LetterState.QUEUED]
    assert (leadership.term, leadership.database) == (0, None)


def test_a_woken_process_takes_no_letter_and_ticks_no_more(database, anyshire, clock, frozen):
    queue(database, anyshire, clock, 1)
    with pytest.raises(LeadershipLost):
        deliver(frozen, clock, Pigeonhole(), letterhead=LETTERHEAD)
    with pytest.raises(LeadershipLost):
        record_heartbeat(frozen, "reminders", clock.now())

    assert (states(database), count_of(database, Heartbeat)) == ([LetterState.QUEUED], 0)


@pytest.mark.faults
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_five_processes_at_once_one_of_them_frozen_and_woken(database, database_url, anyshire, case, clock):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 11, 20))
    queue(database, anyshire, clock, 300, Role.SUBGROUP_CHAIR)
    server = QuickServer()
    with a_process_starter() as starter:
        started = [remind(starter, database_url, server) for _ in range(PROCESSES)]
        wait_for(lambda: len(server.message_ids) >= 100)
        first = leader_of(database)
        frozen = process_of(first)
        hit(frozen, signal.SIGSTOP)
        begun = time.monotonic()
        wait_for(lambda: leader_of(database).term > first.term)
        taken_after = time.monotonic() - begun
        wait_for(lambda: all(is_out_of_reach(letter, first) for letter in letters_of(database)))
        before = everything(database)
        hit(frozen, signal.SIGCONT)
        time.sleep(1.5 * SHORT / BEATS)

        assert everything(database) == before
        # a lease and a beat, and what the other processes of a busy machine take meanwhile
        assert taken_after < SHORT * (1 + 1 / BEATS) + 10
        assert frozen in started
        assert process_of(leader_of(database)) in set(started) - {frozen}
    clock.at += timedelta(minutes=11)
    deliver(database, clock, Pigeonhole(), letterhead=LETTERHEAD)

    assert set(states(database)) == {LetterState.SENT}
    assert len(server.message_ids) <= len(set(server.message_ids)) + 1
    assert count_of(database, Reminder) == 1
    server.stop()


@pytest.mark.faults
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_process_that_is_told_to_end_hands_the_lead_on(database, database_url, anyshire, clock):
    queue(database, anyshire, clock, 400)
    server = QuickServer()
    with a_process_starter() as starter:
        started = [remind(starter, database_url, server, lease=20) for _ in range(2)]
        wait_for(lambda: len(server.message_ids) >= 50)
        first = leader_of(database)
        hit(process_of(first), signal.SIGTERM)
        assert has_ended(process_of(first), within=20)
        assert LetterState.SENDING not in states(database)
        wait_for(lambda: set(states(database)) == {LetterState.SENT})

    assert process_of(leader_of(database)) in set(started) - {process_of(first)}
    assert len(server.message_ids) == len(set(server.message_ids)) == 400
    server.stop()


def remind(starter, database_url, server, lease=SHORT):
    return starter.start("remind", database_url, server.url, lease=lease)


def process_of(leader):
    return int(leader.holder.split("|")[1])


def is_out_of_reach(letter, frozen):
    """Tell whether the living can do nothing for it: it went, or is in the frozen one's hands for ten minutes."""
    return letter.state is LetterState.SENT or letter.lease_by == frozen.holder


def everything(database):
    """Give what a process could write, but for the ticks of the new leader and its lease."""
    letters = [(letter.state, letter.tries, letter.lease_by, letter.sent_at) for letter in letters_of(database)]
    return letters, leader_of(database).term, count_of(database, Reminder)


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
