"""How the reminder process stands: when it ticked, what went wrong, who leads, how much waits."""

from datetime import timedelta

from notifications.process.heartbeat import FAILURES_STORED, REMINDERS, LeaderStatus, process_status
from notifications.process.job import record_heartbeat
from notifications.process.leader import Leadership
from notifications.transports.envelope import TryLater
from tests.notifications.mornings import Pigeonhole, deliver_to, queue, raising


def standing_of(database):
    with database() as session:
        return process_status(session)


def test_a_process_that_never_ran_has_nothing_to_say(database):
    standing = standing_of(database)

    assert (standing.heartbeat, standing.leader, list(standing.failures)) == (None, None, [])
    assert (standing.waiting, standing.waiting_since) == (0, None)


def test_a_tick_says_when_the_next_one_is_to_be(database, clock):
    record_heartbeat(database, REMINDERS, clock.now())

    heartbeat = standing_of(database).heartbeat
    assert (heartbeat.seen_at, heartbeat.next_at) == (clock.now(), clock.now() + timedelta(minutes=1))


def test_a_failure_is_remembered_once_for_as_long_as_it_lasts(database, clock):
    for failure in ("", "no server", "no server", "", "no server", "no round"):
        clock.at += timedelta(minutes=1)
        record_heartbeat(database, REMINDERS, clock.now(), failure)

    standing = standing_of(database)
    assert [failure.failure for failure in standing.failures] == ["no round", "no server", "no server"]
    assert standing.failures[0].failed_at == clock.now()
    assert standing.heartbeat.failure == "no round"


def test_only_the_newest_failures_are_kept(database, clock):
    for number in range(FAILURES_STORED + 5):
        record_heartbeat(database, REMINDERS, clock.now(), f"fault {number}")

    kept = [failure.failure for failure in standing_of(database).failures]
    assert (len(kept), kept[0], kept[-1]) == (FAILURES_STORED, f"fault {FAILURES_STORED + 4}", "fault 5")


def test_the_leader_is_named_by_its_machine_and_its_term(database):
    leadership = Leadership(database, holder="elsewhere|1|x")
    leadership.beat()
    held = standing_of(database).leader
    leadership.give_up()

    assert (held, standing_of(database).leader) == (
        LeaderStatus("elsewhere", 1, True),
        LeaderStatus("elsewhere", 1, False),
    )


def test_what_waits_is_counted_with_when_the_oldest_began_to(database, anyshire, clock):
    queued_at = clock.at
    queue(database, anyshire, clock, 3)
    clock.at += timedelta(minutes=10)
    deliver_to(Pigeonhole(at_hand_over=raising(TryLater("451"))), database, clock)

    standing = standing_of(database)
    assert standing.waiting == 3
    assert queued_at <= standing.waiting_since <= clock.at
