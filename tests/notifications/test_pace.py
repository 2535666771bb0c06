"""No faster than the mail server likes it: an even pace, which stops nobody from ending."""

from datetime import timedelta
from itertools import pairwise

import pytest

from notifications.outbox.rate_limit import RateLimit
from notifications.process.worker import Delivered, deliver
from tests.notifications.mornings import LETTERHEAD, Pigeonhole, queue, states


class Virtual:
    """A clock in seconds that is waited for in no time."""

    def __init__(self):
        self.at = 0.0
        self.pauses = []

    def pause(self, seconds):
        self.pauses.append(seconds)
        self.at += seconds

    def rate_limit(self, a_minute):
        return RateLimit(a_minute, seconds=lambda: self.at, pause=self.pause)


def never():
    return False


def times(a_minute, letters):
    virtual = Virtual()
    rate_limit, found = virtual.rate_limit(a_minute), []
    for _ in range(letters):
        assert rate_limit.await_turn(never)
        rate_limit.count_letter()
        found.append(virtual.at)
    return found


@pytest.mark.parametrize("a_minute", [1, 2, 7, 60, 600])
def test_in_no_minute_go_more_letters_than_are_allowed(a_minute):
    found = times(a_minute, 5 * a_minute + 3)

    most = max(sum(begin <= at < begin + 60 for at in found) for begin in found)
    assert most <= a_minute


def test_sixty_a_minute_is_an_even_pace_after_five_at_once():
    found = times(60, 2000)

    assert found[:5] == [0.0] * 5
    rests = [later - earlier for earlier, later in pairwise(found[4:])]
    assert 1.0 < min(rests) <= max(rests) < 1.1
    assert found[-1] < 40 * 60


def test_without_a_limit_nobody_waits():
    assert times(0, 1000) == [0.0] * 1000


def test_nobody_waits_longer_than_a_second_without_looking_whether_to_stop():
    virtual = Virtual()
    rate_limit = virtual.rate_limit(1)
    rate_limit.count_letter()

    assert not rate_limit.await_turn(lambda: len(virtual.pauses) >= 3)
    assert virtual.pauses == [1.0] * 3


def test_while_the_pace_makes_it_wait_nothing_is_in_hand(database, anyshire, clock):
    queue(database, anyshire, clock, 8)
    virtual, seen = Virtual(), []

    def pause(seconds):
        seen.append({state.value for state in states(database)})
        virtual.pause(seconds)

    rate_limit = RateLimit(60, seconds=lambda: virtual.at, pause=pause)

    assert deliver(database, clock, Pigeonhole(), rate_limit=rate_limit, letterhead=LETTERHEAD) == Delivered(sent=8)
    assert all(each <= {"queued", "sent"} for each in seen)
    assert timedelta(seconds=virtual.at) > timedelta(seconds=3)
