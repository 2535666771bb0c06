"""What is queued, and has it been handed over?

Claim, hand over, note: one short transaction before each letter says that it is on its way, none is open while the
mail server is spoken to, and the next one notes the outcome and claims the next letter. A process that is killed has at
most one letter in its hands, which goes again under the same Message-ID: never lost, at most one copy too many.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.envelope import Outgoing
from notifications.handing import Handed, Outcome, hand_over
from notifications.holders import gone, this_process
from notifications.models import Letter, LetterState
from notifications.post import Post
from notifications.queue import holders, left_from, next_letter
from notifications.waits import LEASE, MOST_TRIES
from reviews.clock import Clock
from reviews.db import Database
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
    batch = _Batch(database, clock, ignore_waits=ignore_waits)
    try:
        letter = batch.turn(None, go_on=not stop())
        while letter is not None:
            outcome = hand_over(post, letter, clock)
            letter = batch.turn(outcome, go_on=not outcome.unreachable and not stop())
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
            return self._claim(unit) if go_on else None

    def _note(self, session: Session, outcome: Outcome) -> None:
        """Write the outcome, unless another process has taken the letter over since."""
        mine = (Letter.id == outcome.letter.id) & (Letter.lease_by == this_process())
        still = (Letter.state == LetterState.SENDING) & (Letter.tries == outcome.letter.tries)
        session.execute(sa.update(Letter).where(mine, still).values(outcome.values))
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
            if not row.is_there:
                self._end(unit.session, row.id, LetterState.SUPPRESSED, "the person has left")
            elif was_sending and row.tries >= MOST_TRIES:
                self._end(unit.session, row.id, LetterState.FAILED, f"given up after {row.tries} tries")
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
        unit.session.execute(sa.update(Letter).where(Letter.id == row.id).values(lease))
        outgoing = Outgoing(row.email, row.subject, row.body, row.message_id, unit.now)
        return Handed(row.id, row.tries + 1, first, outgoing)

    def _end(self, session: Session, letter_id: int, state: LetterState, answer: str) -> None:
        ended = {"state": state, "answer": answer, "lease_until": None, "lease_by": ""}
        session.execute(sa.update(Letter).where(Letter.id == letter_id).values(ended))
        self._count(state.value)

    def _count(self, name: str, by: int = 1) -> None:
        self.delivered = replace(self.delivered, **{name: getattr(self.delivered, name) + by})
