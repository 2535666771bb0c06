"""What lives inside a case: who was asked and is missing, and what runs beside it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.cases.blocking import kind_in_words
from reviews.cases.history import facts_held
from reviews.definitions.calendars import present_calendar
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Agency, Case, CaseAgency, CaseClock, CaseFact, CaseTrack, Event, EventKind
from workflows.core.bank_holidays import Calendar
from workflows.core.facts import Value
from workflows.core.vocabulary import BLOCKS

CHASE = "chase"


@dataclass(frozen=True, slots=True)
class SmallCase:
    """A case inside another as it stands: its facts are the latest of each name, its clock the latest of its days."""

    reference: str
    title: str
    workflow: str
    agency: str | None
    stage: str
    opened_on: date
    closed_on: date | None
    kind: str
    due_on: date | None
    days_late: int
    chased: tuple[date, ...] = ()
    facts: Mapping[str, Value] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        return self.closed_on is None

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the steps that wait for it."""
        value = self.facts.get(BLOCKS, ())
        return value if self.is_running and isinstance(value, tuple) else ()


def inside(session: Session, actor: Actor, case: Case, *, today: date) -> list[SmallCase]:
    """List what is inside a case and may be seen: what still runs first, the earliest day first."""
    rows = session.execute(
        sa.select(Case, CaseTrack.stage, Agency.name)
        .join(CaseTrack, CaseTrack.case_id == Case.id)
        .outerjoin(CaseAgency, CaseAgency.case_id == Case.id)
        .outerjoin(Agency, Agency.id == CaseAgency.agency_id)
        .where(Case.parent_id == case.id, visible(actor, Case))
        .order_by(Case.id)
    ).all()
    ids = [small.id for small, _, _ in rows]
    if not ids:
        return []
    clocks, facts, chased = _clocks(session, ids), _facts(session, ids), _chased(session, ids)
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    found = [
        SmallCase(
            reference=small.reference,
            title=small.title,
            workflow=small.workflow,
            agency=agency,
            stage=stage,
            opened_on=small.opened_on,
            closed_on=small.closed_on,
            kind=kind_in_words(catalogue, small.workflow, facts.get(small.id, {})),
            due_on=clock.due_on if (clock := clocks.get(small.id)) else None,
            days_late=_days_late(clock, today, calendar) if clock else 0,
            chased=tuple(chased.get(small.id, ())),
            facts=facts.get(small.id, {}),
        )
        for small, stage, agency in rows
    ]
    return sorted(found, key=lambda one: (not one.is_running, one.due_on or date.max, one.agency or "", one.title))


def around(session: Session, case: Case) -> str:
    """Give the reference of the case around a small one, and nothing else of it: not everybody may see more."""
    return session.scalar(sa.select(Case.reference).where(Case.id == case.parent_id)) or ""


def parent_of(session: Session, actor: Actor, case: Case) -> Case | None:
    """Give the case around a small one to whoever may see it."""
    return session.scalars(sa.select(Case).where(Case.id == case.parent_id, visible(actor, Case))).first()


def _clocks(session: Session, ids: Sequence[int]) -> dict[int, CaseClock]:
    query = sa.select(CaseClock).where(CaseClock.case_id.in_(ids)).order_by(CaseClock.counted_from_on, CaseClock.id)
    return {clock.case_id: clock for clock in session.scalars(query) if clock.dropped_on is None}


def _facts(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Value]]:
    found: dict[int, dict[str, Value]] = {}
    for fact in session.scalars(facts_held(sa.select(CaseFact).where(CaseFact.case_id.in_(ids)))):
        if fact.value is not None:
            found.setdefault(fact.case_id, {})[fact.name] = fact.value
    return found


def _chased(session: Session, ids: Sequence[int]) -> dict[int, list[date]]:
    rows = session.execute(
        sa.select(Event.case_id, Event.happened_on)
        .where(Event.case_id.in_(ids), Event.kind == EventKind.STEP_TAKEN, Event.step == CHASE)
        .order_by(Event.happened_on, Event.id)
    )
    found: dict[int, list[date]] = {}
    for case_id, on in rows:
        if case_id is not None:
            found.setdefault(case_id, []).append(on)
    return found


def _days_late(clock: CaseClock, today: date, calendar: Calendar) -> int:
    return calendar.working_days_between(clock.due_on, clock.met_on or today)
