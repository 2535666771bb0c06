"""When is it time? The only user of the scheduling library, as a clock that ticks once a minute."""

import logging
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy.exc import SQLAlchemyError

from notifications.letters.letterhead import Letterhead
from notifications.outbox.rate_limit import RateLimit
from notifications.process.heartbeat import REMINDERS
from notifications.process.job import EVERY, note, tick
from notifications.process.leader import LEASE, Lead, LeadershipLost, let_go_when_frozen
from notifications.transports.choose import MailTransport
from reviews.core.clock import Clock, SystemClock
from reviews.core.db import Database

JOB = "tick"
log = logging.getLogger(__name__)


def run(
    database: Database,
    clock: Clock,
    transport: MailTransport,
    *,
    letterhead: Letterhead,
    mails_a_minute: int = 0,
    lease: timedelta = LEASE,
) -> None:
    """Tick once a minute while this process leads, until it is told to end; the letter in hand is finished first."""
    let_go_when_frozen(database)
    process = _Process(Lead(database, lease=lease), clock, transport, letterhead, mails_a_minute)
    signal.signal(signal.SIGTERM, _leave)
    try:
        process.start()
    except (SystemExit, KeyboardInterrupt):
        log.info("Told to end.")
    finally:
        process.end()


class _Process:
    """One reminder process: its pulse keeps or seeks the lead, its job ticks while it has it."""

    def __init__(
        self, leadership: Lead, clock: Clock, transport: MailTransport, letterhead: Letterhead, mails_a_minute: int
    ) -> None:
        self._leadership, self._clock, self._transport, self._letterhead = leadership, clock, transport, letterhead
        self._stopping, self._ended = threading.Event(), threading.Event()
        self._rate_limit = RateLimit(mails_a_minute, pause=self._stopping.wait)
        self._pulse = threading.Thread(target=self._keep_beating, daemon=True)
        self._ticked: Database | None = None
        self._scheduler = BlockingScheduler(timezone=UTC)
        once_each = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        seconds = EVERY.total_seconds()
        self._scheduler.add_job(self._job, "interval", id=JOB, seconds=seconds, next_run_time=_now(), **once_each)

    def start(self) -> None:
        self._pulse.start()
        self._scheduler.start()

    def end(self) -> None:
        """Finish the letter in hand, still leading, and let go of the lead."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._ended.set()
        if self._pulse.is_alive():
            self._pulse.join()
        with suppress(SQLAlchemyError):
            self._leadership.give_up()

    def _job(self) -> None:
        while not self._stopping.is_set() and self._tick():
            pass

    def _tick(self) -> bool:
        """Tick if this process leads, and tell whether it should again at once."""
        led = self._ticked = self._leadership.database
        if led is None:
            return False
        try:
            return tick(
                led,
                self._clock,
                self._transport,
                letterhead=self._letterhead,
                stop=self._is_over,
                rate_limit=self._rate_limit,
            )
        except LeadershipLost:
            log.warning("Another process leads: what was not committed before is not kept.")
        except Exception as fault:  # noqa: BLE001  # the next tick may find the database back
            log.error("The tick failed: %s", type(fault).__name__)
            with suppress(Exception):
                note(led, REMINDERS, self._clock.now(), f"the tick failed ({type(fault).__name__})")
        return False

    def _is_over(self) -> bool:
        return self._stopping.is_set() or self._leadership.database is not self._ticked

    def _keep_beating(self) -> None:
        while True:
            try:
                self._leadership.beat()
                self._keep_in_time()
            except Exception as fault:  # noqa: BLE001  # the next beat may find the database back
                log.error("The lead could be neither kept nor sought: %s", type(fault).__name__)
            if self._ended.wait(self._leadership.beat_seconds):
                return

    def _keep_in_time(self) -> None:
        """Tick at once in a new term, and when the clock was set back: the library waits for the old time to return."""
        led, job = self._leadership.database, self._scheduler.get_job(JOB)
        set_back = job is not None and job.next_run_time > _now() + EVERY + timedelta(seconds=1)
        if set_back or (led is not None and led is not self._ticked):
            self._scheduler.modify_job(JOB, next_run_time=_now())


def _now() -> datetime:
    # the library looks at the real time, whatever clock the reminders go by
    return SystemClock().now()


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
