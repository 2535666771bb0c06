"""What is queued, and has it been handed over?

Claim, hand over, note: one short transaction before each letter says that it is on its way, none is open while the
mail server is spoken to, and the next one notes the outcome and claims the next letter. A process that is killed has at
most one letter in its hands, which goes again under the same Message-ID: never lost, at most one copy too many.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.retry_policy import HORIZON, LEASE, MOST_CRASHES, MOST_TRIES, SETTLES, next_try
from notifications.models import Letter, LetterState
from notifications.outbox.lease_owner import gone, this_process
from notifications.outbox.next_letter import holders, left_from, next_letter
from notifications.outbox.rate_limit import Pace
from notifications.returns.delivery_reports import Report, hear
from notifications.transports.choose import Post
from notifications.transports.envelope import Outgoing
from notifications.transports.outcomes import NotSent, RefusedForGood, Taken, TryLater, Unknown, Unreachable
from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.fast_sql import table_of
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work

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


LETTERS = table_of(Letter)
# built once: for each letter it would take longer than the database does
OF_LETTER = sa.update(LETTERS).where(LETTERS.c.id == sa.bindparam("of"))
OF_HOLDER = OF_LETTER.where(
    LETTERS.c.lease_by == sa.bindparam("by"),
    LETTERS.c.state == sa.bindparam("still"),
    LETTERS.c.tries == sa.bindparam("at_try"),
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the letters: `retry` are to go later, `uncertain` may have arrived without our knowing.

    Uncertain are letters taken over from a process that died or stopped, and those whose line broke at the end: each
    goes, or went, again under the same Message-ID, until it is given up. `failed` were refused for good. `suppressed`
    are those whose person has left meanwhile. `unreachable` says what ended the run early, if anything did.
    """

    sent: int = 0
    retry: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0
    unreachable: str = ""


def deliver(
    database: Database,
    clock: Clock,
    post: Post,
    *,
    ignore_waits: bool = False,
    stop: Callable[[], bool] = lambda: False,
    pace: Pace | None = None,
) -> Delivered:
    """Hand over what is due, oldest first, each letter once; `ignore_waits` also those that were to wait.

    Ends early when the post cannot be reached, leaving the rest queued with no try counted, and when `stop` says so.
    Any number of processes may do it at once, with or without the lead: a letter is leased to one of them, and only
    the holder of its latest try notes an outcome. While `pace` makes it wait, nothing is leased and nothing open.
    """
    batch = _Batch(database, clock, ignore_waits=ignore_waits)
    pace = pace or Pace()
    try:
        letter = batch.turn(None, go_on=pace.await_turn(stop))
        while letter is not None:
            pace.note_one()
            outcome = hand_over(post, letter, clock)
            go_on = not outcome.unreachable and not stop()
            if go_on and pace.rest:
                batch.turn(outcome, go_on=False)
                letter = batch.turn(None, go_on=pace.await_turn(stop))
            else:
                letter = batch.turn(outcome, go_on=go_on)
    finally:
        post.close()
    return batch.delivered


class _Batch:
    """One run over the queue, in the order of the letters' numbers."""

    def __init__(self, database: Database, clock: Clock, *, ignore_waits: bool) -> None:
        self.delivered = Delivered()
        self._database = database
        self._clock = clock
        self._last_id = 0
        with reading(database) as session:
            self._next = next_letter(ignore_waits=ignore_waits, dead=gone(holders(session)))

    def turn(self, outcome: Outcome | None, *, go_on: bool) -> Handed | None:
        """Note what became of the last letter and claim the next, in one transaction."""
        with unit_of_work(self._database, system("post"), self._clock) as unit:
            if outcome is not None:
                self._note(unit.session, outcome)
                if outcome.heard is not None:
                    hear(unit, outcome.heard)
            return self._claim(unit) if go_on else None

    def _note(self, session: Session, outcome: Outcome) -> None:
        """Write the outcome, unless another process has taken the letter over since."""
        mine = {"of": outcome.letter.id, "by": this_process(), "still": LetterState.SENDING}
        session.execute(OF_HOLDER, {**mine, "at_try": outcome.letter.tries, **outcome.values})
        if outcome.unreachable:
            self.delivered = replace(self.delivered, unreachable=outcome.unreachable)
            self._count("retry", left_from(session, outcome.letter.id))
        else:
            self._count(outcome.counts)

    def _claim(self, unit: Unit) -> Handed | None:
        """Take the next letter, passing over those that must not be sent."""
        while (row := self._look(unit)) is not None:
            self._last_id = row.id
            was_sending = row.state is LetterState.SENDING
            if stopped := _why_not(row):
                self._end(unit.session, row.id, LetterState.SUPPRESSED, stopped)
            elif was_sending and row.tries >= MOST_TRIES:
                self._end(unit.session, row.id, LetterState.UNCERTAIN, f"given up after {row.tries} tries")
            elif was_sending and row.tries >= MOST_CRASHES:
                self._put_back(unit, row)
            else:
                self._count("uncertain", int(was_sending))
                return self._lease(unit, row)
        return None

    def _look(self, unit: Unit) -> sa.Row[*tuple[Any, ...]] | None:
        return unit.session.execute(self._next, {"after": self._last_id, "now": unit.now}).first()

    def _lease(self, unit: Unit, row: sa.Row[*tuple[Any, ...]]) -> Handed:
        first = row.first_tried_at or unit.now
        lease = {
            "state": LetterState.SENDING,
            "tries": row.tries + 1,
            "first_tried_at": first,
            "lease_until": unit.now + LEASE,
            "lease_by": this_process(),
        }
        unit.session.execute(OF_LETTER, {"of": row.id, **lease})
        outgoing = Outgoing(row.email, row.subject, row.body, row.message_id, unit.now, row.html, row.code)
        return Handed(row.id, row.tries + 1, first, outgoing, _settled(row, unit.now), row.first_tried_at is not None)

    def _put_back(self, unit: Unit, row: sa.Row[*tuple[Any, ...]]) -> None:
        """Let a letter wait that may be what kills its senders: the others go first."""
        again_at = next_try(row.message_id, row.tries, unit.now)
        waiting = {"state": LetterState.QUEUED, "next_try_at": again_at, "answer": "interrupted", **RELEASED}
        unit.session.execute(OF_LETTER, {"of": row.id, **waiting})
        self._count("retry")

    def _end(self, session: Session, letter_id: int, state: LetterState, answer: str) -> None:
        ended = {"state": state, "answer": answer, **RELEASED}
        session.execute(OF_LETTER, {"of": letter_id, **ended})
        self._count(state.value)

    def _count(self, name: str, by: int = 1) -> None:
        self.delivered = replace(self.delivered, **{name: getattr(self.delivered, name) + by})


def _why_not(row: sa.Row[*tuple[Any, ...]]) -> str:
    """Say why a letter may not go to its person any more; empty where it may."""
    if not row.is_there:
        return "the person has left"
    if row.comes_back:
        return "mail to them comes back"
    return "" if row.is_theirs else "nothing it says is theirs any more"


def _settled(row: sa.Row[*tuple[Any, ...]], now: datetime) -> bool:
    """Tell whether an earlier try is so long ago that whoever carries letters would know of it by now."""
    if row.state is LetterState.SENDING:
        claimed_at: datetime = row.lease_until - LEASE
        return claimed_at + SETTLES <= now
    return bool(row.next_try_at <= now)
