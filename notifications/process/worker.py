"""Delivery of the queued letters.

Lease, send, record: one short transaction before each letter records that it is being sent, none is open while the mail
server is connected, and the next one records the attempt and leases the next letter. A process that is killed has
leased at most one letter, which is sent again under the same Message-ID: never lost, at most one copy too many.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.retry_policy import HORIZON, LEASE, MOST_CRASHES, MOST_TRIES, SETTLES, next_try
from notifications.letters.account_letters import ACCOUNT_KINDS, is_any_waiting, with_link, write_account_letters
from notifications.letters.compose import Written
from notifications.letters.links import Letterhead
from notifications.models import Letter, LetterState
from notifications.outbox.next_letter import gone, lease_owners, left_from, next_letter, this_process
from notifications.outbox.rate_limit import RateLimit
from notifications.process.second_look import (
    NOTHING_LEFT,
    is_to_be_rewritten,
    leave_out_all,
    rewrite,
    stop_reason,
)
from notifications.returns.delivery_reports import REFUSED_AT_HANDOVER, DeliveryOutcome, Report, apply_report
from notifications.transports.configured import MailTransport
from notifications.transports.envelope import (
    NotSent,
    Outgoing,
    RefusedForGood,
    RefusedRecipient,
    Taken,
    TryLater,
    Unknown,
    Unreachable,
)
from reviews.access.permissions import system
from reviews.backups.generations import is_held
from reviews.core.clock import Clock, local_day
from reviews.core.db import Database
from reviews.core.fast_sql import table_of
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work

log = logging.getLogger(__name__)
RELEASED = {"lease_until": None, "lease_by": ""}


@dataclass(frozen=True, slots=True)
class LeasedLetter:
    """A letter that this process has leased; `tries` includes this one.

    `tried` says that it may have been handed over before; `settled` is false while that try may still be under way.
    """

    id: int
    tries: int
    first_tried_at: datetime
    outgoing: Outgoing
    settled: bool = True
    tried: bool = False


@dataclass(frozen=True, slots=True)
class SendAttempt:
    """What became of sending a letter: `values` for its row, and `counts`, the field of Delivered it is counted under.

    `counts` is empty where that follows from applying the report.
    `unreachable` is the reason why the server could not be reached: then the letter counts as not tried. `report` is
    the delivery report on an earlier try, if the provider had one.
    """

    letter: LeasedLetter
    counts: str
    values: dict[str, Any]
    unreachable: str = ""
    report: Report | None = None


def hand_over(transport: MailTransport, letter: LeasedLetter, clock: Clock) -> SendAttempt:
    """Send one letter, outside any transaction. A fault with one letter never stops the others."""
    try:
        taken = _asked_or_sent(transport, letter)
    except Unreachable as answer:
        return _not_counted(letter, answer)
    except TryLater as answer:
        return _retry(letter, answer.code, clock.now())
    except RefusedForGood as answer:
        return _failed(letter, answer.code)
    except RefusedRecipient as answer:
        return _returned(letter, answer)
    except Unknown as answer:
        return _uncertain(letter, answer, clock.now())
    except Exception as fault:  # noqa: BLE001  # one letter must not stop the others
        log.error("Letter %s could not be handed over: %s", letter.id, type(fault).__name__)
        return _retry(letter, type(fault).__name__, clock.now(), may_have_arrived=True)
    sent = {"state": LetterState.SENT, "sent_at": clock.now(), "provider_id": taken.provider_id, "answer": ""}
    return SendAttempt(letter, "sent", {**sent, **RELEASED}, report=taken.report)


def _asked_or_sent(transport: MailTransport, letter: LeasedLetter) -> Taken:
    """Send the letter, unless it was tried before and the provider already has it."""
    taken = transport.taken(letter.outgoing, settled=letter.settled) if letter.tried else None
    return taken or Taken(transport.send(letter.outgoing) or "")


def _not_counted(letter: LeasedLetter, answer: NotSent) -> SendAttempt:
    """The server could not be reached: the letter has not been tried."""
    before = {} if letter.tried else {"first_tried_at": None}
    values = {"state": LetterState.QUEUED, "tries": letter.tries - 1, "answer": answer.code, **before, **RELEASED}
    return SendAttempt(letter, "retry", values, unreachable=answer.code)


def _retry(letter: LeasedLetter, code: str, now: datetime, *, may_have_arrived: bool = False) -> SendAttempt:
    """Queue it for another try, or give it up: as failed if it was refused, as uncertain if it may have arrived."""
    again_at = next_try(letter.outgoing.message_id, letter.tries, now)
    if again_at > letter.first_tried_at + HORIZON or (may_have_arrived and letter.tries >= MOST_TRIES):
        return _give_up(letter, code) if may_have_arrived else _failed(letter, code)
    values = {"state": LetterState.QUEUED, "next_try_at": again_at, "answer": code, **RELEASED}
    return SendAttempt(letter, "retry", values)


def _uncertain(letter: LeasedLetter, answer: NotSent, now: datetime) -> SendAttempt:
    attempt = _retry(letter, f"uncertain: {answer.code}", now, may_have_arrived=True)
    return SendAttempt(letter, "uncertain", attempt.values)


def _returned(letter: LeasedLetter, answer: RefusedRecipient) -> SendAttempt:
    """The report decides whether it is tried again."""
    to, message_id = frozenset({letter.outgoing.to}), letter.outgoing.message_id
    report = Report(message_id, to, DeliveryOutcome.RETURNED, REFUSED_AT_HANDOVER, answer.code, kind=answer.kind)
    return SendAttempt(letter, "", {"answer": answer.code}, report=report)


def _give_up(letter: LeasedLetter, code: str) -> SendAttempt:
    return SendAttempt(letter, "uncertain", {"state": LetterState.UNCERTAIN, "answer": code, **RELEASED})


def _failed(letter: LeasedLetter, code: str) -> SendAttempt:
    return SendAttempt(letter, "failed", {"state": LetterState.FAILED, "answer": code, **RELEASED})


LETTERS = table_of(Letter)
# built once: for each letter it would take longer than the database does
OF_LETTER = sa.update(LETTERS).where(LETTERS.c.id == sa.bindparam("of"))
OF_LEASE_OWNER = OF_LETTER.where(
    LETTERS.c.lease_by == sa.bindparam("by"),
    LETTERS.c.state == sa.bindparam("still"),
    LETTERS.c.tries == sa.bindparam("at_try"),
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """Counts of one run: `retry` are sent later, `failed` were refused for good, `uncertain` may have arrived.

    Uncertain are letters taken over from a process that died, and those whose connection broke at the end: each is sent
    again under the same Message-ID, until it is given up. `suppressed` may no longer go to their recipient.
    `unreachable` is the reason why the run ended early, if it did. `is_held` says that nothing is sent after a restore.
    """

    sent: int = 0
    retry: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0
    unreachable: str = ""
    is_held: bool = False


def deliver(
    database: Database,
    clock: Clock,
    transport: MailTransport,
    *,
    letterhead: Letterhead,
    ignore_waits: bool = False,
    stop: Callable[[], bool] = lambda: False,
    rate_limit: RateLimit | None = None,
    today: date | None = None,
) -> Delivered:
    """Send the letters that are due, oldest first, each once; with `ignore_waits` also those that wait for a retry.

    First the letters about accounts are written that somebody has asked for since. Each letter is looked at again
    before it leaves. What holds no more is left out, and a letter that leaves on a later day
    than it was written for speaks of `today`, the day of the clock unless given.

    Ends early when `stop` says so, and when the transport cannot be reached, leaving the rest queued with no try
    counted. Any number of processes may do it at once, leading or not: a letter is leased to one of them, and only the
    owner of its latest lease records the attempt. While `rate_limit` makes it wait, nothing is leased or open.
    """
    with reading(database) as session:
        if is_held(session):
            return Delivered(is_held=True)
    _write_account_letters(database, clock, letterhead)
    batch = _Batch(database, clock, letterhead, ignore_waits=ignore_waits, today=today or local_day(clock.now()))
    rate_limit = rate_limit or RateLimit()
    try:
        letter = batch.turn(None, go_on=rate_limit.await_turn(stop))
        while letter is not None:
            rate_limit.count_letter()
            attempt = hand_over(transport, letter, clock)
            go_on = not attempt.unreachable and not stop()
            if go_on and rate_limit.seconds_to_wait:
                batch.turn(attempt, go_on=False)
                letter = batch.turn(None, go_on=rate_limit.await_turn(stop))
            else:
                letter = batch.turn(attempt, go_on=go_on)
    finally:
        transport.close()
    return batch.delivered


def _write_account_letters(database: Database, clock: Clock, letterhead: Letterhead) -> None:
    is_waiting = True
    while is_waiting:
        with reading(database) as session:
            is_waiting = is_any_waiting(session)
        if is_waiting:
            with unit_of_work(database, system("post"), clock) as unit:
                is_waiting = write_account_letters(unit, letterhead) > 0


class _Batch:
    """One run over the queue, in the order of the letters' ids."""

    def __init__(
        self, database: Database, clock: Clock, letterhead: Letterhead, *, ignore_waits: bool, today: date
    ) -> None:
        self.delivered = Delivered()
        self._database = database
        self._clock = clock
        self._letterhead, self._today = letterhead, today
        self._last_id = 0
        with reading(database) as session:
            self._next = next_letter(ignore_waits=ignore_waits, dead=tuple(gone(lease_owners(session))))

    def turn(self, attempt: SendAttempt | None, *, go_on: bool) -> LeasedLetter | None:
        """Record the attempt with the last letter and lease the next, in one transaction."""
        with unit_of_work(self._database, system("post"), self._clock) as unit:
            if attempt is not None:
                self._note(unit.session, attempt)
                if attempt.report is not None:
                    apply_report(unit, attempt.report)
                if not attempt.counts:
                    is_over = unit.session.get_one(Letter, attempt.letter.id).state is LetterState.FAILED
                    self._count("failed" if is_over else "retry")
            return self._claim(unit) if go_on else None

    def _note(self, session: Session, attempt: SendAttempt) -> None:
        """Record the attempt, unless another process has taken the letter over since."""
        mine = {"of": attempt.letter.id, "by": this_process(), "still": LetterState.SENDING}
        session.execute(OF_LEASE_OWNER, {**mine, "at_try": attempt.letter.tries, **attempt.values})
        if attempt.unreachable:
            self.delivered = replace(self.delivered, unreachable=attempt.unreachable)
            self._count("retry", left_from(session, attempt.letter.id))
        elif attempt.counts:
            self._count(attempt.counts)

    def _claim(self, unit: Unit) -> LeasedLetter | None:
        """Lease the next letter, skipping those that must not be sent."""
        while (row := self._look(unit)) is not None:
            self._last_id = row.id
            was_sending = row.state is LetterState.SENDING
            if reason := stop_reason(unit.session, row):
                self._stop(unit.session, row, reason)
            elif was_sending and row.tries >= MOST_TRIES:
                self._end(unit.session, row.id, LetterState.UNCERTAIN, f"given up after {row.tries} tries")
            elif was_sending and row.tries >= MOST_CRASHES:
                self._put_back(unit, row)
            else:
                written = Written(row.subject, row.body, row.html)
                if is_to_be_rewritten(row, self._today):
                    rewritten = rewrite(unit, row, self._letterhead, self._today)
                    if rewritten is None:
                        self._stop(unit.session, row, NOTHING_LEFT)
                        continue
                    written = rewritten
                self._count("uncertain", int(was_sending))
                return self._lease(unit, row, written)
        return None

    def _stop(self, session: Session, row: sa.Row[*tuple[Any, ...]], reason: str) -> None:
        leave_out_all(session, row)
        self._end(session, row.id, LetterState.SUPPRESSED, reason)

    def _look(self, unit: Unit) -> sa.Row[*tuple[Any, ...]] | None:
        return unit.session.execute(self._next, {"after": self._last_id, "now": unit.now}).first()

    def _lease(self, unit: Unit, row: sa.Row[*tuple[Any, ...]], written: Written) -> LeasedLetter:
        first = row.first_tried_at or unit.now
        lease = {
            "state": LetterState.SENDING,
            "tries": row.tries + 1,
            "first_tried_at": first,
            "lease_until": unit.now + LEASE,
            "lease_by": this_process(),
            "sent_to": row.email,
        }
        if written.body != row.body:
            lease |= {"subject": written.subject, "body": written.body, "html": written.html}
        unit.session.execute(OF_LETTER, {"of": row.id, **lease})
        if row.kind in ACCOUNT_KINDS:
            written = with_link(unit, row.id, row.email, written)  # after the row is written, which has no token
        outgoing = Outgoing(
            to=row.email,
            subject=written.subject,
            body=written.body,
            message_id=row.message_id,
            at=unit.now,
            html=written.html,
            code=row.code,
            sender_name=row.sender_name,
            reply_to=row.reply_to,
            reply_to_id=row.notify_reply_to_id,
        )
        return LeasedLetter(
            row.id, row.tries + 1, first, outgoing, _settled(row, unit.now), row.first_tried_at is not None
        )

    def _put_back(self, unit: Unit, row: sa.Row[*tuple[Any, ...]]) -> None:
        """Let a letter wait that may have killed its senders: the others are sent first."""
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


def _settled(row: sa.Row[*tuple[Any, ...]], now: datetime) -> bool:
    """Whether an earlier try is so long ago that the provider would know of it by now."""
    if row.state is LetterState.SENDING:
        claimed_at: datetime = row.lease_until - LEASE
        return claimed_at + SETTLES <= now
    return bool(row.next_try_at <= now)
