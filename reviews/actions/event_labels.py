"""What happened to an action, in words: a title for each kind of event, and a line for each of its details."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from reviews.actions.details import DETAIL_FIELDS
from reviews.models import Event, EventKind
from reviews.models.event_details import (
    ActionAssigned,
    ActionChanged,
    ActionExtended,
    ActionSnoozed,
    ActionStepTaken,
    AnswerChanged,
    ExtensionUndone,
    PartChanged,
    QuestionDecided,
    RatingSet,
    details_if,
    details_of,
)
from workflows.core.labels import sentence
from workflows.core.questions import Kind
from workflows.definitions.action import ACTION


@dataclass(frozen=True, slots=True)
class EventNames:
    """Names of the people, and of the recommendations, that events mention by number."""

    people: Mapping[int, str] = field(default_factory=dict)
    recommendations: Mapping[int, str] = field(default_factory=dict)


def _step_title(event: Event, _names: EventNames) -> str:
    taken = details_if(event, ActionStepTaken)
    taken_back: bool = taken is not None and taken.get("taken_back", False)
    if taken_back:
        return "The submission was taken back"
    step = ACTION.step(event.step or "")
    return step.title if step else sentence(event.step or event.kind.value)


def _owner_title(event: Event, names: EventNames) -> str:
    assigned = details_of(event, ActionAssigned)
    owner_id = assigned.get("owner", 0)
    if owner_id is None:
        return "Left without an owner"
    owner = names.people.get(owner_id, "an owner")
    parked: bool = assigned.get("parked", False)
    if parked:
        return f"Parked with {owner} until it has an owner of its own"
    return f"Given to {owner}"


def _change_title(event: Event, _names: EventNames) -> str:
    """Tell the three other changes from an import by what only they keep."""
    changed = details_of(event, ActionChanged)
    agency_was: str | None = changed.get("agency_was")
    previous_deputy: int | None = changed.get("previous_deputy")
    if "now" in changed:
        return "Details changed"
    if agency_was is not None:
        return "Moved with an agency that was renamed, merged or split"
    if previous_deputy is not None:
        return "Without a deputy: theirs has left"
    return "Changed by a tracker that was imported again"


def _rating_title(event: Event, _names: EventNames) -> str:
    rating = details_of(event, RatingSet)["rating"]
    colour = rating["now"]
    if rating["who"] == "chair":
        return f"Rated {colour} by the chair" if colour else "The chair's rating was removed"
    return f"Assessed as {colour}" if colour else "The assessment was removed"


def _recommendation_title(text: str) -> "Title":
    def title(event: Event, names: EventNames) -> str:
        number = details_of(event, AnswerChanged).get("recommendation_id", 0)
        return text.format(recommendation=names.recommendations.get(number, "one more recommendation"))

    return title


def _part_title(text: str) -> "Title":
    def title(event: Event, _names: EventNames) -> str:
        return text.format(agency=details_of(event, PartChanged)["strand"])

    return title


Title: TypeAlias = Callable[[Event, EventNames], str]

EVENT_TITLES: Mapping[EventKind, str | Title | None] = {
    EventKind.ACTION_ADDED: "Added to the plan",
    EventKind.ACTION_IMPORTED: "Imported from a tracker",
    EventKind.ACTION_CHANGED: _change_title,
    EventKind.IMPORT_UNDONE: "An import was undone",
    EventKind.QUESTION_DECIDED: "Decided what the imported file left open",
    EventKind.ACTION_ASSIGNED: _owner_title,
    EventKind.ACTION_PARKED: _owner_title,
    EventKind.ACTION_STEP_TAKEN: _step_title,
    EventKind.ACTION_EXTENDED: _step_title,
    EventKind.ACTION_SUBMITTED: _step_title,
    EventKind.ACTION_RETURNED: _step_title,
    EventKind.EXTENSION_ASKED: _step_title,
    EventKind.EXTENSION_ASKED_AGAIN: _step_title,
    EventKind.EXTENSION_REFUSED: _step_title,
    EventKind.EXTENSION_UNDONE: "More time taken back",
    EventKind.DELAY_EXPLAINED: "Not done yet",
    EventKind.EVIDENCE_ADDED: "Evidence added",
    EventKind.EVIDENCE_READ: "A file of the evidence was downloaded",
    EventKind.EVIDENCE_WITHDRAWN: "Evidence withdrawn",
    EventKind.RATING_SAID: _rating_title,
    EventKind.ACTION_SNOOZED: "Reminders snoozed. The date stays",
    EventKind.ANSWERED_BY_LINK: "Answered by a link",
    EventKind.ANSWER_UNDONE: "An answer by a link was taken back",
    EventKind.NOT_MINE_SAID: "Reported as not theirs",
    EventKind.OWNER_EXCLUDED: "Its owner was excluded from the case: it needs another owner",
    EventKind.ASSURANCE_GIVEN: "Checked by somebody other than the owner",
    EventKind.ANSWER_ADDED: _recommendation_title("Answers {recommendation} too"),
    EventKind.ANSWER_REMOVED: _recommendation_title("No longer answers {recommendation}"),
    EventKind.PART_ADDED: _part_title("{agency} has a part in it"),
    EventKind.PART_NOTED: _part_title("{agency} reported on its part"),
    EventKind.PART_ENDED: _part_title("The part of {agency} ended"),
    EventKind.PART_REOPENED: _part_title("The part of {agency} opened again"),
    # of cases, recommendations, people and settings: none of them is recorded with an action
    EventKind.CASE_OPENED: None,
    EventKind.STEP_TAKEN: None,
    EventKind.CLOCK_MOVED: None,
    EventKind.CLOCK_FORECAST: None,
    EventKind.LATE_REASON_GIVEN: None,
    EventKind.STEP_CORRECTED: None,
    EventKind.VERSION_MOVED: None,
    EventKind.VERSION_REVERTED: None,
    EventKind.CASE_OPENED_INSIDE: None,
    EventKind.AREA_RECORDED: None,
    EventKind.CHILD_RECORDED: None,
    EventKind.IDENTITY_CHANGED: None,
    EventKind.IDENTITY_ALERTED: None,
    EventKind.CASE_EDITED: None,
    EventKind.KIND_CHANGED: None,
    EventKind.CASE_RIGHT_GIVEN: None,
    EventKind.CASE_RIGHT_ENDED: None,
    EventKind.CASE_CONFINED: None,
    EventKind.RETENTION_RULE_SET: None,
    EventKind.RETENTION_HOLD_PLACED: None,
    EventKind.RETENTION_HOLD_RELEASED: None,
    EventKind.RETENTION_DECIDED: None,
    EventKind.CASE_DISPOSED: None,
    EventKind.AUDIT_LOG_DECIDED: None,
    EventKind.AUDIT_LOG_DISPOSED: None,
    EventKind.LOCAL_RULE_SET: None,
    EventKind.LATE_REASONS_SET: None,
    EventKind.AGENCY_CHANGED: None,
    EventKind.PARTNER_SET: None,
    EventKind.FINDING_MADE: None,
    EventKind.RECOMMENDATION_MADE: None,
    EventKind.RECOMMENDATION_CHANGED: None,
    EventKind.RECOMMENDATION_ANSWERED: None,
    EventKind.RECOMMENDATION_CHALLENGED: None,
    EventKind.RECOMMENDATION_REOPENED: None,
    EventKind.THEMES_SET: None,
    EventKind.THEME_CHANGED: None,
    EventKind.PLAN_RULES_SET: None,
    EventKind.PLAN_SILENCED: None,
    EventKind.REMINDERS_STARTED: None,
    EventKind.FILE_ADDED: None,
    EventKind.FILE_READ: None,
    EventKind.FILE_WITHDRAWN: None,
    EventKind.PLAN_EXPORTED: None,
    EventKind.ABSENCE_RECORDED: None,
    EventKind.ABSENCE_ENDED: None,
    EventKind.ADDRESS_FAILED: None,
    EventKind.ADDRESS_SOLVED: None,
    EventKind.LETTER_RESENT: None,
    EventKind.SUMMARY_CHOSEN: None,
    EventKind.CALENDAR_MADE: None,
    EventKind.CALENDAR_REVOKED: None,
    EventKind.DEVICE_FORGOTTEN: None,
    EventKind.SIGN_IN_WARNED: None,
    EventKind.POLICY_WRITTEN: None,
    EventKind.FACTOR_CHANGED: None,
    EventKind.FACTOR_RESET: None,
    EventKind.FACTOR_RULE_SET: None,
    EventKind.POLICY_SET: None,
    EventKind.MAIL_SENDER_SET: None,
    EventKind.POLICY_RETIRED: None,
    EventKind.PERSON_ADDED: None,
    EventKind.PERSON_DISABLED: None,
    EventKind.EMAIL_CHANGED: None,
    EventKind.EMAIL_ASKED: None,
    EventKind.EMAIL_CONFIRMED: None,
    EventKind.EMAIL_NOT_CHANGED: None,
    EventKind.EMAIL_DOMAINS_SET: None,
    EventKind.ROLE_ENDED: None,
    EventKind.PERSON_INVITED: None,
    EventKind.INVITATION_WITHDRAWN: None,
    EventKind.INVITATION_ACCEPTED: None,
    EventKind.RESET_SENT: None,
    EventKind.PASSWORD_CHANGED: None,
    EventKind.NAME_CHANGED: None,
    EventKind.PROVIDER_LINKED: None,
    EventKind.PROVIDER_SET: None,
    EventKind.PROVIDER_UNLINKED: None,
    EventKind.TOKEN_MADE: None,
    EventKind.TOKEN_REVOKED: None,
    EventKind.SESSIONS_ENDED: None,
    EventKind.ROLE_ASKED: None,
    EventKind.ROLE_CONFIRMED: None,
    EventKind.ROLE_REFUSED: None,
    EventKind.ROLE_LAPSED: None,
    EventKind.AUDIT_NOTICE_NOTED: None,
    EventKind.REQUEST_RECEIVED: None,
    EventKind.REQUEST_CHANGED: None,
    EventKind.REQUEST_PAUSED: None,
    EventKind.REQUEST_RESUMED: None,
    EventKind.REQUEST_EXTENDED: None,
    EventKind.REQUEST_ANSWERED: None,
    EventKind.REQUEST_REOPENED: None,
}

DETAIL_LABELS = {
    "strand_note": "Note",
    "part": "For the part of",
    "withdrawn_reason": "Why",
    "agency_was": "Before",
    "link_answer": "Answer",
    "link_words": "In their words",
}
"""Details that are shown as they are stored, beside the facts of a step."""
LISTED_ELSEWHERE = frozenset({"update"})
"""Facts that have a list of their own on the page of the action."""


def event_title(event: Event, names: EventNames) -> str | None:
    """Say what happened; None for an event that is not of an action."""
    title = EVENT_TITLES[event.kind]
    return title(event, names) if callable(title) else title


def event_details(event: Event, names: EventNames) -> list[tuple[str, str]]:
    """Give label and text of each detail that a reader is shown."""
    return [*_stored_details(event), *_decided_details(event), *_changed_details(event, names), *_rating_details(event)]


def _stored_details(event: Event) -> Iterator[tuple[str, str]]:
    details = event.details  # of any kind: the labels and the questions name the keys
    yield from ((label, str(details[name])) for name, label in DETAIL_LABELS.items() if details.get(name))
    if event.kind is EventKind.PART_ENDED:
        yield "How it ended", sentence(details_of(event, PartChanged)["state"])
    if snoozed := details_if(event, ActionSnoozed):
        yield "Snoozed until", _day(snoozed["until_on"])
        yield "Why", snoozed["snooze_reason"]
    if extended := details_if(event, ActionExtended):
        yield "Due before", _day(extended.get("previous", ""))
    if undone := details_if(event, ExtensionUndone):
        yield "Due before", _day(undone["previous"])
        yield "Due now", _day(undone["now"])
    if (changed := details_if(event, ActionChanged)) and "agency_was" in changed:
        yield "Now", changed["agency"]
    for name, question in ACTION.questions.items():
        if name in details and name not in LISTED_ELSEWHERE:
            text = str(details[name])
            yield question.label, _day(text) if question.kind is Kind.DAY else text


def _decided_details(event: Event) -> Iterator[tuple[str, str]]:
    if decided := details_if(event, QuestionDecided):
        yield "In the file", decided["text"] or "Nothing"
        yield "Decided", "Left as it stands" if decided["answer"] == "-" else decided["answer"]


def _changed_details(event: Event, names: EventNames) -> Iterator[tuple[str, str]]:
    """Give each detail of the action as it is now, and as it was before."""
    if (changed := details_if(event, ActionChanged)) is None:
        return
    before, now = changed.get("before", {}), changed.get("now", {})
    if "deputy_id" in now:
        is_deputy, was_deputy = (
            names.people.get(each["deputy_id"], "somebody") if each.get("deputy_id") else "nobody"
            for each in (now, before)
        )
        yield "Deputy", f"{is_deputy} (before: {was_deputy})"
    for detail in DETAIL_FIELDS:
        if detail.name in now:
            was = detail.text(before.get(detail.name))
            yield detail.label, f"{detail.text(now[detail.name])} (before: {was})"


def _rating_details(event: Event) -> Iterator[tuple[str, str]]:
    if (rated := details_if(event, RatingSet)) is None:
        return
    rating = rated["rating"]
    if reason := rating.get("reason"):
        yield "Why", reason
    if rating["before"]:
        yield "Before", rating["before"]


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}" if text else ""
