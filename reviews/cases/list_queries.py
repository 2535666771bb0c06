"""The list of cases (the tracker), and what can be asked of a clock with a date."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.core.paging import SIZE, Page
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import present_catalogue
from reviews.models import Case, CaseClock, CaseTrack, LocalRule, OurRole
from workflows.catalogue import Catalogue
from workflows.core.bank_holidays import Calendar
from workflows.core.local_periods import due_period, local_period, target_period
from workflows.core.vocabulary import Deadline, Edition
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
    CaseClock.counted_from,
    CaseClock.started_on,
    LocalRule.period,
    LocalRule.unit,
    LocalRule.effective_from,
    LocalRule.authority,
    LocalRule.set_by,
)
"""To be selected with an outer join to the local rule."""


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock of a case, running or ended: its columns as stored, and what can be asked of it with a date."""

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
    counted_from: str | None
    started_on: date | None
    local_count: int | None
    local_unit: Unit | None
    local_from: date | None
    local_authority: str | None
    local_set_by: str | None
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
    def begun_on(self) -> date:
        """The day it started, whatever it is counted from."""
        return self.started_on or self.counted_from_on

    @property
    def counted_from_rule(self) -> str:
        """What it is counted from: `awareness`, or the step or fact where there is only one rule."""
        return self.deadline.rule_of(self.counted_from)

    @property
    def authority(self) -> str:
        return self.edition.authority_on(self.begun_on)

    @property
    def in_force_from(self) -> date:
        """The first day of the edition it runs by, with the editions of the books that one cites."""
        return self.edition.in_force_from(self.begun_on)

    @property
    def local_period(self) -> Period | None:
        """The period the partnership set itself: of the due date where that is local custom, else of the target."""
        return local_period(self.edition, self.local_count, self.local_unit)

    @property
    def period(self) -> Period:
        """The period by which the due date is counted."""
        return due_period(self.edition, self.local_period)

    @property
    def target_period(self) -> Period | None:
        return target_period(self.edition, self.local_period)

    def calculation(self) -> Sum:
        """Count the due date day by day, by the bank holidays known now."""
        return add(self.counted_from_on, self.period, self.calendar)

    def calculation_beside(self) -> Sum | None:
        """Count the target, or the date that custom gives without the local rule, in the same way."""
        beside = self.target_period or (self.edition.period if self.local_period else None)
        return add(self.counted_from_on, beside, self.calendar) if beside else None

    def is_past_target(self, today: date) -> bool:
        """Whether it runs, is in time, and is past the earlier day that the partnership set itself."""
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
        """Give day 9 of 15 as (9, 15), in the unit the period is counted in; months are counted in days."""
        until = self.met_on or today
        if self.counts_working_days:
            return self.calendar.working_days_between(self.counted_from_on, until), self.period.count
        start = self.counted_from_on if self.counted_from_on <= self.due_on else until
        return max(0, (until - start).days), max(1, (self.due_on - start).days)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case of the tracker, with the stage of each track and its running clocks, the nearest first.

    `lead_area` is the other area that leads on it, "" where we do.
    """

    case_id: int
    partnership_id: int
    reference: str
    title: str
    workflow: str
    opened_on: date
    closed_on: date | None
    lead_area: str
    stages: Sequence[tuple[str, str]]
    clocks: Sequence[RunningClock]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What the list of cases is narrowed to. `clock` is "late" or "near"; `status` is "open", "closed" or "all".

    `led` is "us" or "others".
    """

    status: str = "open"
    workflow: str = ""
    stage: str = ""
    clock: str = ""
    led: str = ""
    text: str = ""


def _next_due() -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.min(CaseClock.due_on))
        .where(CaseClock.case_id == Case.id, CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
        .correlate(Case)
        .scalar_subquery()
    )


SORTS: Mapping[str, Any] = {
    "clock": _next_due().asc().nulls_last(),
    "-clock": _next_due().desc().nulls_last(),
    "reference": Case.reference.asc(),
    "-reference": Case.reference.desc(),
    "opened": Case.opened_on.asc(),
    "-opened": Case.opened_on.desc(),
}


def tracker(
    session: Session,
    actor: Actor,
    *,
    today: date,
    near: date,
    partnership_id: int | None = None,
    filters: CaseFilter,
    sort: str = "clock",
    number: int = 1,
) -> Page[CaseLine]:
    """Give one page of cases, in four queries however many there are. `near` is the last day that counts as near."""
    conditions = _conditions(actor, today, near, partnership_id, filters)
    total = session.scalar(sa.select(sa.func.count()).select_from(Case).where(*conditions)) or 0
    rows = session.execute(
        sa.select(
            Case.id,
            Case.partnership_id,
            Case.reference,
            Case.title,
            Case.workflow,
            Case.opened_on,
            Case.closed_on,
            Case.lead_area,
        )
        .where(*conditions)
        .order_by(SORTS.get(sort, SORTS["clock"]), Case.id)
        .limit(SIZE)
        .offset((number - 1) * SIZE)
    ).all()
    ids = [row.id for row in rows]
    stages, clocks = _stages(session, ids), _clocks(session, ids)
    lines = [_line(row, stages.get(row.id, ()), clocks.get(row.id, ())) for row in rows]
    return Page(lines, number, total)


def _line(row: sa.Row[*tuple[Any, ...]], stages: Sequence[tuple[str, str]], clocks: Sequence[RunningClock]) -> CaseLine:
    return CaseLine(
        case_id=row.id,
        partnership_id=row.partnership_id,
        reference=row.reference,
        title=row.title,
        workflow=row.workflow,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        lead_area=row.lead_area,
        stages=stages,
        clocks=clocks,
    )


def _conditions(
    actor: Actor, today: date, near: date, partnership_id: int | None, filters: CaseFilter
) -> list[sa.ColumnElement[bool]]:
    """Build only the conditions that narrow: building them takes a good part of the time of a page."""
    narrowed: tuple[tuple[object, Callable[[], sa.ColumnElement[bool]]], ...] = (
        (partnership_id, lambda: Case.partnership_id == partnership_id),
        (filters.workflow, lambda: Case.workflow == filters.workflow),
        (filters.stage, lambda: _at_stage(filters.stage)),
        (filters.status == "open", lambda: Case.closed_on.is_(None)),
        (filters.status == "closed", lambda: Case.closed_on.is_not(None)),
        (filters.clock == "late", lambda: _next_due() < today),
        (filters.clock == "near", lambda: _next_due().between(today, near)),
        (filters.led == "us", lambda: Case.our_role == OurRole.LEAD),
        (filters.led == "others", lambda: Case.our_role != OurRole.LEAD),
        (filters.text, lambda: _matches(filters.text)),
    )
    return [visible(actor, Case), Case.parent_id.is_(None), *(condition() for value, condition in narrowed if value)]


def _at_stage(stage: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(CaseTrack.case_id == Case.id, CaseTrack.stage == stage)


def _matches(text: str) -> sa.ColumnElement[bool]:
    return Case.title.icontains(text, autoescape=True) | Case.reference.icontains(text, autoescape=True)


def _stages(session: Session, ids: Sequence[int]) -> Mapping[int, list[tuple[str, str]]]:
    rows = session.execute(
        sa.select(CaseTrack.case_id, CaseTrack.name, CaseTrack.stage)
        .where(CaseTrack.case_id.in_(ids))
        .order_by(CaseTrack.id)
    )
    return _by_case((case_id, (name, stage)) for case_id, name, stage in rows)


def _clocks(session: Session, ids: Sequence[int]) -> Mapping[int, list[RunningClock]]:
    rows: Iterable[Any] = session.execute(
        sa.select(CaseClock.case_id, *CLOCK_COLUMNS)
        .select_from(CaseClock)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(CaseClock.case_id.in_(ids), CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
        .order_by(CaseClock.due_on, CaseClock.id)
    )
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    return _by_case((row[0], RunningClock(*(*row[1:], calendar, catalogue))) for row in rows)


def _by_case(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for case_id, item in pairs:
        found.setdefault(case_id, []).append(item)
    return found
