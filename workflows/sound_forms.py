"""Do the forms of a definition hold together, in every edition? Each complaint names the step or the fact."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations

from workflows.core.facts import Value
from workflows.core.questions import Asked, Kind, When, editions_of
from workflows.core.vocabulary import Step, Workflow
from workflows.fault import Fault
from workflows.guards.cases import COMPUTED


def form_faults(workflow: Workflow) -> Iterator[Fault]:
    """List what is wrong with the facts asked for."""
    every = [asked for step in workflow.steps for asked in step.asks]
    for asked in every:
        yield from _itself(asked)
    for first, second in combinations(every, 2):
        if first.name == second.name and not _agree(first, second):
            yield Fault(f"fact {first.name} is asked in two kinds, or with other choices.", second)
    for step in workflow.steps:
        yield from _once(step)
        yield from {fault.sentence: fault for fault in _conditions(step)}.values()
    yield from _names(workflow, every)


def _itself(asked: Asked) -> Iterator[Fault]:
    if asked.kind is Kind.CHOICE and not asked.choices:
        yield Fault(f"fact {asked.name} is a choice without choices.", asked)
    if asked.kind is not Kind.CHOICE and asked.choices:
        yield Fault(f"fact {asked.name} has choices, though it is none.", asked, ("choices",))
    if asked.since and asked.until and asked.until < asked.since:
        yield Fault(f"fact {asked.name} is asked until a day before it is asked at all.", asked, ("until",))
    if asked.required and asked.needed_when:
        sentence = f"fact {asked.name} is required, so that it is needed on no condition."
        yield Fault(sentence, asked, ("needed_when",))


def _agree(first: Asked, second: Asked) -> bool:
    """A fact keeps its kind; its choices may be others only in another edition of the form."""
    return first.kind is second.kind and (first.choices == second.choices or not first.overlaps(second))


def _once(step: Step) -> Iterator[Fault]:
    pairs = [(one, other) for one, other in combinations(step.asks, 2) if one.name == other.name]
    twice = {one.name: other for one, other in pairs if one.overlaps(other)}
    yield from (Fault(f"step {step.name} asks twice for {name}.", second) for name, second in twice.items())


def _names(workflow: Workflow, every: list[Asked]) -> Iterator[Fault]:
    steps = {step.name for step in workflow.steps}
    for name, asked in {asked.name: asked for asked in every}.items():
        if name in steps:
            yield Fault(f"{name} is both a step and a fact.", asked)
        if name in COMPUTED:
            yield Fault(f"fact {name} is asked, though the application computes it.", asked)


def _conditions(step: Step) -> Iterator[Fault]:
    for day in (date.min, *editions_of(step.asks)):
        form = {asked.name: asked for asked in step.form_on(day)}
        for asked in form.values():
            if asked.needed_when is not None:
                yield from _condition(asked, asked.needed_when, form.get(asked.needed_when.fact))


def _condition(asked: Asked, when: When, other: Asked | None) -> Iterator[Fault]:
    if other is None:
        sentence = f"fact {asked.name} hangs on {when.fact}, which its form does not ask for."
        yield Fault(sentence, asked, ("needed_when", "fact"))
    elif not when.answers or not all(_is_answer(other, answer) for answer in when.answers):
        sentence = f"fact {asked.name} hangs on an answer that {when.fact} cannot have."
        yield Fault(sentence, asked, ("needed_when", "answers"))


def _is_answer(asked: Asked, answer: Value) -> bool:
    """Only a yes or no, a choice and a number have answers that can be listed."""
    match asked.kind:
        case Kind.YES_NO:
            return isinstance(answer, bool)
        case Kind.CHOICE:
            return answer in [value for value, _ in asked.choices]
        case Kind.NUMBER:
            return isinstance(answer, int) and not isinstance(answer, bool)
        case _:
            return False
