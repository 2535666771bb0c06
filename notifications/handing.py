"""What became of one letter when it was handed over, and what is to be written down?"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications.envelope import Outgoing
from notifications.models import LetterState
from notifications.outcomes import NotSent, RefusedForGood, TryLater, Unknown, Unreachable
from notifications.post import Post
from notifications.waits import HORIZON, MOST_TRIES, next_try
from reviews.clock import Clock

log = logging.getLogger(__name__)
RELEASED = {"lease_until": None, "lease_by": ""}


@dataclass(frozen=True, slots=True)
class Handed:
    """A leased letter; `tries` includes this one."""

    id: int
    tries: int
    first_tried_at: datetime
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Outcome:
    """`values` go into the letter's row; `counts` names the figure it is counted under; `unreachable` is what kept us
    from the server, where anything did: then the letter counts as not tried."""

    letter: Handed
    counts: str
    values: dict[str, Any]
    unreachable: str = ""


def hand_over(post: Post, letter: Handed, clock: Clock) -> Outcome:
    """Send one letter, outside any transaction, and say what to note. Nothing that one letter does stops the others."""
    try:
        post.send(letter.outgoing)
    except Unreachable as answer:
        return _not_counted(letter, answer)
    except TryLater as answer:
        return _later(letter, answer.code, clock.now(), give_up=False)
    except RefusedForGood as answer:
        return _failed(letter, answer.code)
    except Unknown as answer:
        return _uncertain(letter, answer, clock.now())
    except Exception as fault:  # noqa: BLE001  # a letter nobody foresaw must not stop the others
        log.error("Letter %s could not be handed over: %s", letter.id, type(fault).__name__)
        return _later(letter, type(fault).__name__, clock.now(), give_up=letter.tries >= MOST_TRIES)
    sent = {"state": LetterState.SENT, "sent_at": clock.now(), "answer": "", **RELEASED}
    return Outcome(letter, "sent", sent)


def _not_counted(letter: Handed, answer: NotSent) -> Outcome:
    """The server was not there: the letter has not been tried."""
    before = {} if letter.tries > 1 else {"first_tried_at": None}
    values = {"state": LetterState.QUEUED, "tries": letter.tries - 1, "answer": answer.code, **before, **RELEASED}
    return Outcome(letter, "retry", values, unreachable=answer.code)


def _later(letter: Handed, code: str, now: datetime, *, give_up: bool) -> Outcome:
    again_at = next_try(letter.outgoing.message_id, letter.tries, now)
    if give_up or again_at > letter.first_tried_at + HORIZON:
        return _failed(letter, code)
    values = {"state": LetterState.QUEUED, "next_try_at": again_at, "answer": code, **RELEASED}
    return Outcome(letter, "retry", values)


def _uncertain(letter: Handed, answer: NotSent, now: datetime) -> Outcome:
    outcome = _later(letter, f"uncertain: {answer.code}", now, give_up=letter.tries >= MOST_TRIES)
    return outcome if outcome.counts == "failed" else Outcome(letter, "uncertain", outcome.values)


def _failed(letter: Handed, code: str) -> Outcome:
    return Outcome(letter, "failed", {"state": LetterState.FAILED, "answer": code, **RELEASED})
