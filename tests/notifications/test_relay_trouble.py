"""No letter is lost when a process dies, a server stops or a line breaks, and none goes twice without need."""

from notifications.base.retry_policy import LEASE, LONGEST_WAIT
from notifications.models import LetterState
from notifications.process.worker import Delivered, deliver
from notifications.transports.configured import transport_for
from notifications.transports.envelope import RefusedForGood, Unknown
from tests.notifications.mornings import LETTERHEAD, SENDER, Pigeonhole, deliver_to, letters_of, queue, raising, states


def test_a_letter_that_kills_the_process_is_parked_after_eight_tries(database, anyshire, clock):
    queue(database, anyshire, clock, 2)

    def kill(letter):
        if "A0" in letter.subject:
            raise KeyboardInterrupt

    transport, runs = Pigeonhole(at_hand_over=kill), []
    while LetterState.UNCERTAIN not in states(database):
        try:
            runs.append(deliver_to(transport, database, clock))
        except KeyboardInterrupt:
            clock.at += LEASE
        else:
            clock.at += LONGEST_WAIT * 2

    # it is tried again at once after the first time, then only when the other one has gone
    assert runs == [Delivered(sent=1, retry=1), *[Delivered(retry=1)] * 5, Delivered(uncertain=1)]
    assert (letters_of(database)[0].tries, len(transport.letters)) == (8, 1)


def test_a_letter_whose_fate_stays_unknown_ends_as_uncertain(database, anyshire, clock):
    queue(database, anyshire, clock, 1)
    transport = Pigeonhole(at_hand_over=raising(Unknown("timeout")))

    assert [deliver_to(transport, database, clock, ignore_waits=True) for _ in range(8)] == [Delivered(uncertain=1)] * 8
    assert (states(database), letters_of(database)[0].answer) == ([LetterState.UNCERTAIN], "uncertain: timeout")


def test_a_letter_of_unknown_fate_goes_again_under_the_same_number(database, anyshire, clock):
    queue(database, anyshire, clock, 1)

    assert deliver_to(Pigeonhole(at_hand_over=raising(Unknown("drop"))), database, clock) == Delivered(uncertain=1)
    transport = Pigeonhole()
    assert deliver_to(transport, database, clock, ignore_waits=True) == Delivered(sent=1)
    assert [letter.message_id for letter in transport.letters] == ["<action_owner-0@followthrough.example>"]


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
    transport = transport_for(mail_server.url, SENDER)
    stopped_after = 10

    sent = deliver(
        database, clock, transport, stop=lambda: len(mail_server.received) >= stopped_after, letterhead=LETTERHEAD
    )
    mail_server.stop()
    down = [deliver(database, clock, transport, ignore_waits=True, letterhead=LETTERHEAD) for _ in range(3)]
    tries = {letter.tries for letter in letters_of(database)[stopped_after:]}
    mail_server.start()
    after = deliver(database, clock, transport, ignore_waits=True, letterhead=LETTERHEAD)

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
    first = deliver(database, clock, transport_for(mail_server.url, SENDER), letterhead=LETTERHEAD)
    mail_server.rude = ""

    again = deliver(database, clock, transport_for(mail_server.url, SENDER), ignore_waits=True, letterhead=LETTERHEAD)

    assert (first, again) == (Delivered(uncertain=3), Delivered(sent=3))
    assert len(mail_server.received) == 6
    assert len(set(mail_server.message_ids())) == 3
