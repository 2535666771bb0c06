"""The record of a case: what was recorded at its steps, as it holds after corrections."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reviews.cases.history import CaseHistory, RecordedStep
from reviews.cases.labels import facts_in_words
from reviews.models import Case, CaseFact
from workflows.core.labels import sentence
from workflows.core.questions import Kind
from workflows.core.vocabulary import Workflow


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """A step as it was recorded once: its day, who recorded it, and label and value of each fact and of
    what is worked out of them.

    `on` is None where nobody knows the day. `event_id` is the event by which it is corrected.
    """

    step: str
    title: str
    on: date | None
    recorded_by: str
    facts: Sequence[tuple[str, str]]
    event_id: int


@dataclass(frozen=True, slots=True)
class RecordSection:
    """A step with what was recorded at it, each time it was recorded, the latest first."""

    step: str
    title: str
    entries: Sequence[RecordEntry]


def record_of(case: Case, workflow: Workflow, history: CaseHistory) -> list[RecordSection]:
    """Give the steps of a case at which something was recorded, in the order they were first taken.

    What a later step asks again stands there alone: the score of a risk is that of the last time it was looked at.
    Agencies stand at each step that named them.
    """
    taken_last = {recorded.step: index for index, recorded in enumerate(history.steps)}
    asked_last: dict[str, str] = {}
    facts = history.facts_of_steps(case)
    for recorded in sorted(history.steps, key=lambda recorded: taken_last[recorded.step]):
        names = (name for name, fact in facts[recorded.event_id].items() if fact.kind is not Kind.AGENCIES)
        asked_last |= dict.fromkeys(names, recorded.step)
    sections: dict[str, list[RecordEntry]] = {}
    for recorded in history.steps:
        present = [
            fact
            for name, fact in facts[recorded.event_id].items()
            if asked_last.get(name, recorded.step) == recorded.step
        ]
        if present:
            sections.setdefault(recorded.step, []).insert(0, _entry(workflow, recorded, present))
    return [RecordSection(step, entries[0].title, entries) for step, entries in sections.items()]


def _entry(workflow: Workflow, recorded: RecordedStep, facts: Sequence[CaseFact]) -> RecordEntry:
    step = workflow.step(recorded.step)
    form = step.form_on(recorded.form_edition or date.min) if step else ()
    values = {fact.name: fact.value for fact in facts}
    products = [(each.label, str(number)) for each in workflow.products if (number := each.of(values)) is not None]
    return RecordEntry(
        step=recorded.step,
        title=step.title if step else sentence(recorded.step),
        on=recorded.on if recorded.day_known else None,
        recorded_by=recorded.recorded_by.partition(" <")[0],
        facts=[*facts_in_words(workflow, facts, form), *products],
        event_id=recorded.event_id,
    )
