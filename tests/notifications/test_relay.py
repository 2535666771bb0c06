"""Handed over, later, never, or unknown: what becomes of the letters that are queued."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter, LetterState, Tick
from notifications.outcomes import RefusedForGood, TryLater, Unknown
from notifications.post import post_for
from notifications.relay import Delivered, deliver
from notifications.ticks import note_tick
from notifications.waits import LEASE
from reviews.models import Membership, Person
from tests.notifications.mornings import Pigeonhole, deliver_to, letters_of, states
from workflows.vocabulary import Role

SENDER = "followthrough@anyshire.example"


def queue(database, place, clock, count, role=Role.ACTION_OWNER):
    """Queue letters to one person, one a morning."""
    with database.begin() as session:
        session.add_all(
            Letter(
                once=f"{place.partnership.code}|{role}|{number}",
                kind="morning",
                partnership_id=place.partnership.id,
                person_id=place.people[role].id,
                morning=clock.now().date(),
                subject=f"Action A{number}: due on 4 December 2026",
                body="Good morning\n",
                message_id=f"<{role}-{number}@followthrough.example>",
                next_try_at=clock.now(),
            )
            for number in range(count)
        )


def raising(answer):
    def at_hand_over(_letter):
        raise answer

    return at_hand_over


def test_letters_are_handed_over_once_in_their_order(database, anyshire, clock):
    queue(database, anyshire, clock, 5)
    post = Pigeonhole()

    assert deliver_to(post, database, clock) == Delivered(sent=5)
    assert deliver_to(post, database, clock) == Delivered()
    assert [letter.subject.split()[1] for letter in post.letters] == ["A0:", "A1:", "A2:", "A3:", "A4:"]
    assert {(letter.state, letter.tries, letter.sent_at) for letter in letters_of(database)} == {
        (LetterState.SENT, 1, clock.now())
    }


def test_the_database_can_be_written_to_while_a_letter_is_handed_over(database, anyshire, clock):
    queue(database, anyshire, clock, 2)

    def write(letter):
        with database.begin() as session:
            session.connection(execution_options={"writes": True})
            note_tick(session, letter.subject, clock.now())

    assert deliver_to(Pigeonhole(at_hand_over=write), database, clock).sent == 2
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Tick)) == 2


def test_a_letter_refused_for_now_waits_longer_each_time_and_then_is_given_up(database, anyshire, clock):
    queue(database, anyshire, clock, 1)
    post = Pigeonhole(at_hand_over=raising(TryLater("451")))
    begun, waits = clock.at, []
    while states(database) == [LetterState.QUEUED]:
        assert deliver_to(post, database, clock).sent == 0
        waits.append(letters_of(database)[0].next_try_at - clock.at)
        clock.at = letters_of(database)[0].next_try_at

    assert waits[:6] == sorted(waits[:6])
    assert timedelta(minutes=5) <= waits[0] <= timedelta(minutes=7)
    assert timedelta(hours=60) < clock.at - begun <= timedelta(hours=72)
    assert (states(database), letters_of(database)[0].answer) == ([LetterState.FAILED], "451")


def test_a_letter_that_waits_is_left_alone_unless_waits_are_ignored(database, anyshire, clock):
    queue(database, anyshire, clock, 1)
    deliver_to(Pigeonhole(at_hand_over=raising(TryLater("451"))), database, clock)
    post = Pigeonhole()

    assert deliver_to(post, database, clock) == Delivered()
    assert deliver_to(post, database, clock, ignore_waits=True) == Delivered(sent=1)


def test_a_letter_refused_again_is_tried_once_a_run(database, anyshire, clock):
    queue(database, anyshire, clock, 3)
    post = Pigeonhole(at_hand_over=raising(TryLater("451")))

    assert deliver_to(post, database, clock, ignore_waits=True) == Delivered(retry=3)
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

    post = Pigeonhole(at_hand_over=poison)
    runs = [deliver_to(post, database, clock, ignore_waits=True) for _ in range(9)]

    assert runs[0] == Delivered(sent=2, retry=1)
    assert runs[7:] == [Delivered(failed=1), Delivered()]
    assert letters_of(database)[1].tries == 8


def test_a_letter_that_kills_the_process_is_parked_after_eight_tries(database, anyshire, clock):
    queue(database, anyshire, clock, 1)
    post = Pigeonhole(at_hand_over=raising(KeyboardInterrupt()))
    for _ in range(8):
        with pytest.raises(KeyboardInterrupt):
            deliver_to(post, database, clock)
        clock.at += LEASE

    assert deliver_to(post, database, clock) == Delivered(failed=1)


def test_who_has_left_meanwhile_is_not_written_to(database, anyshire, clock):
    queue(database, anyshire, clock, 1, Role.ACTION_OWNER)
    queue(database, anyshire, clock, 1, Role.SUBGROUP_CHAIR)
    queue(database, anyshire, clock, 1, Role.BUSINESS_MANAGER)
    with database.begin() as session:
        session.get_one(Person, anyshire.people[Role.ACTION_OWNER].id).disabled_at = clock.now()
        chair = Membership.person_id == anyshire.people[Role.SUBGROUP_CHAIR].id
        session.execute(sa.update(Membership).where(chair).values(ended_on=clock.now().date()))
    post = Pigeonhole()

    assert deliver_to(post, database, clock) == Delivered(sent=1, suppressed=2)
    assert [letter.to for letter in post.letters] == ["manager@anyshire.example"]
    assert states(database) == [LetterState.SUPPRESSED, LetterState.SUPPRESSED, LetterState.SENT]


def test_a_letter_of_unknown_fate_goes_again_under_the_same_number(database, anyshire, clock):
    queue(database, anyshire, clock, 1)

    assert deliver_to(Pigeonhole(at_hand_over=raising(Unknown("drop"))), database, clock) == Delivered(uncertain=1)
    post = Pigeonhole()
    assert deliver_to(post, database, clock, ignore_waits=True) == Delivered(sent=1)
    assert [letter.message_id for letter in post.letters] == ["<action_owner-0@followthrough.example>"]


def test_a_letter_in_another_hand_is_left_there(database, anyshire, clock):
    queue(database, anyshire, clock, 2)
    other, counts = Pigeonhole(), []

    def meanwhile(_letter):
        counts.append(deliver_to(other, database, clock, ignore_waits=True))

    assert deliver_to(Pigeonhole(at_hand_over=meanwhile), database, clock) == Delivered(sent=1)
    assert counts == [Delivered(sent=1)]
    assert [letter.message_id for letter in other.letters] == ["<action_owner-1@followthrough.example>"]


def test_a_process_that_wakes_after_its_lease_changes_nothing(database, anyshire, clock):
    queue(database, anyshire, clock, 1)
    counts = []

    def sleep_too_long(_letter):
        clock.at += LEASE
        counts.append(deliver_to(Pigeonhole(), database, clock))
        raise RefusedForGood("550")

    deliver_to(Pigeonhole(at_hand_over=sleep_too_long), database, clock)

    assert counts == [Delivered(sent=1, uncertain=1)]
    assert states(database) == [LetterState.SENT]


def test_a_mail_server_stopped_and_started_again_gets_everything_once(database, anyshire, clock, mail_server):
    queue(database, anyshire, clock, 30)
    post = post_for(mail_server.url, SENDER)
    stopped_after = 10

    sent = deliver(database, clock, post, stop=lambda: len(mail_server.received) >= stopped_after)
    mail_server.stop()
    down = [deliver(database, clock, post, ignore_waits=True) for _ in range(3)]
    tries = {letter.tries for letter in letters_of(database)[stopped_after:]}
    mail_server.start()
    after = deliver(database, clock, post, ignore_waits=True)

    assert sent == Delivered(sent=10)
    assert down == [Delivered(retry=20, unreachable="ConnectionRefusedError")] * 3
    assert tries == {0}
    assert after == Delivered(sent=20)
    assert len(mail_server.message_ids()) == len(set(mail_server.message_ids())) == 30


def test_two_relays_share_the_queue(database, anyshire, clock):
    queue(database, anyshire, clock, 6)
    second = Pigeonhole()
    first = Pigeonhole(at_hand_over=lambda letter: deliver_to(second, database, clock))

    deliver_to(first, database, clock)

    numbers = [letter.message_id for letter in first.letters + second.letters]
    assert len(numbers) == len(set(numbers)) == 6


def test_a_rude_server_gets_at_most_one_copy_too_many(database, anyshire, clock, mail_server):
    queue(database, anyshire, clock, 3)
    mail_server.rude = "drop"
    first = deliver(database, clock, post_for(mail_server.url, SENDER))
    mail_server.rude = ""

    again = deliver(database, clock, post_for(mail_server.url, SENDER), ignore_waits=True)

    assert (first, again) == (Delivered(uncertain=3), Delivered(sent=3))
    assert len(mail_server.received) == 6
    assert len(set(mail_server.message_ids())) == 3
