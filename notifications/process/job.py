"""The jobs of the reminder process: plan the rounds that are due, deliver the queued mails, record a heartbeat."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as time_of_day

from notifications.letters.links import Letterhead
from notifications.outbox.rate_limit import RateLimit
from notifications.process.heartbeat import REMINDERS, seen_at, write_heartbeat
from notifications.process.plan_round import plan_round
from notifications.process.role_answers import settle_role_requests
from notifications.process.sealing import SEALING, Sealing, seal_and_anchor
from notifications.process.worker import deliver
from notifications.returns.sending_faults import fault_words, open_faults
from notifications.rounds.escalation import round_hours
from notifications.transports.configured import MailTransport
from reviews.access.permissions import system
from reviews.audit.notices import raise_notices
from reviews.backups.generations import HELD, is_held
from reviews.core.clock import LONDON, Clock, StoppedClock, local_day
from reviews.core.db import Database
from reviews.definitions.bank_holidays import present_calendar
from reviews.people.known_devices import delete_old_devices
from reviews.people.limits import delete_old_counts
from reviews.people.saved_forms import delete_old_forms
from reviews.transactions.unit_of_work import reading, unit_of_work

EVERY = timedelta(minutes=1)
"""Between two heartbeats."""
LONGEST_DELIVERY_SECONDS = 45
DELIVERY, HEARTBEAT, TIMETABLE, ROUND, CLEANING, WATCH = (
    "delivery",
    "heartbeat",
    "timetable",
    "round",
    "cleaning",
    "watch over the audit log",
)
CLEANED_EVERY = timedelta(hours=1)
SENDING = "sending"


def round_name(begins: time_of_day) -> str:
    """Return the name of the job for the rounds that begin at an hour: `round 07:30`."""
    return f"{ROUND} {begins:%H:%M}"


class ReminderJobs:
    """The work of the process that leads. Running a job too often or too late does no harm: the tables say what is due.

    `failures` has the last failure of each job, by its name. A job returns whether mail is waiting to be delivered.
    """

    def __init__(
        self,
        clock: Clock,
        transport: MailTransport,
        *,
        letterhead: Letterhead,
        rate_limit: RateLimit | None = None,
        stop: Callable[[], bool] = lambda: False,
        sealing: Sealing | None = None,
    ) -> None:
        self.failures: dict[str, str] = {}
        self._sealing = sealing
        self._clock, self._transport, self._letterhead = clock, transport, letterhead
        self._rate_limit = rate_limit or RateLimit()
        self._stop = stop

    def rounds_due(self, database: Database) -> dict[time_of_day, list[str]]:
        """Return the codes of partnerships whose hour has come today and which have not had their round, by hour."""
        now = self._clock.now()
        today, hour = local_day(now), now.astimezone(LONDON).time()
        due: dict[time_of_day, list[str]] = {}
        with reading(database) as session:
            if present_calendar(session).is_working_day(today) and not is_held(session):
                planned = {name for name, at in seen_at(session).items() if local_day(at) == today}
                for code, begins in round_hours(session).items():
                    if begins <= hour and f"{ROUND}:{code}" not in planned:
                        due.setdefault(begins, []).append(code)
        return due

    def plan_rounds(self, database: Database, begins: time_of_day) -> bool:
        """Plan the due rounds that begin at an hour; one that fails stays due."""
        failed, is_mail_waiting = [], False
        for code in self.rounds_due(database).get(begins, ()):
            if self._stop():
                break
            now = self._clock.now()
            planned = plan_round(database, now, letterhead=self._letterhead, codes=[code])
            is_mail_waiting = is_mail_waiting or bool(planned.mails)
            failed += planned.failed_in
            if not planned.failed_in:
                record_heartbeat(database, f"{ROUND}:{code}", now)
        if failed:
            self.failures[round_name(begins)] = f"reminders were not planned for {', '.join(failed)}"
        return is_mail_waiting

    def deliver(self, database: Database) -> bool:
        """Deliver for less than a minute, so that heartbeats and rounds are not held up by a long queue."""
        begun = time.monotonic()

        settle_role_requests(database, self._clock, letterhead=self._letterhead)

        def is_enough() -> bool:
            return self._stop() or time.monotonic() - begun > LONGEST_DELIVERY_SECONDS

        delivered = deliver(
            database,
            self._clock,
            self._transport,
            letterhead=self._letterhead,
            stop=is_enough,
            rate_limit=self._rate_limit,
        )
        if delivered.is_held:
            self.failures[DELIVERY] = HELD
        if delivered.unreachable:
            self.failures[DELIVERY] = f"the mail server could not be reached ({delivered.unreachable})"
        return is_enough() and not delivered.unreachable

    def seal(self, database: Database) -> bool:
        """Seal what is new in history and audit log, for less than a minute, and anchor it once a day."""
        begun = time.monotonic()
        if self._sealing is not None:
            report = seal_and_anchor(
                database,
                self._clock,
                self._sealing,
                self._transport,
                letterhead=self._letterhead,
                stop=lambda: self._stop() or time.monotonic() - begun > LONGEST_DELIVERY_SECONDS,
            )
            if report.failure:
                self.failures[SEALING] = report.failure.rstrip(".")
        return False

    def record_heartbeat(self, database: Database) -> bool:
        with reading(database) as session:
            faults = [fault_words(fault).rstrip(".") for fault in open_faults(session)]
        self.failures.pop(SENDING, None)
        if faults:
            self.failures[SENDING] = "; ".join(faults)
        record_heartbeat(database, REMINDERS, self._clock.now(), "; ".join(self.failures.values()))
        return False

    def watch_audit_log(self, database: Database) -> bool:
        """Raise notices of what is unusual among the newest entries of the audit log."""
        return bool(raise_notices(database, self._clock, stop=self._stop))

    def clean(self, database: Database) -> bool:
        """Delete counts of tries that are over, and devices that nobody has used for long."""
        with unit_of_work(database, system(CLEANING), self._clock) as unit:
            delete_old_counts(unit)
            delete_old_devices(unit)
        return False


def record_heartbeat(database: Database, name: str, at: datetime, failure: str = "") -> None:
    """Record that the process is alive, or that a round was planned, and a failure if there is one.

    What people typed a day ago into forms that were not taken is deleted with it.
    """
    next_at = at + EVERY if name == REMINDERS else None
    with unit_of_work(database, system(REMINDERS), StoppedClock(at)) as unit:
        write_heartbeat(unit.session, name, at, failure[:200], next_at)
        delete_old_forms(unit)
