"""Which steps can still come from a stage on?"""

from functools import cache

from workflows.core.vocabulary import Step, Track


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
