"""Is each step whole: whose is it, what does it wait for, and which other cases does it open or join?"""

from collections.abc import Iterator, Mapping

from workflows.core.questions import Kind
from workflows.core.roles import Role
from workflows.core.vocabulary import JOINED, Guard, Step, Workflow
from workflows.fault import Fault
from workflows.guards.cases import COMPUTED, GUARDS


def step_faults(workflow: Workflow, step: Step, known: Mapping[str, Workflow]) -> Iterator[Fault]:
    """List what is wrong with one step; `known` are the workflows it may open or join."""
    if not step.by:
        yield Fault(f"step {step.name} belongs to no role.", step, ("by",))
    for role in step.by:
        if not isinstance(role, Role):
            yield Fault(f"step {step.name} names an unknown role, {role}.", step, ("by",))
    for guard in step.only_if:
        yield from _guard(workflow, step, guard)
    yield from _opens(step, known)
    yield from _inside(workflow, step, known)
    yield from _joins(workflow, step, known)


def _guard(workflow: Workflow, step: Step, guard: Guard) -> Iterator[Fault]:
    at = ("only_if", guard.name)
    if GUARDS.get(guard.name) is not guard:
        yield Fault(f"step {step.name} waits on an unknown guard, {guard.name}.", step, at)
    for fact in sorted(guard.reads - set(workflow.asks) - set(COMPUTED)):
        yield Fault(f"guard {guard.name} of step {step.name} reads {fact}, which nothing records.", step, at)
    for name in guard.after:
        if workflow.step(name) is None:
            yield Fault(f"guard {guard.name} of step {step.name} waits for {name}, which is no step here.", step, at)
    if guard.track and guard.track not in [track.name for track in workflow.tracks]:
        yield Fault(f"guard {guard.name} of step {step.name} looks at the track {guard.track}: none here.", step, at)


def _opens(step: Step, known: Mapping[str, Workflow]) -> Iterator[Fault]:
    if step.opens and step.opens not in known:
        yield Fault(f"step {step.name} opens an unknown workflow, {step.opens}.", step, ("opens",))
    elif step.opens:
        yield from _handed_over(step, known[step.opens])


def _inside(workflow: Workflow, step: Step, known: Mapping[str, Workflow]) -> Iterator[Fault]:
    """One case for each agency is a small one inside this one; no other step opens one there."""
    opens_inside = step.opens in known and known[step.opens].inside
    if step.for_each and not any(asked.name == step.for_each and asked.kind is Kind.AGENCIES for asked in step.asks):
        sentence = f"step {step.name} opens a case for each of {step.for_each}, which names no agencies it asks for."
        yield Fault(sentence, step, ("for_each",))
    if step.for_each and not step.opens:
        yield Fault(f"step {step.name} opens nothing for each of {step.for_each}.", step, ("for_each",))
    if step.for_each and step.opens in known and not opens_inside:
        sentence = f"step {step.name} opens {step.opens} for each agency, which does not live inside a case."
        yield Fault(sentence, step, ("for_each",))
    if opens_inside and (workflow.inside or not step.for_each):
        sentence = f"step {step.name} opens {step.opens}, which lives inside a case and is opened for each agency."
        yield Fault(sentence, step, ("opens",))
    if not workflow.inside and any(asked.kind is Kind.STEPS for asked in step.asks):
        yield Fault(f"step {step.name} asks for steps, though no case is around this one.", step, ("asks",))


def _handed_over(step: Step, opened: Workflow) -> Iterator[Fault]:
    given = {(asked.name, asked.kind) for asked in step.asks}
    for asked in opened.opening.asks if opened.opening else ():
        if asked.required and asked.until is None and (asked.name, asked.kind) not in given:
            yield Fault(f"step {step.name} opens {step.opens} without asking for {asked.name}.", step, ("opens",))


def _joins(workflow: Workflow, step: Step, known: Mapping[str, Workflow]) -> Iterator[Fault]:
    for name in step.joins:
        if name not in known:
            yield Fault(f"step {step.name} joins an unknown workflow, {name}.", step, ("joins", name))
        elif known[name].realm is not workflow.realm:
            yield Fault(f"step {step.name} joins {name}, which is of another realm.", step, ("joins", name))
    named = [asked for asked in step.asks if asked.name == JOINED and asked.kind is Kind.WORDS and asked.required]
    if step.joins and not named:
        yield Fault(f"step {step.name} joins another case without asking for {JOINED}.", step, ("joins",))
