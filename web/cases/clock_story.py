"""How does the history of a case say what was forecast, why a clock was late, and what a correction changed?"""

from datetime import date
from typing import Any

from reviews.models import Event, EventKind
from workflows.core.labels import sentence
from workflows.core.vocabulary import Workflow


def note_title(workflow: Workflow, event: Event) -> str:
    """Say what was noted about a clock, or "" for an event of another kind."""
    match event.kind:
        case EventKind.CLOCK_FORECAST:
            return f"{_clock(workflow, event.details['clock'])}: {_forecast(event.details)}"
        case EventKind.LATE_REASON_GIVEN:
            return f"{_clock(workflow, event.details['clock'])}: why it is late"
        case _:
            return ""


def note_changes(workflow: Workflow, event: Event) -> list[tuple[str, str]]:
    """Give the reason and what changed by it, each with its label; nothing for an event of another kind."""
    details = event.details
    match event.kind:
        case EventKind.CLOCK_FORECAST:
            return [("Why", details["because"])]
        case EventKind.LATE_REASON_GIVEN:
            before = [("It said before", details["was"])] if details["was"] else []
            return [("Reason", details["now"]), *before]
        case EventKind.STEP_CORRECTED:
            moved = [(_clock(workflow, each["clock"]), _moved(each)) for each in details.get("clocks", ())]
            return [("What was wrong", details.get("reason", "")), *moved]
        case _:
            return []


def _forecast(details: dict[str, Any]) -> str:
    was = f", was {_day(details['was'])}" if details["was"] else ""
    return f"forecast for {_day(details['now'])}{was}" if details["now"] else f"forecast taken back{was}"


def _moved(change: dict[str, Any]) -> str:
    was = f"was due {_day(change['was'])}" if change["was"] else "did not run"
    return f"{was}, {'now ' + _day(change['now']) if change['now'] else 'does not run any more'}"


def _clock(workflow: Workflow, name: str) -> str:
    return next((deadline.title for deadline in workflow.deadlines if deadline.name == name), sentence(name))


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}"
