"""The reminder process: its jobs, which APScheduler runs by name while this process leads."""

import logging
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.events import EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from notifications.letters.links import Letterhead
from notifications.outbox.rate_limit import RateLimit
from notifications.process.job import (
    CLEANED_EVERY,
    CLEANING,
    DELIVERY,
    EVERY,
    HEARTBEAT,
    ROUND,
    TIMETABLE,
    WATCH,
    ReminderJobs,
    round_name,
)
from notifications.process.leader import LEASE, Leadership, LeadershipLost, let_go_when_frozen
from notifications.process.sealing import SEALING, Sealing
from notifications.rounds.escalation import round_hours
from notifications.transports.configured import MailTransport
from reviews.core.clock import LONDON, Clock, SystemClock
from reviews.core.db import Database
from reviews.transactions.unit_of_work import reading

# one thread: no two jobs write at once, and a heartbeat shows that the job before it has ended
ONE_THREAD = 1
# However late a job comes, it still runs, once: it finds in the tables what is due. The library would drop a job that
# is a second late, as when another one is still running. Of the two instances one may run and the other wait for its
# turn, so that a run that is asked for while the job is running follows it
JOB_OPTIONS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 2}
log = logging.getLogger(__name__)


def run(
    database: Database,
    clock: Clock,
    transport: MailTransport,
    *,
    letterhead: Letterhead,
    mails_a_minute: int = 0,
    lease: timedelta = LEASE,
    sealing: Sealing | None = None,
) -> None:
    """Run the jobs while this process leads, until it is told to end; the letter being sent is finished first."""
    let_go_when_frozen(database)
    process = ReminderScheduler(
        Leadership(database, lease=lease), clock, transport, letterhead, mails_a_minute, sealing
    )
    # a flag, and no exception: the library would swallow one that is raised while it submits a job
    must_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: must_end.set())
    try:
        process.start()
        must_end.wait()
    except KeyboardInterrupt:
        pass
    finally:
        log.info("Told to end.")
        process.end()


class ReminderScheduler:
    """The jobs of one process, and the thread that renews or seeks its leadership.

    The delivery, the heartbeat, the sealing, the timetable and the watch over the audit log run every minute, the
    cleaning every hour, and a round at each hour at which a partnership begins its round. The timetable keeps the jobs
    of rounds in step with the policies, and catches up on rounds that were missed or failed.
    """

    def __init__(
        self,
        leadership: Leadership,
        clock: Clock,
        transport: MailTransport,
        letterhead: Letterhead,
        mails_a_minute: int,
        sealing: Sealing | None = None,
    ) -> None:
        self._leadership = leadership
        self._stopping, self._ended = threading.Event(), threading.Event()
        self._renewal = threading.Thread(target=self._keep_leadership, daemon=True)
        self._served: Database | None = None
        self._woken_for: Database | None = None
        rate_limit = RateLimit(mails_a_minute, pause=self._stopping.wait)
        self.jobs = ReminderJobs(
            clock, transport, letterhead=letterhead, rate_limit=rate_limit, stop=self._is_over, sealing=sealing
        )
        self._executor = ThreadPoolExecutor(ONE_THREAD)
        self.scheduler = BackgroundScheduler(timezone=UTC, executors={"default": self._executor})
        self.scheduler.add_listener(self._deliver_next, EVENT_JOB_EXECUTED)
        for name, work, every in (
            (TIMETABLE, self.keep_timetable, EVERY),
            (DELIVERY, self.jobs.deliver, EVERY),
            (HEARTBEAT, self.jobs.record_heartbeat, EVERY),
            (SEALING, self.jobs.seal, EVERY),
            (WATCH, self.jobs.watch_audit_log, EVERY),
            (CLEANING, self.jobs.clean, CLEANED_EVERY),
        ):
            self._add(name, IntervalTrigger(seconds=int(every.total_seconds()), timezone=UTC), work)

    def start(self) -> None:
        self.scheduler.start()
        self._renewal.start()

    def end(self) -> None:
        """Finish the letter being sent, still leading, and give up the leadership."""
        self._stopping.set()
        # before the scheduler, which would wait with its locks held: a job that ends may need them
        self._executor.shutdown(wait=True)
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)
        self._ended.set()
        if self._renewal.is_alive():
            self._renewal.join()
        with suppress(SQLAlchemyError):
            self._leadership.give_up()

    def keep_timetable(self, database: Database) -> bool:
        """Have a job for each hour at which rounds begin, and run it now if rounds of that hour are due."""
        with reading(database) as session:
            rounds = {round_name(begins): begins for begins in round_hours(session).values()}
        due = {round_name(begins) for begins in self.jobs.rounds_due(database)}
        for job in self.scheduler.get_jobs():
            if job.id.startswith(f"{ROUND} ") and job.id not in rounds:
                job.remove()
        for name, begins in rounds.items():
            if self.scheduler.get_job(name) is None:
                at_its_hour = CronTrigger(hour=begins.hour, minute=begins.minute, timezone=LONDON)
                self._add(name, at_its_hour, partial(self.jobs.plan_rounds, begins=begins))
            if name in due:
                self._run_now(name)
        for name in [name for name in self.jobs.failures if name.startswith(f"{ROUND} ") and name not in due]:
            del self.jobs.failures[name]
        return (
            True  # the delivery comes after the rounds that are due, so that their mails do not wait for a long queue
        )

    def run_job(self, name: str, work: Callable[[Database], bool]) -> bool:
        """Do the work of a job if this process leads, and return whether mail is waiting to be delivered."""
        self._served = database = self._leadership.database
        if database is None or self._stopping.is_set():
            return False
        previous, is_mail_waiting = self.jobs.failures.pop(name, ""), False
        try:
            is_mail_waiting = work(database)
        except LeadershipLost:
            log.warning("Another process leads now. The %s was rolled back.", name)
        except Exception as fault:  # noqa: BLE001  # the next run may find the database back
            log.error("The %s failed: %s", name, type(fault).__name__)
            self.jobs.failures[name] = f"the {name} failed ({type(fault).__name__})"
        if name != HEARTBEAT and self.jobs.failures.get(name, "") != previous:
            self._run_now(HEARTBEAT)
        return is_mail_waiting

    def _add(self, name: str, trigger: Any, work: Callable[[Database], bool], **options: Any) -> None:
        self.scheduler.add_job(self.run_job, trigger, args=(name, work), id=name, **JOB_OPTIONS, **options)

    def _deliver_next(self, event: JobExecutionEvent) -> None:
        if event.retval:
            self._run_now(DELIVERY)

    def _run_now(self, name: str) -> None:
        with suppress(JobLookupError):
            self.scheduler.modify_job(name, next_run_time=_now())

    def _is_over(self) -> bool:
        return self._stopping.is_set() or self._leadership.database is not self._served

    def _keep_leadership(self) -> None:
        while True:
            try:
                self._leadership.beat()
                self._wake()
            except Exception as fault:  # noqa: BLE001  # the next beat may find the database back
                log.error("The leadership could be neither renewed nor taken: %s", type(fault).__name__)
            if self._ended.wait(self._leadership.beat_seconds):
                return

    def _wake(self) -> None:
        """Run the jobs at once in a new term, or if the clock was set back: the library waits for the old time."""
        database = self._leadership.database
        is_new_term = database is not None and database is not self._woken_for
        self._woken_for = database
        latest = _now() + EVERY + timedelta(seconds=1)
        for name in (TIMETABLE, HEARTBEAT, SEALING, DELIVERY):
            job = self.scheduler.get_job(name)
            if job is not None and (job.next_run_time > latest or (is_new_term and name != DELIVERY)):
                self._run_now(name)


def _now() -> datetime:
    # the library goes by the real time, whatever clock the reminders go by
    return SystemClock().now()
