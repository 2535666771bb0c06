"""Is a definition whole? Each complaint names the workflow and the thing."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from workflows.core.vocabulary import UNOPENED, Workflow
from workflows.definitions import WORKFLOWS
from workflows.fault import Fault, twice
from workflows.sound_clocks import clock_faults
from workflows.sound_forms import form_faults
from workflows.sound_stages import track_faults
from workflows.sound_steps import step_faults


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
    checks: tuple[Callable[[Workflow], Iterator[Fault]], ...] = (_opening, _names, form_faults, clock_faults, _moved)
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


def _names(workflow: Workflow) -> Iterator[Fault]:
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
