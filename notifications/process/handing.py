"""What became of one letter when it was handed over, and what is to be written down?"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications.base.retry_policy import HORIZON, MOST_TRIES, next_try
from notifications.models import LetterState
from notifications.returns.delivery_reports import Report
from notifications.transports.choose import Post
from notifications.transports.envelope import Outgoing
from notifications.transports.outcomes import NotSent, RefusedForGood, Taken, TryLater, Unknown, Unreachable
from reviews.core.clock import Clock

log = logging.getLogger(__name__)
RELEASED = {"lease_until": None, "lease_by": ""}


@dataclass(frozen=True, slots=True)
class Handed:
    """A leased letter; `tries` includes this one.

    `tried` says that it may have been handed over before, and `settled` is false while it may still be on its way.
    """

    id: int
    tries: int
    first_tried_at: datetime
    outgoing: Outgoing
    settled: bool = True
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`values` go into the letter's row; `counts` names the figure it is counted under; `unreachable` is what kept us
    from the server, where anything did: then the letter counts as not tried. `heard` is what became of it meanwhile."""

    letter: Handed
    counts: str
    values: dict[str, Any]
    unreachable: str = ""
    heard: Report | None = None


def hand_over(post: Post, letter: Handed, clock: Clock) -> Outcome:
    """Send one letter, outside any transaction, and say what to note. Nothing that one letter does stops the others."""
    try:
        taken = _asked_or_sent(post, letter)
    except Unreachable as answer:
        return _not_counted(letter, answer)
    except TryLater as answer:
        return _later(letter, answer.code, clock.now())
    except RefusedForGood as answer:
        return _failed(letter, answer.code)
    except Unknown as answer:
        return _uncertain(letter, answer, clock.now())
    except Exception as fault:  # noqa: BLE001  # a letter nobody foresaw must not stop the others
        log.error("Letter %s could not be handed over: %s", letter.id, type(fault).__name__)
        return _later(letter, type(fault).__name__, clock.now(), nobody_knows=True)
    sent = {"state": LetterState.SENT, "sent_at": clock.now(), "provider_id": taken.provider_id, "answer": ""}
    return Outcome(letter, "sent", {**sent, **RELEASED}, heard=taken.report)


def _asked_or_sent(post: Post, letter: Handed) -> Taken:
    """Send, but for a letter that was tried before and is known to have been taken."""
    taken = post.taken(letter.outgoing, settled=letter.settled) if letter.tried else None
    return taken or Taken(post.send(letter.outgoing) or "")


def _not_counted(letter: Handed, answer: NotSent) -> Outcome:
    """The server was not there: the letter has not been tried."""
    before = {} if letter.tried else {"first_tried_at": None}
    values = {"state": LetterState.QUEUED, "tries": letter.tries - 1, "answer": answer.code, **before, **RELEASED}
    return Outcome(letter, "retry", values, unreachable=answer.code)


def _later(letter: Handed, code: str, now: datetime, *, nobody_knows: bool = False) -> Outcome:
    """Let it wait, or give it up: as failed where it was refused, as uncertain where it may have arrived."""
    again_at = next_try(letter.outgoing.message_id, letter.tries, now)
    if again_at > letter.first_tried_at + HORIZON or (nobody_knows and letter.tries >= MOST_TRIES):
        return _given_up(letter, code) if nobody_knows else _failed(letter, code)
    values = {"state": LetterState.QUEUED, "next_try_at": again_at, "answer": code, **RELEASED}
    return Outcome(letter, "retry", values)


def _uncertain(letter: Handed, answer: NotSent, now: datetime) -> Outcome:
    outcome = _later(letter, f"uncertain: {answer.code}", now, nobody_knows=True)
    return Outcome(letter, "uncertain", outcome.values)


def _given_up(letter: Handed, code: str) -> Outcome:
    return Outcome(letter, "uncertain", {"state": LetterState.UNCERTAIN, "answer": code, **RELEASED})


def _failed(letter: Handed, code: str) -> Outcome:
    return Outcome(letter, "failed", {"state": LetterState.FAILED, "answer": code, **RELEASED})
