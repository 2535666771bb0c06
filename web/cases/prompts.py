"""The prompts of a case with the addresses at which this person follows them."""

from dataclasses import dataclass

from reviews.cases.history import record_of
from reviews.cases.page_queries import CaseFile, may_correct
from reviews.cases.prompts import DEATH_STEP, Prompt, prompts_after_death
from web.core.context import actor, reader
from web.core.urls import case_address


@dataclass(frozen=True, slots=True)
class PromptLink:
    """A sentence, and the address where it is done; "" where that is for others."""

    words: str
    href: str = ""


def prompts_of(file: CaseFile) -> list[PromptLink]:
    step = file.workflow.step(DEATH_STEP)
    if step is None:
        return []
    record = record_of(reader(), file.case)
    stages = {row.name: row.stage for row in file.case.tracks}
    found = prompts_after_death(file.workflow, record, record.values(file.case), stages)
    return [PromptLink(prompt.sentence, _address(file, prompt)) for prompt in found]


def _address(file: CaseFile, prompt: Prompt) -> str:
    reference, partnership_id = file.case.reference, file.case.partnership_id
    if prompt.event_id is not None:
        step = file.workflow.step(DEATH_STEP)
        if step is None or not may_correct(actor(), file.case, step):
            return ""
        return case_address(reference, partnership_id, "history", str(prompt.event_id), "correct")
    open_steps = (answer.step.name for answer in file.steps if answer.is_open and answer.step.name in prompt.steps)
    return next((case_address(reference, partnership_id, "steps", name) for name in open_steps), "")
