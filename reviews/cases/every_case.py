"""Every case of a partnership with all that is recorded of it, read a few hundred at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.cases.history import CaseHistory, read_histories_of
from reviews.cases.list_queries import NO_CLOCKS, RunningClock, first_clocks
from reviews.cases.page_queries import HoldLine, LinkedCase, clocks_of_cases, hold_lines
from reviews.definitions.installed import definition_of
from reviews.models import Agency, Case, CaseAgency, CaseHold, CaseLink, Child, Partnership
from workflows.core.questions import Value
from workflows.core.vocabulary import Workflow

TOGETHER = 200


@dataclass(frozen=True, slots=True)
class CaseInFull:
    """A case as the page of it has it. `values` are the facts of each step, by the number of the step's event."""

    case: Case
    workflow: Workflow
    parent: str
    history: CaseHistory
    values: Mapping[int, Mapping[str, Value]]
    clocks: Sequence[RunningClock]
    late: RunningClock | None
    holds: Sequence[HoldLine]
    children: Sequence[str]
    agencies: Sequence[str]
    links: Sequence[LinkedCase]


def every_case(
    session: Session, actor: Actor, partnership: Partnership, *, today: date, workflow: str = ""
) -> Iterator[CaseInFull]:
    """Give the cases of a partnership that the actor may see, in the order of their references.

    Those inside another case, such as requests, only where their kind is asked for.
    """
    narrowed = Case.workflow == workflow if workflow else Case.parent_id.is_(None)
    ids = session.scalars(
        sa.select(Case.id)
        .where(Case.partnership_id == partnership.id, narrowed, visible(actor, Case))
        .order_by(Case.reference, Case.id)
    ).all()
    for start in range(0, len(ids), TOGETHER):
        yield from _together(session, actor, ids[start : start + TOGETHER], today=today)


def _together(session: Session, actor: Actor, ids: Sequence[int], *, today: date) -> Iterator[CaseInFull]:
    parent = aliased(Case)
    rows = session.execute(
        sa.select(Case, parent.reference)
        .outerjoin(parent, parent.id == Case.parent_id)
        .where(Case.id.in_(ids), visible(actor, Case))
        .options(selectinload(Case.tracks), selectinload(Case.facts))
        .order_by(Case.reference, Case.id)
    ).all()
    histories, clocks = read_histories_of(session, ids), clocks_of_cases(session, ids)
    late = first_clocks(session, actor, ids, today=today, most=1)
    children = _names(
        session.execute(
            sa.select(Child.case_id, Child.pseudonym)
            .where(Child.case_id.in_(ids), visible(actor, Child))
            .order_by(Child.id)
        )
    )
    agencies = _names(
        session.execute(
            sa.select(CaseAgency.case_id, Agency.name)
            .join(Agency, Agency.id == CaseAgency.agency_id)
            .where(CaseAgency.case_id.in_(ids))
            .order_by(Agency.name)
        )
    )
    running = sa.select(CaseHold).where(CaseHold.case_id.in_(ids), CaseHold.lifted_on.is_(None)).order_by(CaseHold.id)
    holds: dict[int, list[CaseHold]] = {}
    for hold in session.scalars(running):
        holds.setdefault(hold.case_id, []).append(hold)
    links = _links(session, actor, ids)
    for case, parent_reference in rows:
        workflow, history = definition_of(session, case), histories[case.id]
        first = late.get(case.id, NO_CLOCKS).shown
        yield CaseInFull(
            case=case,
            workflow=workflow,
            parent=parent_reference or "",
            history=history,
            values=history.values(case),
            clocks=clocks.get(case.id, ()),
            late=next((clock for clock in first if clock.is_late(today)), None),
            holds=hold_lines(case, workflow, history, holds.get(case.id, ())),
            children=children.get(case.id, ()),
            agencies=agencies.get(case.id, ()),
            links=links.get(case.id, ()),
        )
    session.expunge_all()  # a list of thousands of cases does not stay in memory


def _names(rows: Iterable[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for case_id, name in rows:
        found.setdefault(case_id, []).append(name)
    return found


def _links(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, list[LinkedCase]]:
    """Give the links of these cases from both of their ends. Of a case that may not be seen, only that it is linked."""
    found: dict[int, list[LinkedCase]] = {}
    for own, other, led_to in (
        (CaseLink.from_case_id, CaseLink.to_case_id, True),
        (CaseLink.to_case_id, CaseLink.from_case_id, False),
    ):
        rows = session.execute(
            sa.select(own, CaseLink.kind, Case.reference, Case.workflow)
            .select_from(CaseLink)
            .outerjoin(Case, (Case.id == other) & visible(actor, Case))
            .where(own.in_(ids))
            .order_by(CaseLink.linked_at, CaseLink.from_case_id, CaseLink.to_case_id)
        )
        for case_id, kind, reference, workflow in rows:
            found.setdefault(case_id, []).append(LinkedCase(kind, led_to, reference, workflow))
    return found
