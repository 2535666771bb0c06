"""The summary of a partnership for its chair: actions, cases and clocks on a day, and what changed since another."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.list_queries import (
    AGES,
    GROUPS,
    RATINGS,
    WAITING,
    ActionFilter,
    ActionLine,
    counted_by,
    first_actions,
    rating,
)
from reviews.cases.late import is_late, is_overdue, next_due
from reviews.cases.list_queries import CLOCK_COLUMNS, ParentCase, RunningClock, first_clocks, running_clocks
from reviews.core.clock import LONDON
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import present_catalogue
from reviews.models import Action, Agency, Case, CaseClock, CaseTrack, Child, Event, EventKind, LocalRule, OurRole
from workflows.catalogue import Catalogue

NEAR = timedelta(days=14)
MOST_CLOCKS = 50
OLDEST = 50
NUMBERS = (*GROUPS, *WAITING, *AGES)


@dataclass(frozen=True, slots=True)
class CaseWithClock:
    """A case and a clock that runs in it or inside it."""

    reference: str
    workflow: str
    clock: RunningClock


@dataclass(slots=True)
class Summary:
    """The numbers of one partnership on one day; each is counted by the condition of the list behind it."""

    totals: Counter[str] = field(default_factory=Counter)
    by_agency: dict[str, Counter[str]] = field(default_factory=dict)
    by_rating: dict[str, int] = field(default_factory=dict)
    by_source: dict[str, Counter[str]] = field(default_factory=dict)
    agency_ids: dict[str, int | None] = field(default_factory=dict)
    cases: dict[str, dict[str, int]] = field(default_factory=dict)
    children: dict[str, int] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    late_cases: int = 0
    late: Sequence[CaseWithClock] = ()
    """The first of the late cases, each with its clock that is due longest ago."""
    near: Sequence[CaseWithClock] = ()
    oldest: Sequence[ActionLine] = ()
    to_accept: Sequence[ActionLine] = ()
    """The first of the submitted actions, which wait to be accepted or returned."""
    rated_otherwise: int = 0
    """How many outstanding actions the chair rated otherwise than the computed rating."""

    @property
    def clocks(self) -> list[CaseWithClock]:
        return [*self.late, *self.near]

    @property
    def by_age(self) -> dict[str, int]:
        return {age: self.totals[age] for age in AGES}


NO_AGENCY = "No agency"


def chair_summary(session: Session, actor: Actor, *, partnership_id: int, today: date) -> Summary:
    """Count in one pass over the live actions, then the open cases, the clocks and the oldest actions."""
    summary = Summary(by_rating=dict.fromkeys(RATINGS, 0))
    for row in _counts(session, actor, partnership_id, today):
        _add(summary, row)
    summary.by_agency = dict(sorted(summary.by_agency.items(), key=lambda item: (-item[1]["overdue"], item[0])))
    summary.cases = cases_by_stage(session, actor, partnership_id=partnership_id)
    summary.children = children_by_kind(session, actor, partnership_id=partnership_id)
    catalogue = present_catalogue(session, partnership_id)
    summary.titles = {name: catalogue.title(name) for name in summary.cases}
    summary.late_cases = count_late_cases(session, actor, partnership_id=partnership_id, today=today)
    summary.late = late_cases(session, actor, partnership_id=partnership_id, today=today, most=MOST_CLOCKS)
    summary.near = near_clocks(session, actor, partnership_id=partnership_id, today=today)
    overdue, submitted = ActionFilter(group="overdue"), ActionFilter(group="awaiting_sign_off")
    first = partial(first_actions, session, actor, today=today, partnership_id=partnership_id, size=OLDEST)
    summary.oldest = first(wanted=overdue)
    if summary.totals["awaiting_sign_off"]:
        summary.to_accept = first(wanted=submitted)
    return summary


def count_late_cases(session: Session, actor: Actor, *, partnership_id: int, today: date) -> int:
    """Count the late cases, whoever leads them: those that the list of cases shows as late."""
    late = sa.select(sa.func.count()).select_from(Case).where(*_late(actor, partnership_id, today))
    return session.scalar(late) or 0


def late_cases(
    session: Session, actor: Actor, *, partnership_id: int, today: date, most: int | None = None
) -> list[CaseWithClock]:
    """List the late cases, each with its clock that is due longest ago, in that order: every one, or the first."""
    query = sa.select(Case.id, Case.reference, Case.workflow).where(*_late(actor, partnership_id, today))
    rows = session.execute(query.order_by(next_due(actor), Case.id).limit(most)).all()
    clocks = first_clocks(session, actor, [row.id for row in rows], today=today, most=1)
    return [CaseWithClock(row.reference, row.workflow, clocks[row.id].shown[0]) for row in rows]


def _late(actor: Actor, partnership_id: int, today: date) -> list[sa.ColumnElement[bool]]:
    ours = Case.partnership_id == partnership_id
    return [ours, Case.parent_id.is_(None), Case.closed_on.is_(None), visible(actor, Case), is_late(actor, today)]


def near_clocks(session: Session, actor: Actor, *, partnership_id: int, today: date) -> list[CaseWithClock]:
    """List the running clocks that are due within 14 days, the nearest first, each with its outermost case."""
    reference = sa.func.coalesce(ParentCase.reference, Case.reference)
    workflow = sa.func.coalesce(ParentCase.workflow, Case.workflow)
    inside = sa.case((Case.parent_id.is_not(None), Case.reference), else_="")
    rows: Sequence[Any] = session.execute(
        running_clocks(actor, reference, workflow, inside, *CLOCK_COLUMNS)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(Case.partnership_id == partnership_id, CaseClock.due_on.between(today, today + NEAR))
        .order_by(CaseClock.due_on, reference, Case.reference, CaseClock.name)
        .limit(MOST_CLOCKS)
    ).all()
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    return [CaseWithClock(row[0], row[1], RunningClock(*(*row[3:], calendar, catalogue, row[2]))) for row in rows]


def cases_by_stage(session: Session, actor: Actor, *, partnership_id: int | None = None) -> dict[str, dict[str, int]]:
    """Count the open cases by workflow and the stage of its first track, in one partnership or in all of theirs.

    A case that another area leads is counted there, and not here.
    """
    rows = session.execute(
        sa.select(Case.workflow, Case.workflow_version, CaseTrack.name, CaseTrack.stage, sa.func.count())
        .join(CaseTrack, CaseTrack.case_id == Case.id)
        .where(*_ours_and_open(actor, partnership_id))
        .group_by(Case.workflow, Case.workflow_version, CaseTrack.name, CaseTrack.stage)
        .order_by(Case.workflow, CaseTrack.name, CaseTrack.stage)
    )
    catalogue, found = present_catalogue(session), dict[str, dict[str, int]]()
    for workflow, version, track, stage, count in rows:
        if track == catalogue.version(workflow, version).tracks[0].name:
            stages = found.setdefault(workflow, {})
            stages[stage] = stages.get(stage, 0) + count
    return {name: _in_order(catalogue, name, stages) for name, stages in found.items()}


def children_by_kind(session: Session, actor: Actor, *, partnership_id: int | None = None) -> dict[str, int]:
    """Count the children of the open cases by workflow; one case may concern several."""
    rows: Iterable[Any] = session.execute(
        sa.select(Case.workflow, sa.func.count())
        .join(Child, Child.case_id == Case.id)
        .where(*_ours_and_open(actor, partnership_id))
        .group_by(Case.workflow)
    )
    return dict(iter(rows))


def _ours_and_open(actor: Actor, partnership_id: int | None) -> list[sa.ColumnElement[bool]]:
    narrowed = [] if partnership_id is None else [Case.partnership_id == partnership_id]
    ours = Case.our_role == OurRole.LEAD
    return [*narrowed, Case.closed_on.is_(None), Case.parent_id.is_(None), ours, visible(actor, Case)]


def _in_order(catalogue: Catalogue, name: str, counts: dict[str, int]) -> dict[str, int]:
    """Sort stages in the order a case goes through them; those that only earlier versions have come last."""
    position = {stage.value: number for number, stage in enumerate(catalogue.newest_of(name).tracks[0].stages)}
    return dict(sorted(counts.items(), key=lambda item: (position.get(item[0], len(position)), item[0])))


def _counts(session: Session, actor: Actor, partnership_id: int, today: date) -> Iterable[sa.Row[*tuple[Any, ...]]]:
    """Count the live actions by agency, kind of case and rating.

    Cases and agencies are narrowed as well, or PostgreSQL would read those of the whole nation to join.
    """
    colour = rating(today).label("colour")
    return session.execute(
        sa.select(Action.lead_agency_id, Agency.name, Case.workflow, colour, _rated_otherwise(today), *_numbers(today))
        .select_from(Action)
        .join(Case, (Case.id == Action.case_id) & (Case.partnership_id == partnership_id))
        .outerjoin(Agency, (Agency.id == Action.lead_agency_id) & (Agency.partnership_id == partnership_id))
        .where(Action.partnership_id == partnership_id, Action.ended_on.is_(None), visible(actor, Action))
        .group_by(Action.lead_agency_id, Agency.name, Case.workflow, colour)
    )


@lru_cache(maxsize=8)
def _numbers(today: date) -> list[sa.ColumnElement[int]]:
    """The count of each group and age; cached, as building these takes longer than executing them."""
    return [sa.func.count().filter(counted_by(name, today)) for name in NUMBERS]


@lru_cache(maxsize=8)
def _rated_otherwise(today: date) -> sa.ColumnElement[int]:
    return sa.func.count().filter(counted_by("outstanding", today), Action.chair_rating != "")


def _add(summary: Summary, row: sa.Row[*tuple[Any, ...]]) -> None:
    agency_id, name, workflow, colour, otherwise, *numbers = row
    agency = name or NO_AGENCY
    summary.agency_ids[agency] = agency_id
    by_agency = summary.by_agency.setdefault(agency, Counter())
    by_source = summary.by_source.setdefault(workflow, Counter())
    for number, count in zip(NUMBERS, numbers, strict=True):
        summary.totals[number] += count
        by_agency[number] += count
        by_source[number] += count
    summary.rated_otherwise += otherwise
    summary.by_rating[colour] += numbers[NUMBERS.index("outstanding")]


ADDED = (EventKind.ACTION_ADDED, EventKind.ACTION_IMPORTED)


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers of actions: added or imported, ended for any reason, and become overdue."""

    new: int
    closed: int
    newly_overdue: int

    @property
    def any(self) -> bool:
        return bool(self.new or self.closed or self.newly_overdue)


def changes_since(session: Session, actor: Actor, *, partnership_id: int, since: date, today: date) -> Changes:
    """Count what changed from midnight at the start of `since`, among the actions that the actor may see."""
    theirs = (Action.partnership_id == partnership_id, visible(actor, Action))
    overdue = Action.ended_on.is_(None) & is_overdue(today) & (Action.due_on >= since)
    closed, newly_overdue = session.execute(
        sa.select(
            sa.func.count().filter(Action.ended_on >= since),
            sa.func.count().filter(overdue),
        ).where(*theirs)
    ).one()
    midnight = datetime.combine(since, time(), LONDON)
    recorded = (Event.partnership_id == partnership_id, Event.kind.in_(ADDED), Event.recorded_at >= midnight)
    new = session.scalar(
        sa.select(sa.func.count(sa.distinct(Event.action_id)))
        .join(Action, Action.id == Event.action_id)
        .where(*recorded, *theirs)
    )
    return Changes(new or 0, closed, newly_overdue)
