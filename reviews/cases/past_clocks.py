"""Which clocks does a history start, meet and leave out?"""

from collections.abc import Iterable, Sequence

from reviews.cases.clocks import turn_clocks
from reviews.imports.readers.past import PastCase, PastStep
from reviews.models import Case, CaseClock
from reviews.transactions.unit_of_work import Unit
from workflows.core.deadlines import Deadline
from workflows.core.paths import can_still_come
from workflows.core.vocabulary import Workflow


def turn_past_clocks(unit: Unit, case: Case, workflow: Workflow, past: PastCase, steps: Sequence[PastStep]) -> None:
    """Turn the clocks by the days of these steps: the new ones, or all where a day was learned late.

    A clock is kept only where the file has a column for the day that meets it, and where that day is known or may still
    come. What nobody wrote down is neither in time nor late.
    """
    kept = {deadline.name for deadline in workflow.deadlines if _is_kept(case, workflow, past, deadline)}
    for taken in steps:
        step = workflow.step(taken.name)
        if step is not None and taken.on is not None:
            given = {fact.name: fact.value for fact in taken.facts}
            turn_clocks(unit, case, workflow, step, on=taken.on, given=given, starts_only=kept)
    end_what_nothing_meets(case, workflow, case.clocks)


def end_what_nothing_meets(case: Case, workflow: Workflow, clocks: Iterable[CaseClock]) -> None:
    """End the clocks that no step can meet any more from where the tracks stand: met on a day nobody knows."""
    for clock in clocks:
        if clock.is_running and not _may_be_met(case, workflow, workflow.deadline(clock.name)):
            clock.dropped_on = max(track.since_on for track in case.tracks)


def _is_kept(case: Case, workflow: Workflow, past: PastCase, deadline: Deadline) -> bool:
    if past.dated.isdisjoint(deadline.met_by):
        return False
    met = any(taken.on is not None and taken.name in deadline.met_by for taken in past.steps)
    return met or _may_be_met(case, workflow, deadline)


def _may_be_met(case: Case, workflow: Workflow, deadline: Deadline) -> bool:
    """Whether a step that meets it can still come from where the tracks stand."""
    stages = {track.name: track.stage for track in case.tracks}
    steps = [step for step in workflow.steps if step.name in deadline.met_by]
    return any(can_still_come(workflow.track_of(step), stages[workflow.track_of(step).name], step) for step in steps)
