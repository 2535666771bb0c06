"""The lists, over all cases, of what lives inside them: requests to agencies, and parallel processes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.cases.late import is_late, next_due
from reviews.cases.list_queries import CLOCK_COLUMNS, RunningClock
from reviews.core.paging import SIZE, Page
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import present_catalogue
from reviews.models import Agency, Case, CaseAgency, CaseClock, CaseTrack, LocalRule
from workflows.core.vocabulary import Role, Workflow


@dataclass(frozen=True, slots=True)
class ChildCaseLine:
    """A request or a parallel process with its running clocks, the nearest first; a process asks no `agency`."""

    partnership_id: int
    reference: str
    title: str
    workflow: str
    agency: str | None
    stage: str
    opened_on: date
    closed_on: date | None
    clocks: Sequence[RunningClock]


@dataclass(frozen=True, slots=True)
class ChildCaseFilter:
    """What a list is narrowed to. `workflows` are the kinds it shows, `agency_ids` those asked; empty for any.

    `status` is "open", "closed" or "all", `clock` is "late" or "near".
    """

    workflows: Collection[str]
    status: str = "open"
    clock: str = ""
    agency_ids: Collection[int] = ()
    partnership_id: int | None = None
    text: str = ""


def asks_an_agency(kind: Workflow) -> bool:
    """Whether a kind of child case is a request, which the lead of the agency asked answers."""
    return kind.inside and any(Role.AGENCY_LEAD in step.by for step in kind.steps)


SORTS: Mapping[str, Callable[[Actor], sa.UnaryExpression[Any]]] = {
    "due": lambda actor: next_due(actor).asc().nulls_last(),
    "-due": lambda actor: next_due(actor).desc().nulls_last(),
    "reference": lambda _actor: Case.reference.asc(),
    "-reference": lambda _actor: Case.reference.desc(),
    "agency": lambda _actor: Agency.name.asc().nulls_last(),
    "-agency": lambda _actor: Agency.name.desc().nulls_last(),
    "opened": lambda _actor: Case.opened_on.asc(),
    "-opened": lambda _actor: Case.opened_on.desc(),
}


def child_case_list(
    session: Session,
    actor: Actor,
    *,
    today: date,
    near: date,
    filters: ChildCaseFilter,
    sort: str = "due",
    number: int = 1,
    size: int = SIZE,
) -> Page[ChildCaseLine]:
    """Give one page in three queries however many there are; unless sorted otherwise, what is late longest first.

    Everybody sees what they may see of the cases; the lead of an agency what their agency was asked, in either realm.
    """
    conditions = _conditions(actor, today, near, filters)
    found = (
        sa.select(
            Case.id,
            Case.partnership_id,
            Case.reference,
            Case.title,
            Case.workflow,
            Agency.name.label("agency"),
            CaseTrack.stage,
            Case.opened_on,
            Case.closed_on,
        )
        .join(CaseTrack, CaseTrack.case_id == Case.id)
        .outerjoin(CaseAgency, CaseAgency.case_id == Case.id)
        .outerjoin(Agency, Agency.id == CaseAgency.agency_id)
        .where(*conditions)
        .order_by(SORTS.get(sort, SORTS["due"])(actor), Case.id)
    )
    rows = session.execute(found.limit(size).offset((number - 1) * size)).all()
    clocks = _clocks(session, [row.id for row in rows])
    lines = [ChildCaseLine(*row[1:], clocks=clocks.get(row.id, ())) for row in rows]
    return Page(lines, number, count_child_cases(session, actor, today=today, near=near, filters=filters), size)


def count_child_cases(session: Session, actor: Actor, *, today: date, near: date, filters: ChildCaseFilter) -> int:
    conditions = _conditions(actor, today, near, filters)
    return session.scalar(sa.select(sa.func.count()).select_from(Case).where(*conditions)) or 0


def _conditions(actor: Actor, today: date, near: date, filters: ChildCaseFilter) -> list[sa.ColumnElement[bool]]:
    asked = sa.select(CaseAgency.case_id).where(CaseAgency.agency_id.in_(sorted(filters.agency_ids)))
    narrowed: tuple[tuple[object, Callable[[], sa.ColumnElement[bool]]], ...] = (
        (filters.partnership_id, lambda: Case.partnership_id == filters.partnership_id),
        (filters.agency_ids, lambda: Case.id.in_(asked)),
        (filters.status == "open", lambda: Case.closed_on.is_(None)),
        (filters.status == "closed", lambda: Case.closed_on.is_not(None)),
        (filters.clock == "late", lambda: is_late(actor, today)),
        (filters.clock == "near", lambda: next_due(actor).between(today, near)),
        (filters.text, lambda: _matches(filters.text)),
    )
    inside = (Case.parent_id.is_not(None), Case.workflow.in_(sorted(filters.workflows)))
    return [visible(actor, Case), *inside, *(condition() for value, condition in narrowed if value)]


def _matches(text: str) -> sa.ColumnElement[bool]:
    return Case.title.icontains(text, autoescape=True) | Case.reference.icontains(text, autoescape=True)


def _clocks(session: Session, ids: Sequence[int]) -> dict[int, list[RunningClock]]:
    rows: Iterable[Any] = session.execute(
        sa.select(CaseClock.case_id, *CLOCK_COLUMNS)
        .select_from(CaseClock)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(CaseClock.case_id.in_(ids), CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
        .order_by(CaseClock.due_on, CaseClock.id)
    )
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    found: dict[int, list[RunningClock]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(RunningClock(*(*row[1:], calendar, catalogue)))
    return found
