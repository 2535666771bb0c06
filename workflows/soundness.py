"""Is a definition whole? Each complaint names the workflow and the thing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from workflows.definitions import WORKFLOWS
from workflows.guards import COMPUTED, GUARDS
from workflows.vocabulary import JOINED, UNOPENED, Asked, Deadline, Guard, Kind, Ladder, Role, Step, Track, Workflow

DAYS = (Kind.DAY, Kind.MOMENT)


class Unsound(Exception):
    """The definitions cannot be used; `faults` lists every complaint."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("The workflow definitions are unsound.\n" + "\n".join(faults))
        self.faults = tuple(faults)


def require_sound(workflows: Iterable[Workflow]) -> None:
    """Raise Unsound with all complaints, or return. Called before anything is served."""
    together = tuple(workflows)
    found = [fault for workflow in together for fault in faults(workflow, together)]
    found += [f"{name}: two workflows have this name." for name in _twice(workflow.name for workflow in together)]
    found += [f"{prefix}: two workflows have this prefix." for prefix in _twice(one.prefix for one in together)]
    if found:
        raise Unsound(found)


def faults(workflow: Workflow, together: Iterable[Workflow] = tuple(WORKFLOWS.values())) -> list[str]:
    """List what is wrong with one definition; `together` are the workflows its steps may open."""
    known = {other.name: other for other in together}
    checks: tuple[Callable[[Workflow], Iterator[str]], ...] = (_opening, _names, _facts, _guards, _deadlines, _ladders)
    found = [fault for check in checks for fault in check(workflow)]
    found += [fault for track in workflow.tracks for fault in _stages(track)]
    found += [fault for step in workflow.steps for fault in (*_step(step, known), *_joins(workflow, step, known))]
    return [f"{workflow.name}: {fault}" for fault in found]


def _opening(workflow: Workflow) -> Iterator[str]:
    openings = [step for step in workflow.steps if UNOPENED in step.source]
    if len(openings) != 1:
        yield f"one step must open the case, not {len(openings)}."
    elif openings[0] not in workflow.tracks[0].steps or openings[0].to != workflow.tracks[0].initial:
        yield f"step {openings[0].name} must lead to the initial stage of the first track."


def _names(workflow: Workflow) -> Iterator[str]:
    for kind, names in (
        ("track", [track.name for track in workflow.tracks]),
        ("step", [step.name for step in workflow.steps]),
        ("deadline", [deadline.name for deadline in workflow.deadlines]),
    ):
        yield from (f"two {kind}s are named {name}." for name in _twice(names))


def _stages(track: Track) -> Iterator[str]:
    stages = {stage.value for stage in track.stages}
    for step in track.steps:
        named = {*step.source, step.to or track.initial} - {UNOPENED}
        yield from (f"step {step.name} names an unknown stage, {stage}." for stage in sorted(named - stages))
    ends = ("initial", {track.initial}), ("final", track.final), ("settled", track.settled)
    for what, names in ends:
        yield from (f"track {track.name} has an unknown {what} stage, {name}." for name in sorted(set(names) - stages))
    reached = _reached({str(track.initial)}, [(source, step.to) for step in track.steps for source in step.source])
    ending = _reached(set(track.finished), [(step.to, source) for step in track.steps for source in step.source])
    for stage in sorted(stages):
        if stage not in reached:
            yield f"stage {stage} of {track.name} cannot be reached."
        if stage not in ending:
            yield f"stage {stage} of {track.name} is a dead end: no end can be reached from it."
        if stage in track.final - track.settled and any(stage in step.source for step in track.steps):
            yield f"stage {stage} of {track.name} is final, but a step leads on from it."


def _reached(start: set[str], arrows: Sequence[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while further := {to for source, to in arrows if source in reached and to} - reached:
        reached |= further
    return reached


def _step(step: Step, known: dict[str, Workflow]) -> Iterator[str]:
    if not step.by:
        yield f"step {step.name} belongs to no role."
    yield from (f"step {step.name} names an unknown role, {role}." for role in step.by if not isinstance(role, Role))
    yield from (f"step {step.name} asks twice for {name}." for name in _twice(asked.name for asked in step.asks))
    if step.opens in known:
        yield from _handed_over(step, known[step.opens].opening)
    elif step.opens:
        yield f"step {step.name} opens an unknown workflow, {step.opens}."


def _joins(workflow: Workflow, step: Step, known: dict[str, Workflow]) -> Iterator[str]:
    for name in step.joins:
        if name not in known:
            yield f"step {step.name} joins an unknown workflow, {name}."
        elif known[name].realm is not workflow.realm:
            yield f"step {step.name} joins {name}, which is of another realm."
    named = [asked for asked in step.asks if asked.name == JOINED and asked.kind is Kind.WORDS and asked.required]
    if step.joins and not named:
        yield f"step {step.name} joins another case without asking for {JOINED}."


def _handed_over(step: Step, opening: Step | None) -> Iterator[str]:
    given = {(asked.name, asked.kind) for asked in step.asks}
    for asked in opening.asks if opening else ():
        if asked.required and (asked.name, asked.kind) not in given:
            yield f"step {step.name} opens {step.opens} without asking for {asked.name}."


def _facts(workflow: Workflow) -> Iterator[str]:
    every = [asked for step in workflow.steps for asked in step.asks]
    for first, second in combinations(every, 2):
        if first.name == second.name and _shape(first) != _shape(second):
            yield f"fact {first.name} is asked in two kinds, or with other choices."
    for asked in every:
        if asked.kind is Kind.CHOICE and not asked.choices:
            yield f"fact {asked.name} is a choice without choices."
    names = {asked.name for asked in every}
    yield from (f"{name} is both a step and a fact." for name in sorted(names & {step.name for step in workflow.steps}))
    yield from (f"fact {name} is asked, though the application computes it." for name in sorted(names & set(COMPUTED)))


def _shape(asked: Asked) -> tuple[Kind, tuple[tuple[str, str], ...]]:
    return asked.kind, asked.choices


def _guards(workflow: Workflow) -> Iterator[str]:
    recorded = set(workflow.asks) | set(COMPUTED)
    for step in workflow.steps:
        for guard in step.only_if:
            yield from _guard(step, guard, recorded)


def _guard(step: Step, guard: Guard, recorded: set[str]) -> Iterator[str]:
    if GUARDS.get(guard.name) is not guard:
        yield f"step {step.name} waits on an unknown guard, {guard.name}."
    for fact in sorted(guard.reads - recorded):
        yield f"guard {guard.name} of step {step.name} reads {fact}, which nothing records."


def _deadlines(workflow: Workflow) -> Iterator[str]:
    for deadline in workflow.deadlines:
        yield from _counted(workflow, deadline)
        yield from _editions(deadline)


def _counted(workflow: Workflow, deadline: Deadline) -> Iterator[str]:
    steps = {step.name for step in workflow.steps}
    days = {asked.name for asked in workflow.asks.values() if asked.kind in DAYS}
    if deadline.counted_from not in steps | days:
        yield f"deadline {deadline.name} is counted from nothing: no step or asked day is {deadline.counted_from}."
    if not steps & set(deadline.met_by):
        yield f"deadline {deadline.name} is met by nothing."
    for name in sorted({*deadline.met_by, *deadline.ended_by} - steps):
        yield f"deadline {deadline.name} names an unknown step, {name}."
    for name in sorted(set(deadline.met_by) & set(deadline.ended_by)):
        yield f"deadline {deadline.name} is both met and ended by {name}."


def _editions(deadline: Deadline) -> Iterator[str]:
    if not deadline.editions:
        yield f"deadline {deadline.name} has no edition."
    for day in _twice(edition.effective_from.isoformat() for edition in deadline.editions):
        yield f"deadline {deadline.name} has two editions from {day}."


def _ladders(workflow: Workflow) -> Iterator[str]:
    for ladder in workflow.ladders:
        yield from _rungs(ladder)


def _rungs(ladder: Ladder) -> Iterator[str]:
    days = [rung.days for rung in ladder.rungs]
    if not days or days != sorted(set(days)):
        yield f"ladder {ladder.name} must have rungs, each on a later day than the one before."
    yield from (f"ladder {ladder.name} has two rungs named {name}." for name in _twice(r.name for r in ladder.rungs))
    for rung in ladder.rungs:
        if not rung.tells or not all(isinstance(role, Role) for role in rung.tells):
            yield f"rung {rung.name} of {ladder.name} tells nobody, or an unknown role."


def _twice(names: Iterable[str]) -> list[str]:
    every = list(names)
    return sorted({name for name in every if every.count(name) > 1})
