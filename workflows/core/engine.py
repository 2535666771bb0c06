"""Decides whether a step may be taken and where it leads. The only user of the state-machine library.

The machine of a track decides. The stage is the source of a transition; role, whose own it is, blocking and guards are
its conditions; the stage a hold or a reopening leads back to is set as the transition is made. What this module adds is
the reason of a refusal: the library itself only answers False (ADR 0002).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from transitions import EventData, Machine, Transition

from workflows.core.bars import barred_from
from workflows.core.involvement import Involvement
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Facts
from workflows.core.vocabulary import BACK, UNOPENED, Guard, Role, Step, Track, waits_for_hold


class Refused(Exception):
    """An answer, not a fault: the sentence says why, `missing` lists what is lacking.

    `field` names what is to be entered or changed, where that is one thing.
    """

    def __init__(self, sentence: str, missing: Sequence[str] = (), *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.missing = tuple(missing)
        self.field = field


class WrongStage(Refused):
    """The step does not lead on from the present stage."""


class WrongRole(Refused):
    """The step belongs to somebody else."""


class ConflictOfInterest(Refused):
    """The step decides on what is this person's own: somebody else must take it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One guard that holds a step back, and what it finds missing."""

    guard: Guard
    missing: tuple[str, ...]


class NotReady(Refused):
    """Something holds the step back: the guards in `held`, or what the sentence says where there are none."""

    def __init__(
        self, sentence: str, missing: Sequence[str] = (), held: Sequence[Held] = (), *, field: str = ""
    ) -> None:
        super().__init__(sentence, missing, field=field)
        self.held = tuple(held)


def take_step(track: Track, step: Step, *, stage: str, facts: Facts, roles: frozenset[Role] | None) -> str:
    """Give the stage the step leads to, or raise Refused. `roles=None` is the system, which any step admits."""
    judgement = Judgement(str(stage), track, step, facts, roles)
    transition = _transition(track, step, judgement.state)
    if transition is None:
        raise _wrong_stage(judgement)
    machine = _machine(track)
    transition.execute(
        EventData(machine.states[judgement.state], machine.events[step.name], machine, judgement, (), {})
    )
    if judgement.refusal:
        raise judgement.refusal
    return judgement.state


def why_not(track: Track, step: Step, *, stage: str, facts: Facts, roles: frozenset[Role] | None) -> Refused | None:
    """Say what stands against a step before its form is filled in, or None when it is open."""
    judgement = Judgement(str(stage), track, step, facts, roles, before_answers=True)
    transition = _transition(track, step, judgement.state)
    if transition is None:
        return _wrong_stage(judgement)
    # its conditions alone: to make the transition as well would take the library several times as long
    for condition in transition.conditions:
        if not getattr(judgement, str(condition.func))():
            break
    return judgement.refusal


def judge_again(
    track: Track, step: Step, *, facts: Facts, roles: frozenset[Role] | None, unknown: frozenset[str] = frozenset()
) -> None:
    """Judge a step that was taken, with other facts. Its stage is what it was.

    Raises WrongRole, ConflictOfInterest or NotReady. Guards that read a fact of `unknown`, which nobody can tell any
    more, are left as they were judged.
    """
    if (
        refusal := _wrong_role(step, roles)
        or _conflict(track, step, facts)
        or _held_back(step, facts, leaving_out=unknown)
    ):
        raise refusal


def missing_beyond_form(step: Step, facts: Facts) -> list[Held]:
    """Give what guards find missing that read the form of the step and more: the form alone may not mend it."""
    form = _form_facts(step)
    return _holding((guard for guard in step.only_if if guard.reads & form and guard.reads - form), facts)


def can_still_come(track: Track, stage: str, step: Step) -> bool:
    """Tell whether steps lead from the stage to one this step is taken at, unless the track is reopened first.

    Guards are not judged.
    """
    return not _reachable(track, stage).isdisjoint(str(source) for source in step.source)


@dataclass(slots=True)
class Judgement:
    """One step put to the machine, as its model: `state` is the present stage, and then the one the step leads to.

    The machine calls the conditions by name. The one that says no leaves its reason in `refusal`. With `before_answers`
    the form of the step is still empty: guards that read it are not asked, nor is where a hold leads back to.
    """

    state: str
    track: Track
    step: Step
    facts: Facts
    roles: frozenset[Role] | None
    before_answers: bool = False
    refusal: Refused | None = None

    def admits_role(self) -> bool:
        self.refusal = _wrong_role(self.step, self.roles)
        return self.refusal is None

    def is_not_barred(self) -> bool:
        self.refusal = _conflict(self.track, self.step, self.facts)
        return self.refusal is None

    def is_unblocked(self) -> bool:
        self.refusal = _blocked(self.step, self.facts)
        return self.refusal is None

    def passes_guards(self) -> bool:
        # one condition for all guards: each is asked once, and a refusal names everything that is missing
        left_out = _form_facts(self.step) if self.before_answers else frozenset()
        self.refusal = _held_back(self.step, self.facts, leaving_out=left_out)
        return self.refusal is None

    def knows_way_back(self) -> bool:
        if not self.before_answers and self.facts.held_at.get(self.track.name) not in _machine(self.track).states:
            where = f"where the {mid_sentence(self.track.title)} was, which is not known."
            self.refusal = WrongStage(f"“{self.step.title}” leads back to {where}")
        return self.refusal is None

    def lead_back(self) -> None:
        self.state = str(self.facts.held_at[self.track.name])


def _transition(track: Track, step: Step, stage: str) -> Transition | None:
    """Give the transition by which the machine lets a step leave a stage."""
    found = _machine(track).events[step.name].transitions.get(stage)
    return found[0] if found else None


CONDITIONS = ("admits_role", "is_not_barred", "is_unblocked", "passes_guards")


@cache
def _machine(track: Track) -> Machine:
    """Build the one machine of a track. No model is added to it: a judgement comes and goes with each step."""
    # plain strings: the library files an enum under its member's name, and a stored stage would not be found
    machine = Machine(
        model=None,
        states=[UNOPENED, *(stage.value for stage in track.stages)],
        initial=str(track.initial),
        auto_transitions=False,
    )
    for step in track.steps:
        leads_back = step.to == BACK
        machine.add_transition(
            step.name,
            [str(source) for source in step.source],
            # no stage can be named as the end of a way back: "lead_back" sets it when the transition is made
            "=" if leads_back or not step.to else str(step.to),
            conditions=[*CONDITIONS, *(["knows_way_back"] if leads_back else [])],
            after="lead_back" if leads_back else None,
        )
    return machine


def _wrong_stage(judgement: Judgement) -> WrongStage:
    track, step, stage = judgement.track, judgement.step, judgement.state
    return WrongStage(waits_for_hold(track, step, stage, judgement.facts) or _both_stages(track, step, stage))


def _wrong_role(step: Step, roles: frozenset[Role] | None) -> WrongRole | None:
    return None if roles is None or roles & step.by else WrongRole(_whose(step))


@cache  # these two sentences are the same for everybody, and most steps of a page have one of them
def _both_stages(track: Track, step: Step, stage: str) -> str:
    allowed = " or ".join(mid_sentence(sentence(source)) for source in step.source)
    now = mid_sentence(sentence(stage))
    return f"“{step.title}” is a step from {allowed}; the {mid_sentence(track.title)} is at {now}."


@cache
def _whose(step: Step) -> str:
    who = ", ".join(sorted(role.in_sentence for role in step.by))
    return f"“{step.title}” is not yours to record. It can be recorded by: {who}."


def _conflict(track: Track, step: Step, facts: Facts) -> ConflictOfInterest | None:
    if facts.involved_as and (own := barred_from(track, step) & facts.involved_as):
        who = "; ".join(each.words for each in Involvement if each in own)
        return ConflictOfInterest(f"“{step.title}” is for somebody else to record. It is not open to: {who}.")
    return None


def _blocked(step: Step, facts: Facts) -> NotReady | None:
    if processes := facts.blocked.get(step.name):
        return NotReady(
            f"“{step.title}” must wait for a parallel process.", [f"the end of {each}" for each in processes]
        )
    return None


def _held_back(step: Step, facts: Facts, *, leaving_out: frozenset[str]) -> NotReady | None:
    """Ask the guards of a step, but for those that read a fact of `leaving_out`."""
    if not step.only_if:
        return None
    held = _holding((guard for guard in step.only_if if not guard.reads & leaving_out), facts)
    if not held:
        return None
    sentences = " ".join(each.guard.sentence for each in held)
    return NotReady(sentences, [item for each in held for item in each.missing], held)


def _holding(guards: Iterable[Guard], facts: Facts) -> list[Held]:
    return [Held(guard, missing) for guard in guards if (missing := tuple(guard.missing(facts)))]


@cache
def _form_facts(step: Step) -> frozenset[str]:
    return frozenset(question.name for question in step.questions)


@cache
def _reachable(track: Track, stage: str) -> frozenset[str]:
    """Give the stage and all that steps lead to from it."""
    reached = {stage}
    while True:
        leaving = [step for step in track.steps if not step.reopens and not reached.isdisjoint(step.source)]
        further = {end for step in leaving for end in track.ends_of(step)} - reached
        if not further:
            return frozenset(reached)
        reached |= further
