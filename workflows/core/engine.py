"""May this step be taken, and where does it lead? The only user of the state-machine library."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from transitions import EventData, Machine, MachineError

from workflows.core.holds import waits_for_hold
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Facts
from workflows.core.vocabulary import BACK, UNOPENED, Guard, Role, Step, Track


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


@dataclass(frozen=True, slots=True)
class Held:
    """One guard that holds a step back, and what it says is missing."""

    guard: Guard
    missing: tuple[str, ...]


class NotReady(Refused):
    """Something holds the step back: the guards in `held`, or what the sentence says where there are none."""

    def __init__(self, sentence: str, missing: Sequence[str] = (), held: Sequence[Held] = ()) -> None:
        super().__init__(sentence, missing)
        self.held = tuple(held)


@dataclass(slots=True)
class Marker:
    """The thrown-away token that stands on the stage while the machine decides."""

    state: str


def take_step(track: Track, step: Step, *, stage: str, facts: Facts, roles: frozenset[Role] | None) -> str:
    """Give the stage the step leads to, or raise Refused. `roles=None` is the system, which any step admits."""
    _require_stage(track, step, stage, facts)
    _require_role(step, roles)
    _require_unblocked(step, facts)
    marker = Marker(str(stage))
    try:
        moved = _machine(track).events[step.name].trigger(marker, facts=facts)
    except MachineError as error:
        raise _wrong_stage(track, step, stage) from error
    if not moved:
        raise not_ready(step, facts)
    return _held_at(track, step, facts) if step.to == BACK else marker.state


def judge_again(
    step: Step, *, facts: Facts, roles: frozenset[Role] | None, unknown: frozenset[str] = frozenset()
) -> None:
    """Judge a step that was taken, with other facts: raises WrongRole or NotReady. Its stage is what it was.

    Guards that read a fact of `unknown`, which nobody can tell any more, are left as they were judged.
    """
    _require_role(step, roles)
    held = _holding((guard for guard in step.only_if if not guard.reads & unknown), facts)
    if held:
        raise _held_back(held)


def why_not(track: Track, step: Step, *, stage: str, facts: Facts, roles: frozenset[Role] | None) -> Refused | None:
    """Say what stands against a step before its own facts are given, or None when it is open."""
    try:
        _require_stage(track, step, stage, facts)
        _require_role(step, roles)
        _require_unblocked(step, facts)
    except Refused as refusal:
        return refusal
    own = {asked.name for asked in step.asks}
    held = _holding((guard for guard in step.only_if if not guard.reads & own), facts)
    return _held_back(held) if held else None


def wanted_beside(step: Step, facts: Facts) -> list[Held]:
    """Give what guards find missing that read the form of the step and more: the form alone may not mend it."""
    own = {asked.name for asked in step.asks}
    return _holding((guard for guard in step.only_if if guard.reads & own and guard.reads - own), facts)


def not_ready(step: Step, facts: Facts) -> NotReady:
    return _held_back(_holding(step.only_if, facts))


def _holding(guards: Iterable[Guard], facts: Facts) -> list[Held]:
    return [Held(guard, missing) for guard in guards if (missing := tuple(guard.missing(facts)))]


def _held_back(held: Sequence[Held]) -> NotReady:
    sentences = " ".join(each.guard.sentence for each in held)
    return NotReady(sentences, [item for each in held for item in each.missing], held)


def _require_stage(track: Track, step: Step, stage: str, facts: Facts) -> None:
    if stage not in step.source:
        waits = waits_for_hold(track, step, stage, facts)
        raise WrongStage(waits) if waits else _wrong_stage(track, step, stage)


def _held_at(track: Track, step: Step, facts: Facts) -> str:
    """Give the stage a hold leads back to."""
    if track.name not in facts.held_at:
        raise WrongStage(f"“{step.title}” leads back to where the {mid_sentence(track.title)} was, which is not known.")
    return facts.held_at[track.name]


def _wrong_stage(track: Track, step: Step, stage: str) -> WrongStage:
    allowed = " or ".join(mid_sentence(sentence(source)) for source in step.source)
    now = mid_sentence(sentence(stage))
    return WrongStage(f"“{step.title}” is a step from {allowed}; the {mid_sentence(track.title)} is at {now}.")


def _require_role(step: Step, roles: frozenset[Role] | None) -> None:
    if roles is not None and not roles & step.by:
        who = ", ".join(sorted(role.in_sentence for role in step.by))
        raise WrongRole(f"“{step.title}” is not yours to record. It can be recorded by: {who}.")


def _require_unblocked(step: Step, facts: Facts) -> None:
    beside = facts.blocked.get(step.name, ())
    if beside:
        ends = [f"the end of {each}" for each in beside]
        raise NotReady(f"“{step.title}” waits for what runs beside the case.", ends)


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
            "=" if step.to in ("", BACK) else str(step.to),
            conditions=[_condition(guard) for guard in step.only_if],
        )
    return machine


def _condition(guard: Guard):  # type: ignore[no-untyped-def]  # the library's own callback type is not exported
    def is_open(event: EventData) -> bool:
        return not list(guard.missing(event.kwargs["facts"]))

    return is_open


def can_still_come(track: Track, stage: str, step: Step) -> bool:
    """Tell whether steps lead from the stage to one this step is taken at. Guards are not judged."""
    return not _ahead(track, stage).isdisjoint(str(source) for source in step.source)


@cache
def _ahead(track: Track, stage: str) -> frozenset[str]:
    reached = {stage}
    while further := _one_step_on(track, reached) - reached:
        reached |= further
    return frozenset(reached)


def _one_step_on(track: Track, reached: set[str]) -> set[str]:
    steps = [step for step in track.steps if not reached.isdisjoint(step.source)]
    return {stage for step in steps for stage in track.ends_of(step)}
