"""Open a case, and record the steps of a case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.policies import roles_in, roles_on_case
from reviews.access.visibility import visible
from reviews.cases.case_access import pass_rights_on
from reviews.cases.child_cases import check_blocked_steps, end_child_cases, open_for_each_agency
from reviews.cases.clocks import require_late_reason, update_clocks
from reviews.cases.details import LED_BY_US, LedBy, check_area, update_children
from reviews.cases.facts import facts_of, form_day
from reviews.cases.history import facts_that_hold
from reviews.cases.holds import update_hold
from reviews.cases.involvement import involvement_in
from reviews.cases.opening import add_agencies, agencies_of, finish_track, new_case, write_step
from reviews.cases.partner_statements import check_partners, refuse_second_signature
from reviews.cases.people import end_reviewers, give_case, name_people
from reviews.cases.validation import check_answers, check_day, check_pseudonym
from reviews.definitions.installed import definition_of, present_catalogue, present_kind
from reviews.models import Case, CaseLink, Child, OurRole, Partnership
from reviews.models.cases import ABSORBED
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused, take_step
from workflows.core.labels import mid_sentence
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import CHILD_CONCERNED, JOINED, UNOPENED, Role, Step, Workflow


def join(unit: Unit, case: Case, step: Step, *, reference: str, on: date) -> None:
    """Link the case to the one it is taken into: one of the kinds the step names, in its partnership and realm.

    Raises Refused where the two are linked already, and with one and the same sentence where there is no such case,
    where this person may not see it, and where it did not run on that day.
    """
    found = unit.session.scalar(
        sa.select(Case).where(
            Case.partnership_id == case.partnership_id,
            Case.realm == case.realm,
            Case.reference == reference,
            Case.workflow.in_(step.joins),
            Case.opened_on <= on,
            sa.or_(Case.closed_on.is_(None), Case.closed_on >= on),
            visible(unit.actor, Case),
        )
    )
    if found is None:
        kinds = " or ".join(mid_sentence(present_catalogue(unit.session).title(name)) for name in step.joins)
        raise Refused(f"There was no {kinds} {reference} on {on:%-d %B %Y} that this case could be taken into.")
    if unit.session.get(CaseLink, (case.id, found.id)) is not None:
        raise Refused(f"{case.reference} is already linked to {reference}.")
    unit.session.add(CaseLink(from_case_id=case.id, to_case_id=found.id, kind=ABSORBED, linked_at=unit.now))
    pass_rights_on(unit, case, found, only_exclusions=True)


def open_case(
    unit: Unit,
    *,
    workflow: str,
    partnership: Partnership,
    happened_on: date,
    answers: Mapping[str, Value | None],
    title: str = "",
    reference: str = "",
    pseudonyms: Iterable[str] = (),
    agency_ids: Iterable[int] = (),
    our_role: OurRole = OurRole.LEAD,
    lead_area: str = "",
) -> Case:
    """Open a case by the opening step of its workflow. Raises NotAllowed, Refused, or NotReady.

    Where another area leads, `our_role` says what our part is, and no statutory clock starts.
    """
    unit.actor.require(Permission.OPEN_CASE, partnership.id)
    definition = present_kind(unit.session, workflow, unit.today, partnership.id)
    if definition is None or definition.inside:
        raise NotFound
    if not definition.takes_new_on(unit.today):
        raise Refused(f"{definition.title}: you cannot open a new one. Import an older one instead.")
    return _open(
        unit,
        definition,
        roles=roles_in(unit.actor, partnership.id, definition.realm),
        partnership=partnership,
        happened_on=happened_on,
        answers=answers,
        title=title,
        reference=reference,
        pseudonyms=pseudonyms,
        agency_ids=agency_ids,
        led_by=check_area(our_role, lead_area),
    )


def take_case_step(
    unit: Unit,
    case: Case,
    step_name: str,
    *,
    happened_on: date,
    answers: Mapping[str, Value | None],
    late_reason: str = "",
) -> Case | None:
    """Record a step that happened, and give the case it led to if it opens one. Raises Refused with what is missing.

    Child cases that it opens, one for each agency, are not given back.
    """
    workflow = definition_of(unit.session, case)
    step = workflow.step(step_name)
    if step is None or step is workflow.opening:
        raise NotFound
    track = next(track for track in case.tracks if track.name == workflow.track_of(step).name)
    check_day(happened_on, unit.today, not_before=track.since_on)
    named = name_people(unit, case.partnership_id, case.realm, step, answers)
    filled = check_answers(step, named, on=form_day(unit.session, case, step, happened_on))
    facts = facts_of(unit.session, unit.actor, case, workflow, answers=filled, on=happened_on, step=step)
    of_track = workflow.track_of(step)
    own = involvement_in(unit.session, unit.actor, case, of_track, step, answers=filled)
    roles = roles_on_case(unit.actor, case)
    stage = take_step(of_track, step, stage=track.stage, facts=replace(facts, involved_as=own), roles=roles)
    if case.parent is not None and case.parent.closed_on is not None and step.reopens:
        raise Refused(f"{case.parent.reference} is closed. Reopen it first.")
    check_partners(unit, case, step, filled, on=happened_on)
    refuse_second_signature(unit.session, case, workflow, filled)
    if case.parent is not None:
        check_blocked_steps(unit, case.parent, step, filled)
    if step.joins:
        join(unit, case, step, reference=facts.text(JOINED), on=happened_on)
    flag_modified(case, "closed_on")  # every step changes the version, also one that changes other tables only
    require_late_reason(unit, case, workflow, step, on=happened_on, answers=filled, late_reason=late_reason)
    was_at = track.stage
    write_step(unit, case, workflow, step, track=track, to=stage, on=happened_on, answers=filled)
    update_hold(unit, case, track, step, was_at=was_at, on=happened_on, answers=filled)
    update_children(unit, case, filled)
    give_case(unit, case, filled, on=happened_on)
    update_clocks(unit, case, workflow, step, on=happened_on, answers=filled, late_reason=late_reason)
    finish_track(case, workflow, track, on=happened_on)
    if case.closed_on is not None:
        end_child_cases(unit, case, on=happened_on)
        end_reviewers(unit, case, on=happened_on)
    if step.opens and step.for_each:
        open_for_each_agency(unit, case, step, on=happened_on, answers=filled)
    elif step.opens:
        return _open_next(unit, case, step, on=happened_on, answers=filled)
    return None


def _open(
    unit: Unit,
    workflow: Workflow,
    *,
    roles: frozenset[Role] | None,
    partnership: Partnership,
    happened_on: date,
    answers: Mapping[str, Value | None],
    title: str,
    reference: str,
    pseudonyms: Iterable[str],
    agency_ids: Iterable[int],
    led_by: LedBy = LED_BY_US,
) -> Case:
    opening = judge_opening(
        unit, workflow, roles=roles, partnership_id=partnership.id, happened_on=happened_on, answers=answers
    )
    case = new_case(unit, workflow, partnership, opened_on=happened_on, title=title, reference=reference)
    case.our_role, case.lead_area = led_by
    unit.session.add_all(Child(case_id=case.id, pseudonym=check_pseudonym(name)) for name in pseudonyms if name.strip())
    add_agencies(unit, case, agency_ids)
    write_opening(unit, case, workflow, opening)
    return case


@dataclass(frozen=True, slots=True)
class JudgedOpening:
    """An opening step that may be recorded, with the stage it leads to."""

    step: Step
    to: str
    on: date
    answers: Mapping[str, Value]


def judge_opening(
    unit: Unit,
    workflow: Workflow,
    *,
    roles: frozenset[Role] | None,
    partnership_id: int,
    happened_on: date,
    answers: Mapping[str, Value | None],
) -> JudgedOpening:
    """Judge the opening step of a kind of case. Raises Refused, or NotReady with what is missing."""
    step = workflow.opening
    if step is None:
        raise Refused(f"You cannot open a case of the kind “{workflow.title}”.")
    check_day(happened_on, unit.today)
    filled = check_answers(step, name_people(unit, partnership_id, workflow.realm, step, answers), on=happened_on)
    stage = take_step(workflow.tracks[0], step, stage=UNOPENED, facts=Facts(filled, on=happened_on), roles=roles)
    return JudgedOpening(step, stage, happened_on, filled)


def write_opening(unit: Unit, case: Case, workflow: Workflow, opening: JudgedOpening) -> None:
    """Record the opening step of a case whose tracks are at their first stages, and what follows from it."""
    step, on, answers = opening.step, opening.on, opening.answers
    write_step(unit, case, workflow, step, track=case.tracks[0], to=opening.to, on=on, answers=answers)
    give_case(unit, case, answers, on=on)
    update_clocks(unit, case, workflow, step, on=on, answers=answers)
    if step.for_each:
        open_for_each_agency(unit, case, step, on=on, answers=answers)


def _open_next(unit: Unit, case: Case, step: Step, *, on: date, answers: Mapping[str, Value]) -> Case:
    """Open the case this step leads to, with the facts that both ask for, and link the two."""
    workflow = present_kind(unit.session, step.opens, unit.today, case.partnership_id)
    assert workflow is not None, step.opens  # noqa: S101  # a sound definition opens a kind that there is
    asked = {item.name for item in workflow.opening.form_on(on)} if workflow.opening else set()
    facts = {fact.name: fact.value for fact in facts_that_hold(unit.session, case)} | dict(answers)
    partnership = unit.session.get_one(Partnership, case.partnership_id)
    shared = case.realm is workflow.realm
    if shared:
        pseudonyms = unit.session.scalars(sa.select(Child.pseudonym).where(Child.case_id == case.id)).all()
    else:  # into another realm goes the one child whose death is passed on, as the law asks for no more
        pseudonyms = [str(answers[CHILD_CONCERNED])] if CHILD_CONCERNED in answers else []
    opened = _open(
        unit,
        workflow,
        roles=None,
        partnership=partnership,
        happened_on=on,
        answers={name: value for name, value in facts.items() if name in asked},
        title=case.title if shared else "",
        reference="",
        pseudonyms=pseudonyms,
        agency_ids=agencies_of(unit, case) if shared else (),
    )
    unit.session.add(CaseLink(from_case_id=case.id, to_case_id=opened.id, linked_at=unit.now))
    pass_rights_on(unit, case, opened)
    return opened
