"""Handed over, later, never, or unknown: what becomes of the letters that are queued."""

from datetime import timedelta

import sqlalchemy as sa

from notifications.models import Heartbeat, LetterState
from notifications.process.heartbeat import write_heartbeat
from notifications.process.worker import Delivered
from notifications.transports.envelope import RefusedForGood, TryLater
from reviews.models import Membership, Person
from tests.notifications.mornings import Pigeonhole, deliver_to, letters_of, queue, raising, states
from workflows.core.vocabulary import Role


def test_letters_are_handed_over_once_in_their_order(database, anyshire, clock):
    queue(database, anyshire, clock, 5)
    transport = Pigeonhole()

    assert deliver_to(transport, database, clock) == Delivered(sent=5)
    assert deliver_to(transport, database, clock) == Delivered()
    assert [letter.subject.split()[1] for letter in transport.letters] == ["A0:", "A1:", "A2:", "A3:", "A4:"]
    assert {(letter.state, letter.tries, letter.sent_at) for letter in letters_of(database)} == {
        (LetterState.SENT, 1, clock.now())
    }


def test_the_database_can_be_written_to_while_a_letter_is_handed_over(database, anyshire, clock):
    queue(database, anyshire, clock, 2)

    def write(letter):
        with database.begin() as session:
            session.connection(execution_options={"writes": True})
            write_heartbeat(session, letter.subject, clock.now())

    assert deliver_to(Pigeonhole(at_hand_over=write), database, clock).sent == 2
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Heartbeat)) == 2


def test_a_letter_refused_for_now_waits_longer_each_time_and_then_is_given_up(database, anyshire, clock):
    queue(database, anyshire, clock, 1)
    transport = Pigeonhole(at_hand_over=raising(TryLater("451")))
    begun, waits = clock.at, []
    while states(database) == [LetterState.QUEUED]:
        assert deliver_to(transport, database, clock).sent == 0
        waits.append(letters_of(database)[0].next_try_at - clock.at)
        clock.at = letters_of(database)[0].next_try_at

    assert waits[:6] == sorted(waits[:6])
    assert timedelta(minutes=5) <= waits[0] <= timedelta(minutes=7)
    assert timedelta(hours=60) < clock.at - begun <= timedelta(hours=72)
    assert (states(database), letters_of(database)[0].answer) == ([LetterState.FAILED], "451")


def test_a_letter_that_waits_is_left_alone_unless_waits_are_ignored(database, anyshire, clock):
    queue(database, anyshire, clock, 1)
    deliver_to(Pigeonhole(at_hand_over=raising(TryLater("451"))), database, clock)
    transport = Pigeonhole()

    assert deliver_to(transport, database, clock) == Delivered()
    assert deliver_to(transport, database, clock, ignore_waits=True) == Delivered(sent=1)


def test_a_letter_refused_again_is_tried_once_a_run(database, anyshire, clock):
    queue(database, anyshire, clock, 3)
    transport = Pigeonhole(at_hand_over=raising(TryLater("451")))

    assert deliver_to(transport, database, clock, ignore_waits=True) == Delivered(retry=3)
    assert [letter.tries for letter in letters_of(database)] == [1, 1, 1]


def test_a_letter_refused_for_good_has_failed_and_stops_nobody(database, anyshire, clock):
    queue(database, anyshire, clock, 3)

    def refuse_one(letter):
        if "A1" in letter.subject:
            raise RefusedForGood("550")

    assert deliver_to(Pigeonhole(at_hand_over=refuse_one), database, clock) == Delivered(sent=2, failed=1)
    assert states(database) == [LetterState.SENT, LetterState.FAILED, LetterState.SENT]


def test_a_letter_that_nobody_foresaw_is_parked_after_eight_tries(database, anyshire, clock):
    queue(database, anyshire, clock, 3)

    def poison(letter):
        if "A1" in letter.subject:
            raise ZeroDivisionError

    transport = Pigeonhole(at_hand_over=poison)
    runs = [deliver_to(transport, database, clock, ignore_waits=True) for _ in range(9)]

    assert runs[0] == Delivered(sent=2, retry=1)
    assert runs[7:] == [Delivered(uncertain=1), Delivered()]
    parked = letters_of(database)[1]
    assert (parked.state, parked.tries) == (LetterState.UNCERTAIN, 8)


def test_who_has_left_meanwhile_is_not_written_to(database, anyshire, clock):
    queue(database, anyshire, clock, 1, Role.ACTION_OWNER)
    queue(database, anyshire, clock, 1, Role.SUBGROUP_CHAIR)
    queue(database, anyshire, clock, 1, Role.BUSINESS_MANAGER)
    with database.begin() as session:
        session.get_one(Person, anyshire.people[Role.ACTION_OWNER].id).disabled_at = clock.now()
        chair = Membership.person_id == anyshire.people[Role.SUBGROUP_CHAIR].id
        session.execute(sa.update(Membership).where(chair).values(ended_on=clock.now().date()))
    transport = Pigeonhole()

    assert deliver_to(transport, database, clock) == Delivered(sent=1, suppressed=2)
    assert [letter.to for letter in transport.letters] == ["manager@anyshire.example"]
    assert states(database) == [LetterState.SUPPRESSED, LetterState.SUPPRESSED, LetterState.SENT]
