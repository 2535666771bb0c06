"""What the history keeps beside the columns of an event: the keys of `Event.details`, for each kind.

A key that is not required is left out where it does not apply, or was not written by earlier versions. Days are written
in ISO 8601, people and rows by number. No key is ever renamed: rows are never changed.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, TypeVar, cast

from reviews.models.events import Event, EventKind

Details = TypeVar("Details")


class NoDetails(TypedDict):
    """The columns of the event say it all."""


class CaseRecorded(TypedDict, total=False):
    """Of a step that came in with a list of past cases: that it did, from which row, and its source if one was named.

    `contradicts` marks a day that is kept beside the one that another source gave before. `occurrence` counts from 1
    which time of a step that was taken several times it is about.
    """

    imported: bool
    row: int
    source: str
    contradicts: bool
    occurrence: int


class ClockMoved(TypedDict):
    clock: str
    was: str
    now: str
    because: str
    target_was: NotRequired[str]
    target_now: NotRequired[str]


class ClockForecast(TypedDict):
    clock: str
    counted_from: str
    was: str | None
    now: str | None
    because: str


class LateReasonGiven(TypedDict):
    clock: str
    counted_from: str
    was: str | None
    now: str


class RedatedClock(TypedDict):
    """A clock that a correction counts anew; None where it did not run, or no longer does."""

    clock: str
    was: str | None
    now: str | None


class StepCorrected(TypedDict, total=False):
    reason: str
    clocks: list[RedatedClock]


class StageOfVersion(TypedDict):
    track: str
    title: str
    was: str
    now: str


class ClockOfVersion(TypedDict):
    clock: str
    title: str
    was: str
    now: str
    because: str


VersionMoved = TypedDict(
    "VersionMoved",
    {
        "move": int,
        "from": int,
        "to": int,
        "reason": str,
        "stages": list[StageOfVersion],
        "clocks": list[ClockOfVersion],
        "said": NotRequired[list[str]],
        "before": NotRequired[dict[str, Any]],
    },
)
"""To another version, or back; `before` holds the rows to put back."""


class CaseOpenedInside(TypedDict):
    workflow: str
    references: list[str]


class AreaRecorded(TypedDict):
    was: str
    now: str
    lead_area: str
    reason: str


class ChildRecorded(TypedDict):
    """`what` is `added`, `died`, `renamed` or `removed`; the last two have a reason."""

    child: int
    what: str
    reason: NotRequired[str]


class IdentityChanged(TypedDict):
    """`what` is `stored`, `changed` or `removed`; the last has a reason. No detail of an identity stands here."""

    child: int
    what: str
    reason: NotRequired[str]


class IdentityAlerted(TypedDict):
    """An opening of an identity that the privacy role was written to about: by whom, and `why` (AlertReason).

    It belongs to no case, so that the history of none shows it.
    """

    opening: int
    reference: str
    opened_by: str
    why: list[str]


class CaseEdited(TypedDict, total=False):
    """What was put right after opening: the title as it was and is, and the agencies by name."""

    title_was: str
    title: str
    agencies_added: list[str]
    agencies_removed: list[str]
    reason: str


class EndedClock(TypedDict):
    """A clock that ran, and the day it was due."""

    clock: str
    title: str
    due: str


KindChanged = TypedDict(
    "KindChanged",
    {
        "from": str,
        "from_title": str,
        "from_version": int,
        "to": str,
        "to_title": str,
        "to_version": int,
        "reason": str,
        "clocks": list[EndedClock],
    },
)
"""The kind and version of a case before and after, and the clocks that ended with the earlier kind."""

LocalRuleSet = TypedDict(
    "LocalRuleSet",
    {
        "rule": int,
        "workflow": str,
        "deadline": str,
        "from": str,
        "period": int | None,
        "unit": str | None,
        "ladder": str | None,
        "counted_from": NotRequired[str | None],
    },
)


class LateReasonsSet(TypedDict):
    """Whether a step that meets a clock late needs the reason."""

    required: bool


AgencyChanged = TypedDict("AgencyChanged", {"from": list[str], "to": list[str], "on": str})
"""The names that ended, those that go on, and from which day."""

PartnerSet = TypedDict(
    "PartnerSet",
    {"agency": str, "from": str | None, "until": str | None, "was_from": str | None, "was_until": str | None},
)
"""A safeguarding partner with its days as they are now and as they were."""


class FindingMade(TypedDict):
    finding: str


RecommendationMade = TypedDict("RecommendationMade", {"recommendation": str, "import": NotRequired[int]})


class RecommendationChanged(TypedDict):
    """`before` holds the columns that were changed, as they were."""

    recommendation: str
    before: dict[str, Any]


class RecommendationAnswered(TypedDict):
    recommendation: str
    response: str
    by: NotRequired[str]


class RecommendationChallenged(TypedDict):
    recommendation: str
    challenge: str


class RecommendationReopened(TypedDict):
    recommendation: str
    action: str


class AnswerChanged(TypedDict, total=False):
    """In the history of the action by number, in that of the case by reference."""

    recommendation_id: int
    recommendation: str


class PartChanged(TypedDict):
    strand: str
    state: str
    strand_note: str


class ThemesSet(TypedDict):
    of: str
    themes: list[str]
    before: list[str]


class ThemeChanged(TypedDict):
    """`what` is `added`, `renamed` or `ended`; `before` is the name of before."""

    theme: str
    what: str
    before: NotRequired[str]


ActionImported = TypedDict(
    "ActionImported", {"sheet": str, "row": int, "other columns": dict[str, str], "import": int}, total=False
)

ActionChanged = TypedDict(
    "ActionChanged",
    {
        "before": dict[str, Any],
        "after": dict[str, str],
        "import": int,
        "now": dict[str, Any],
        "deputy": None,
        "previous_deputy": int,
        "agency_was": str,
        "agency": str,
    },
    total=False,
)
"""By an import: before, after, import. By a person: before, now. With a deputy who left: deputy, previous_deputy. With
an agency: agency_was, agency."""


class ImportUndone(TypedDict, total=False):
    """Of an action that was ended the reason, of one that was changed back the columns."""

    dropped_reason: str
    before: dict[str, str]
    after: dict[str, str]


class QuestionDecided(TypedDict):
    """What a person decided about a text of an imported file, and the columns that it changed; "-" left it as text.

    `file_import` is the import that asked.
    """

    question: int
    field: str
    text: str
    answer: str
    before: dict[str, str]
    after: dict[str, str]
    file_import: int | None


class ActionAssigned(TypedDict):
    """`owner_text` is what stood in the owner's cell until then."""

    owner: int | None
    previous: int | None
    parked: NotRequired[bool]
    owner_text: NotRequired[str]


class ActionStepTaken(TypedDict, total=False):
    """The facts that the step asks for; `taken_back` where a link took the owner's own answer back."""

    dropped_reason: str
    new_due_on: str
    update: str
    blocked_reason: str
    blocked_plan: str
    closure_meeting: str
    impact_statement: str
    impact_result: str
    reopened_reason: str
    superseded_by: str
    transferred_to: str
    accepted_by: str
    return_reason: str
    taken_back: bool


class ActionExtended(TypedDict):
    """`previous` is the due date until then."""

    new_due_on: str
    extension_reason: str
    meanwhile: NotRequired[str]
    previous: str


class ActionSubmitted(TypedDict, total=False):
    done_summary: str


class ActionReturned(TypedDict, total=False):
    """`impact_missing` where it comes back because its impact was not seen."""

    return_reason: str
    impact_missing: str


class ExtensionAsked(TypedDict):
    wanted_due_on: str
    extension_reason: str
    meanwhile: NotRequired[str]


class ExtensionRefused(TypedDict):
    refusal_reason: str


class ExtensionUndone(TypedDict):
    """The due date that had been given, and the one that holds again."""

    undone_reason: str
    previous: str
    now: str


class DelayExplained(TypedDict):
    expected_on: str
    delay_reason: str


class PlanRulesSet(TypedDict):
    """The rules of a plan by their columns."""

    before: dict[str, Any]
    now: dict[str, Any]


class FileAdded(TypedDict):
    """`file` is the number of the attachment, `title` says what it is; `step` is that which it was attached to."""

    file: int
    title: str
    step: NotRequired[str]


class FileRead(TypedDict):
    file: int
    title: str


class FileWithdrawn(TypedDict):
    file: int
    title: str
    withdrawn_reason: str


class EvidenceAdded(TypedDict):
    evidence: int
    evidence_kind: str
    shows: NotRequired[str]
    part: NotRequired[str]


class EvidenceRead(TypedDict):
    evidence: int


class EvidenceWithdrawn(TypedDict):
    evidence: int
    evidence_kind: str
    withdrawn_reason: str


class Rating(TypedDict):
    """`who` is `self`, the owner, or `chair`; an empty rating is one taken back."""

    who: str
    before: str
    now: str
    reason: NotRequired[str]


class RatingSet(TypedDict):
    rating: Rating


class ActionSnoozed(TypedDict):
    person: int
    until_on: str
    snooze_reason: str


class LinkAnswered(TypedDict):
    link_answer: str
    link_words: NotRequired[str]


class NotTheirs(TypedDict, total=False):
    link_words: str


class AbsenceChanged(TypedDict):
    person: int
    deputy: int
    from_on: str
    until_on: str


class AddressChanged(TypedDict):
    """`code` is the answer of the mail server, of an address that failed."""

    person: int
    trouble: int
    code: NotRequired[str]


class LetterResent(TypedDict):
    """`copy` is the letter that was written anew, where the first one is not sent itself."""

    letter: int
    copy: NotRequired[int]


class SummaryChosen(TypedDict):
    person: int
    rhythm: str
    weekday: NotRequired[int]
    meeting_on: NotRequired[str | None]


class CalendarChanged(TypedDict):
    person: int
    calendar: int


class DeviceForgotten(TypedDict):
    person: int
    device: int


class SignInWarned(TypedDict):
    """Somebody was written to because of many wrong passwords for their account."""

    person: int


class PolicyWritten(TypedDict):
    policy: str
    title: str
    begins: str
    rungs: list[dict[str, Any]]


class PolicySet(TypedDict):
    policy: str


class MailSenderSet(TypedDict):
    sender_name: str
    reply_to: str
    notify_reply_to_id: str


class AssuranceGiven(TypedDict):
    assurance_kind: str
    is_assured: bool


class PlanExported(TypedDict):
    format: str
    actions: int


class PersonDisabled(TypedDict):
    person: int


class AccountChanged(TypedDict):
    """Who was invited, came in, was sent a link, or has a new password."""

    person: int


class NameChanged(TypedDict):
    person: int
    was: str


class ProviderSet(TypedDict):
    """A provider of sign-ins was added, changed or ended."""

    provider: str
    issuer: str
    ended: bool


class ProviderChanged(TypedDict):
    """A person's account at a provider was linked, or is no longer."""

    person: int
    provider: str


class TokenChanged(TypedDict):
    """A token of a program was made or revoked, by its number."""

    person: int
    token: int
    scope: str


class SessionsEnded(TypedDict):
    person: int
    sessions: int


class RoleChanged(TypedDict):
    person: int
    role: str


class RequestRecorded(TypedDict):
    """Of every event of a request: its number and its reference."""

    request: int
    reference: str


class RequestChanged(RequestRecorded):
    """`changed` names the fields; `values` has each with what it was and is, but for the note and the cases."""

    changed: list[str]
    values: dict[str, list[Any]]


class RequestPaused(RequestRecorded):
    day: str


class RequestExtended(RequestRecorded):
    until: str
    notified: str | None
    reason: str


class RequestAnswered(RequestRecorded):
    outcome: str
    day: str
    exemptions: str


class RequestReopened(RequestRecorded):
    reason: str


class RoleRefused(TypedDict):
    person: int
    role: str
    reason: str


class AuditNoticeNoted(TypedDict):
    notice: int
    person: int
    finding: str


class EmailChanged(TypedDict):
    person: int
    was: str
    change: NotRequired[int]


class EmailChangeAsked(TypedDict):
    """Of a change of an address that waits, or comes to nothing; the addresses are in its row."""

    person: int
    change: int


class EmailConfirmed(TypedDict):
    """`by` is "old", "new", or "second" for a person who confirms in place of an address that mail comes back from."""

    person: int
    change: int
    by: str


class EmailDomainsSet(TypedDict):
    domains: list[str]


class FactorChanged(TypedDict):
    """`what` became of a second factor, `made`, `renamed`, `removed` or `used`, and of which kind; `name` as it is now.

    Use is recorded of recovery codes alone.
    """

    person: int
    what: str
    factor: str
    name: NotRequired[str]


class FactorResetDetails(TypedDict):
    """`what` became of a request to start anew: `asked`, `confirmed`, `stopped` or `done`."""

    person: int
    what: str
    reason: NotRequired[str]
    asked_by: NotRequired[str]
    effective_at: NotRequired[str]


class FactorRuleSet(TypedDict):
    """Who must have a second factor."""

    was: str
    now: str


class CaseRightGiven(TypedDict):
    """`right` is that of RightKind. `name` is the person's on that day. `declared` marks what they said themself."""

    right: str
    person: int
    name: str
    until: str | None
    reason: str
    declared: NotRequired[bool]


class CaseRightEnded(TypedDict):
    right: str
    person: int
    name: str
    reason: str


class CaseConfined(TypedDict):
    """`confined` is false where it was opened again to those who see it by their role."""

    confined: bool
    reason: str


class RetentionRuleSet(TypedDict):
    """`years` is None where cases of the kind are not due any more."""

    workflow: str
    was: int | None
    years: int | None
    reason: str


class RetentionHoldPlaced(TypedDict):
    hold: str
    reason: str


class RetentionDecided(TypedDict):
    """`decision` is keep, propose, approve, refuse or stop."""

    decision: str
    reason: str
    until: NotRequired[str]


class CaseDisposed(TypedDict):
    """Of the partnership: the case is gone. `certificate` and `reference` are those of the certificate."""

    certificate: str
    reference: str


class AuditLogDecided(TypedDict):
    """Of the partnership. `decision` is propose, approve or refuse; `before` the first day of the log that stays."""

    decision: str
    before: str
    reason: str


class AuditLogDisposed(TypedDict):
    """Of the partnership: `rows` of its audit log from before a day are gone; `certificate` is the number."""

    certificate: str
    before: str
    rows: int


DETAILS: Mapping[EventKind, type[Any]] = {
    EventKind.CASE_OPENED: CaseRecorded,
    EventKind.STEP_TAKEN: CaseRecorded,
    EventKind.CLOCK_MOVED: ClockMoved,
    EventKind.CLOCK_FORECAST: ClockForecast,
    EventKind.LATE_REASON_GIVEN: LateReasonGiven,
    EventKind.STEP_CORRECTED: StepCorrected,
    EventKind.VERSION_MOVED: VersionMoved,
    EventKind.VERSION_REVERTED: VersionMoved,
    EventKind.CASE_OPENED_INSIDE: CaseOpenedInside,
    EventKind.AREA_RECORDED: AreaRecorded,
    EventKind.CHILD_RECORDED: ChildRecorded,
    EventKind.IDENTITY_CHANGED: IdentityChanged,
    EventKind.IDENTITY_ALERTED: IdentityAlerted,
    EventKind.CASE_EDITED: CaseEdited,
    EventKind.KIND_CHANGED: KindChanged,
    EventKind.CASE_RIGHT_GIVEN: CaseRightGiven,
    EventKind.CASE_RIGHT_ENDED: CaseRightEnded,
    EventKind.CASE_CONFINED: CaseConfined,
    EventKind.OWNER_EXCLUDED: NoDetails,
    EventKind.RETENTION_RULE_SET: RetentionRuleSet,
    EventKind.RETENTION_HOLD_PLACED: RetentionHoldPlaced,
    EventKind.RETENTION_HOLD_RELEASED: RetentionHoldPlaced,
    EventKind.RETENTION_DECIDED: RetentionDecided,
    EventKind.CASE_DISPOSED: CaseDisposed,
    EventKind.AUDIT_LOG_DECIDED: AuditLogDecided,
    EventKind.AUDIT_LOG_DISPOSED: AuditLogDisposed,
    EventKind.LOCAL_RULE_SET: LocalRuleSet,
    EventKind.LATE_REASONS_SET: LateReasonsSet,
    EventKind.AGENCY_CHANGED: AgencyChanged,
    EventKind.PARTNER_SET: PartnerSet,
    EventKind.FINDING_MADE: FindingMade,
    EventKind.RECOMMENDATION_MADE: RecommendationMade,
    EventKind.RECOMMENDATION_CHANGED: RecommendationChanged,
    EventKind.RECOMMENDATION_ANSWERED: RecommendationAnswered,
    EventKind.RECOMMENDATION_CHALLENGED: RecommendationChallenged,
    EventKind.ANSWER_ADDED: AnswerChanged,
    EventKind.ANSWER_REMOVED: AnswerChanged,
    EventKind.PART_ADDED: PartChanged,
    EventKind.PART_NOTED: PartChanged,
    EventKind.PART_ENDED: PartChanged,
    EventKind.PART_REOPENED: PartChanged,
    EventKind.THEMES_SET: ThemesSet,
    EventKind.THEME_CHANGED: ThemeChanged,
    EventKind.ACTION_ADDED: NoDetails,
    EventKind.ACTION_IMPORTED: ActionImported,
    EventKind.ACTION_CHANGED: ActionChanged,
    EventKind.IMPORT_UNDONE: ImportUndone,
    EventKind.QUESTION_DECIDED: QuestionDecided,
    EventKind.ACTION_ASSIGNED: ActionAssigned,
    EventKind.ACTION_STEP_TAKEN: ActionStepTaken,
    EventKind.ACTION_EXTENDED: ActionExtended,
    EventKind.ACTION_SUBMITTED: ActionSubmitted,
    EventKind.ACTION_RETURNED: ActionReturned,
    EventKind.RECOMMENDATION_REOPENED: RecommendationReopened,
    EventKind.PLAN_RULES_SET: PlanRulesSet,
    EventKind.PLAN_SILENCED: NoDetails,
    EventKind.REMINDERS_STARTED: NoDetails,
    EventKind.EXTENSION_ASKED: ExtensionAsked,
    EventKind.EXTENSION_ASKED_AGAIN: ExtensionAsked,
    EventKind.EXTENSION_REFUSED: ExtensionRefused,
    EventKind.EXTENSION_UNDONE: ExtensionUndone,
    EventKind.DELAY_EXPLAINED: DelayExplained,
    EventKind.FILE_ADDED: FileAdded,
    EventKind.FILE_READ: FileRead,
    EventKind.FILE_WITHDRAWN: FileWithdrawn,
    EventKind.EVIDENCE_ADDED: EvidenceAdded,
    EventKind.EVIDENCE_READ: EvidenceRead,
    EventKind.EVIDENCE_WITHDRAWN: EvidenceWithdrawn,
    EventKind.RATING_SAID: RatingSet,
    EventKind.ACTION_PARKED: ActionAssigned,
    EventKind.ACTION_SNOOZED: ActionSnoozed,
    EventKind.ANSWERED_BY_LINK: LinkAnswered,
    EventKind.ANSWER_UNDONE: LinkAnswered,
    EventKind.NOT_MINE_SAID: NotTheirs,
    EventKind.ABSENCE_RECORDED: AbsenceChanged,
    EventKind.ABSENCE_ENDED: AbsenceChanged,
    EventKind.ADDRESS_FAILED: AddressChanged,
    EventKind.ADDRESS_SOLVED: AddressChanged,
    EventKind.LETTER_RESENT: LetterResent,
    EventKind.SUMMARY_CHOSEN: SummaryChosen,
    EventKind.CALENDAR_MADE: CalendarChanged,
    EventKind.CALENDAR_REVOKED: CalendarChanged,
    EventKind.DEVICE_FORGOTTEN: DeviceForgotten,
    EventKind.SIGN_IN_WARNED: SignInWarned,
    EventKind.POLICY_WRITTEN: PolicyWritten,
    EventKind.ASSURANCE_GIVEN: AssuranceGiven,
    EventKind.PLAN_EXPORTED: PlanExported,
    EventKind.PERSON_ADDED: RoleChanged,
    EventKind.PERSON_DISABLED: PersonDisabled,
    EventKind.EMAIL_CHANGED: EmailChanged,
    EventKind.EMAIL_ASKED: EmailChangeAsked,
    EventKind.EMAIL_CONFIRMED: EmailConfirmed,
    EventKind.EMAIL_NOT_CHANGED: EmailChangeAsked,
    EventKind.EMAIL_DOMAINS_SET: EmailDomainsSet,
    EventKind.ROLE_ENDED: RoleChanged,
    EventKind.PERSON_INVITED: AccountChanged,
    EventKind.INVITATION_WITHDRAWN: AccountChanged,
    EventKind.INVITATION_ACCEPTED: AccountChanged,
    EventKind.RESET_SENT: AccountChanged,
    EventKind.PASSWORD_CHANGED: AccountChanged,
    EventKind.NAME_CHANGED: NameChanged,
    EventKind.PROVIDER_SET: ProviderSet,
    EventKind.PROVIDER_LINKED: ProviderChanged,
    EventKind.PROVIDER_UNLINKED: ProviderChanged,
    EventKind.TOKEN_MADE: TokenChanged,
    EventKind.TOKEN_REVOKED: TokenChanged,
    EventKind.SESSIONS_ENDED: SessionsEnded,
    EventKind.FACTOR_CHANGED: FactorChanged,
    EventKind.FACTOR_RESET: FactorResetDetails,
    EventKind.FACTOR_RULE_SET: FactorRuleSet,
    EventKind.ROLE_ASKED: RoleChanged,
    EventKind.ROLE_CONFIRMED: RoleChanged,
    EventKind.ROLE_REFUSED: RoleRefused,
    EventKind.ROLE_LAPSED: RoleChanged,
    EventKind.REQUEST_RECEIVED: RequestRecorded,
    EventKind.REQUEST_CHANGED: RequestChanged,
    EventKind.REQUEST_PAUSED: RequestPaused,
    EventKind.REQUEST_RESUMED: RequestPaused,
    EventKind.REQUEST_EXTENDED: RequestExtended,
    EventKind.REQUEST_ANSWERED: RequestAnswered,
    EventKind.REQUEST_REOPENED: RequestReopened,
    EventKind.POLICY_SET: PolicySet,
    EventKind.MAIL_SENDER_SET: MailSenderSet,
    EventKind.POLICY_RETIRED: PolicySet,
    EventKind.AUDIT_NOTICE_NOTED: AuditNoticeNoted,
}

KEYS: Mapping[EventKind, frozenset[str]] = {kind: frozenset(shape.__annotations__) for kind, shape in DETAILS.items()}


def details_of(event: Event, shape: type[Details]) -> Details:
    """Give the details of an event as those of its kind. Raises TypeError for the shape of another kind."""
    if DETAILS[event.kind] is not shape:
        raise TypeError(f"The details of {event.kind} are {DETAILS[event.kind].__name__}, not {shape.__name__}.")
    return cast(Details, event.details)


def details_if(event: Event, shape: type[Details]) -> Details | None:
    """Give the details of an event whose kind has this shape; None for an event of another kind."""
    return details_of(event, shape) if DETAILS[event.kind] is shape else None


def check_details(kind: EventKind, details: Mapping[str, Any]) -> None:
    """Raise ValueError for a key that the kind does not have: who reads the history would not find it."""
    if unknown := details.keys() - KEYS[kind]:
        raise ValueError(f"The details of {kind} have no {', '.join(sorted(unknown))}.")
