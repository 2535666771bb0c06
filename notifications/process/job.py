"""What is done each time the reminder process ticks?"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from notifications.letters.letterhead import Letterhead
from notifications.outbox.rate_limit import RateLimit
from notifications.process.heartbeat import REMINDERS, seen_at, write_heartbeat
from notifications.process.plan_round import plan_round
from notifications.process.worker import deliver
from notifications.rounds.applied_policies import round_hours
from notifications.transports.choose import MailTransport
from reviews.access.permissions import system
from reviews.core.clock import LONDON, Clock, StoppedClock, local_day
from reviews.core.db import Database
from reviews.definitions.bank_holidays import present_calendar
from reviews.transactions.unit_of_work import reading, unit_of_work

EVERY = timedelta(minutes=1)
LONGEST_DELIVERY_SECONDS = 45
ROUND = "round"


def tick(
    database: Database,
    clock: Clock,
    transport: MailTransport,
    *,
    letterhead: Letterhead,
    stop: Callable[[], bool] = lambda: False,
    rate_limit: RateLimit | None = None,
) -> bool:
    """Plan the rounds that are due, hand over what is due, and write down that we are alive; tell whether mail is left.

    A missed tick costs nothing, and neither does one too many: what was said is known from the tables.
    """
    begun = time.monotonic()

    def enough() -> bool:
        return stop() or time.monotonic() - begun > LONGEST_DELIVERY_SECONDS

    failures = _plan(database, clock.now(), letterhead, stop)
    # the rest of a long queue follows with the next tick, so that this process is seen alive meanwhile
    delivered = deliver(database, clock, transport, stop=enough, rate_limit=rate_limit)
    if delivered.unreachable:
        failures.append(f"the mail server could not be reached ({delivered.unreachable})")
    note(database, REMINDERS, clock.now(), "; ".join(failures))
    return enough() and not delivered.unreachable


def note(database: Database, name: str, at: datetime, failure: str = "") -> None:
    """Write down a tick, or that a round was planned, and what went wrong if anything did."""
    next_at = at + EVERY if name == REMINDERS else None
    with unit_of_work(database, system(REMINDERS), StoppedClock(at)) as unit:
        write_heartbeat(unit.session, name, at, failure[:200], next_at)


def _plan(database: Database, now: datetime, letterhead: Letterhead, stop: Callable[[], bool]) -> list[str]:
    """Plan the rounds that are due; one that failed is due again with the next tick."""
    failed = []
    for code in _due(database, now):
        if stop():
            break
        planned = plan_round(database, now, letterhead=letterhead, codes=[code])
        failed += planned.failed_in
        if not planned.failed_in:
            note(database, f"{ROUND}:{code}", now)
    return [f"reminders were not planned for {', '.join(failed)}"] if failed else []


def _due(database: Database, now: datetime) -> list[str]:
    """Give the partnerships whose hour has come on a working day, and which have not had their round of that day."""
    today, hour = local_day(now), now.astimezone(LONDON).time()
    with reading(database) as session:
        if not present_calendar(session).is_working_day(today):
            return []
        had = {name for name, at in seen_at(session).items() if local_day(at) == today}
        return [
            code for code, begins in round_hours(session).items() if begins <= hour and f"{ROUND}:{code}" not in had
        ]
