"""The list of cases (the tracker), and what can be asked of a clock with a date."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.cases.late import is_late, next_due
from reviews.core.paging import SIZE, Page
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import present_catalogue
from reviews.models import Case, CaseClock, CaseTrack, LocalRule, OurRole
from workflows.catalogue import Catalogue
from workflows.core.bank_holidays import Calendar
from workflows.core.days import PartialDay, Precision, day_as_known
from workflows.core.lateness import LATE_UNITS, Lateness, LateUnit, lateness
from workflows.core.local_periods import due_period, local_period, target_period
from workflows.core.vocabulary import Deadline, Edition
from workflows.core.working_days import Period, Sum, Unit, add, due_on

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
    CaseClock.start_rule,
    CaseClock.started_on,
    CaseClock.counted_from_earliest_on,
    CaseClock.met_latest_on,
    CaseClock.dropped_known_to,
    LocalRule.period,
    LocalRule.unit,
    LocalRule.effective_from,
    LocalRule.authority,
    LocalRule.set_by,
)
"""To be selected with an outer join to the local rule."""


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock of a case, running or ended: its columns as stored, and what can be asked of it with a date.

    `inside` is the reference of the case that has it, where that is inside the one it is shown with; else "".
    """

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
    start_rule: str | None
    started_on: date | None
    counted_from_earliest_on: date | None
    met_latest_on: date | None
    dropped_known_to: Precision
    local_count: int | None
    local_unit: Unit | None
    local_from: date | None
    local_authority: str | None
    local_set_by: str | None
    calendar: Calendar
    catalogue: Catalogue
    inside: str = ""

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
    def title_by_rule(self) -> str:
        """The title, with the rule it is counted by where there is more than one."""
        return self.deadline.title_by(self.start_rule)

    @property
    def begun_on(self) -> date:
        """The day it started, whatever it is counted from."""
        return self.started_on or self.counted_from_on

    @property
    def counted_from_rule(self) -> str:
        """What it is counted from: `awareness`, or the step or fact where there is only one rule."""
        return self.deadline.rule_of(self.start_rule)

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
    def counting_calendar(self) -> Calendar:
        """The calendar of the division that the period names."""
        return self.calendar.of(self.period.bank_holidays)

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
        return self.lateness(today).is_late

    def lateness(self, today: date) -> Lateness:
        """Give how late it was met, or is today while it runs, in the unit its period is counted in.

        Where a day is known to the month or the year only, from the least to the most that it can be.
        """
        unit = self.period.unit
        if self.dropped_on is not None:
            return Lateness(LATE_UNITS[unit])
        done, due = self.met or PartialDay.of(today), self.due
        least = lateness(due.last, done.first, unit, self.counting_calendar)
        if not self.is_of_several_days:
            return least
        most = lateness(due.first, min(done.last, today), unit, self.counting_calendar)
        return replace(least, most=most.most)

    def late_as_data(self, today: date) -> dict[str, Any]:
        """Give what makes a case late, as JSON has it wherever a late case is named."""
        clock = {"clock": self.name, "title": self.title, "inside": self.inside or None, "due": self.due_on}
        return {**clock, **self.rule_as_data(), **self.lateness(today).as_data()}

    def rule_as_data(self) -> dict[str, Any]:
        """Give the rule by which it is in time or late."""
        rule = {"counted_from_rule": self.counted_from_rule, "authority": self.authority}
        return {**rule, "edition": self.in_force_from.isoformat()}

    @property
    def counted_from(self) -> PartialDay:
        """The day it was counted from, or the days among which that was."""
        return PartialDay(self.counted_from_earliest_on or self.counted_from_on, self.counted_from_on)

    @property
    def due(self) -> PartialDay:
        """The due date, or the first and the last day that it can be."""
        if self.counted_from_earliest_on is None:
            return PartialDay.of(self.due_on)
        return PartialDay(due_on(self.counted_from_earliest_on, self.period, self.calendar), self.due_on)

    @property
    def met(self) -> PartialDay | None:
        return PartialDay(self.met_on, self.met_latest_on or self.met_on) if self.met_on else None

    @property
    def dropped(self) -> PartialDay | None:
        """The day it ended unmet; None where it did not, or where nobody knows the day."""
        return day_as_known(self.dropped_on, self.dropped_known_to) if self.dropped_on else None

    @property
    def is_of_several_days(self) -> bool:
        """Whether the day it was counted from, or the day it was met, is known to the month or the year only."""
        return self.counted_from_earliest_on is not None or self.met_latest_on is not None

    def is_near(self, near: date) -> bool:
        return self.is_running and self.due_on <= near

    @property
    def progress_unit(self) -> LateUnit:
        """The unit it is late in, but days for a period that is counted back."""
        unit = LATE_UNITS[self.period.unit]
        return LateUnit.DAYS if self.period.back and unit is LateUnit.WORKING_DAYS else unit

    def progress(self, today: date) -> tuple[int, int]:
        """Give day 9 of 15 as (9, 15), in the unit of its progress."""
        until, period = self.met_on or today, self.period
        if self.progress_unit is LateUnit.WORKING_DAYS:
            return self.counting_calendar.working_days_between(self.counted_from_on, until), period.count
        start = self.counted_from_on if self.counted_from_on <= self.due_on else until
        if self.progress_unit is LateUnit.HOURS:
            return min(24 * max(0, (until - start).days), period.count) + self.lateness(today).most, period.count
        return max(0, (until - start).days), max(1, (self.due_on - start).days)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case of the tracker, with the stage of each track and the first of its running clocks.

    Where a clock inside it is late, the one due longest ago is among them. `more_clocks` counts those that are not.
    `lead_area` is the other area that leads on it, "" where we do.
    """

    case_id: int
    partnership_id: int
    reference: str
    title: str
    workflow: str
    opened: PartialDay | None
    closed_on: date | None
    closed: PartialDay | None
    lead_area: str
    stages: Sequence[tuple[str, str]]
    clocks: Sequence[RunningClock]
    more_clocks: int


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


SORTS: Mapping[str, Callable[[Actor], Any]] = {
    "clock": lambda actor: next_due(actor).asc().nulls_last(),
    "-clock": lambda actor: next_due(actor).desc().nulls_last(),
    "reference": lambda _actor: Case.reference.asc(),
    "-reference": lambda _actor: Case.reference.desc(),
    "opened": lambda _actor: Case.opened_on.asc(),
    "-opened": lambda _actor: Case.opened_on.desc(),
}
SHOWN_CLOCKS = 2


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
    count, query = _statements(actor, today, near, partnership_id, filters, sort)
    total = session.scalar(count) or 0
    rows = session.execute(query, {"size": SIZE, "before": (number - 1) * SIZE}).all()
    ids = [row.id for row in rows]
    stages, clocks = _stages(session, ids), first_clocks(session, actor, ids, today=today, most=SHOWN_CLOCKS)
    lines = [_line(row, stages.get(row.id, ()), clocks.get(row.id, NO_CLOCKS)) for row in rows]
    return Page(lines, number, total)


@lru_cache(maxsize=256)
def _statements(
    actor: Actor, today: date, near: date, partnership_id: int | None, filters: CaseFilter, sort: str
) -> tuple[sa.Select[int], sa.Select[*tuple[Any, ...]]]:
    """Build the statements that count and that read the rows. Cached: building takes as long as running them."""
    conditions = _conditions(actor, today, near, partnership_id, filters)
    rows = sa.select(
        Case.id,
        Case.partnership_id,
        Case.reference,
        Case.title,
        Case.workflow,
        Case.opened_on,
        Case.opened_known_to,
        Case.closed_on,
        Case.closed_known_to,
        Case.lead_area,
    ).where(*conditions)
    rows = rows.order_by(SORTS.get(sort, SORTS["clock"])(actor), Case.id)
    count = sa.select(sa.func.count()).select_from(Case).where(*conditions)
    return count, rows.limit(sa.bindparam("size")).offset(sa.bindparam("before"))


def _line(row: sa.Row[*tuple[Any, ...]], stages: Sequence[tuple[str, str]], clocks: "FirstClocks") -> CaseLine:
    return CaseLine(
        case_id=row.id,
        partnership_id=row.partnership_id,
        reference=row.reference,
        title=row.title,
        workflow=row.workflow,
        opened=day_as_known(row.opened_on, row.opened_known_to),
        closed_on=row.closed_on,
        closed=day_as_known(row.closed_on, row.closed_known_to) if row.closed_on else None,
        lead_area=row.lead_area,
        stages=stages,
        clocks=clocks.shown,
        more_clocks=clocks.more,
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
        (filters.clock == "late", lambda: is_late(actor, today)),
        (filters.clock == "near", lambda: next_due(actor).between(today, near)),
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


@dataclass(frozen=True, slots=True)
class FirstClocks:
    """The clocks shown of a case, the one due longest ago first, and how many more there are."""

    shown: Sequence[RunningClock]
    more: int


NO_CLOCKS = FirstClocks((), 0)


def first_clocks(
    session: Session, actor: Actor, ids: Sequence[int], *, today: date, most: int
) -> Mapping[int, FirstClocks]:
    """Give the first running clocks of each of these cases and, where one inside it is late, that due longest ago.

    By the number of the case, of those the reader may see, in one query. `more` counts clocks inside where they are
    late.
    """
    rows: Sequence[Any] = session.execute(_first_clocks(actor, today, most), {"ids": ids}).all()
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    shown = _by_case((row[0], RunningClock(*(*row[3:], calendar, catalogue, row[2]))) for row in rows)
    counts = {row[0]: row[1] for row in rows}
    return {key: FirstClocks(clocks, counts[key] - len(clocks)) for key, clocks in shown.items()}


@lru_cache(maxsize=256)
def _first_clocks(actor: Actor, today: date, most: int) -> sa.Select[*tuple[Any, ...]]:
    """Build the query. Cached: building takes as long as running it."""
    these: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
    outermost, is_inside = sa.func.coalesce(Case.parent_id, Case.id), Case.parent_id.is_not(None)
    position = sa.func.row_number().over(
        partition_by=(outermost, Case.parent_id.is_(None)), order_by=(CaseClock.due_on, CaseClock.id)
    )
    every = sa.func.count().over(partition_by=outermost)
    ranked = (
        running_clocks(actor, CaseClock.id, position.label("position"), every.label("every"))
        .where(Case.id.in_(these) | Case.parent_id.in_(these), ~is_inside | (CaseClock.due_on < today))
        .subquery("ranked")
    )
    return (
        sa.select(outermost, ranked.c.every, sa.case((is_inside, Case.reference), else_=""), *CLOCK_COLUMNS)
        .select_from(ranked)
        .join(CaseClock, CaseClock.id == ranked.c.id)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(ranked.c.position <= sa.case((is_inside, 1), else_=most))
        .order_by(CaseClock.due_on, CaseClock.id)
    )


def late_clock(session: Session, actor: Actor, case: Case, *, today: date) -> RunningClock | None:
    """Give the clock of a late case that is due longest ago, in it or inside it; None where the case is not late."""
    clocks = first_clocks(session, actor, [case.id], today=today, most=1).get(case.id, NO_CLOCKS).shown
    return next((clock for clock in clocks if clock.is_late(today)), None)


ParentCase = aliased(Case, name="parents")


def running_clocks(actor: Actor, *columns: Any) -> sa.Select[*tuple[Any, ...]]:
    """Select from the clocks that run, of open cases in open cases that the reader may see; with Case and ParentCase.

    A clock that is past its due day makes its case late (late.py).
    """
    return (
        sa.select(*columns)
        .select_from(CaseClock)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(ParentCase, ParentCase.id == Case.parent_id)
        .where(
            visible(actor, Case),
            Case.closed_on.is_(None),
            ParentCase.closed_on.is_(None),
            CaseClock.met_on.is_(None),
            CaseClock.dropped_on.is_(None),
        )
    )


def _by_case(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for case_id, item in pairs:
        found.setdefault(case_id, []).append(item)
    return found
