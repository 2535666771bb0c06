"""What has to be thought of after a death in a review, which no step asks for by itself?

A child who was notified as seriously harmed may die later. What was notified stays; the Panel is told, and what is
known now may change the decision on a practice review.
"""

from dataclasses import dataclass

from reviews.cases.history import Record, Recorded, record_of
from reviews.cases.page_queries import CaseFile, may_correct
from web.core.context import actor, reader
from web.core.urls import case_address
from workflows.core.engine import can_still_come
from workflows.core.vocabulary import NATURE

DEATH_STEP = "child_died"
HARMED = "serious_harm"
PANEL_TOLD, DECISION_AFFECTED = "panel_told_of_death_on", "decision_affected"
DECIDING = ("look_again", "confirm_lcspr", "confirm_national_review", "confirm_no_further_review")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A sentence, and the address where it is done; "" where that is for others."""

    words: str
    href: str = ""


def prompts_of(file: CaseFile) -> list[Prompt]:
    """Say what is still to be done after the death of a child who was notified as harmed; [] where nothing is."""
    if file.workflow.step(DEATH_STEP) is None:
        return []
    record = record_of(reader(), file.case)
    given = record.values(file.case)
    deaths = [step for step in record.steps if step.step == DEATH_STEP]
    if not deaths or HARMED not in {values.get(NATURE) for values in given.values()}:
        return []
    untold = [death for death in deaths if PANEL_TOLD not in given[death.event_id]]
    affecting = [death for death in deaths if given[death.event_id].get(DECISION_AFFECTED) is True]
    return [
        *(Prompt("Tell the national Panel of the death, and record the day.", _day(file, one)) for one in untold[-1:]),
        *(_decision(file) for one in affecting[-1:] if _undecided(file, record, one)),
    ]


def _decision(file: CaseFile) -> Prompt:
    words = "What is known now may change the decision on a practice review: look at it again."
    steps = (answer.step.name for answer in file.steps if answer.is_open and answer.step.name in DECIDING)
    return Prompt(words, next((_step(file, name) for name in steps), ""))


def _undecided(file: CaseFile, record: Record, death: Recorded) -> bool:
    """Whether the decision was not looked at since, and still can be from where the case stands."""
    since = record.steps[record.steps.index(death) + 1 :]
    steps = [step for step in file.workflow.steps if step.name in DECIDING]
    tracks = [file.workflow.track_of(step) for step in steps]
    can_be = any(can_still_come(track, file.stage(track.name), step) for track, step in zip(tracks, steps, strict=True))
    return can_be and not any(one.step in DECIDING for one in since)


def _day(file: CaseFile, death: Recorded) -> str:
    step = file.workflow.step(DEATH_STEP)
    if step is None or not may_correct(actor(), file.case, step):
        return ""
    return case_address(file.case.reference, file.case.partnership_id, "history", str(death.event_id), "correct")


def _step(file: CaseFile, name: str) -> str:
    return case_address(file.case.reference, file.case.partnership_id, "steps", name)
