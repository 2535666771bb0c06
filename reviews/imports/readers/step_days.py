"""What does a row say that has one column for the day of each step?"""

from reviews.imports.readers.past import PastCase, Way
from reviews.imports.readers.past_rows import Line
from workflows.core.vocabulary import Workflow

REFERENCE = "case_ref"


def columns_of(workflow: Workflow) -> tuple[str, ...]:
    return (REFERENCE, *(step.name for step in workflow.steps))


def read_step_days(line: Line, workflow: Workflow) -> PastCase | None:
    """Read the days of the steps in their order of time; None when the row names none."""
    days = [(line.day(step.name), step) for step in workflow.steps]
    taken = [(day, step) for day, step in days if day is not None]
    taken.sort(key=lambda pair: pair[0])  # steps of one day stay in the order of the definition
    if not taken:
        line.refuse(REFERENCE, "The row names no day, so there is no history to keep.")
        return None
    way, opening = Way(taken[0][0]), workflow.opening
    if opening and opening not in [step for _, step in taken]:
        way.take(opening.name, None, line.heading(opening.name))
    for day, step in taken:
        way.take(step.name, day, line.heading(step.name))
    return PastCase(
        row=line.number,
        reference=line.text(REFERENCE),
        column=line.heading(REFERENCE),
        workflow=workflow.name,
        steps=tuple(way.steps),
        dated=line.dated({step.name: step.name for step in workflow.steps}),
    )
