"""The lead reviewer of a case: a person, who sees it and works on it up to and including a day."""

from dataclasses import replace

from workflows.core.involvement import Involvement
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import REVIEWER, REVIEWER_ENDED, REVIEWER_UNTIL, Role, Step

BARS_REVIEWER = frozenset({Involvement.LEAD_REVIEWER})
"""Barred from what decides on the review itself: its reviewer, also the one whom the step names."""

_PERSON = Question(REVIEWER, "Lead reviewer", Kind.PERSON, hint="Somebody here with the role lead reviewer.")
_UNTIL = Question(REVIEWER_UNTIL, "Up to and including which day they see the case and work on it", Kind.DAY)

WHEN_COMMISSIONED = (
    replace(_PERSON, required=False, label="Lead reviewer, who gets the case here"),
    replace(_UNTIL, required=False, hint="Needed if a lead reviewer is chosen."),
)
"""A reviewer who has no account yet gets the case later, by the step `name_reviewer`."""


def reviewer_steps(stages: tuple[str, ...], *, by: frozenset[Role]) -> tuple[Step, ...]:
    """Give the steps that give a case to a lead reviewer, or move the day, and that take it away before the day."""
    ended = (
        Question(REVIEWER_ENDED, "Lead reviewer who no longer has the case", Kind.PERSON),
        Question("reviewer_ended_because", "Why it ends", Kind.TEXT),
    )
    return (
        Step(
            "name_reviewer",
            "Give the case to a lead reviewer",
            stages,
            "",
            by,
            questions=(_PERSON, _UNTIL),
            barred=BARS_REVIEWER,
        ),
        Step(
            "end_reviewer",
            "Take the case from a lead reviewer",
            stages,
            "",
            by,
            questions=ended,
            barred=BARS_REVIEWER,
        ),
    )
