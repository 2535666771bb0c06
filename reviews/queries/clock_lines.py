"""How far has a clock run?"""

from dataclasses import dataclass
from datetime import date, datetime

from reviews.models import Case, CaseClock
from workflows.bank_holidays import Calendar
from workflows.catalogue import Catalogue
from workflows.vocabulary import Deadline, Edition
from workflows.working_days import Unit

CLOCK_COLUMNS = (
    Case.workflow,
    Case.workflow_version,
    CaseClock.name,
    CaseClock.edition_from,
    CaseClock.counted_from_on,
    CaseClock.due_on,
    CaseClock.due_at,
    CaseClock.met_on,
    CaseClock.dropped_on,
    CaseClock.provisional,
    CaseClock.forecast_on,
    CaseClock.late_reason,
    CaseClock.target_on,
)


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock of a case as it stands: columns as stored, and what can be asked of it with a date."""

    workflow: str
    version: int
    name: str
    edition_from: date
    counted_from_on: date
    due_on: date
    due_at: datetime | None
    met_on: date | None
    dropped_on: date | None
    provisional: bool
    forecast_on: date | None
    late_reason: str | None
    target_on: date | None
    calendar: Calendar
    catalogue: Catalogue

    @property
    def deadline(self) -> Deadline:
        return self.catalogue.deadline(self.workflow, self.version, self.name)

    @property
    def title(self) -> str:
        return self.deadline.title

    @property
    def edition(self) -> Edition:
        return next(e for e in self.deadline.editions if e.effective_from == self.edition_from)

    @property
    def is_running(self) -> bool:
        return self.met_on is None and self.dropped_on is None

    def days_late(self, today: date) -> int:
        """Working days past the due date until it was met, or until today while it runs; 0 when in time."""
        if self.dropped_on is not None:
            return 0
        return self.calendar.working_days_between(self.due_on, self.met_on or today)

    def is_near(self, near: date) -> bool:
        return self.is_running and self.due_on <= near

    @property
    def counts_working_days(self) -> bool:
        """Whether its progress is counted in working days, and not in days."""
        period = self.edition.period
        return period.unit is Unit.WORKING_DAYS and not period.back

    def progress(self, today: date) -> tuple[int, int]:
        """Day 9 of 15, as a pair, in the unit the period is counted in; months are counted in days."""
        until = self.met_on or today
        if self.counts_working_days:
            return self.calendar.working_days_between(self.counted_from_on, until), self.edition.period.count
        start = self.counted_from_on if self.counted_from_on <= self.due_on else until
        return max(0, (until - start).days), max(1, (self.due_on - start).days)
