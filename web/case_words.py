"""How are the history and the facts of a case said in words?"""

from collections.abc import Sequence
from datetime import date, datetime

from reviews.clock import LONDON
from reviews.commands.actions import RESPONSES
from reviews.commands.joins import ABSORBED
from reviews.models import CaseFact, Event, EventKind
from workflows.vocabulary import UNOPENED, Kind, Value, Workflow
from workflows.words import sentence


def event_title(workflow: Workflow, event: Event) -> str:
    """Say what happened: the title of the step, or what was done to a recommendation."""
    step = workflow.step(event.step) if event.step else None
    if step is not None:
        return step.title
    recommendation = event.details.get("recommendation", "")
    match event.kind:
        case EventKind.RECOMMENDATION_MADE:
            return f"Recommendation {recommendation} made"
        case EventKind.RECOMMENDATION_ANSWERED:
            return f"Recommendation {recommendation} answered: {RESPONSES.get(event.details.get('response', ''), '')}"
        case EventKind.CLOCK_MOVED:
            return _clock_moved(workflow, event)
        case _:
            return sentence(event.kind.value)


def _clock_moved(workflow: Workflow, event: Event) -> str:
    title = workflow.deadline(event.details["clock"]).title
    was, now = (f"{date.fromisoformat(event.details[name]):%-d %B %Y}" for name in ("was", "now"))
    moved = f"{now} is firm" if was == now else f"was {was}, now {now}"
    return f"{title}: {moved}, because {event.details['because']}"


def event_move(workflow: Workflow, event: Event) -> str:
    """Say between which stages the step led, or "" when it stayed where it was."""
    if event.to_stage is None or event.to_stage == event.from_stage:
        return ""
    if event.from_stage in (None, UNOPENED):
        return f"→ {sentence(event.to_stage)}"
    track = f"{workflow.track(event.track).title}: " if event.track and len(workflow.tracks) > 1 else ""
    return f"{track}{sentence(str(event.from_stage))} → {sentence(event.to_stage)}"


def link_words(kind: str, led_to: bool) -> str:
    """Say how two cases belong together, from the one whose page it is."""
    if kind == ABSORBED:
        return "Taken into" if led_to else "Took in"
    return "Led to" if led_to else "Came from"


def recorded_by(event: Event) -> str:
    """Give the name of whoever recorded it, without the address; and that it came in with an imported history."""
    name = event.recorded_by.partition(" <")[0]
    return f"{name}, from an imported history," if event.details.get("imported") else name


def facts_in_words(workflow: Workflow, facts: Sequence[CaseFact]) -> list[tuple[str, str]]:
    """Give label and value of each fact as a person would write them."""
    return [(_label(workflow, fact), _said(workflow, fact)) for fact in facts]


def _label(workflow: Workflow, fact: CaseFact) -> str:
    asked = workflow.asks.get(fact.name)
    return asked.label if asked else sentence(fact.name)


def _said(workflow: Workflow, fact: CaseFact) -> str:
    value = fact.value
    if fact.kind is Kind.CHOICE and fact.name in workflow.asks:
        return dict(workflow.asks[fact.name].choices).get(str(value), str(value))
    return _value(value)


def _value(value: Value | None) -> str:
    match value:
        case bool():
            return "Yes" if value else "No"
        case datetime():
            return f"{value.astimezone(LONDON):%-d %B %Y, %H:%M}"
        case date():
            return f"{value:%-d %B %Y}"
        case tuple():
            return ", ".join(value)
        case _:
            return str(value)
