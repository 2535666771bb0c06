"""The facts by which a step of a case is judged: recorded, answered now, and computed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible, visible_with
from reviews.cases.history import CaseHistory, facts_that_hold, read_history
from reviews.cases.holds import blocked_steps
from reviews.cases.partner_statements import partner_facts
from reviews.cases.responses import in_case_plan
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import Action, Agency, Case, CaseAgency, Event, EventKind, Recommendation
from workflows.core.days import Precision
from workflows.core.questions import Facts, Value, editions_of
from workflows.core.vocabulary import Step, Workflow
from workflows.definitions.action import OUTSTANDING

ASKED = "agencies_asked"
RETURNS = ("return_from", "report_from")
ANOTHER_AGENCY = "another agency"
OTHER_ACTIONS = "other actions of the plan, which you cannot see"
SIGNED_OFF = "recommendation_signed_off"


def facts_of(
    session: Session,
    actor: Actor,
    case: Case,
    workflow: Workflow,
    *,
    on: date,
    answers: Mapping[str, Value] | None = None,
    step: Step | None = None,
    history: CaseHistory | None = None,
) -> Facts:
    """Gather the recorded facts (the latest of each name), those given now, the computed ones, stages and days.

    What is computed names only what the actor may see, and the rest in general. With a step, only what its guards look
    at: most read no more than is given, and the history need not be read. A `history` that was read already is not read
    again.
    """
    known, guards = (
        _computed(session, actor, case, workflow, step, on) | dict(answers or {}),
        step.only_if if step else (),
    )
    facts = Facts(
        known=known,
        stages={track.name: track.stage for track in case.tracks},
        on=on,
        blocked=blocked_steps(session, actor, case),
        held_at={track.name: track.held_at for track in case.tracks if track.held_at is not None},
    )
    by_days = step is None or any(guard.looks_at_days for guard in guards)
    if step is not None and step.reopens:
        track = workflow.track_of(step)
        stage = read_history(session, case).ended_from(workflow, track)
        facts = replace(facts, held_at={**facts.held_at, track.name: stage} if stage else facts.held_at)
    if not by_days and not facts.held_at and all(guard.reads <= known.keys() for guard in guards):
        return facts  # a hold is judged by its recorded days, so it needs the history
    record = history or read_history(session, case)
    recorded = {fact.name: fact.value for fact in record.facts(case) if fact.value is not None}
    facts = replace(facts, known=recorded | known)
    return replace(facts, happened=record.happened(), calendar=present_calendar(session)) if by_days else facts


def _computed(
    session: Session, actor: Actor, case: Case, workflow: Workflow, step: Step | None, on: date
) -> dict[str, Value]:
    """Compute the facts that no form asks for; their names are those of `workflows.core.guard_registry.COMPUTED`."""
    steps = workflow.steps if step is None else (step,)
    read = {name for each in steps for guard in each.only_if for name in guard.reads}
    found = {name: work_out(session, actor, case) for name, work_out in _COMPUTE.items() if name in read}
    return found | partner_facts(session, case, workflow, on=on, names=read)


def _returns_outstanding(session: Session, actor: Actor, case: Case) -> tuple[str, ...]:
    """Name the agencies asked whose return has not arrived: each is asked by a child case.

    Of those that are not the actor's to see, all together are called another agency.

    In older and imported cases, each return is a fact.
    """
    requests: Sequence[tuple[str, date | None]] = [
        (row.name if row.seen else ANOTHER_AGENCY, row.closed_on)
        for row in session.execute(
            sa.select(Agency.name, Case.closed_on, visible_with(actor, Case).label("seen"))
            .join(CaseAgency, CaseAgency.agency_id == Agency.id)
            .join(Case, Case.id == CaseAgency.case_id)
            .where(Case.parent_id == case.id)
            .order_by(Agency.name, Case.id)
        )
    ]
    if requests:
        return tuple(dict.fromkeys(name for name, closed_on in requests if closed_on is None))
    arrived = {agency for name in RETURNS for agency in _every(session, case, name)}
    return tuple(agency for agency in dict.fromkeys(_every(session, case, ASKED)) if agency not in arrived)


def _every(session: Session, case: Case, name: str) -> list[str]:
    if all(fact.name != name for fact in case.facts):
        return []
    facts = facts_that_hold(session, case)
    return [agency for fact in facts if fact.name == name for agency in (fact.words or "").splitlines()]


def _without_response(session: Session, _actor: Actor, case: Case) -> tuple[str, ...]:
    query = sa.select(Recommendation.reference).where(Recommendation.case_id == case.id, Recommendation.response == "")
    return tuple(session.scalars(query.order_by(Recommendation.id)))


def _not_signed_off(session: Session, _actor: Actor, case: Case) -> tuple[str, ...]:
    signed_off = set(_every(session, case, SIGNED_OFF))
    query = sa.select(Recommendation.reference).where(Recommendation.case_id == case.id).order_by(Recommendation.id)
    return tuple(name for name in session.scalars(query) if name not in signed_off)


def _open_actions(session: Session, actor: Actor, case: Case) -> tuple[str, ...]:
    """Name the open actions that the actor may see, and in the same words any number of others."""
    rows = session.execute(
        sa.select(Action.reference, visible(actor, Action).label("seen"))
        .where(in_case_plan(case.id), Action.ended_on.is_(None), Action.stage.in_(sorted(OUTSTANDING)))
        .order_by(Action.reference)
    ).all()
    others = () if all(row.seen for row in rows) else (OTHER_ACTIONS,)
    return (*(row.reference for row in rows if row.seen), *others)


def _plan_actions(session: Session, _actor: Actor, case: Case) -> int:
    return session.scalar(sa.select(sa.func.count()).where(in_case_plan(case.id))) or 0


_COMPUTE: Mapping[str, Callable[[Session, Actor, Case], Value]] = {
    "returns_outstanding": _returns_outstanding,
    "recommendations_without_response": _without_response,
    "recommendations_not_signed_off": _not_signed_off,
    "open_actions": _open_actions,
    "plan_actions": _plan_actions,
}


_KNOWN = Event.known_to == Precision.DAY


def form_day(session: Session, case: Case, step: Step, happened_on: date) -> date:
    """Give the day by which the edition of a form is chosen: a case keeps the edition it was first filled in under.

    That is the day this step first happened in the case, or `happened_on` where it is recorded for the first time.
    """
    if not editions_of(step.questions):
        return happened_on
    first = (
        sa.select(Event.happened_on)
        .where(Event.case_id == case.id, Event.id > (case.kind_changed_id or 0))
        .where(Event.kind == EventKind.STEP_TAKEN, Event.step == step.name, _KNOWN)
        .order_by(Event.id)
        .limit(1)
    )
    return session.scalar(first) or happened_on
