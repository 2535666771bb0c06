"""The words for what a case holds: its facts, its links, our part in it, the rules of its plan."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from reviews.core.clock import moment_in_words
from reviews.models import CaseFact, Event, OurRole, RetentionHoldKind
from reviews.models.cases import ABSORBED, CHALLENGED
from workflows.core.labels import sentence
from workflows.core.questions import Kind, Question, Value, edition_in_words
from workflows.core.vocabulary import Workflow

OUR_ROLES: Mapping[str, str] = {
    OurRole.LEAD.value: "We lead",
    OurRole.CONTRIBUTOR.value: "Another area leads, and we contribute",
    OurRole.OBSERVER.value: "Another area leads, and we look on",
}

PLAN_RULES: Mapping[str, str] = {
    "first_impact_months": "first impact check after {} months",
    "second_impact_months": "second impact check after {} months",
    "amber_days": "amber {} days before the date",
    "red_moves": "red when moved more than {} times",
    "cadence_days": "amber without a report for {} days",
    "reminder_policy": "reminded by the policy {}",
}


EXPORT_TITLES: Mapping[str, str] = {"xlsx": "Excel", "csv": "CSV", "json": "JSON", "docx": "Word", "pdf": "PDF"}
"""The formats in which a plan is exported, by the name that the event and the command have."""


def rules_in_words(rules: Mapping[str, int | str | None]) -> str:
    """Say how a plan differs from the others: `second impact check after 12 months`."""
    differing = [words.format(rules[name]) for name, words in PLAN_RULES.items() if rules.get(name) is not None]
    return ", ".join(differing) or "the usual ones"


def link_words(kind: str, led_to: bool) -> str:
    """Say how two cases belong together, from the one whose page it is."""
    if kind == ABSORBED:
        return "Taken into" if led_to else "Took in"
    if kind == CHALLENGED:
        return "Challenged in" if led_to else "Challenge of"
    return "Led to" if led_to else "Came from"


def facts_in_words(
    workflow: Workflow, facts: Sequence[CaseFact], form: Iterable[Question] = ()
) -> list[tuple[str, str]]:
    """Give label and value of each fact as a person would write them, in the words of the form it was filled in on."""
    questions = {**workflow.questions, **{asked.name: asked for asked in form}}
    found = []
    for fact in facts:
        asked = questions.get(fact.name)
        found.append((asked.label if asked else sentence(fact.name), _fact_value(asked, fact)))
    return found


def form_filled_in(workflow: Workflow, event: Event) -> tuple[Question, ...]:
    """Give the edition of the form that a step was recorded on; empty for what is no step."""
    step = workflow.step(event.step) if event.step else None
    return step.form_on(event.form_edition or date.min) if step else ()


def form_in_words(workflow: Workflow, event: Event) -> str:
    """Say which edition of the form a step was recorded on; "" where the form never changed."""
    step = workflow.step(event.step) if event.step else None
    return edition_in_words(step.questions, event.form_edition) if step else ""


def _fact_value(asked: Question | None, fact: CaseFact) -> str:
    if fact.kind is Kind.CHOICE and asked is not None:
        return dict(asked.choices).get(str(fact.value), str(fact.value))
    if fact.kind is Kind.STEPS and isinstance(fact.value, tuple):
        return ", ".join(map(sentence, fact.value)) or "None"
    if fact.kind is Kind.PERSON:
        return str(fact.value).partition(" <")[0]
    return _value_in_words(fact.value)


def _value_in_words(value: Value | None) -> str:
    match value:
        case bool():
            return "Yes" if value else "No"
        case datetime():
            return moment_in_words(value)
        case date():
            return f"{value:%-d %B %Y}"
        case tuple():
            return ", ".join(value)
        case _:
            return str(value)


RETENTION_HOLDS: Mapping[str, str] = {
    RetentionHoldKind.INQUIRY: "an inquiry",
    RetentionHoldKind.LITIGATION: "litigation",
    RetentionHoldKind.INQUEST: "an inquest",
    RetentionHoldKind.OTHER: "another reason",
}
"""Why a case must not be destroyed, after “a hold for”."""
RETENTION_TITLES: Mapping[str, str] = {
    "keep": "Retention reviewed: to be kept until {}",
    "propose": "Disposal proposed",
    "approve": "Disposal approved",
    "refuse": "Disposal refused",
    "stop": "Disposal stopped by a hold",
}
"""Decisions on retention, with the day where one belongs to it."""
