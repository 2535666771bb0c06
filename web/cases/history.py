"""How are the history and the facts of a case said in words?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from reviews.cases.steps import ABSORBED
from reviews.core.clock import LONDON
from reviews.exports.formats import FORMATS
from reviews.models import CaseFact, Event, EventKind, OurRole
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.commands import CHALLENGED
from web.cases.labels import rules_in_words
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Asked, Kind, Value, edition_in_words
from workflows.core.vocabulary import UNOPENED, Workflow


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


STAGES = {"was": "new", "now": "left behind, finished"}
CLOCKS = {"was": "not running", "now": "ended"}


TURNS = {EventKind.VERSION_MOVED: "Moved", EventKind.VERSION_REVERTED: "Taken back"}


def version_title(event: Event) -> str:
    """Say from which version to which, or "" for an event of another kind."""
    if event.kind not in TURNS:
        return ""
    return f"{TURNS[event.kind]} from version {event.details['from']} of the rules to version {event.details['to']}"


def version_changes(event: Event) -> list[tuple[str, str]]:
    """Give the reason, and each stage and date that changed; nothing for an event of another kind."""
    if event.kind not in TURNS:
        return []
    details = event.details
    why = "Why" if event.kind is EventKind.VERSION_MOVED else "It had been moved because"
    stages = [(each["title"], f"{_stage(each, 'was')} → {_stage(each, 'now')}") for each in details["stages"]]
    clocks = [(each["title"], _clock_change(each)) for each in details["clocks"]]
    return [(why, details["reason"]), *stages, *clocks, *(("Note", said) for said in details.get("said", ()))]


def _stage(change: Mapping[str, Any], which: str) -> str:
    return sentence(change[which]) if change[which] else STAGES[which]


def _clock_change(change: Mapping[str, Any]) -> str:
    was, now = (_day_or_nothing(change[which]) or CLOCKS[which] for which in ("was", "now"))
    because = f", because {change['because']}" if change["because"] else ""
    return f"was {was}, now {now}{because}"


def _day_or_nothing(text: str | None) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}" if text else ""


OUR_ROLES: Mapping[str, str] = {
    OurRole.LEAD.value: "We lead",
    OurRole.CONTRIBUTOR.value: "Another area leads, and we contribute",
    OurRole.OBSERVER.value: "Another area leads, and we look on",
}

OF_THE_THREAD: Mapping[EventKind, str] = {
    EventKind.FINDING_MADE: "Finding {finding} written down",
    EventKind.RECOMMENDATION_MADE: "Recommendation {recommendation} made",
    EventKind.RECOMMENDATION_CHANGED: "Recommendation {recommendation} put in other words",
    EventKind.RECOMMENDATION_ANSWERED: "Recommendation {recommendation} answered: {response}",
    EventKind.RECOMMENDATION_CHALLENGED: "Recommendation {recommendation} challenged",
    EventKind.RECOMMENDATION_REOPENED: "Recommendation {recommendation} open again: no impact of {action} was seen",
    EventKind.THEMES_SET: "Themes of {of}: {themes}",
    EventKind.ANSWER_ADDED: "Recommendation {recommendation} is answered by one more action",
    EventKind.ANSWER_REMOVED: "Recommendation {recommendation} is answered by one action fewer",
}
CLOCK_DAYS = ("was", "now", "target_was", "target_now")


def event_title(workflow: Workflow, event: Event) -> str:
    """Say what happened: the title of the step, or what was done to a recommendation."""
    step = workflow.step(event.step) if event.step else None
    if step is not None:
        return f"{step.title}: corrected" if event.kind is EventKind.STEP_CORRECTED else step.title
    return _of_the_thread(event) if event.kind in OF_THE_THREAD else _of_the_case(workflow, event)


def _of_the_case(workflow: Workflow, event: Event) -> str:
    match event.kind:
        case EventKind.CHILD_RECORDED:
            return "The death of a child is recorded" if event.details.get("what") == "died" else "A child is added"
        case EventKind.AREA_RECORDED:
            return f"Our part: {mid_sentence(OUR_ROLES[event.details['now']])}. {event.details['reason']}"
        case EventKind.PLAN_EXPORTED:
            return _taken_out(event.details["format"], event.details["actions"])
        case EventKind.PLAN_RULES_SET:
            return f"Rules of the plan: {rules_in_words(event.details['now'])}"
        case EventKind.CASE_OPENED_INSIDE:
            return _opened_inside(event.details["references"])
        case EventKind.AGENCY_CHANGED:
            gone, heirs = (" and ".join(event.details[each]) for each in ("from", "to"))
            return f"{heirs} in place of {gone} from {date.fromisoformat(event.details['on']):%-d %B %Y}"
        case EventKind.CLOCK_MOVED:
            return _clock_moved(workflow, event)
        case _:  # a step of an earlier version has no title in this one
            return version_title(event) or note_title(workflow, event) or sentence(event.step or event.kind.value)


def _of_the_thread(event: Event) -> str:
    said = event.details
    told = {
        "response": RESPONSES.get(said.get("response", ""), ""),
        "themes": ", ".join(said.get("themes", ())) or "none",
    }
    return OF_THE_THREAD[event.kind].format_map({"finding": "", "recommendation": "", **said, **told})


def _opened_inside(references: Sequence[str]) -> str:
    """Name what was opened inside the case: one, or the first and the last of many."""
    return f"Opened inside: {references[0]}{f' to {references[-1]}' if len(references) > 1 else ''}"


def _taken_out(name: str, actions: int) -> str:
    return f"Plan taken out as {FORMATS[name].title}: {actions} action{'' if actions == 1 else 's'}"


def _clock_moved(workflow: Workflow, event: Event) -> str:
    name = event.details["clock"]
    title = next((deadline.title for deadline in workflow.deadlines if deadline.name == name), sentence(name))
    days = {name: _value(date.fromisoformat(event.details[name])) for name in CLOCK_DAYS if name in event.details}
    parts = [f"was {days['was']}, now {days['now']}"] if days["was"] != days["now"] else []
    if "target_was" in days:
        parts.append(f"the target was {days['target_was']}, now {days['target_now']}")
    return f"{title}: {'; '.join(parts) or days['now'] + ' is firm'}, because {event.details['because']}"


def event_move(workflow: Workflow, event: Event) -> str:
    """Say between which stages the step led, or "" when it stayed where it was."""
    if event.to_stage is None or event.to_stage == event.from_stage:
        return ""
    if event.from_stage in (None, UNOPENED):
        return f"→ {sentence(event.to_stage)}"
    title = next((track.title for track in workflow.tracks if track.name == event.track), sentence(event.track or ""))
    track = f"{title}: " if title and len(workflow.tracks) > 1 else ""
    return f"{track}{sentence(str(event.from_stage))} → {sentence(event.to_stage)}"


def link_words(kind: str, led_to: bool) -> str:
    """Say how two cases belong together, from the one whose page it is."""
    if kind == ABSORBED:
        return "Taken into" if led_to else "Took in"
    if kind == CHALLENGED:
        return "Challenged in" if led_to else "Challenge of"
    return "Led to" if led_to else "Came from"


def recorded_by(event: Event) -> str:
    """Give the name of whoever recorded it, without the address; and that it came in with an imported history."""
    name = event.recorded_by.partition(" <")[0]
    return f"{name}, from an imported history," if event.details.get("imported") else name


def facts_in_words(workflow: Workflow, facts: Sequence[CaseFact], form: Iterable[Asked] = ()) -> list[tuple[str, str]]:
    """Give label and value of each fact as a person would write them, in the words of the form it was filled in on."""
    asks = {**workflow.asks, **{asked.name: asked for asked in form}}
    return [(_label(asks.get(fact.name), fact), _said(asks.get(fact.name), fact)) for fact in facts]


def form_filled_in(workflow: Workflow, event: Event) -> tuple[Asked, ...]:
    """Give the edition of the form that a step was recorded on; empty for what is no step."""
    step = workflow.step(event.step) if event.step else None
    return step.form_on(event.form_edition or date.min) if step else ()


def form_in_words(workflow: Workflow, event: Event) -> str:
    """Say which edition of the form a step was recorded on; "" where the form never changed."""
    step = workflow.step(event.step) if event.step else None
    return edition_in_words(step.asks, event.form_edition) if step else ""


def _label(asked: Asked | None, fact: CaseFact) -> str:
    return asked.label if asked else sentence(fact.name)


def _said(asked: Asked | None, fact: CaseFact) -> str:
    if fact.kind is Kind.CHOICE and asked is not None:
        return dict(asked.choices).get(str(fact.value), str(fact.value))
    if fact.kind is Kind.STEPS and isinstance(fact.value, tuple):
        return ", ".join(map(sentence, fact.value)) or "None"
    return _value(fact.value)


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
