"""The words for what happened to a case: a title for every kind of event, and what changed by it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import TypeAlias

from reviews.cases.case_access import GRANTED
from reviews.cases.history import contradicts, is_imported, source_of
from reviews.cases.labels import EXPORT_TITLES, OUR_ROLES, RETENTION_HOLDS, RETENTION_TITLES, rules_in_words
from reviews.models import Event, EventKind, RightKind
from reviews.models.event_details import (
    AgencyChanged,
    AreaRecorded,
    CaseConfined,
    CaseEdited,
    CaseOpenedInside,
    CaseRightEnded,
    CaseRightGiven,
    ChildRecorded,
    ClockForecast,
    ClockMoved,
    FileAdded,
    IdentityChanged,
    KindChanged,
    LateReasonGiven,
    PlanExported,
    PlanRulesSet,
    RecommendationAnswered,
    RecommendationReopened,
    RedatedClock,
    RetentionDecided,
    RetentionHoldPlaced,
    StepCorrected,
    ThemesSet,
    VersionMoved,
    details_of,
)
from reviews.models.recommendations import RESPONSES
from workflows.core.labels import mid_sentence, sentence
from workflows.core.vocabulary import UNOPENED, Workflow

Title: TypeAlias = Callable[[Workflow, Event, Collection[str]], str]

CHILD_TITLES: Mapping[str, str] = {
    "added": "A child was added",
    "died": "The death of a child was recorded",
    "renamed": "The pseudonym of a child was put right",
    "removed": "A child was removed",
}
"""What happened to a child of the case, by what the event says of it."""
IDENTITY_TITLES: Mapping[str, str] = {
    "stored": "The identity of a child was stored, under seal",
    "changed": "The identity of a child was changed",
    "removed": "The identity of a child was removed, and its key destroyed",
}


def event_title(workflow: Workflow, event: Event, unseen: Collection[str]) -> str:
    """Say what happened; "" for a kind of event that no history of a case holds.

    `unseen` are references that the reader must not come across (`reviews.cases.event_log.unseen_references`).
    """
    title = CASE_EVENT_TITLES[event.kind]
    return title(workflow, event, unseen) if title else ""


def event_move(workflow: Workflow, event: Event) -> str:
    """Say between which stages the step led, or "" when it stayed where it was."""
    if event.to_stage is None or event.to_stage == event.from_stage:
        return ""
    if event.from_stage in (None, UNOPENED):
        return f"→ {sentence(event.to_stage)}"
    title = next((track.title for track in workflow.tracks if track.name == event.track), sentence(event.track or ""))
    track = f"{title}: " if title and len(workflow.tracks) > 1 else ""
    return f"{track}{sentence(str(event.from_stage))} → {sentence(event.to_stage)}"


def event_changes(workflow: Workflow, event: Event, unseen: Collection[str]) -> list[tuple[str, str]]:
    """Give the reason, and each date and stage that changed, with its label; the facts of a step are not among them.

    Notes that name one of the `unseen` references are left out.
    """
    match event.kind:
        case EventKind.VERSION_MOVED | EventKind.VERSION_REVERTED:
            moved = details_of(event, VersionMoved)
            label = "Why" if event.kind is EventKind.VERSION_MOVED else "Reason for the move"
            return [(label, moved["reason"]), *_version_changes(moved, unseen)]
        case EventKind.CASE_EDITED:
            return _case_changes(details_of(event, CaseEdited))
        case EventKind.KIND_CHANGED:
            changed = details_of(event, KindChanged)
            ended = [(each["title"], f"ended with it, was due {_day(each['due'])}") for each in changed["clocks"]]
            return [("Why", changed["reason"]), *ended]
        case (
            EventKind.CHILD_RECORDED
            | EventKind.IDENTITY_CHANGED
            | EventKind.CASE_CONFINED
            | EventKind.CASE_RIGHT_GIVEN
            | EventKind.CASE_RIGHT_ENDED
            | EventKind.RETENTION_HOLD_PLACED
            | EventKind.RETENTION_HOLD_RELEASED
            | EventKind.RETENTION_DECIDED
        ):
            return _why(event)
        case EventKind.CLOCK_FORECAST:
            return [("Why", details_of(event, ClockForecast)["because"])]
        case EventKind.LATE_REASON_GIVEN:
            given = details_of(event, LateReasonGiven)
            before = [("It said before", given["was"])] if given["was"] else []
            return [("Reason", given["now"]), *before]
        case EventKind.STEP_CORRECTED:
            corrected = details_of(event, StepCorrected)
            redated = [(_deadline(workflow, each["clock"]), _redated(each)) for each in corrected.get("clocks", ())]
            return [("What was wrong", corrected.get("reason", "")), *redated]
        case _:
            return []


def recorded_by(event: Event) -> str:
    """Give the name of whoever recorded it, without the address; and that it came in with an imported history."""
    name = event.recorded_by.partition(" <")[0]
    source = source_of(event)
    imported = f"{name}, from an imported history{f' (source: {source})' if source else ''},"
    return imported if is_imported(event) else name


def _step_taken(workflow: Workflow, event: Event, _unseen: Collection[str]) -> str:
    step = workflow.step(event.step) if event.step else None
    # a step of an earlier version has no title in this one
    title = step.title if step else sentence(event.step or event.kind.value)
    return f"{title}: another source gives another day" if contradicts(event) else title


def _step_corrected(workflow: Workflow, event: Event, _unseen: Collection[str]) -> str:
    known = event.step is not None and workflow.step(event.step) is not None
    return f"{_step_taken(workflow, event, _unseen)}: corrected" if known else _step_taken(workflow, event, _unseen)


def _clock_moved(workflow: Workflow, event: Event, _unseen: Collection[str]) -> str:
    moved = details_of(event, ClockMoved)
    was, now = _day(moved["was"]), _day(moved["now"])
    parts = [f"was {was}, now {now}"] if was != now else []
    if "target_was" in moved:
        parts.append(f"the target was {_day(moved['target_was'])}, now {_day(moved['target_now'])}")
    changes = "; ".join(parts) or f"{now} is firm"
    return f"{_deadline(workflow, moved['clock'])}: {changes}, because {moved['because']}"


def _clock_forecast(workflow: Workflow, event: Event, _unseen: Collection[str]) -> str:
    details = details_of(event, ClockForecast)
    was = f", was {_day(details['was'])}" if details["was"] else ""
    now = details["now"]
    forecast = f"forecast for {_day(now)}{was}" if now else f"forecast taken back{was}"
    return f"{_deadline(workflow, details['clock'])}: {forecast}"


def _late_reason_given(workflow: Workflow, event: Event, _unseen: Collection[str]) -> str:
    return f"{_deadline(workflow, details_of(event, LateReasonGiven)['clock'])}: why it is late"


def _version_moved(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    moved = details_of(event, VersionMoved)
    return f"Moved from version {moved['from']} of the rules to version {moved['to']}"


def _version_reverted(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    moved = details_of(event, VersionMoved)
    return f"Taken back from version {moved['from']} of the rules to version {moved['to']}"


def _opened_inside(_: Workflow, event: Event, unseen: Collection[str]) -> str:
    """Name what was opened inside the case: one, or the first and the last of many."""
    references = [each for each in details_of(event, CaseOpenedInside)["references"] if each not in unseen]
    if not references:
        return "A request or a parallel process was opened inside"
    return f"Opened inside: {references[0]}{f' to {references[-1]}' if len(references) > 1 else ''}"


def _area_recorded(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    area = details_of(event, AreaRecorded)
    return f"Our part: {mid_sentence(OUR_ROLES[area['now']])}. {area['reason']}"


def _child_recorded(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    return CHILD_TITLES[details_of(event, ChildRecorded)["what"]]


def _identity_changed(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    return IDENTITY_TITLES[details_of(event, IdentityChanged)["what"]]


def _case_edited(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    edited = details_of(event, CaseEdited)
    agencies = edited.get("agencies_added") or edited.get("agencies_removed")
    parts = ["title" if "title" in edited else "", "agencies involved" if agencies else ""]
    return f"Put right: {' and '.join(part for part in parts if part)}"


def _why(event: Event) -> list[tuple[str, str]]:
    """Give the reason, where there is one. Why somebody is excluded is for those who manage the rights of the case."""
    details = event.details  # of several kinds, with the reason under one name
    is_exclusion = details.get("right") == RightKind.EXCLUDED
    return [("Why", details["reason"])] if details.get("reason") and not is_exclusion else []


def _kind_changed(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    changed = details_of(event, KindChanged)
    return f"Kind of case changed from “{changed['from_title']}” to “{changed['to_title']}”"


def _case_right_given(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    given = details_of(event, CaseRightGiven)
    until = f" until {_day(given['until'])}" if given["until"] else ""
    if given["right"] != RightKind.EXCLUDED:
        return f"{given['name']} may {GRANTED[given['right']]} this case{until}"
    if given.get("declared"):
        return f"{given['name']} declared an interest, and is excluded from this case{until}"
    return f"{given['name']} was excluded from this case{until}"


def _case_right_ended(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    ended = details_of(event, CaseRightEnded)
    if ended["right"] != RightKind.EXCLUDED:
        return f"{ended['name']} may no longer {GRANTED[ended['right']]} this case by name"
    return f"The exclusion of {ended['name']} from this case ended"


def _case_confined(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    if details_of(event, CaseConfined)["confined"]:
        return "Confined to named people"
    return "No longer confined to named people"


def _retention_hold_placed(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    return f"Do not destroy: a hold for {RETENTION_HOLDS[details_of(event, RetentionHoldPlaced)['hold']]}"


def _retention_hold_released(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    return f"Released the hold for {RETENTION_HOLDS[details_of(event, RetentionHoldPlaced)['hold']]}"


def _retention_decided(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    decided = details_of(event, RetentionDecided)
    return RETENTION_TITLES[decided["decision"]].format(_day(decided["until"]) if "until" in decided else "")


def _agency_changed(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    changed = details_of(event, AgencyChanged)
    ended, successors = " and ".join(changed["from"]), " and ".join(changed["to"])
    return f"{successors} in place of {ended} from {_day(changed['on'])}"


def _plan_exported(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    exported = details_of(event, PlanExported)
    actions = exported["actions"]
    return f"Plan exported as {EXPORT_TITLES[exported['format']]}: {actions} action{'' if actions == 1 else 's'}"


def _plan_rules_set(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    return f"Rules of the plan: {rules_in_words(details_of(event, PlanRulesSet)['now'])}"


def _always(words: str) -> Title:
    return lambda workflow, event, unseen: words


def _recommendation_answered(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    answered = details_of(event, RecommendationAnswered)
    return f"Recommendation {answered['recommendation']} answered: {RESPONSES.get(answered['response'], '')}"


def _recommendation_reopened(_: Workflow, event: Event, unseen: Collection[str]) -> str:
    reopened = details_of(event, RecommendationReopened)
    action = reopened["action"] if reopened["action"] not in unseen else "one of its actions"
    return f"Recommendation {reopened['recommendation']} reopened: no impact of {action} was seen"


def _themes_set(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
    details = details_of(event, ThemesSet)
    return f"Themes of {details['of']}: {', '.join(details['themes']) or 'none'}"


def _of_the_plan(words: str) -> Title:
    """Fill a sentence about a finding or a recommendation with what the event says of it."""

    def title(_: Workflow, event: Event, _unseen: Collection[str]) -> str:
        # of several kinds: the words name the keys
        return words.format_map({"finding": "", "recommendation": "", **event.details})

    return title


def _file_added(workflow: Workflow, event: Event, _unseen: Collection[str]) -> str:
    added = details_of(event, FileAdded)
    step = workflow.step(added.get("step", ""))
    return f"File added{f' to “{step.title}”' if step else ''}: {added['title']}"


def _of_a_file(words: str) -> Title:
    return lambda workflow, event, unseen: words.format_map(event.details)


CASE_EVENT_TITLES: Mapping[EventKind, Title | None] = {
    EventKind.CASE_OPENED: _always("Case opened"),
    EventKind.STEP_TAKEN: _step_taken,
    EventKind.STEP_CORRECTED: _step_corrected,
    EventKind.CLOCK_MOVED: _clock_moved,
    EventKind.CLOCK_FORECAST: _clock_forecast,
    EventKind.LATE_REASON_GIVEN: _late_reason_given,
    EventKind.VERSION_MOVED: _version_moved,
    EventKind.VERSION_REVERTED: _version_reverted,
    EventKind.CASE_OPENED_INSIDE: _opened_inside,
    EventKind.AREA_RECORDED: _area_recorded,
    EventKind.CHILD_RECORDED: _child_recorded,
    EventKind.IDENTITY_CHANGED: _identity_changed,
    EventKind.CASE_EDITED: _case_edited,
    EventKind.FILE_ADDED: _file_added,
    EventKind.FILE_READ: _of_a_file("File downloaded: {title}"),
    EventKind.FILE_WITHDRAWN: _of_a_file("File withdrawn: {title}. {withdrawn_reason}"),
    EventKind.KIND_CHANGED: _kind_changed,
    EventKind.CASE_RIGHT_GIVEN: _case_right_given,
    EventKind.CASE_RIGHT_ENDED: _case_right_ended,
    EventKind.CASE_CONFINED: _case_confined,
    EventKind.RETENTION_HOLD_PLACED: _retention_hold_placed,
    EventKind.RETENTION_HOLD_RELEASED: _retention_hold_released,
    EventKind.RETENTION_DECIDED: _retention_decided,
    EventKind.AGENCY_CHANGED: _agency_changed,
    EventKind.PLAN_EXPORTED: _plan_exported,
    EventKind.PLAN_RULES_SET: _plan_rules_set,
    EventKind.PLAN_SILENCED: _always("Nobody is reminded of the actions of the plan until somebody starts that"),
    EventKind.REMINDERS_STARTED: _always("Reminders of the actions of the plan started"),
    EventKind.FINDING_MADE: _of_the_plan("Finding {finding} recorded"),
    EventKind.RECOMMENDATION_MADE: _of_the_plan("Recommendation {recommendation} made"),
    EventKind.RECOMMENDATION_CHANGED: _of_the_plan("Recommendation {recommendation} reworded"),
    EventKind.RECOMMENDATION_ANSWERED: _recommendation_answered,
    EventKind.RECOMMENDATION_CHALLENGED: _of_the_plan("Recommendation {recommendation} challenged"),
    EventKind.RECOMMENDATION_REOPENED: _recommendation_reopened,
    EventKind.THEMES_SET: _themes_set,
    EventKind.ANSWER_ADDED: _of_the_plan("One more action answers recommendation {recommendation}"),
    EventKind.ANSWER_REMOVED: _of_the_plan("One action no longer answers recommendation {recommendation}"),
    # of an action: they stand in its own history
    EventKind.ACTION_ADDED: None,
    EventKind.ACTION_IMPORTED: None,
    EventKind.ACTION_CHANGED: None,
    EventKind.IMPORT_UNDONE: None,
    EventKind.QUESTION_DECIDED: None,
    EventKind.ACTION_ASSIGNED: None,
    EventKind.ACTION_STEP_TAKEN: None,
    EventKind.ACTION_EXTENDED: None,
    EventKind.ACTION_SUBMITTED: None,
    EventKind.ACTION_RETURNED: None,
    EventKind.ACTION_PARKED: None,
    EventKind.ACTION_SNOOZED: None,
    EventKind.PART_ADDED: None,
    EventKind.PART_NOTED: None,
    EventKind.PART_ENDED: None,
    EventKind.PART_REOPENED: None,
    EventKind.EXTENSION_ASKED: None,
    EventKind.EXTENSION_ASKED_AGAIN: None,
    EventKind.EXTENSION_REFUSED: None,
    EventKind.EXTENSION_UNDONE: None,
    EventKind.DELAY_EXPLAINED: None,
    EventKind.EVIDENCE_ADDED: None,
    EventKind.EVIDENCE_READ: None,
    EventKind.EVIDENCE_WITHDRAWN: None,
    EventKind.ASSURANCE_GIVEN: None,
    EventKind.RATING_SAID: None,
    EventKind.ANSWERED_BY_LINK: None,
    EventKind.ANSWER_UNDONE: None,
    EventKind.NOT_MINE_SAID: None,
    EventKind.OWNER_EXCLUDED: None,
    # of a partnership or a person: they belong to no case
    EventKind.LOCAL_RULE_SET: None,
    EventKind.RETENTION_RULE_SET: None,
    EventKind.CASE_DISPOSED: None,
    EventKind.AUDIT_LOG_DECIDED: None,
    EventKind.AUDIT_LOG_DISPOSED: None,
    EventKind.LATE_REASONS_SET: None,
    EventKind.PARTNER_SET: None,
    EventKind.THEME_CHANGED: None,
    EventKind.IDENTITY_ALERTED: None,
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


def _version_changes(details: VersionMoved, unseen: Collection[str]) -> list[tuple[str, str]]:
    stages = [
        (
            each["title"],
            f"{sentence(each['was']) if each['was'] else 'new'} → "
            f"{sentence(each['now']) if each['now'] else 'left behind, finished'}",
        )
        for each in details["stages"]
    ]
    clocks = [
        (
            each["title"],
            f"was {_day(each['was']) if each['was'] else 'not running'}, "
            f"now {_day(each['now']) if each['now'] else 'ended'}"
            f"{', because ' + each['because'] if each['because'] else ''}",
        )
        for each in details["clocks"]
    ]
    return [*stages, *clocks, *(("Note", note) for note in seen_notes(details.get("said", ()), unseen))]


def seen_notes(notes: Iterable[str], unseen: Collection[str]) -> list[str]:
    """Leave out the notes that name one of the unseen references."""
    return [note for note in notes if not set(note.split()) & set(unseen)]


def _case_changes(edited: CaseEdited) -> list[tuple[str, str]]:
    changes = [
        ("Title until then", edited.get("title_was") or "none") if "title" in edited else ("", ""),
        ("Title now", edited.get("title", "")),
        ("Added", ", ".join(edited.get("agencies_added", ()))),
        ("Removed", ", ".join(edited.get("agencies_removed", ()))),
        ("Why", edited.get("reason", "")),
    ]
    return [(label, value) for label, value in changes if value]


def _redated(change: RedatedClock) -> str:
    was = f"was due {_day(change['was'])}" if change["was"] else "did not run"
    return f"{was}, {'now ' + _day(change['now']) if change['now'] else 'no longer runs'}"


def _deadline(workflow: Workflow, name: str) -> str:
    return next((deadline.title for deadline in workflow.deadlines if deadline.name == name), sentence(name))


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}"
