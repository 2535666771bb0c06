"""When is it time? The only user of the scheduling library, as a clock that ticks once a minute."""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler

from notifications.post import Post
from notifications.relay import deliver
from notifications.reminders import plan_round
from notifications.ticks import last_tick, note_tick
from reviews.calendars import present_calendar
from reviews.clock import LONDON, Clock, SystemClock, local_day
from reviews.db import Database
from reviews.permissions import system
from reviews.unit import reading, unit_of_work

REMINDERS = "reminders"
ROUND = "round"
BEGINS = time(7, 30)
"""Europe/London; not between 01:00 and 02:00, which come twice or never on the nights when the clocks change."""
EVERY_SECONDS = 60
LONGEST_DELIVERY = timedelta(seconds=45)
log = logging.getLogger(__name__)


def tick(
    database: Database, clock: Clock, post: Post, *, base_url: str, stop: Callable[[], bool] = lambda: False
) -> None:
    """Plan the morning's round if it has not been, hand over what is due, and write down that we are alive.

    A missed tick costs nothing, and neither does one too many: what was said is known from the tables.
    """
    started = clock.now()
    failures = []
    if _round_is_due(database, started):
        failures += _plan(database, clock, base_url)
    # the rest of a long queue follows with the next tick, so that this process is seen alive meanwhile
    delivered = deliver(database, clock, post, stop=lambda: stop() or clock.now() - started > LONGEST_DELIVERY)
    if delivered.unreachable:
        failures.append(f"the mail server could not be reached ({delivered.unreachable})")
    _note(database, clock, REMINDERS, "; ".join(failures)[:200])


def run(database: Database, clock: Clock, post: Post, *, base_url: str) -> None:
    """Tick once a minute until the process is told to end; the letter in hand is finished first."""
    stopping = threading.Event()

    def job() -> None:
        try:
            tick(database, clock, post, base_url=base_url, stop=stopping.is_set)
        except Exception as fault:  # noqa: BLE001  # the next tick may find the database back
            log.error("The tick failed: %s", type(fault).__name__)

    scheduler = BlockingScheduler(timezone=UTC)
    scheduler.add_job(
        job,
        "interval",
        seconds=EVERY_SECONDS,
        next_run_time=_now(),
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )
    signal.signal(signal.SIGTERM, _leave)
    try:
        scheduler.start()
    except (SystemExit, KeyboardInterrupt):
        log.info("Told to end.")
    finally:
        stopping.set()
        scheduler.shutdown(wait=True)


def _now() -> datetime:
    # the library looks at the real time, whatever clock the reminders go by
    return SystemClock().now()


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _round_is_due(database: Database, now: datetime) -> bool:
    if now.astimezone(LONDON).time() < BEGINS:
        return False
    with reading(database) as session:
        if not present_calendar(session).is_working_day(local_day(now)):
            return False
        last = last_tick(session, ROUND)
        return last is None or local_day(last.seen_at) != local_day(now)


def _plan(database: Database, clock: Clock, base_url: str) -> list[str]:
    """Plan the round; it counts as done only when every partnership had its own."""
    planned = plan_round(database, clock.now(), base_url=base_url)
    if planned.failed_in:
        return [f"reminders were not planned for {', '.join(planned.failed_in)}"]
    _note(database, clock, ROUND, "")
    return []


def _note(database: Database, clock: Clock, name: str, failure: str) -> None:
    with unit_of_work(database, system(REMINDERS), clock) as unit:
        note_tick(unit.session, name, unit.now, failure)
