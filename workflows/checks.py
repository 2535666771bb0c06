"""Is a definition whole? Each complaint names the workflow and the thing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from workflows.core.guard_registry import COMPUTED, GUARDS
from workflows.core.holds import REVIEW_DAY
from workflows.core.ladders import rung_name
from workflows.core.questions import Asked, Kind, Value, When, editions_of
from workflows.core.vocabulary import (
    BACK,
    JOINED,
    UNOPENED,
    Deadline,
    Guard,
    Ladder,
    OnHold,
    Role,
    Step,
    Track,
    Workflow,
)
from workflows.definitions import WORKFLOWS
from workflows.definitions.shared.ladder_policies import LADDERS


@dataclass(frozen=True, slots=True)
class Fault:
    """One complaint. `about` is the very thing it is made of, `at` the way within it: a key, then a member of its list.

    A definition that was read from a file is so told of with the line.
    """

    sentence: str
    about: object
    at: tuple[str, ...] = ()


def twice(names: Iterable[str]) -> list[str]:
    """Name what is there more than once."""
    every = list(names)
    return sorted({name for name in every if every.count(name) > 1})


MOST_RUNGS = 20
FURTHEST = 400
"""Days before or after the due date."""


def ladder_faults(ladder: Ladder) -> Iterator[str]:
    """List what is wrong with a ladder, of clocks or of actions."""
    days = [rung.days for rung in ladder.rungs]
    if not days or days != sorted(set(days)):
        yield f"ladder {ladder.name} must have rungs, each on a later day than the one before."
    if len({rung.working for rung in ladder.rungs}) > 1:
        yield f"ladder {ladder.name} counts some rungs in working days and some in calendar days."
    for name in twice(rung.name for rung in ladder.rungs):
        yield f"ladder {ladder.name} has two rungs named {name}."
    for rung in ladder.rungs:
        if not (rung.tells or rung.deputy) or not all(isinstance(role, Role) for role in rung.tells):
            yield f"rung {rung.name} of {ladder.name} tells nobody, or an unknown role."
        if rung.every and (rung.every < 0 or rung.days < 1):
            yield f"rung {rung.name} of {ladder.name} repeats: only one that comes after the date may."


def policy_faults(ladder: Ladder) -> Iterator[str]:
    """List what is wrong with a ladder of actions that a partnership wrote, beside what is wrong with any."""
    yield from ladder_faults(ladder)
    if len(ladder.rungs) > MOST_RUNGS:
        yield f"ladder {ladder.name} has more than {MOST_RUNGS} rungs."
    if all(rung.days <= 0 for rung in ladder.rungs):
        yield f"ladder {ladder.name} tells nobody once an action is late."
    for rung in ladder.rungs:
        if rung.name != rung_name(rung.days, working=rung.working):
            yield f"rung {rung.name} of {ladder.name} is not named after its day."
        if abs(rung.days) > FURTHEST or rung.every > FURTHEST:
            yield f"rung {rung.name} of {ladder.name} is further than {FURTHEST} days away."


DAYS = (Kind.DAY, Kind.MOMENT)


def clock_faults(workflow: Workflow) -> Iterator[Fault]:
    """List what is wrong with the deadlines and ladders."""
    for deadline in workflow.deadlines:
        yield from _counted(workflow, deadline)
        yield from _editions(deadline)
        if deadline.ladder and LADDERS.get(deadline.ladder.name) is not deadline.ladder:
            sentence = f"deadline {deadline.name} climbs an unknown ladder, {deadline.ladder.name}."
            yield Fault(sentence, deadline, ("ladder",))
    for ladder in workflow.every_ladder:
        yield from (Fault(sentence, workflow, ("ladders", ladder.name)) for sentence in ladder_faults(ladder))


def _counted(workflow: Workflow, deadline: Deadline) -> Iterator[Fault]:
    steps = {step.name for step in workflow.steps}
    days = {asked.name for asked in workflow.asks.values() if asked.kind in DAYS}
    if deadline.counted_from not in steps | days:
        sentence = f"is counted from nothing: no step or asked day is {deadline.counted_from}."
        yield Fault(f"deadline {deadline.name} {sentence}", deadline, ("counted_from",))
    if not steps & set(deadline.met_by):
        yield Fault(f"deadline {deadline.name} is met by nothing.", deadline, ("met_by",))
    for key, names in (("met_by", deadline.met_by), ("ended_by", deadline.ended_by)):
        for name in sorted(set(names) - steps):
            yield Fault(f"deadline {deadline.name} names an unknown step, {name}.", deadline, (key, name))
    for name in sorted(set(deadline.met_by) & set(deadline.ended_by)):
        yield Fault(f"deadline {deadline.name} is both met and ended by {name}.", deadline, ("ended_by", name))


def _editions(deadline: Deadline) -> Iterator[Fault]:
    if not deadline.editions:
        yield Fault(f"deadline {deadline.name} has no edition.", deadline, ("editions",))
    for day in twice(edition.effective_from.isoformat() for edition in deadline.editions):
        yield Fault(f"deadline {deadline.name} has two editions from {day}.", deadline, ("editions",))


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
    yield from _names_of_facts(workflow, every)


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


def _names_of_facts(workflow: Workflow, every: list[Asked]) -> Iterator[Fault]:
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


RESERVED = (UNOPENED, BACK, "stays")


def track_faults(track: Track) -> Iterator[Fault]:
    """List what is wrong with the stages of a track and the way its steps lead."""
    stages = {stage.value for stage in track.stages}
    yield from _named(track, stages)
    yield from _ways(track, stages)
    for step in track.steps:
        yield from _hold(track, step)


def _named(track: Track, stages: set[str]) -> Iterator[Fault]:
    for stage in sorted(stages & set(RESERVED)):
        sentence = f"no stage of {track.name} can be called {stage}: the word has a meaning."
        yield Fault(sentence, track, ("stages", stage))
    for step in track.steps:
        for stage in sorted(set(step.source) - {UNOPENED} - stages):
            yield Fault(f"step {step.name} names an unknown stage, {stage}.", step, ("from", stage))
        for stage in sorted({step.to or track.initial} - {BACK} - stages):
            yield Fault(f"step {step.name} names an unknown stage, {stage}.", step, ("to",))
    ends = ("initial", {track.initial}), ("final", track.final), ("settled", track.settled)
    for what, names in ends:
        for name in sorted(set(names) - stages):
            yield Fault(f"track {track.name} has an unknown {what} stage, {name}.", track, (what, name))


def _ways(track: Track, stages: set[str]) -> Iterator[Fault]:
    reached = _reached({str(track.initial)}, _arrows(track))
    ending = _reached(set(track.finished), [(to, source) for source, to in _arrows(track)])
    for stage in sorted(stages):
        at = ("stages", stage)
        if stage not in reached:
            yield Fault(f"stage {stage} of {track.name} cannot be reached.", track, at)
        if stage not in ending:
            yield Fault(f"stage {stage} of {track.name} is a dead end: no end can be reached from it.", track, at)
        leaving = next((step for step in track.steps if stage in step.source), None)
        if stage in track.final - track.settled and leaving:
            sentence = f"stage {stage} of {track.name} is final, but a step leads on from it."
            yield Fault(sentence, leaving, ("from", stage))


def _arrows(track: Track) -> list[tuple[str, str]]:
    return [(str(source), to) for step in track.steps for source in step.source for to in track.ends_of(step)]


def _hold(track: Track, step: Step) -> Iterator[Fault]:
    """A hold is placed with its reason and the day it is looked at again, and only lifting one leads back."""
    kinds = {asked.name: asked.kind for asked in step.asks}
    name = next((fact.removesuffix(REVIEW_DAY) for fact in kinds if fact.endswith(REVIEW_DAY)), "")
    if (step.to == BACK) is not (step.hold is OnHold.LIFT):
        sentence = f"step {step.name} must both lift a hold and lead back to where the track was, or neither."
        yield Fault(sentence, step, ("to",))
    if step.hold in (OnHold.PLACE, OnHold.REVIEW) and kinds.get(f"{name}{REVIEW_DAY}") is not Kind.DAY:
        sentence = f"step {step.name} of a hold must ask for the day it is looked at again, such as hold_review_on."
        yield Fault(sentence, step, ("asks",))
    elif step.hold is OnHold.PLACE and kinds.get(f"{name}_reason") is not Kind.CHOICE:
        yield Fault(f"step {step.name} places a hold without asking for {name}_reason, a choice.", step, ("asks",))
    yield from _held_stage(track, step)


def _held_stage(track: Track, step: Step) -> Iterator[Fault]:
    held = {other.to for other in track.steps if other.hold is OnHold.PLACE}
    if step.hold is OnHold.PLACE and (not step.to or step.to in step.source):
        yield Fault(f"step {step.name} places a hold, so it must lead to a stage of its own.", step, ("to",))
    if step.hold is OnHold.LIFT and not track.ends_of(step):
        yield Fault(f"step {step.name} lifts a hold that no step of {track.name} places.", step, ("from",))
    elif step.hold in (OnHold.REVIEW, OnHold.LIFT) and not held.issuperset(step.source):
        yield Fault(f"step {step.name} is about a hold, but leads from a stage that is none.", step, ("from",))
    if step.hold is OnHold.REVIEW and step.to:
        yield Fault(f"step {step.name} looks at a hold again, so it must stay.", step, ("to",))


def _reached(start: set[str], arrows: Sequence[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while further := {to for source, to in arrows if source in reached and to} - reached:
        reached |= further
    return reached


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


class Unsound(Exception):
    """The definitions cannot be used; `faults` lists every complaint."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("The workflow definitions are unsound.\n" + "\n".join(faults))
        self.faults = tuple(faults)


def require_sound(workflows: Iterable[Workflow]) -> None:
    """Raise Unsound with all complaints, or return. Called before anything is served."""
    together = tuple(workflows)
    found = [fault for workflow in together for fault in faults(workflow, together)]
    for workflow in dict.fromkeys(workflow.name for workflow in together):
        if twice(str(other.version) for other in together if other.name == workflow):
            found.append(f"{workflow}: two workflows have this name and version.")
    if found:
        raise Unsound(found)


def faults(workflow: Workflow, together: Iterable[Workflow] = tuple(WORKFLOWS.values())) -> list[str]:
    """List what is wrong with one definition; `together` are the others known, in whichever versions."""
    return [f"{workflow.name}: {fault.sentence}" for fault in found_in(workflow, together)]


def found_in(workflow: Workflow, together: Iterable[Workflow]) -> list[Fault]:
    """List the same with the part of the definition each complaint is about."""
    others = sorted(together, key=lambda other: other.version)
    known = {other.name: other for other in others}
    checks: tuple[Callable[[Workflow], Iterator[Fault]], ...] = (
        _opening,
        _names_twice,
        form_faults,
        clock_faults,
        _moved,
    )
    found = [fault for check in checks for fault in check(workflow)]
    found += [fault for track in workflow.tracks for fault in track_faults(track)]
    found += [fault for step in workflow.steps for fault in step_faults(workflow, step, known)]
    return [*found, *_beside(workflow, others)]


def found_through(workflow: Workflow, together: Iterable[Workflow]) -> list[tuple[str, Fault]]:
    """List what is wrong, because of one definition, with the steps of others that lead to its cases."""
    others = sorted(together, key=lambda other: other.version)
    known = {other.name: other for other in others}
    leading = [
        (other, step)
        for other in others
        for step in other.steps
        if other.name != workflow.name and workflow.name in (step.opens, *step.joins)
    ]
    return [(other.name, fault) for other, step in leading for fault in step_faults(other, step, known)]


def _opening(workflow: Workflow) -> Iterator[Fault]:
    openings = [step for step in workflow.steps if UNOPENED in step.source]
    if len(openings) != 1:
        yield Fault(f"one step must open the case, not {len(openings)}.", openings[1] if openings else workflow)
    elif openings[0] not in workflow.tracks[0].steps or openings[0].to != workflow.tracks[0].initial:
        sentence = f"step {openings[0].name} must lead to the initial stage of the first track."
        yield Fault(sentence, openings[0], ("to",))


def _names_twice(workflow: Workflow) -> Iterator[Fault]:
    for kind, members in (("track", workflow.tracks), ("step", workflow.steps), ("deadline", workflow.deadlines)):
        for name in twice(member.name for member in members):
            second = [member for member in members if member.name == name][1]
            yield Fault(f"two {kind}s are named {name}.", second)


def _moved(workflow: Workflow) -> Iterator[Fault]:
    stages = {track.name: {stage.value for stage in track.stages} for track in workflow.tracks}
    for moved in workflow.moved:
        if moved.track not in stages:
            yield Fault(f"a stage is said to have moved in an unknown track, {moved.track}.", moved, ("track",))
        elif moved.now not in stages[moved.track]:
            sentence = f"{moved.was} is said to be {moved.now} now, which is no stage of {moved.track}."
            yield Fault(sentence, moved, ("now",))
    for track, was in {(moved.track, moved.was) for moved in workflow.moved}:
        again = [moved for moved in workflow.moved if (moved.track, moved.was) == (track, was)]
        if len(again) > 1:
            yield Fault(f"{was} of {track} is said twice to have moved.", again[1], ("was",))


def _beside(workflow: Workflow, others: Sequence[Workflow]) -> Iterator[Fault]:
    """Compare it with other kinds, and with the other versions of its own."""
    for other in others:
        if other.name != workflow.name and other.prefix == workflow.prefix and other.inside is workflow.inside is False:
            yield Fault(f"{other.name} has the prefix {workflow.prefix} too.", workflow, ("prefix",))
        if other.name != workflow.name or other.version == workflow.version:
            continue
        if (other.realm, other.inside) != (workflow.realm, workflow.inside):
            yield Fault(f"version {other.version} is of another realm, or inside others.", workflow, ("realm",))
        if other.version < workflow.version and other.effective_from > workflow.effective_from:
            sentence = f"it is in force before version {other.version}, which is from {other.effective_from}."
            yield Fault(sentence, workflow, ("effective_from",))
