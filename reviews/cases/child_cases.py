"""Child cases: a request to one agency, or a process that runs in parallel to the parent case."""

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.policies import roles_on_case
from reviews.cases.clocks import update_clocks
from reviews.cases.holds import kind_in_words
from reviews.cases.opening import add_agencies, finish_track, new_case, write_step
from reviews.cases.validation import check_answers, check_day
from reviews.definitions.installed import definition_of, present_kind
from reviews.models import Agency, Case, EventKind, Partnership
from reviews.people.memberships import refuse_ended_agency, require_current_agency
from reviews.transactions.references import next_child_number
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.catalogue import catalogue_of
from workflows.core.engine import Refused, take_step
from workflows.core.questions import Facts, Kind, Value
from workflows.core.vocabulary import UNOPENED, Role, Step, Workflow
from workflows.definitions.information_request import INFORMATION_REQUEST, REPORT_REQUEST
from workflows.definitions.parallel_process import PARALLEL_PROCESS

ENDINGS: Mapping[str, tuple[str, str]] = {
    INFORMATION_REQUEST.name: ("call_off", "call_off_reason"),
    REPORT_REQUEST.name: ("call_off", "call_off_reason"),
    PARALLEL_PROCESS.name: ("end", "process_outcome"),
}
"""The step that ends a child case when its parent case is over, and the fact that says why."""


def start_child_case(
    unit: Unit,
    parent: Case,
    *,
    workflow: str,
    happened_on: date,
    answers: Mapping[str, Value | None],
    agency_id: int | None = None,
) -> Case:
    """Open a child case for a person who may record its opening step in the parent case.

    Raises NotFound for a kind that is not opened inside cases, and Refused or NotReady as `open_case` does.
    """
    definition = present_kind(unit.session, workflow, unit.today, parent.partnership_id)
    if definition is None or not definition.inside or parent.parent_id is not None:
        raise NotFound
    step = _opening(definition)
    if parent.closed_on is not None:
        raise Refused(f"{parent.reference} is closed. You cannot open anything inside it.")
    check_day(happened_on, unit.today, not_before=parent.opened_on)
    filled = check_answers(step, answers, on=happened_on)
    facts = Facts(filled, on=happened_on)
    roles = roles_on_case(unit.actor, parent)
    take_step(definition.tracks[0], step, stage=UNOPENED, facts=facts, roles=roles)
    check_blocked_steps(unit, parent, step, filled)
    agencies = [_agency(unit, parent, agency_id)] if agency_id is not None else [None]
    if agency_id is None and any(Role.AGENCY_LEAD in each.by for each in definition.steps):
        raise Refused(f"{definition.title}: choose the agency to ask.")
    flag_modified(parent, "closed_on")  # opening a child case changes the version of its parent
    return _open_children(unit, parent, definition, agencies, on=happened_on, answers=filled)[0]


def open_for_each_agency(unit: Unit, parent: Case, step: Step, *, on: date, answers: Mapping[str, Value]) -> None:
    """Open one child case for each agency that a step names. Raises Refused for an unknown agency."""
    definition = present_kind(unit.session, step.opens, unit.today, parent.partnership_id)
    assert definition is not None, step.opens  # noqa: S101  # a sound definition opens a kind that there is
    asked = {item.name for item in _opening(definition).form_on(on)}
    named = answers.get(step.for_each, ())
    agencies = _agencies(unit, parent, named if isinstance(named, tuple) else ())
    shared = {name: value for name, value in answers.items() if name in asked}
    _open_children(unit, parent, definition, agencies, on=on, answers=shared)


def end_child_cases(unit: Unit, parent: Case, *, on: date) -> None:
    """End the child cases that still run when a case is over: nothing more is expected of the agencies asked."""
    running = sa.select(Case).where(Case.parent_id == parent.id, Case.closed_on.is_(None)).order_by(Case.id)
    for child_case in unit.session.scalars(running).all():
        if child_case.workflow in ENDINGS:
            _end_child_case(unit, child_case, parent, on)


def check_blocked_steps(unit: Unit, parent: Case, step: Step, answers: Mapping[str, Value]) -> None:
    """Refuse to block a step that the parent case does not have."""
    workflow = definition_of(unit.session, parent)
    existing = {each.name for each in workflow.steps if each is not workflow.opening}
    for asked in (asked for asked in step.questions if asked.kind is Kind.STEPS):
        value = answers.get(asked.name, ())
        unknown = [name for name in value if name not in existing] if isinstance(value, tuple) else []
        if unknown:
            raise Refused(f"{parent.reference} has no step “{unknown[0]}” to hold back.")


def _open_children(
    unit: Unit,
    parent: Case,
    definition: Workflow,
    agencies: Sequence[Agency | None],
    *,
    on: date,
    answers: Mapping[str, Value],
) -> list[Case]:
    first = next_child_number(unit, parent, definition.prefix)
    opened = [
        _open_child_case(unit, parent, definition, agency, number, on=on, answers=answers)
        for number, agency in enumerate(agencies, first)
    ]
    if opened:
        unit.record(
            EventKind.CASE_OPENED_INSIDE,
            partnership_id=parent.partnership_id,
            case_id=parent.id,
            happened_on=on,
            details={"workflow": definition.name, "references": [case.reference for case in opened]},
        )
    return opened


def _open_child_case(
    unit: Unit,
    parent: Case,
    definition: Workflow,
    agency: Agency | None,
    number: int,
    *,
    on: date,
    answers: Mapping[str, Value],
) -> Case:
    step = _opening(definition)
    case = new_case(
        unit,
        definition,
        unit.session.get_one(Partnership, parent.partnership_id),
        opened_on=on,
        title=agency.name if agency else _title(definition, answers),
        reference=f"{parent.reference}.{definition.prefix}{number}",
        parent=parent,
    )
    if agency is not None:
        add_agencies(unit, case, (agency.id,))
    write_step(unit, case, definition, step, track=case.tracks[0], to=str(step.to), on=on, answers=answers)
    update_clocks(unit, case, definition, step, on=on, answers=answers)
    return case


def _end_child_case(unit: Unit, child_case: Case, parent: Case, on: date) -> None:
    definition = definition_of(unit.session, child_case)
    name, why = ENDINGS[child_case.workflow]
    step = definition.step(name)
    assert step is not None, name  # noqa: S101  # the endings above name steps of the definitions
    track = child_case.tracks[0]
    day = max(on, track.since_on)
    answers: dict[str, Value] = {why: f"{parent.reference} is over."}
    flag_modified(child_case, "closed_on")  # the version counts every step
    write_step(unit, child_case, definition, step, track=track, to=str(step.to), on=day, answers=answers)
    update_clocks(unit, child_case, definition, step, on=day, answers=answers)
    finish_track(child_case, definition, track, on=day)


def _opening(definition: Workflow) -> Step:
    assert definition.opening is not None, definition.name  # noqa: S101  # a sound definition has one
    return definition.opening


def _title(definition: Workflow, answers: Mapping[str, Value]) -> str:
    where, words = answers.get("contact_body"), kind_in_words(catalogue_of((definition,)), definition.name, answers)
    return f"{words}, {where}" if where else words


def _agency(unit: Unit, parent: Case, agency_id: int) -> Agency:
    found = unit.session.get(Agency, agency_id)
    if found is None or found.partnership_id != parent.partnership_id:
        raise NotFound
    require_current_agency(unit, found.id)
    return found


def _agencies(unit: Unit, parent: Case, names: Sequence[str]) -> list[Agency]:
    """Give the agencies of the partnership by name, in the order they were named."""
    query = sa.select(Agency).where(Agency.partnership_id == parent.partnership_id, Agency.name.in_(names))
    query = query.with_for_update(read=True, key_share=True)  # wait for an agency that is just being ended
    existing = {agency.name: agency for agency in unit.session.scalars(query)}
    unknown = [name for name in names if name not in existing]
    if unknown:
        raise Refused(f"“{unknown[0]}” is not an agency of this partnership, so you cannot ask it.")
    for agency in existing.values():
        refuse_ended_agency(agency.name, agency.ended_on)
    return [existing[name] for name in dict.fromkeys(names)]
