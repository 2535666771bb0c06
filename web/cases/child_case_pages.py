"""What the page of a case shows of its child cases, and the page of a child case of its parent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reviews.access.policies import roles_on_case
from reviews.cases.history import facts_that_hold
from reviews.cases.labels import facts_in_words
from reviews.cases.page_queries import CaseFile, ChildCase, child_cases, parent_reference, visible_parent
from reviews.definitions.installed import definition_of, present_catalogue
from reviews.models import Case, CaseFact
from web.core.context import actor, read_session, today
from web.core.urls import case_address
from workflows.core.engine import can_still_come
from workflows.core.labels import sentence
from workflows.core.questions import Kind, Value
from workflows.core.vocabulary import BLOCKS, Role, Step, Workflow


@dataclass(frozen=True, slots=True)
class ChildCases:
    """The agencies asked, the parallel processes, and the kinds of child case that this person may open.

    `titles` are those of the steps of the parent case, by name.
    """

    requests: Sequence[ChildCase]
    processes: Sequence[ChildCase]
    offered: Sequence[Workflow]
    titles: Mapping[str, str]

    @property
    def missing(self) -> int:
        return sum(request.is_running for request in self.requests)


@dataclass(frozen=True, slots=True)
class ParentLink:
    """The parent of a child case. `href` is "" for a person who may not see it."""

    reference: str
    href: str


def child_cases_of(file: CaseFile) -> ChildCases:
    found = child_cases(read_session(), actor(), file.case, today=today()) if file.case.parent_id is None else []
    return ChildCases(
        requests=[child_case for child_case in found if child_case.agency is not None],
        processes=[child_case for child_case in found if child_case.agency is None],
        offered=kinds_offered(file.case),
        titles={step.name: step.title for step in file.workflow.steps},
    )


def parent_link(case: Case) -> ParentLink | None:
    """Give the parent of a child case; None for a case that has none."""
    if case.parent_id is None:
        return None
    parent = visible_parent(read_session(), actor(), case)
    href = case_address(parent.reference, parent.partnership_id) if parent else ""
    return ParentLink(parent_reference(read_session(), case), href)


def kinds_offered(case: Case) -> list[Workflow]:
    """List the kinds of child case that this person may open; agencies are asked by steps of the case itself."""
    if case.parent_id is not None or case.closed_on is not None:
        return []
    roles = roles_on_case(actor(), case)
    return [
        kind
        for kind in present_catalogue(read_session(), case.partnership_id).in_force(today())
        if kind.inside and not any(Role.AGENCY_LEAD in step.by for step in kind.steps)
        if kind.opening and (roles is None or roles & kind.opening.by)
    ]


def steps_that_may_wait(case: Case, ticked: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Give name and title of the steps that can still come in the parent case, and of those in `ticked`."""
    workflow, stages = definition_of(read_session(), case), {row.name: row.stage for row in case.tracks}
    return [
        (step.name, step.title if len(workflow.tracks) == 1 else f"{track.title}: {step.title}")
        for track in workflow.tracks
        for step in track.steps
        if step is not workflow.opening
        if step.name in ticked or can_still_come(track, stages[track.name], step)
    ]


@dataclass(frozen=True, slots=True)
class BlockingChoices:
    """What the form of a child case offers: the steps of the parent that may wait, and the answers that hold now."""

    steps: Sequence[tuple[str, str]] = ()
    answers: Mapping[str, Value] = field(default_factory=dict)


def blocking_choices(case: Case, step: Step) -> BlockingChoices:
    """Give the steps of the parent case that may be ticked in the form of a step; none where it does not ask."""
    parent = (
        visible_parent(read_session(), actor(), case)
        if any(asked.kind is Kind.STEPS for asked in step.questions)
        else None
    )
    if parent is None:
        return BlockingChoices()
    facts = [fact for fact in facts_that_hold(read_session(), case) if fact.kind is Kind.STEPS]
    answers = {fact.name: fact.value for fact in facts if fact.value is not None}
    ticked = answers.get(BLOCKS)
    return BlockingChoices(steps_that_may_wait(parent, ticked if isinstance(ticked, tuple) else ()), answers)


def child_case_facts(file: CaseFile) -> list[tuple[str, str]]:
    """Give label and value of the latest fact of each name of a child case; empty for a case that is none."""
    if file.case.parent_id is None:
        return []
    latest = {fact.name: fact for fact in facts_that_hold(read_session(), file.case)}
    blocking = latest.pop(BLOCKS, None)
    facts = facts_in_words(file.workflow, list(latest.values()))
    return [*facts, (file.workflow.questions[BLOCKS].label, _step_titles(file.case, blocking))] if blocking else facts


def _step_titles(case: Case, fact: CaseFact) -> str:
    parent = visible_parent(read_session(), actor(), case)
    workflow = definition_of(read_session(), parent) if parent else None
    names = fact.value if isinstance(fact.value, tuple) else ()
    steps = [(name, workflow.step(name) if workflow else None) for name in names]
    return ", ".join(step.title if step else sentence(name) for name, step in steps) or "None"
