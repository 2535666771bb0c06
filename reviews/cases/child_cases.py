"""How does a small case begin and end inside another: a request to one agency, a process that runs beside it?"""

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.policies import roles_on_case
from reviews.cases.blocking import kind_in_words
from reviews.cases.clocks import update_clocks
from reviews.cases.opening import add_agencies, finish_track, new_case, write_step
from reviews.cases.validation import check_day, check_given
from reviews.definitions.catalogue import definition_of, present_kind
from reviews.models import Agency, Case, EventKind, Partnership
from reviews.people.accounts import refuse_ended, require_present
from reviews.transactions.references import first_free_inside
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
"""The step that ends what still runs when the case around it is over, and the fact that says why."""


def open_inside(
    unit: Unit,
    parent: Case,
    *,
    workflow: str,
    happened_on: date,
    given: Mapping[str, Value | None],
    agency_id: int | None = None,
) -> Case:
    """Open a small case inside another, by whoever may record its opening step there.

    Raises NotFound for a kind that does not live inside cases, and Refused or NotReady as `open_case` does.
    """
    definition = present_kind(unit.session, workflow, unit.today, parent.partnership_id)
    if definition is None or not definition.inside or parent.parent_id is not None:
        raise NotFound
    step = _opening(definition)
    if parent.closed_on is not None:
        raise Refused(f"{parent.reference} is closed: nothing begins inside it any more.")
    check_day(happened_on, unit.today, not_before=parent.opened_on)
    filled = check_given(step, given, on=happened_on)
    facts = Facts(filled, on=happened_on)
    roles = roles_on_case(unit.actor, parent)
    take_step(definition.tracks[0], step, stage=UNOPENED, facts=facts, roles=roles)
    check_blocked_steps(unit, parent, step, filled)
    agencies = [_agency(unit, parent, agency_id)] if agency_id is not None else [None]
    if agency_id is None and any(Role.AGENCY_LEAD in each.by for each in definition.steps):
        raise Refused(f"{definition.title}: say which agency is asked.")
    flag_modified(parent, "closed_on")  # what is opened inside is a change of the case around it
    return _open_children_of(unit, parent, definition, agencies, on=happened_on, given=filled)[0]


def open_for_each_agency(unit: Unit, parent: Case, step: Step, *, on: date, given: Mapping[str, Value]) -> None:
    """Open the small cases of a step that names agencies, one for each of them. Raises Refused for an unknown one."""
    definition = present_kind(unit.session, step.opens, unit.today, parent.partnership_id)
    assert definition is not None, step.opens  # noqa: S101  # a sound definition opens a kind that there is
    asked = {item.name for item in _opening(definition).form_on(on)}
    named = given.get(step.for_each, ())
    agencies = _agencies(unit, parent, named if isinstance(named, tuple) else ())
    shared = {name: value for name, value in given.items() if name in asked}
    _open_children_of(unit, parent, definition, agencies, on=on, given=shared)


def end_child_cases(unit: Unit, parent: Case, *, on: date) -> None:
    """End what still runs inside a case that is over: nothing more is expected of the agencies asked."""
    running = sa.select(Case).where(Case.parent_id == parent.id, Case.closed_on.is_(None)).order_by(Case.id)
    for small in unit.session.scalars(running).all():
        if small.workflow in ENDINGS:
            _end(unit, small, parent, on)


def check_blocked_steps(unit: Unit, parent: Case, step: Step, given: Mapping[str, Value]) -> None:
    """Refuse a step that the case around has not, among those that are to wait."""
    workflow = definition_of(unit.session, parent)
    known = {each.name for each in workflow.steps if each is not workflow.opening}
    for asked in (asked for asked in step.asks if asked.kind is Kind.STEPS):
        value = given.get(asked.name, ())
        unknown = [name for name in value if name not in known] if isinstance(value, tuple) else []
        if unknown:
            raise Refused(f"{parent.reference} has no step “{unknown[0]}” that could wait.")


def _open_children_of(
    unit: Unit,
    parent: Case,
    definition: Workflow,
    agencies: Sequence[Agency | None],
    *,
    on: date,
    given: Mapping[str, Value],
) -> list[Case]:
    first = first_free_inside(unit, parent, definition.prefix)
    opened = [
        _open_one(unit, parent, definition, agency, number, on=on, given=given)
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


def _open_one(
    unit: Unit,
    parent: Case,
    definition: Workflow,
    agency: Agency | None,
    number: int,
    *,
    on: date,
    given: Mapping[str, Value],
) -> Case:
    step = _opening(definition)
    case = new_case(
        unit,
        definition,
        unit.session.get_one(Partnership, parent.partnership_id),
        opened_on=on,
        title=agency.name if agency else _title(definition, given),
        reference=f"{parent.reference}.{definition.prefix}{number}",
        parent=parent,
    )
    if agency is not None:
        add_agencies(unit, case, (agency.id,))
    write_step(unit, case, definition, step, track=case.tracks[0], to=str(step.to), on=on, given=given)
    update_clocks(unit, case, definition, step, on=on, given=given)
    return case


def _end(unit: Unit, small: Case, parent: Case, on: date) -> None:
    definition = definition_of(unit.session, small)
    name, why = ENDINGS[small.workflow]
    step = definition.step(name)
    assert step is not None, name  # noqa: S101  # the endings above name steps of the definitions
    track = small.tracks[0]
    day = max(on, track.since_on)
    given: dict[str, Value] = {why: f"{parent.reference} is over."}
    flag_modified(small, "closed_on")  # the version counts every step
    write_step(unit, small, definition, step, track=track, to=str(step.to), on=day, given=given)
    update_clocks(unit, small, definition, step, on=day, given=given)
    finish_track(small, definition, track, on=day)


def _opening(definition: Workflow) -> Step:
    assert definition.opening is not None, definition.name  # noqa: S101  # a sound definition has one
    return definition.opening


def _title(definition: Workflow, given: Mapping[str, Value]) -> str:
    where, words = given.get("contact_body"), kind_in_words(catalogue_of((definition,)), definition.name, given)
    return f"{words}, {where}" if where else words


def _agency(unit: Unit, parent: Case, agency_id: int) -> Agency:
    found = unit.session.get(Agency, agency_id)
    if found is None or found.partnership_id != parent.partnership_id:
        raise NotFound
    require_present(unit, found.id)
    return found


def _agencies(unit: Unit, parent: Case, names: Sequence[str]) -> list[Agency]:
    """Give the agencies of the partnership by name, in the order they were named."""
    wanted = sa.select(Agency).where(Agency.partnership_id == parent.partnership_id, Agency.name.in_(names))
    wanted = wanted.with_for_update(read=True, key_share=True)  # one that is just being ended is waited for
    known = {agency.name: agency for agency in unit.session.scalars(wanted)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refused(f"“{unknown[0]}” is no agency of this partnership, so it cannot be asked.")
    for agency in known.values():
        refuse_ended(agency.name, agency.ended_on)
    return [known[name] for name in dict.fromkeys(names)]
