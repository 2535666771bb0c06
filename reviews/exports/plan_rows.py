"""Reads a plan for an export: every action that the person may see, with all its records.

It takes a constant number of queries, whatever the size of the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor
from reviews.access.shown import note_case
from reviews.access.visibility import visible
from reviews.actions.list_queries import because, rating
from reviews.actions.page_queries import job_title_of, without_scrutiny
from reviews.cases.late import action_lateness
from reviews.cases.list_queries import RunningClock, late_clock
from reviews.cases.responses import in_case_plan
from reviews.core.clock import local_day
from reviews.models import (
    Action,
    ActionAnswer,
    ActionPart,
    Agency,
    Assurance,
    Case,
    Delay,
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
from reviews.models.people import known_as_in
from reviews.transactions.unit_of_work import NotFound
from workflows.core.lateness import Lateness


@dataclass(slots=True)
class ActionRecords:
    """Everything recorded for one action: progress and history newest first, the rest oldest first.

    `agency_parts` are rows with the name of the body.
    """

    progress: list[ProgressUpdate] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    agency_parts: list[tuple[ActionPart, str]] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    delays: list[Delay] = field(default_factory=list)
    requests: list[ExtensionRequest] = field(default_factory=list)
    assurances: list[Assurance] = field(default_factory=list)
    checks: list[ImpactCheck] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Further recommendations, as `R1 of LCSPR-2026-01`."""
    answer_ids: list[int] = field(default_factory=list)

    def published(self) -> "ActionRecords":
        """Give what a scrutiny committee may see: the bodies that have a part, and how far each is."""
        return ActionRecords(agency_parts=self.agency_parts, answers=self.answers, answer_ids=self.answer_ids)


def records_of(session: Session, actor: Actor, action_ids: sa.Select[Any]) -> Mapping[int, ActionRecords]:
    """Read the records of the actions whose ids a query gives; result by action id."""
    found: dict[int, ActionRecords] = {}

    def collect(name: str, rows: Sequence[Any]) -> None:
        for row in rows:
            getattr(found.setdefault(row.action_id, ActionRecords()), name).append(row)

    for name, table, order in _RECORD_TABLES:
        query = sa.select(table).where(table.action_id.in_(action_ids)).order_by(*order)
        collect(name, session.scalars(query).all())
    events = sa.select(Event).where(Event.action_id.in_(action_ids), visible(actor, Event))
    collect("history", session.scalars(events.order_by(Event.happened_on.desc(), Event.id.desc())).all())
    for part, name in session.execute(_agency_parts(action_ids)):
        found.setdefault(part.action_id, ActionRecords()).agency_parts.append((part, name))
    for action_id, key, words in session.execute(_further_recommendations(actor, action_ids)):
        records = found.setdefault(action_id, ActionRecords())
        records.answers.append(words)
        records.answer_ids.append(key)
    return found


_RECORD_TABLES: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("progress", ProgressUpdate, (ProgressUpdate.happened_on.desc(), ProgressUpdate.id.desc())),
    ("evidence", Evidence, (Evidence.id,)),
    ("extensions", Extension, (Extension.id,)),
    ("delays", Delay, (Delay.id,)),
    ("requests", ExtensionRequest, (ExtensionRequest.id,)),
    ("assurances", Assurance, (Assurance.id,)),
    ("checks", ImpactCheck, (ImpactCheck.due_on, ImpactCheck.id)),
)


def _agency_parts(action_ids: sa.Select[Any]) -> sa.Select[ActionPart, str]:
    name = sa.func.coalesce(Agency.name, ActionPart.agency_text)
    return (
        sa.select(ActionPart, name)
        .outerjoin(Agency, Agency.id == ActionPart.agency_id)
        .where(ActionPart.action_id.in_(action_ids))
        .order_by(name, ActionPart.id)
    )


def _further_recommendations(actor: Actor, action_ids: sa.Select[Any]) -> sa.Select[int, int, str]:
    words = Recommendation.reference + sa.literal(" of ") + Case.reference
    return (
        sa.select(ActionAnswer.action_id, Recommendation.id, words)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .join(Case, Case.id == Recommendation.case_id)
        .where(ActionAnswer.action_id.in_(action_ids), visible(actor, Case))
        .order_by(Case.reference, Recommendation.id)
    )


@dataclass(frozen=True, slots=True)
class NamedPerson:
    name: str
    email: str
    job_title: str


@dataclass(frozen=True, slots=True)
class PlanAction:
    """One action. `published_only`: the reader is on a scrutiny committee and sees no owner, and no records but parts.

    `recommendation` and `finding` are None where there is none or the reader may not see it.
    """

    action: Action
    case_reference: str
    rating: str
    because: str
    recommendation: Recommendation | None
    finding: Finding | None
    lead_agency: str
    owner: NamedPerson | None
    deputy: NamedPerson | None
    records: ActionRecords
    published_only: bool
    lateness: Lateness


@dataclass(frozen=True, slots=True)
class ExportedPlan:
    """`title` is "" for a reader who may not see the case. `recommendations` include those without an action.

    `case_id` is None for chosen actions of several plans. `late_clock` is the clock due longest ago where the case is
    late.
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
    late_clock: RunningClock | None = None

    @property
    def today(self) -> date:
        return local_day(self.exported_at)


def find_plan(session: Session, actor: Actor, reference: str, *, partnership: str | None = None) -> tuple[Case, bool]:
    """Find a case that the actor may see, or of which they may see an action; and whether they may see the case.

    Raises NotFound for every other case.
    """
    theirs = sa.select(Action.case_id).where(visible(actor, Action))
    query = (
        sa.select(Case, sa.case((visible(actor, Case), 1), else_=0))
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(Case.reference == reference, sa.or_(visible(actor, Case), Case.id.in_(theirs)))
        .order_by(Case.partnership_id, Case.id)
    )
    if partnership is not None:
        query = query.where(Partnership.code == partnership.upper())
    found = session.execute(query.limit(1)).first()
    if found is None:
        raise NotFound
    note_case(actor, found[0])
    return found[0], bool(found[1])


def exported_plan(session: Session, actor: Actor, case: Case, *, sees_case: bool, now: datetime) -> ExportedPlan:
    """Read the plan of a case: its actions and, if the actor sees the case, those of other cases that answer it too."""
    partnership = session.scalars(sa.select(Partnership).where(Partnership.id == case.partnership_id)).one()
    recommendations = session.scalars(
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
        partnership=partnership.name,
        partnership_code=partnership.code,
        exported_by=actor.name,
        exported_at=now,
        recommendations=recommendations,
        findings={each.id: each for each in found},
        actions=plan_actions(session, actor, case, sees_case=sees_case, today=local_day(now)),
        late_clock=late_clock(session, actor, case, today=local_day(now)) if sees_case else None,
    )


def plan_actions(session: Session, actor: Actor, case: Case, *, sees_case: bool, today: date) -> list[PlanAction]:
    """List the actions in the order of their recommendations; those without one are last."""
    of_plan = in_case_plan(case.id) if sees_case else Action.case_id == case.id
    return actions_where(session, actor, of_plan, today=today)


def actions_where(
    session: Session, actor: Actor, condition: sa.ColumnElement[bool], *, today: date
) -> list[PlanAction]:
    """List the actions that meet a condition and that the actor may see, in the same order."""
    rows = session.execute(_actions(actor, today).where(condition, visible(actor, Action))).all()
    action_ids = sa.select(Action.id).where(condition, visible(actor, Action))
    open_to_all = without_scrutiny(session, actor, action_ids)
    records = records_of(session, actor, action_ids)
    return [_line(row, records.get(row[0].id, ActionRecords()), open_to_all, today) for row in rows]


def _actions(actor: Actor, today: date) -> sa.Select[*tuple[Any, ...]]:
    owner, deputy = aliased(Person), aliased(Person)
    of_action = (Recommendation.id == Action.recommendation_id) & visible(actor, Recommendation)
    return (
        sa.select(
            Action,
            Case.reference,
            rating(today),
            Recommendation,
            Finding,
            Agency.name,
            sa.func.coalesce(known_as_in(Action.partnership_id, owner.id), owner.name),
            owner.email,
            sa.func.coalesce(job_title_of(Action.owner_id), ""),
            sa.func.coalesce(known_as_in(Action.partnership_id, deputy.id), deputy.name),
            deputy.email,
            sa.func.coalesce(job_title_of(Action.deputy_id), ""),
            PlanRules,
        )
        .join(Case, Case.id == Action.case_id)
        .outerjoin(Recommendation, of_action)
        .outerjoin(Finding, Finding.id == Recommendation.finding_id)
        .outerjoin(Agency, Agency.id == Action.lead_agency_id)
        .outerjoin(owner, owner.id == Action.owner_id)
        .outerjoin(deputy, deputy.id == Action.deputy_id)
        .outerjoin(PlanRules, PlanRules.case_id == Action.case_id)
        .order_by(Recommendation.id.asc().nulls_last(), *IN_PLAN)
    )


def _line(row: Any, records: ActionRecords, open_to_all: frozenset[int] | None, today: date) -> PlanAction:
    action, reference, colour, of_action, finding, agency, *people, rules = row
    owner, deputy = (NamedPerson(*each) if each[1] else None for each in (people[:3], people[3:]))
    hidden = open_to_all is not None and action.id not in open_to_all
    why = because(colour, action, rules=rules, today=today)
    return PlanAction(
        action=action,
        case_reference=reference,
        rating=colour,
        because=why,
        recommendation=of_action,
        finding=finding,
        lead_agency=agency or "",
        owner=None if hidden else owner,
        deputy=None if hidden else deputy,
        records=records.published() if hidden else records,
        published_only=hidden,
        lateness=action_lateness(
            action.stage, action.due_on, action.done_on, today, awaiting_status=action.awaiting_status
        ),
    )


CHOSEN = "Chosen actions"


def exported_choice(
    session: Session, actor: Actor, partnership_id: int, addresses: Sequence[str], *, now: datetime
) -> ExportedPlan:
    """Read the actions of one partnership at these addresses, with their recommendations and findings."""
    partnership = session.scalars(sa.select(Partnership).where(Partnership.id == partnership_id)).one()
    chosen = sa.and_(Action.partnership_id == partnership_id, Action.address.in_(addresses))
    lines = actions_where(session, actor, chosen, today=local_day(now))
    cases = {line.action.case_id for line in lines}
    seen = set(session.scalars(sa.select(Case.id).where(Case.id.in_(cases), visible(actor, Case))))
    recommendations = {line.recommendation.id: line.recommendation for line in lines if line.recommendation}
    found = {line.finding.id: line.finding for line in lines if line.finding}
    return ExportedPlan(
        case_id=None,
        partnership_id=partnership_id,
        reference=CHOSEN,
        title="",
        partnership=partnership.name,
        partnership_code=partnership.code,
        exported_by=actor.name,
        exported_at=now,
        recommendations=_in_order(recommendations),
        findings=dict[int, Finding](found),
        actions=[line if line.action.case_id in seen else replace(line, case_reference="") for line in lines],
    )


def _in_order(recommendations: dict[int, Recommendation]) -> list[Recommendation]:
    return [recommendations[key] for key in sorted(recommendations)]
