"""Do the stages of a track hold together: is each reached, does each lead to an end, is a hold placed and lifted?"""

from collections.abc import Iterator, Sequence

from workflows.core.holds import REVIEW_DAY
from workflows.core.questions import Kind
from workflows.core.vocabulary import BACK, UNOPENED, OnHold, Step, Track
from workflows.fault import Fault

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
