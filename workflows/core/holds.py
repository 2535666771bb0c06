"""Facts of a hold, and what a step that waits for it is told."""

from collections.abc import Mapping
from datetime import date

from workflows.core.labels import mid_sentence
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import OnHold, Step, Track

REVIEW_DAY = "_review_on"


def hold_name(step: Step) -> str:
    """Give the prefix of the facts of a hold: `hold` for a step that asks `hold_review_on`."""
    return next(
        question.name.removesuffix(REVIEW_DAY) for question in step.questions if question.name.endswith(REVIEW_DAY)
    )


def hold_step_at(track: Track, stage: str) -> Step | None:
    """Give the step that puts a track on hold at a stage; None for a stage that is no hold."""
    return next((step for step in track.steps if step.hold is OnHold.START and step.to == stage), None)


def fact_of_hold(step: Step, fact: str, facts: Mapping[str, Value]) -> Value | None:
    """Give one fact of a hold: `reason`, `evidence`, `told`, `told_on`, `review_on` or `expected_end_on`."""
    return facts.get(f"{hold_name(step)}_{fact}")


def day_of_hold(step: Step, fact: str, facts: Mapping[str, Value]) -> date | None:
    value = fact_of_hold(step, fact, facts)
    return value if isinstance(value, date) else None


def waits_for_hold(track: Track, step: Step, stage: str, facts: Facts) -> str:
    """Say that a step waits for a hold, and when the hold is looked at again; "" for a track that is not on hold."""
    hold_step = hold_step_at(track, stage)
    if hold_step is None:
        return ""
    day = day_of_hold(hold_step, "review_on", facts.known)
    again = f" The hold is looked at again on {day.day} {day:%B %Y}." if day else ""
    return f"“{step.title}” waits: the {mid_sentence(track.title)} is on hold.{again}"
