"""May this step be taken, and where does it lead? The only user of the state-machine library."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from transitions import EventData, Machine, MachineError

from workflows.vocabulary import UNOPENED, Facts, Guard, Role, Step, Track
from workflows.words import mid_sentence, sentence


class Refused(Exception):
    """An answer, not a fault: the sentence says why, `missing` lists what is lacking."""

    def __init__(self, sentence: str, missing: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.missing = tuple(missing)


class WrongStage(Refused):
    """The step does not lead on from the present stage."""


class WrongRole(Refused):
    """The step belongs to somebody else."""


class NotReady(Refused):
    """A guard holds the step back."""


@dataclass(slots=True)
class Marker:
    """The thrown-away token that stands on the stage while the machine decides."""

    state: str


def take_step(track: Track, step: Step, *, stage: str, facts: Facts, roles: frozenset[Role] | None) -> str:
    """Give the stage the step leads to, or raise Refused. `roles=None` is the system, which any step admits."""
    _require_stage(track, step, stage)
    _require_role(step, roles)
    marker = Marker(str(stage))
    try:
        moved = _machine(track).events[step.name].trigger(marker, facts=facts)
    except MachineError as error:
        raise _wrong_stage(track, step, stage) from error
    if not moved:
        raise not_ready(step, facts)
    return marker.state


def why_not(track: Track, step: Step, *, stage: str, facts: Facts, roles: frozenset[Role] | None) -> Refused | None:
    """Say what stands against a step before its own facts are given, or None when it is open."""
    try:
        _require_stage(track, step, stage)
        _require_role(step, roles)
    except Refused as refusal:
        return refusal
    own = {asked.name for asked in step.asks}
    held = [guard for guard in step.only_if if not guard.reads & own and list(guard.missing(facts))]
    return _held_back(held, facts) if held else None


def not_ready(step: Step, facts: Facts) -> NotReady:
    held = [guard for guard in step.only_if if list(guard.missing(facts))]
    return _held_back(held, facts)


def _held_back(held: Sequence[Guard], facts: Facts) -> NotReady:
    sentences = " ".join(guard.sentence for guard in held)
    return NotReady(sentences, [item for guard in held for item in guard.missing(facts)])


def _require_stage(track: Track, step: Step, stage: str) -> None:
    if stage not in step.source:
        raise _wrong_stage(track, step, stage)


def _wrong_stage(track: Track, step: Step, stage: str) -> WrongStage:
    allowed = " or ".join(mid_sentence(sentence(source)) for source in step.source)
    now = mid_sentence(sentence(stage))
    return WrongStage(f"“{step.title}” is a step from {allowed}; the {mid_sentence(track.title)} is at {now}.")


def _require_role(step: Step, roles: frozenset[Role] | None) -> None:
    if roles is not None and not roles & step.by:
        who = ", ".join(sorted(role.in_sentence for role in step.by))
        raise WrongRole(f"“{step.title}” is not yours to record. It can be recorded by: {who}.")


@cache
def _machine(track: Track) -> Machine:
    """Build the one machine of a track. Nothing is ever added to it: a marker comes and goes with each step."""
    # plain strings: the library files an enum under its member's name, and a stored stage would not be found
    machine = Machine(
        model=None,
        states=[UNOPENED, *(stage.value for stage in track.stages)],
        initial=str(track.initial),
        auto_transitions=False,
        send_event=True,
    )
    for step in track.steps:
        machine.add_transition(
            step.name,
            [str(source) for source in step.source],
            str(step.to) or "=",
            conditions=[_condition(guard) for guard in step.only_if],
        )
    return machine


def _condition(guard: Guard):  # type: ignore[no-untyped-def]  # the library's own callback type is not exported
    def is_open(event: EventData) -> bool:
        return not list(guard.missing(event.kwargs["facts"]))

    return is_open
