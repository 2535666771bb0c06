"""Which steps can still come from a stage on?"""

from functools import cache

from workflows.vocabulary import Step, Track


def can_still_come(track: Track, stage: str, step: Step) -> bool:
    """Tell whether steps lead from the stage to one this step is taken at. Guards are not judged."""
    return not _ahead(track, stage).isdisjoint(str(source) for source in step.source)


@cache
def _ahead(track: Track, stage: str) -> frozenset[str]:
    reached = {stage}
    while (
        further := {str(step.to) for step in track.steps if step.to and not reached.isdisjoint(step.source)} - reached
    ):
        reached |= further
    return frozenset(reached)
