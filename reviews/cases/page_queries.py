"""What does this person see of one case?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import roles_on_case
from reviews.access.visibility import visible
from reviews.cases.clock_lines import CLOCK_COLUMNS, RunningClock
from reviews.cases.facts import facts_of
from reviews.definitions.calendars import present_calendar
from reviews.definitions.catalogue import definition_of, present_catalogue
from reviews.models import Agency, Case, CaseAgency, CaseClock, CaseLink, Child, LocalRule, Partnership, Recommendation
from reviews.transactions.unit_of_work import NotFound
from workflows.core.engine import Refused, WrongRole, WrongStage, why_not
from workflows.core.vocabulary import Step, Track, Workflow


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """A step of a track as it stands for this person: open where `refusal` is None."""

    track: Track
    step: Step
    refusal: Refused | None

    @property
    def is_open(self) -> bool:
        return self.refusal is None

    @property
    def is_next(self) -> bool:
        """Whether it leads on from the present stage and is theirs, open or held back by a guard."""
        return not isinstance(self.refusal, WrongStage | WrongRole)


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """Another case and the kind of the link: this one leads on to it, or it led here.

    Where it is not theirs to see, only that it exists.
    """

    kind: str
    led_to: bool
    reference: str | None
    workflow: str | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    case: Case
    partnership: Partnership
    workflow: Workflow
    clocks: Sequence[RunningClock]
    children: Sequence[str]
    agencies: Sequence[str]
    links: Sequence[LinkedCase]
    recommendations: Sequence[Recommendation]
    steps: Sequence[StepAnswer]

    def stage(self, track: str) -> str:
        return next(row.stage for row in self.case.tracks if row.name == track)


def case_file(
    session: Session, actor: Actor, reference: str, *, today: date, partnership: str | None = None
) -> CaseFile:
    """Gather one case; raises NotFound for an unknown reference and for one that is not theirs to see."""
    case, place = find_case(session, actor, reference, partnership=partnership)
    workflow = definition_of(session, case)
    return CaseFile(
        case=case,
        partnership=place,
        workflow=workflow,
        clocks=clocks_of(session, case),
        children=[child.pseudonym for child in children_seen(session, actor, case)],
        agencies=_agencies(session, case),
        links=_links(session, actor, case),
        recommendations=session.scalars(
            sa.select(Recommendation).where(Recommendation.case_id == case.id).order_by(Recommendation.id)
        ).all(),
        steps=step_answers(session, actor, case, workflow, today=today),
    )


def find_case(
    session: Session, actor: Actor, reference: str, *, partnership: str | None = None
) -> tuple[Case, Partnership]:
    """Find one case and nothing around it; raises NotFound as `case_file` does."""
    query = (
        sa.select(Case, Partnership)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(Case.reference == reference, visible(actor, Case))
        .order_by(Case.partnership_id)
    )
    if partnership is not None:
        query = query.where(Partnership.code == partnership.upper())
    found = session.execute(query.limit(1)).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def one_recommendation(session: Session, actor: Actor, case: Case, reference: str) -> Recommendation:
    """Find a recommendation of a case by its reference, such as R2; raises NotFound."""
    found = session.scalars(
        sa.select(Recommendation).where(
            Recommendation.case_id == case.id, Recommendation.reference == reference, visible(actor, Recommendation)
        )
    ).first()
    if found is None:
        raise NotFound
    return found


def children_seen(session: Session, actor: Actor, case: Case) -> Sequence[Child]:
    """List the children of a case for those who may know their pseudonyms."""
    return session.scalars(
        sa.select(Child).where(Child.case_id == case.id, visible(actor, Child)).order_by(Child.id)
    ).all()


def clocks_of(session: Session, case: Case) -> list[RunningClock]:
    """List the clocks of a case that may be seen, running or ended, the nearest first."""
    rows: Sequence[Any] = session.execute(
        sa.select(*CLOCK_COLUMNS)
        .select_from(CaseClock)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(CaseClock.case_id == case.id)
        .order_by(CaseClock.due_on, CaseClock.id)
    ).all()
    calendar, catalogue = present_calendar(session), present_catalogue(session)
    return [RunningClock(*(*row, calendar, catalogue)) for row in rows]


def step_answers(
    session: Session, actor: Actor, case: Case, workflow: Workflow, *, today: date
) -> Sequence[StepAnswer]:
    """Say of each step but the opening one whether this person may record it today, and if not, why not."""
    facts = facts_of(session, case, workflow, on=today)
    roles = roles_on_case(actor, case)
    stages = {row.name: row.stage for row in case.tracks}
    return [
        StepAnswer(track, step, why_not(track, step, stage=stages[track.name], facts=facts, roles=roles))
        for track in workflow.tracks
        for step in track.steps
        if step is not workflow.opening
    ]


def _agencies(session: Session, case: Case) -> Sequence[str]:
    return session.scalars(
        sa.select(Agency.name)
        .join(CaseAgency, CaseAgency.agency_id == Agency.id)
        .where(CaseAgency.case_id == case.id)
        .order_by(Agency.name)
    ).all()


def _links(session: Session, actor: Actor, case: Case) -> list[LinkedCase]:
    other = sa.case((CaseLink.from_case_id == case.id, CaseLink.to_case_id), else_=CaseLink.from_case_id)
    rows = session.execute(
        sa.select(CaseLink.kind, CaseLink.from_case_id == case.id, Case.reference, Case.workflow)
        .select_from(CaseLink)
        .outerjoin(Case, (Case.id == other) & visible(actor, Case))
        .where((CaseLink.from_case_id == case.id) | (CaseLink.to_case_id == case.id))
        .order_by(CaseLink.linked_at, CaseLink.from_case_id, CaseLink.to_case_id)
    )
    return [LinkedCase(kind, bool(led_to), reference, workflow) for kind, led_to, reference, workflow in rows]
