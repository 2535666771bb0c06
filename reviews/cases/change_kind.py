"""Change the kind of a case that was opened as the wrong one: it goes on as newly opened under the right kind.

What belongs to the case stays: its reference, title, children, agencies, links, recommendations, actions and child
cases. What was recorded at the steps of the earlier kind stays in the history alone.
"""

from collections.abc import Iterator, Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.policies import roles_in
from reviews.cases.history import facts_that_hold
from reviews.cases.holds import blocked_steps
from reviews.cases.list_queries_child_cases import asks_an_agency
from reviews.cases.opening import first_tracks
from reviews.cases.people import end_reviewers
from reviews.cases.steps import judge_opening, write_opening
from reviews.cases.validation import check_fact
from reviews.definitions.installed import definition_of, present_catalogue, present_kind
from reviews.models import Case, CaseHold, EventKind
from reviews.models.event_details import EndedClock, KindChanged
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import Precision
from workflows.core.engine import Refused
from workflows.core.labels import mid_sentence
from workflows.core.questions import Value
from workflows.core.vocabulary import Workflow


def change_kind(
    unit: Unit, case: Case, *, to: str, happened_on: date, answers: Mapping[str, Value | None], reason: str
) -> None:
    """Make a case one of another kind by the opening step of that kind. Raises Refused, NotReady, NotAllowed, NotFound.

    Its clocks start from the opening step; those of the earlier kind end. Lead reviewers, who were named by a step of
    the earlier kind, have the case up to today.
    """
    unit.actor.require(Permission.EDIT_CASE, case.partnership_id, case.realm)
    now = present_kind(unit.session, to, unit.today, case.partnership_id)
    if now is None or now.inside:
        raise NotFound
    was = definition_of(unit.session, case)
    _require_changeable(unit, case, was, now, happened_on)
    why = check_reason(reason)
    opening = judge_opening(
        unit,
        now,
        roles=roles_in(unit.actor, case.partnership_id, now.realm),
        partnership_id=case.partnership_id,
        happened_on=happened_on,
        answers=answers,
    )
    event = unit.record(
        EventKind.KIND_CHANGED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={**_details(case, was, now, why)},
    )
    unit.session.flush()
    _leave(unit, case)
    case.kind_changed_id = event.id
    case.workflow, case.workflow_version = now.name, now.version
    case.opened_on, case.opened_known_to = happened_on, Precision.DAY
    case.closed_on, case.closed_known_to = None, Precision.DAY
    case.tracks.extend(first_tracks(now, happened_on))
    unit.session.flush()
    unit.session.expire(case, ["facts", "clocks"])
    write_opening(unit, case, now, opening)


def kinds_to_change_to(session: Session, actor: Actor, case: Case, *, today: date) -> list[Workflow]:
    """List the other kinds of the realm of a case that take new cases today and that this person may open."""
    roles = roles_in(actor, case.partnership_id, case.realm)
    return [
        kind
        for kind in present_catalogue(session, case.partnership_id).in_force(today)
        if not kind.inside and kind.realm is case.realm and kind.name != case.workflow and kind.takes_new_on(today)
        if kind.opening and (roles is None or roles & kind.opening.by)
    ]


def facts_in_common(session: Session, case: Case, kind: Workflow, *, on: date) -> dict[str, Value]:
    """Give the facts of a case that the opening step of another kind asks for by the same name, where they fit."""
    recorded = {fact.name: fact.value for fact in facts_that_hold(session, case) if fact.value is not None}
    found = {}
    for asked in kind.opening.form_on(on) if kind.opening else ():
        if asked.name in recorded:
            try:
                check_fact(asked, recorded[asked.name])
            except Refused:
                continue  # the same name for something else
            found[asked.name] = recorded[asked.name]
    return found


def _require_changeable(unit: Unit, case: Case, was: Workflow, now: Workflow, happened_on: date) -> None:
    if case.parent_id is not None:
        raise Refused("The kind of a request or parallel process cannot be changed. End it, and open another one.")
    if now.realm is not case.realm:
        raise Refused(
            f"{case.reference} cannot become a case of the kind “{now.title}”: reviews and child death reviews are "
            "kept apart. Open a new case of that kind, and close this one."
        )
    if now.name == was.name:
        raise Refused(f"{case.reference} is of the kind “{now.title}” already.")
    if not (now.takes_new_on(unit.today) and now.takes_new_on(happened_on)):
        raise Refused(f"{now.title}: you cannot open a new one. Choose another kind.")
    if obstacles := list(_obstacles(unit, case, was, now)):
        raise Refused(f"{case.reference} cannot become a case of the kind “{now.title}” yet.", obstacles)


def _obstacles(unit: Unit, case: Case, was: Workflow, now: Workflow) -> Iterator[str]:
    """Say which open child cases the other kind does not know, and which of its steps it does not have wait for one."""
    opened_by_steps = {step.opens for step in now.steps}
    running = sa.select(Case).where(Case.parent_id == case.id, Case.closed_on.is_(None)).order_by(Case.id)
    for child_case in unit.session.scalars(running):
        kind = definition_of(unit.session, child_case)
        if asks_an_agency(kind) and kind.name not in opened_by_steps:
            yield f"{child_case.reference} ({mid_sentence(kind.title)}) is open, which that kind does not have: end it"
    for name, processes in blocked_steps(unit.session, unit.actor, case).items():
        if now.step(name) is None:
            step = was.step(name)
            title, waits_for = step.title if step else name, " and ".join(processes)
            yield f"“{title}” waits for {waits_for}, and that kind has no such step: change what waits for it"


def _details(case: Case, was: Workflow, now: Workflow, reason: str) -> KindChanged:
    return {
        "from": was.name,
        "from_title": was.title,
        "from_version": was.version,
        "to": now.name,
        "to_title": now.title,
        "to_version": now.version,
        "reason": reason,
        "clocks": _ended_clocks(case, was),
    }


def _ended_clocks(case: Case, was: Workflow) -> list[EndedClock]:
    return [
        {"clock": clock.name, "title": was.deadline(clock.name).title, "due": clock.due_on.isoformat()}
        for clock in case.clocks
        if clock.is_running
    ]


def _leave(unit: Unit, case: Case) -> None:
    """End what belongs to the present kind: clocks, which stay as people were reminded of them, tracks and holds."""
    for clock in case.clocks:
        clock.earlier_workflow, clock.earlier_version = case.workflow, case.workflow_version
        if clock.is_running:
            clock.dropped_on = unit.today
    for track in list(case.tracks):
        unit.session.delete(track)
    end_reviewers(unit, case, on=unit.today)
    unit.session.flush()
    unit.session.execute(
        sa.delete(CaseHold).where(CaseHold.case_id == case.id), execution_options={"synchronize_session": False}
    )
    unit.session.expire(case, ["tracks"])
