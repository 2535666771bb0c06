"""What stands in a plan, as far as this person may see it: every action with everything that is kept of it?

A constant number of queries, whatever the size of the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.list_queries import because, rating
from reviews.actions.page_queries import job_title_of, without_scrutiny
from reviews.cases.responses import answering
from reviews.core.clock import local_day
from reviews.models import (
    Action,
    ActionAnswer,
    ActionPart,
    Agency,
    Assurance,
    Case,
    Event,
    Evidence,
    Extension,
    ExtensionRequest,
    Finding,
    ImpactCheck,
    Partnership,
    Person,
    PlanRules,
    ProgressUpdate,
    Recommendation,
)
from reviews.models.actions import IN_PLAN
from reviews.transactions.unit_of_work import NotFound


@dataclass(slots=True)
class Parts:
    """Progress and history newest first, everything else oldest first. `strands` are rows with the body's name."""

    progress: list[ProgressUpdate] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    strands: list[tuple[ActionPart, str]] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    requests: list[ExtensionRequest] = field(default_factory=list)
    assurances: list[Assurance] = field(default_factory=list)
    checks: list[ImpactCheck] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """The further recommendations, as `R1 of LCSPR-2026-01`."""
    answer_ids: list[int] = field(default_factory=list)

    def published(self) -> "Parts":
        """Give what a scrutiny committee reads: which bodies share it, and how far each is."""
        return Parts(strands=self.strands, answers=self.answers, answer_ids=self.answer_ids)


def parts_of(session: Session, actor: Actor, wanted: sa.Select[Any]) -> Mapping[int, Parts]:
    """Collect the parts of the actions that a query gives the numbers of."""
    found: dict[int, Parts] = {}

    def collect(name: str, rows: Sequence[Any]) -> None:
        for row in rows:
            getattr(found.setdefault(row.action_id, Parts()), name).append(row)

    for name, table, order in _KEPT:
        kept = sa.select(table).where(table.action_id.in_(wanted)).order_by(*order)
        collect(name, session.scalars(kept).all())
    events = sa.select(Event).where(Event.action_id.in_(wanted), visible(actor, Event))
    collect("history", session.scalars(events.order_by(Event.happened_on.desc(), Event.id.desc())).all())
    for strand, name in session.execute(_strands(wanted)):
        found.setdefault(strand.action_id, Parts()).strands.append((strand, name))
    for action_id, key, words in session.execute(_answers(actor, wanted)):
        parts = found.setdefault(action_id, Parts())
        parts.answers.append(words)
        parts.answer_ids.append(key)
    return found


_KEPT: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("progress", ProgressUpdate, (ProgressUpdate.happened_on.desc(), ProgressUpdate.id.desc())),
    ("evidence", Evidence, (Evidence.id,)),
    ("extensions", Extension, (Extension.id,)),
    ("requests", ExtensionRequest, (ExtensionRequest.id,)),
    ("assurances", Assurance, (Assurance.id,)),
    ("checks", ImpactCheck, (ImpactCheck.due_on, ImpactCheck.id)),
)


def _strands(wanted: sa.Select[Any]) -> sa.Select[ActionPart, str]:
    name = sa.func.coalesce(Agency.name, ActionPart.agency_text)
    return (
        sa.select(ActionPart, name)
        .outerjoin(Agency, Agency.id == ActionPart.agency_id)
        .where(ActionPart.action_id.in_(wanted))
        .order_by(name, ActionPart.id)
    )


def _answers(actor: Actor, wanted: sa.Select[Any]) -> sa.Select[int, int, str]:
    words = Recommendation.reference + sa.literal(" of ") + Case.reference
    return (
        sa.select(ActionAnswer.action_id, Recommendation.id, words)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .join(Case, Case.id == Recommendation.case_id)
        .where(ActionAnswer.action_id.in_(wanted), visible(actor, Case))
        .order_by(Case.reference, Recommendation.id)
    )


@dataclass(frozen=True, slots=True)
class Somebody:
    name: str
    email: str
    job_title: str


@dataclass(frozen=True, slots=True)
class PlanAction:
    """One action. Where `published_only`, the reader sits on a scrutiny committee: no owner and no `parts` but shares.

    `recommendation` and `finding` are None where there is none and where they are not theirs to see.
    """

    action: Action
    case_reference: str
    rating: str
    because: str
    recommendation: Recommendation | None
    finding: Finding | None
    lead_agency: str
    owner: Somebody | None
    deputy: Somebody | None
    parts: Parts
    published_only: bool


@dataclass(frozen=True, slots=True)
class ExportedPlan:
    """`title` is "" for whoever sees actions of the plan and not its case; `recommendations` also those unanswered.

    `case_id` is None for a choice of actions out of several plans.
    """

    case_id: int | None
    partnership_id: int
    reference: str
    title: str
    partnership: str
    partnership_code: str
    exported_by: str
    exported_at: datetime
    recommendations: Sequence[Recommendation]
    findings: Mapping[int, Finding]
    actions: Sequence[PlanAction]

    @property
    def today(self) -> date:
        return local_day(self.exported_at)


def find_plan(session: Session, actor: Actor, reference: str, *, partnership: str | None = None) -> tuple[Case, bool]:
    """Find a case of which the actor sees the whole, or an action; and say whether they see the case itself.

    Raises NotFound for every other one.
    """
    theirs = sa.select(Action.case_id).where(visible(actor, Action))
    query = (
        sa.select(Case, sa.case((visible(actor, Case), 1), else_=0))
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(Case.reference == reference, sa.or_(visible(actor, Case), Case.id.in_(theirs)))
        .order_by(Case.partnership_id)
    )
    if partnership is not None:
        query = query.where(Partnership.code == partnership.upper())
    found = session.execute(query.limit(1)).first()
    if found is None:
        raise NotFound
    return found[0], bool(found[1])


def exported_plan(session: Session, actor: Actor, case: Case, *, sees_case: bool, now: datetime) -> ExportedPlan:
    """Gather the plan of a case: its own actions, and for who sees the case those of others that answer it too."""
    place = session.scalars(sa.select(Partnership).where(Partnership.id == case.partnership_id)).one()
    asked = session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.case_id == case.id, visible(actor, Recommendation))
        .order_by(Recommendation.id)
    ).all()
    found = session.scalars(sa.select(Finding).where(Finding.case_id == case.id, visible(actor, Finding)))
    return ExportedPlan(
        case_id=case.id,
        partnership_id=case.partnership_id,
        reference=case.reference,
        title=case.title if sees_case else "",
        partnership=place.name,
        partnership_code=place.code,
        exported_by=actor.name,
        exported_at=now,
        recommendations=asked,
        findings={each.id: each for each in found},
        actions=plan_actions(session, actor, case, sees_case=sees_case, today=local_day(now)),
    )


def plan_actions(session: Session, actor: Actor, case: Case, *, sees_case: bool, today: date) -> list[PlanAction]:
    """List the actions in the order of their recommendations, those without one last."""
    of_plan = answering(case.id) if sees_case else Action.case_id == case.id
    return actions_where(session, actor, of_plan, today=today)


def actions_where(
    session: Session, actor: Actor, condition: sa.ColumnElement[bool], *, today: date
) -> list[PlanAction]:
    """List the actions that meet a condition and that the actor may see, in the same order."""
    rows = session.execute(_actions(actor, today).where(condition, visible(actor, Action))).all()
    wanted = sa.select(Action.id).where(condition, visible(actor, Action))
    open_to_all = without_scrutiny(session, actor, wanted)
    parts = parts_of(session, actor, wanted)
    return [_line(row, parts.get(row[0].id, Parts()), open_to_all, today) for row in rows]


def _actions(actor: Actor, today: date) -> sa.Select[*tuple[Any, ...]]:
    owner, deputy = aliased(Person), aliased(Person)
    said = (Recommendation.id == Action.recommendation_id) & visible(actor, Recommendation)
    return (
        sa.select(
            Action,
            Case.reference,
            rating(today),
            Recommendation,
            Finding,
            Agency.name,
            owner,
            job_title_of(Action.owner_id),
            deputy,
            job_title_of(Action.deputy_id),
            PlanRules,
        )
        .join(Case, Case.id == Action.case_id)
        .outerjoin(Recommendation, said)
        .outerjoin(Finding, Finding.id == Recommendation.finding_id)
        .outerjoin(Agency, Agency.id == Action.lead_agency_id)
        .outerjoin(owner, owner.id == Action.owner_id)
        .outerjoin(deputy, deputy.id == Action.deputy_id)
        .outerjoin(PlanRules, PlanRules.case_id == Action.case_id)
        .order_by(Recommendation.id.asc().nulls_last(), *IN_PLAN)
    )


def _line(row: Any, parts: Parts, open_to_all: frozenset[int] | None, today: date) -> PlanAction:
    action, reference, colour, said, finding, agency, owner, owner_title, deputy, deputy_title, rules = row
    hidden = open_to_all is not None and action.id not in open_to_all
    why = because(colour, action, rules=rules, today=today)
    return PlanAction(
        action=action,
        case_reference=reference,
        rating=colour,
        because=why,
        recommendation=said,
        finding=finding,
        lead_agency=agency or "",
        owner=None if hidden or owner is None else Somebody(owner.name, owner.email, owner_title or ""),
        deputy=None if hidden or deputy is None else Somebody(deputy.name, deputy.email, deputy_title or ""),
        parts=parts.published() if hidden else parts,
        published_only=hidden,
    )


CHOSEN = "Chosen actions"


def exported_choice(
    session: Session, actor: Actor, partnership_id: int, addresses: Sequence[str], *, now: datetime
) -> ExportedPlan:
    """Gather the actions of one partnership at these addresses, with their recommendations and findings."""
    place = session.scalars(sa.select(Partnership).where(Partnership.id == partnership_id)).one()
    chosen = sa.and_(Action.partnership_id == partnership_id, Action.address.in_(addresses))
    lines = actions_where(session, actor, chosen, today=local_day(now))
    cases = {line.action.case_id for line in lines}
    seen = set(session.scalars(sa.select(Case.id).where(Case.id.in_(cases), visible(actor, Case))))
    asked = {line.recommendation.id: line.recommendation for line in lines if line.recommendation}
    found = {line.finding.id: line.finding for line in lines if line.finding}
    return ExportedPlan(
        case_id=None,
        partnership_id=partnership_id,
        reference=CHOSEN,
        title="",
        partnership=place.name,
        partnership_code=place.code,
        exported_by=actor.name,
        exported_at=now,
        recommendations=_in_order(asked),
        findings=dict[int, Finding](found),
        actions=[line if line.action.case_id in seen else replace(line, case_reference="") for line in lines],
    )


def _in_order(asked: dict[int, Recommendation]) -> list[Recommendation]:
    return [asked[key] for key in sorted(asked)]
