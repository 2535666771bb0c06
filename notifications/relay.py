"""What is queued, and has it been handed over?

Claim, hand over, note: one short transaction before each letter says that it is on its way, none is open while the
mail server is spoken to, and the next one notes the outcome and claims the next letter. A process that is killed has at
most one letter in its hands, which goes again under the same Message-ID: never lost, at most one copy too many.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.envelope import Outgoing
from notifications.handing import Handed, Outcome, hand_over
from notifications.holders import gone, this_process
from notifications.models import WAITING, Letter, LetterState
from notifications.post import Post
from notifications.waits import LEASE, MOST_TRIES
from reviews.clock import Clock
from reviews.db import Database
from reviews.models import Membership, Person
from reviews.permissions import system
from reviews.unit import Unit, reading, unit_of_work


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the letters: `retry` are to go later, `uncertain` may have arrived without our knowing.

    Uncertain are letters taken over from a process that died or stopped, and those whose line broke at the end: each
    goes, or went, again under the same Message-ID. `suppressed` are those whose person has left meanwhile.
    `unreachable` says what ended the run early, if anything did.
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
) -> Delivered:
    """Hand over what is due, oldest first, each letter once; `ignore_waits` also those that were to wait.

    Ends early when the post cannot be reached, leaving the rest queued with no try counted, and when `stop` says so.
    """
    batch = _Batch(database, clock, ignore_waits)
    try:
        letter = batch.turn(None, go_on=not stop())
        while letter is not None:
            outcome = hand_over(post, letter, clock)
            letter = batch.turn(outcome, go_on=not outcome.unreachable and not stop())
    finally:
        post.close()
    return batch.delivered


@dataclass(slots=True)
class _Batch:
    """One run over the queue, in the order of the letters' numbers."""

    database: Database
    clock: Clock
    ignore_waits: bool
    delivered: Delivered = Delivered()
    last_id: int = 0
    dead: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        holders = sa.select(Letter.lease_by).where(WAITING, Letter.state == LetterState.SENDING).distinct()
        with reading(self.database) as session:
            self.dead = gone(session.scalars(holders))

    def turn(self, outcome: Outcome | None, *, go_on: bool) -> Handed | None:
        """Note what became of the last letter and claim the next, in one transaction."""
        with self._unit() as unit:
            if outcome is not None:
                self._note(unit.session, outcome)
            return self._claim(unit) if go_on else None

    def _unit(self) -> AbstractContextManager[Unit]:
        return unit_of_work(self.database, system("post"), self.clock)

    def _note(self, session: Session, outcome: Outcome) -> None:
        """Write the outcome, unless another process has taken the letter over since."""
        mine = (Letter.id == outcome.letter.id) & (Letter.lease_by == this_process())
        still = (Letter.state == LetterState.SENDING) & (Letter.tries == outcome.letter.tries)
        session.execute(sa.update(Letter).where(mine, still).values(outcome.values))
        self._count(outcome.counts)
        if outcome.unreachable:
            self._count("retry", self._left(session, outcome.letter.id))
            self.delivered = replace(self.delivered, unreachable=outcome.unreachable)

    def _left(self, session: Session, letter_id: int) -> int:
        queued = (WAITING, Letter.state == LetterState.QUEUED, Letter.id >= letter_id)
        return session.scalar(sa.select(sa.func.count()).select_from(Letter).where(*queued)) or 0

    def _claim(self, unit: Unit) -> Handed | None:
        """Take the next letter, passing over those that must not be sent."""
        while (row := unit.session.execute(self._next(unit.now)).first()) is not None:
            self.last_id = row.id
            was_sending = row.state is LetterState.SENDING
            if not row.is_there:
                self._end(unit.session, row.id, LetterState.SUPPRESSED, "the person has left")
            elif was_sending and row.tries >= MOST_TRIES:
                self._end(unit.session, row.id, LetterState.FAILED, f"given up after {row.tries} tries")
            else:
                self._count("uncertain", int(was_sending))
                return self._lease(unit, row)
        return None

    def _lease(self, unit: Unit, row: sa.Row[*tuple[Any, ...]]) -> Handed:
        first = row.first_tried_at or unit.now
        lease = {
            "state": LetterState.SENDING,
            "tries": row.tries + 1,
            "first_tried_at": first,
            "lease_until": unit.now + LEASE,
            "lease_by": this_process(),
        }
        unit.session.execute(sa.update(Letter).where(Letter.id == row.id).values(lease))
        outgoing = Outgoing(row.email, row.subject, row.body, row.message_id, unit.now)
        return Handed(row.id, row.tries + 1, first, outgoing)

    def _end(self, session: Session, letter_id: int, state: LetterState, answer: str) -> None:
        ended = {"state": state, "answer": answer, "lease_until": None, "lease_by": ""}
        session.execute(sa.update(Letter).where(Letter.id == letter_id).values(ended))
        self._count(state.value)

    def _next(self, now: datetime) -> sa.Select[*tuple[Any, ...]]:
        works_there = sa.exists().where(
            Membership.person_id == Letter.person_id,
            Membership.partnership_id == Letter.partnership_id,
            Membership.ended_on.is_(None),
        )
        return (
            sa.select(
                Letter.id,
                Letter.state,
                Letter.tries,
                Letter.first_tried_at,
                Letter.subject,
                Letter.body,
                Letter.message_id,
                Person.email,
                (Person.disabled_at.is_(None) & works_there).label("is_there"),
            )
            .join(Person, Person.id == Letter.person_id)
            .where(WAITING, Letter.id > self.last_id, self._is_due(now))
            .order_by(Letter.id)
            .limit(1)
            .with_for_update(of=Letter, skip_locked=True)
        )

    def _is_due(self, now: datetime) -> sa.ColumnElement[bool]:
        waited = sa.true() if self.ignore_waits else Letter.next_try_at <= now
        abandoned = (Letter.lease_until <= now) | Letter.lease_by.in_(self.dead)
        queued, sending = Letter.state == LetterState.QUEUED, Letter.state == LetterState.SENDING
        return (queued & waited) | (sending & abandoned)

    def _count(self, name: str, by: int = 1) -> None:
        if name:
            self.delivered = replace(self.delivered, **{name: getattr(self.delivered, name) + by})
