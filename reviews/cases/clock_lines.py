"""How far has a clock run?"""

from dataclasses import dataclass
from datetime import date, datetime

from reviews.models import Case, CaseClock, LocalRule
from workflows.catalogue import Catalogue
from workflows.core.bank_holidays import Calendar
from workflows.core.deadlines import Deadline, Edition
from workflows.core.local_periods import due_period, own_period, target_period
from workflows.core.working_days import Period, Sum, Unit, add

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
    LocalRule.period,
    LocalRule.unit,
    LocalRule.effective_from,
    LocalRule.authority,
    LocalRule.set_by,
)
"""To be selected with an outer join to the local rule."""


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
    own_count: int | None
    own_unit: Unit | None
    own_from: date | None
    own_authority: str | None
    own_set_by: str | None
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
        return self.catalogue.edition(self.workflow, self.version, self.name, self.edition_from)

    @property
    def own_period(self) -> Period | None:
        """The period the partnership set itself: of the due date where that is custom, else of the target."""
        return own_period(self.edition, self.own_count, self.own_unit)

    @property
    def period(self) -> Period:
        """What the due date is counted by."""
        return due_period(self.edition, self.own_period)

    @property
    def target_period(self) -> Period | None:
        return target_period(self.edition, self.own_period)

    def working(self) -> Sum:
        """Show how the due date is counted by the bank holidays known now."""
        return add(self.counted_from_on, self.period, self.calendar)

    def working_beside(self) -> Sum | None:
        """Show the same of what stands beside it: the target, or what custom would give without their own period."""
        beside = self.target_period or (self.edition.period if self.own_period else None)
        return add(self.counted_from_on, beside, self.calendar) if beside else None

    def is_past_target(self, today: date) -> bool:
        """Whether it runs, is in time, and yet past the earlier day the partnership set itself."""
        return self.is_running and self.target_on is not None and self.target_on < today <= self.due_on

    @property
    def is_running(self) -> bool:
        return self.met_on is None and self.dropped_on is None

    def is_late(self, today: date) -> bool:
        """Whether it was met after its day, or still runs after it; an ended one is neither late nor in time."""
        return self.dropped_on is None and (self.met_on or today) > self.due_on

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
        period = self.period
        return period.unit is Unit.WORKING_DAYS and not period.back

    def progress(self, today: date) -> tuple[int, int]:
        """Day 9 of 15, as a pair, in the unit the period is counted in; months are counted in days."""
        until = self.met_on or today
        if self.counts_working_days:
            return self.calendar.working_days_between(self.counted_from_on, until), self.period.count
        start = self.counted_from_on if self.counted_from_on <= self.due_on else until
        return max(0, (until - start).days), max(1, (self.due_on - start).days)
