"""How does what lives inside a case stand on its page, and the case around on the page of a small one?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviews.access.policies import roles_on_case
from reviews.cases.history import facts_that_hold
from reviews.cases.labels import facts_in_words
from reviews.cases.page_queries import CaseFile, ChildCase, child_cases, parent_reference, visible_parent
from reviews.definitions.catalogue import definition_of, present_catalogue
from reviews.models import Case, CaseFact
from web.core.context import actor, reader, today
from web.core.urls import case_address
from workflows.core.engine import can_still_come
from workflows.core.labels import sentence
from workflows.core.questions import Kind
from workflows.core.vocabulary import BLOCKS, Role, Step, Workflow


@dataclass(frozen=True, slots=True)
class ChildCases:
    """Who was asked, what runs beside the case, and which kinds of small case this person may open in it."""

    requests: Sequence[ChildCase]
    processes: Sequence[ChildCase]
    offered: Sequence[Workflow]
    titles: Mapping[str, str]

    @property
    def missing(self) -> int:
        return sum(request.is_running for request in self.requests)


@dataclass(frozen=True, slots=True)
class ParentLink:
    """The case around a small one. `href` is empty for who may know its reference and no more."""

    reference: str
    href: str


def child_cases_of(file: CaseFile) -> ChildCases:
    small = child_cases(reader(), actor(), file.case, today=today()) if file.case.parent_id is None else []
    return ChildCases(
        requests=[one for one in small if one.agency is not None],
        processes=[one for one in small if one.agency is None],
        offered=kinds_offered(file.case),
        titles={step.name: step.title for step in file.workflow.steps},
    )


def parent_link(case: Case) -> ParentLink | None:
    """Give the case around a small one, None for one that stands by itself."""
    if case.parent_id is None:
        return None
    parent = visible_parent(reader(), actor(), case)
    href = case_address(parent.reference, parent.partnership_id) if parent else ""
    return ParentLink(parent_reference(reader(), case), href)


def kinds_offered(case: Case) -> list[Workflow]:
    """List the kinds that this person may open inside a case; agencies are asked by steps of the case itself."""
    if case.parent_id is not None or case.closed_on is not None:
        return []
    roles = roles_on_case(actor(), case)
    return [
        kind
        for kind in present_catalogue(reader(), case.partnership_id).in_force(today())
        if kind.inside and not any(Role.AGENCY_LEAD in step.by for step in kind.steps)
        if kind.opening and (roles is None or roles & kind.opening.by)
    ]


def steps_that_may_wait(case: Case, ticked: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Give name and title of the steps that can still come in the case around, and of those that wait already."""
    workflow, stages = definition_of(reader(), case), {row.name: row.stage for row in case.tracks}
    return [
        (step.name, step.title if len(workflow.tracks) == 1 else f"{track.title}: {step.title}")
        for track in workflow.tracks
        for step in track.steps
        if step is not workflow.opening
        if step.name in ticked or can_still_come(track, stages[track.name], step)
    ]


def blocking_choices(case: Case, step: Step) -> dict[str, Any]:
    """Give to the form of a small case the steps that may be ticked, and those that wait already."""
    parent = visible_parent(reader(), actor(), case) if any(asked.kind is Kind.STEPS for asked in step.asks) else None
    if parent is None:
        return {}
    known = {fact.name: fact.value for fact in facts_that_hold(reader(), case) if fact.kind is Kind.STEPS}
    ticked = known.get(BLOCKS)
    return {"steps": steps_that_may_wait(parent, ticked if isinstance(ticked, tuple) else ()), "known": known}


def child_case_facts(file: CaseFile) -> list[tuple[str, str]]:
    """Say what a small case holds: label and value of the latest fact of each name."""
    if file.case.parent_id is None:
        return []
    latest = {fact.name: fact for fact in facts_that_hold(reader(), file.case)}
    waiting = latest.pop(BLOCKS, None)
    said = facts_in_words(file.workflow, list(latest.values()))
    return [*said, (file.workflow.asks[BLOCKS].label, _titles(file.case, waiting))] if waiting else said


def _titles(case: Case, fact: CaseFact) -> str:
    parent = visible_parent(reader(), actor(), case)
    known = definition_of(reader(), parent) if parent else None
    names = fact.value if isinstance(fact.value, tuple) else ()
    steps = [(name, known.step(name) if known else None) for name in names]
    return ", ".join(step.title if step else sentence(name) for name, step in steps) or "None"
