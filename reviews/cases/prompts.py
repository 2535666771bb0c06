"""What still has to be done after the death of a child who was notified as seriously harmed.

What was notified stays. The national Panel is told, and what is known now may change the decision on a practice review.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reviews.cases.history import CaseHistory, RecordedStep
from workflows.core.engine import can_still_come
from workflows.core.questions import Value
from workflows.core.vocabulary import NATURE, Workflow

DEATH_STEP = "child_died"
HARMED = "serious_harm"
PANEL_NOTIFIED_ON, DECISION_AFFECTED = "panel_told_of_death_on", "decision_affected"
DECIDING_STEPS = ("look_again", "confirm_lcspr", "confirm_national_review", "confirm_no_further_review")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A sentence and how it is done: by correcting the step of `event_id`, or by recording any of `steps`."""

    sentence: str
    event_id: int | None = None
    steps: tuple[str, ...] = ()


def prompts_after_death(
    workflow: Workflow,
    record: CaseHistory,
    answers: Mapping[int, Mapping[str, Value]],
    stages: Mapping[str, str],
) -> list[Prompt]:
    """List what is still to be done; empty where no child died, or none was notified as harmed before.

    `answers` are the facts that hold of each recorded step, by the number of its event; `stages` are the present stages
    by track.
    """
    deaths = [step for step in record.steps if step.step == DEATH_STEP]
    if not deaths or HARMED not in {values.get(NATURE) for values in answers.values()}:
        return []
    prompts = []
    not_notified = [death for death in deaths if PANEL_NOTIFIED_ON not in answers[death.event_id]]
    if not_notified:
        prompts.append(Prompt("Tell the national Panel of the death, and record the day.", not_notified[-1].event_id))
    affecting = [death for death in deaths if answers[death.event_id].get(DECISION_AFFECTED) is True]
    if affecting and _decision_is_open(workflow, record, affecting[-1], stages):
        sentence = "What is known now may change the decision on a practice review: look at it again."
        prompts.append(Prompt(sentence, steps=DECIDING_STEPS))
    return prompts


def _decision_is_open(workflow: Workflow, record: CaseHistory, death: RecordedStep, stages: Mapping[str, str]) -> bool:
    """Whether nobody has looked at the decision since the death, and it can still be looked at from these stages."""
    since = record.steps[record.steps.index(death) + 1 :]
    if any(step.step in DECIDING_STEPS for step in since):
        return False
    tracks = [(workflow.track_of(step), step) for step in workflow.steps if step.name in DECIDING_STEPS]
    return any(can_still_come(track, stages[track.name], step) for track, step in tracks)
