"""How is a case opened, and how does it move?"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.case_facts import ASKED, facts_of
from reviews.commands.clocks import turn_clocks
from reviews.commands.given import check_day, check_given, check_pseudonym
from reviews.commands.numbers import reference_for
from reviews.models import Agency, Case, CaseAgency, CaseFact, CaseLink, CaseTrack, Child, EventKind, Partnership
from reviews.permissions import Permission
from reviews.roles import roles_in, roles_on_case
from reviews.unit import NotFound, Unit
from workflows.definitions import CASE_WORKFLOWS
from workflows.engine import Refused, take_step
from workflows.vocabulary import UNOPENED, Facts, Role, Step, Value, Workflow


def open_case(
    unit: Unit,
    *,
    workflow: str,
    partnership: Partnership,
    happened_on: date,
    given: Mapping[str, Value | None],
    title: str = "",
    reference: str = "",
    pseudonyms: Iterable[str] = (),
    agency_ids: Iterable[int] = (),
) -> Case:
    """Open a case by the opening step of its workflow. Raises NotAllowed, Refused, or NotReady."""
    unit.actor.require(Permission.OPEN_CASE, partnership.id)
    definition = CASE_WORKFLOWS[workflow]
    return _open(
        unit,
        definition,
        roles=roles_in(unit.actor, partnership.id, definition.realm),
        partnership=partnership,
        happened_on=happened_on,
        given=given,
        title=title,
        reference=reference,
        pseudonyms=pseudonyms,
        agency_ids=agency_ids,
    )


def take_case_step(
    unit: Unit,
    case: Case,
    step_name: str,
    *,
    happened_on: date,
    given: Mapping[str, Value | None],
    late_reason: str = "",
) -> Case | None:
    """Record a step that happened, and give the case it opened if it opens one. Raises Refused with what is missing."""
    workflow = CASE_WORKFLOWS[case.workflow]
    step = workflow.step(step_name)
    if step is None or step is workflow.opening:
        raise NotFound
    track = next(track for track in case.tracks if track.name == workflow.track_of(step).name)
    check_day(happened_on, unit.today, not_before=track.since_on)
    filled = check_given(step, given)
    facts = facts_of(unit.session, case, workflow, given=filled, on=happened_on)
    stage = take_step(
        workflow.track_of(step), step, stage=track.stage, facts=facts, roles=roles_on_case(unit.actor, case)
    )
    flag_modified(case, "closed_on")  # the version counts every step, also one that changes other tables only
    _record(unit, case, workflow, step, track=track, to=stage, on=happened_on, given=filled)
    turn_clocks(case, workflow, step, on=happened_on, given=filled, late_reason=late_reason)
    _finish(case, workflow, track, on=happened_on)
    return _open_next(unit, case, step, on=happened_on, given=filled) if step.opens else None


def _open(
    unit: Unit,
    workflow: Workflow,
    *,
    roles: frozenset[Role] | None,
    partnership: Partnership,
    happened_on: date,
    given: Mapping[str, Value | None],
    title: str,
    reference: str,
    pseudonyms: Iterable[str],
    agency_ids: Iterable[int],
) -> Case:
    step = workflow.opening
    if step is None:
        raise Refused(f"{workflow.title} is not a kind of case that is opened.")
    check_day(happened_on, unit.today)
    filled = check_given(step, given)
    stage = take_step(workflow.tracks[0], step, stage=UNOPENED, facts=Facts(filled, on=happened_on), roles=roles)
    case = Case(
        partnership_id=partnership.id,
        reference=reference_for(unit, partnership, workflow.prefix, happened_on.year, wanted=reference),
        title=title.strip()[:200],
        workflow=workflow.name,
        workflow_version=workflow.version,
        realm=workflow.realm,
        opened_on=happened_on,
        closed_on=None,
        tracks=[CaseTrack(name=track.name, stage=track.initial, since_on=happened_on) for track in workflow.tracks],
    )
    unit.session.add(case)
    unit.session.flush()
    unit.session.add_all(Child(case_id=case.id, pseudonym=check_pseudonym(name)) for name in pseudonyms if name.strip())
    unit.session.add_all(CaseAgency(case_id=case.id, agency_id=key) for key in agency_ids)
    track = case.tracks[0]
    unit.record(EventKind.CASE_OPENED, partnership_id=case.partnership_id, case_id=case.id, happened_on=happened_on)
    _record(unit, case, workflow, step, track=track, to=stage, on=happened_on, given=filled)
    turn_clocks(case, workflow, step, on=happened_on, given=filled)
    return case


def _record(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    step: Step,
    *,
    track: CaseTrack,
    to: str,
    on: date,
    given: Mapping[str, Value],
) -> None:
    """Write the history row, the facts given and the new stage together."""
    event = unit.record(
        EventKind.STEP_TAKEN,
        partnership_id=case.partnership_id,
        case_id=case.id,
        happened_on=on,
        track=track.name,
        step=step.name,
        from_stage=UNOPENED if step is workflow.opening else track.stage,
        to_stage=to,
    )
    unit.session.flush()
    case.facts.extend(_fact(workflow, name, value, event.id) for name, value in given.items())
    _involve(unit, case, given.get(ASKED))
    if to != track.stage:
        track.stage, track.since_on = to, on


def _involve(unit: Unit, case: Case, names: Value | None) -> None:
    """Count the agencies that were asked for information as involved in the case."""
    if not isinstance(names, tuple):
        return
    asked = sa.select(Agency.id).where(Agency.partnership_id == case.partnership_id, Agency.name.in_(names))
    known = set(_agency_ids(unit, case))
    unit.session.add_all(
        CaseAgency(case_id=case.id, agency_id=key) for key in unit.session.scalars(asked) if key not in known
    )


def _fact(workflow: Workflow, name: str, value: Value, event_id: int) -> CaseFact:
    kind = workflow.asks[name].kind
    fact = CaseFact(name=name, kind=kind, event_id=event_id)
    match value:
        case bool() | int():
            fact.number = int(value)
        case datetime():
            fact.moment = value
        case date():
            fact.day = value
        case tuple():
            fact.words = "\n".join(value)
        case _:
            fact.words = value
    return fact


def _finish(case: Case, workflow: Workflow, track: CaseTrack, *, on: date) -> None:
    """Keep the first day a track was finished; the case is closed on the day the last of its tracks was."""
    track.ended_on = (track.ended_on or on) if track.stage in workflow.track(track.name).finished else None
    ends = [other.ended_on for other in case.tracks if other.ended_on is not None]
    case.closed_on = max(ends) if len(ends) == len(case.tracks) else None


def _open_next(unit: Unit, case: Case, step: Step, *, on: date, given: Mapping[str, Value]) -> Case:
    """Open the case this step leads to, with the facts that both ask for, and link the two."""
    workflow = CASE_WORKFLOWS[step.opens]
    asked = {item.name for item in workflow.opening.asks} if workflow.opening else set()
    known = {fact.name: fact.value for fact in case.facts} | dict(given)
    partnership = unit.session.get_one(Partnership, case.partnership_id)
    shared = case.realm is workflow.realm
    opened = _open(
        unit,
        workflow,
        roles=None,
        partnership=partnership,
        happened_on=on,
        given={name: value for name, value in known.items() if name in asked},
        title=case.title if shared else "",
        reference="",
        pseudonyms=_pseudonyms(unit, case) if shared else (),
        agency_ids=_agency_ids(unit, case) if shared else (),
    )
    unit.session.add(CaseLink(from_case_id=case.id, to_case_id=opened.id, linked_at=unit.now))
    return opened


def _pseudonyms(unit: Unit, case: Case) -> list[str]:
    return list(unit.session.scalars(sa.select(Child.pseudonym).where(Child.case_id == case.id)))


def _agency_ids(unit: Unit, case: Case) -> list[int]:
    return list(unit.session.scalars(sa.select(CaseAgency.agency_id).where(CaseAgency.case_id == case.id)))
