"""What is a hold made of, and what does it say to a step that waits for it?"""

from collections.abc import Mapping
from datetime import date

from workflows.core.labels import mid_sentence
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import OnHold, Step, Track

REVIEW_DAY = "_review_on"


def hold_name(step: Step) -> str:
    """Give the word that the facts of a hold begin with: `hold` where `hold_review_on` is asked."""
    return next(asked.name.removesuffix(REVIEW_DAY) for asked in step.asks if asked.name.endswith(REVIEW_DAY))


def placing_of(track: Track, stage: str) -> Step | None:
    """Give the step by which a track comes to stand on hold at a stage; None where that stage is no hold."""
    return next((step for step in track.steps if step.hold is OnHold.PLACE and step.to == stage), None)


def fact_of_hold(step: Step, fact: str, known: Mapping[str, Value]) -> Value | None:
    """Give what is known of a hold: `reason`, `evidence`, `told`, `told_on`, `review_on` or `expected_end_on`."""
    return known.get(f"{hold_name(step)}_{fact}")


def day_of_hold(step: Step, fact: str, known: Mapping[str, Value]) -> date | None:
    value = fact_of_hold(step, fact, known)
    return value if isinstance(value, date) else None


def waits_for_hold(track: Track, step: Step, stage: str, facts: Facts) -> str:
    """Say that a step waits because its track is held, and when the hold is looked at again; "" where it is not."""
    placing = placing_of(track, stage)
    if placing is None:
        return ""
    day = day_of_hold(placing, "review_on", facts.known)
    again = f" The hold is looked at again on {day.day} {day:%B %Y}." if day else ""
    return f"“{step.title}” waits: the {mid_sentence(track.title)} is on hold.{again}"
