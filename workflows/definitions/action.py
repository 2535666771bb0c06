"""How does one action run, from the proposal to the proof that it made a difference?

Owner, due date and evidence are the action's own: the application stores them and gives them to the guards.
`ACTION_OWNER` is the owner of that action or their deputy, `AGENCY_LEAD` the lead of its lead agency, and
`CDOP_MANAGER` counts only for an action of a child death review, where it has the parts of both the business manager
and the subgroup chair.
"""

from enum import StrEnum

from workflows.core.questions import Asked, Kind
from workflows.core.vocabulary import UNOPENED, Realm, Role, Step, Track, Workflow
from workflows.definitions.shared.authorities import ALWAYS
from workflows.definitions.shared.ladder_policies import POLICIES
from workflows.guards.actions import (
    asked_before_due,
    asked_for,
    check_waits,
    date_set,
    evidence_there,
    impact_not_tested,
    impact_tested,
    last_check,
    not_asked_twice,
    not_own_action,
    not_own_agency,
    not_own_submission,
    second_extension_by_partner,
    somebody_named,
    strands_done,
)


class A(StrEnum):
    PROPOSED = "proposed"
    AGREED_NO_DATE = "agreed_no_date"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    SUBMITTED = "submitted"
    AWAITING_IMPACT = "complete_awaiting_impact"
    EMBEDDED = "embedded"
    COMPLETE = "closed_complete"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    TRANSFERRED = "transferred"
    NOT_NEEDED = "no_longer_needed"


DROPPED = frozenset({A.REJECTED, A.SUPERSEDED, A.TRANSFERRED, A.NOT_NEEDED})
ACHIEVED = frozenset({A.EMBEDDED, A.COMPLETE})
FINISHED = DROPPED | ACHIEVED
OPEN = frozenset({A.AGREED_NO_DATE, A.NOT_STARTED, A.IN_PROGRESS, A.BLOCKED})
"""Agreed and still the owner's to do."""
OUTSTANDING = OPEN | {A.SUBMITTED}
"""What the chair's summary counts: not yet accepted as done."""
DATED = OPEN - {A.AGREED_NO_DATE}
"""Climbs the ladder of reminders; overdue once its date has passed."""
UNDATED = frozenset({A.AGREED_NO_DATE})
"""Gets the monthly word to set a date instead."""
SHARED_OUT = OPEN | {A.PROPOSED}
"""The parts of the agencies that share it may still change: once submitted, what was said of them stands."""
AWAITING_SIGN_OFF = frozenset({A.SUBMITTED})
SILENT = frozenset(A) - DATED - UNDATED
"""Nobody is reminded."""

WORKERS = frozenset(
    {Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.CDOP_MANAGER}
)
MANAGERS = frozenset({Role.BUSINESS_MANAGER, Role.CDOP_MANAGER})
CLERKS = MANAGERS | {Role.BUSINESS_UNIT_ADMIN}
ASSIGNERS = CLERKS | {Role.AGENCY_LEAD}
CLOSERS = frozenset({Role.SUBGROUP_CHAIR, Role.CDOP_MANAGER})
CHECKERS = CLOSERS | MANAGERS
APPROVERS = CLOSERS | {Role.SAFEGUARDING_PARTNER}
AGREERS = APPROVERS | MANAGERS

UPDATE = (Asked("update", "What has happened", Kind.TEXT),)
NEW_DATE = (Asked("new_due_on", "New due date", Kind.DAY),)
BLOCKED = (
    Asked("blocked_reason", "What is in the way", Kind.TEXT),
    Asked("blocked_plan", "What is done about it, and by whom", Kind.TEXT, required=False),
)
WAY_OUT = (Asked("blocked_plan", "What is done about it, and by whom", Kind.TEXT),)
DONE = (Asked("done_summary", "What was done", Kind.TEXT, required=False),)
RETURNED = (Asked("return_reason", "What is still wanted", Kind.TEXT),)
ACCEPTED = (Asked("closure_meeting", "Meeting that accepted it", required=False),)
IMPACT = (Asked("impact_statement", "What is different for children", Kind.TEXT),)
SEEN = (
    Asked(
        "impact_result",
        "Is the change seen?",
        Kind.CHOICE,
        choices=(("embedded", "Embedded: it is seen, and it holds"), ("partly", "Partly: it is seen here and there")),
    ),
    *IMPACT,
)
NO_IMPACT = (Asked("impact_missing", "What is not seen yet", Kind.TEXT),)
REOPENED = (Asked("reopened_reason", "Why it is opened again", Kind.TEXT),)
DROPPED_WHY = (Asked("dropped_reason", "Why", Kind.TEXT),)
SUPERSEDED = (*DROPPED_WHY, Asked("superseded_by", "Action that takes its place", required=False))
HANDED_OVER = (*DROPPED_WHY, Asked("transferred_to", "Who takes it over"), Asked("accepted_by", "Who accepted it"))
MORE_TIME = (
    Asked("extension_reason", "Why more time is needed", Kind.TEXT),
    Asked("meanwhile", "What is done meanwhile", Kind.TEXT, required=False),
)
WISHED = (Asked("wanted_due_on", "New date asked for", Kind.DAY), *MORE_TIME)
EXTENDED = (*NEW_DATE, *MORE_TIME)
REFUSED = (Asked("refusal_reason", "Why the date stays", Kind.TEXT),)

WORKABLE = (A.NOT_STARTED, A.IN_PROGRESS)
HELD_UP = (A.AGREED_NO_DATE, A.BLOCKED, A.SUBMITTED, A.AWAITING_IMPACT)
CAN_SLIP = (*WORKABLE, A.BLOCKED)
UNFINISHED = tuple(stage for stage in A if stage not in FINISHED)
AGREED = tuple(stage for stage in UNFINISHED if stage != A.PROPOSED)

AGREE = (somebody_named, date_set)
FOUR_EYES = (not_own_action, not_own_submission)
CLOSE = (impact_not_tested, evidence_there, *FOUR_EYES, not_own_agency)
TEST = (impact_tested, evidence_there, *FOUR_EYES, not_own_agency)
HOLDS = (last_check, *FOUR_EYES)
CHECK = (check_waits, *FOUR_EYES)
LONGER = (second_extension_by_partner,)
WISH = (asked_before_due, not_asked_twice)
NO_LONGER = (asked_for, *LONGER)

STEPS = (
    Step("propose", "Propose", (UNOPENED,), A.PROPOSED, WORKERS | {Role.LEAD_REVIEWER, Role.SUBGROUP_CHAIR}),
    Step("agree", "Agree", (A.PROPOSED,), A.NOT_STARTED, AGREERS, AGREE),
    Step("agree_without_date", "Agree, date to follow", (A.PROPOSED,), A.AGREED_NO_DATE, AGREERS, (somebody_named,)),
    Step("reject", "Reject", (A.PROPOSED,), A.REJECTED, APPROVERS, asks=DROPPED_WHY),
    Step("set_date", "Set the date", (A.AGREED_NO_DATE,), A.NOT_STARTED, AGREERS | CLERKS, asks=NEW_DATE),
    Step("assign", "Give it to an owner", UNFINISHED, "", ASSIGNERS),
    Step("start", "Start", (A.NOT_STARTED,), A.IN_PROGRESS, WORKERS),
    Step("progress", "Report progress", WORKABLE, A.IN_PROGRESS, WORKERS, asks=UPDATE),
    Step("note", "Add a note", HELD_UP, "", WORKERS, asks=UPDATE),
    Step("block", "Report that it is blocked", WORKABLE, A.BLOCKED, WORKERS, asks=BLOCKED),
    Step("plan_unblocking", "Say what is done about it", (A.BLOCKED,), "", WORKERS, asks=WAY_OUT),
    Step("unblock", "Report that it can go on", (A.BLOCKED,), A.IN_PROGRESS, WORKERS),
    Step("ask_extension", "Ask for more time", CAN_SLIP, "", WORKERS, WISH, WISHED),
    Step("extend", "Give more time", CAN_SLIP, "", APPROVERS, LONGER, EXTENDED),
    Step("refuse_extension", "Refuse more time", CAN_SLIP, "", APPROVERS, NO_LONGER, REFUSED),
    Step("submit", "Submit as done", WORKABLE, A.SUBMITTED, WORKERS, (evidence_there, strands_done), DONE),
    Step("return", "Return to the owner", (A.SUBMITTED,), A.IN_PROGRESS, CHECKERS, asks=RETURNED),
    Step("accept", "Accept and close", (A.SUBMITTED,), A.COMPLETE, CLOSERS, CLOSE, ACCEPTED),
    Step("accept_awaiting_impact", "Accept as done", (A.SUBMITTED,), A.AWAITING_IMPACT, CLOSERS, TEST, ACCEPTED),
    Step("confirm_impact", "Confirm its impact", (A.AWAITING_IMPACT,), A.EMBEDDED, CLOSERS, HOLDS, IMPACT),
    Step("check_impact", "Answer the impact check", (A.AWAITING_IMPACT,), "", CLOSERS, CHECK, SEEN),
    Step("impact_not_seen", "Impact not seen", (A.AWAITING_IMPACT,), A.IN_PROGRESS, CLOSERS, asks=NO_IMPACT),
    Step("reopen", "Open it again", (A.EMBEDDED, A.COMPLETE), A.IN_PROGRESS, CLOSERS, asks=REOPENED),
    Step("supersede", "Replace by another action", AGREED, A.SUPERSEDED, APPROVERS, asks=SUPERSEDED),
    Step("transfer", "Hand over", AGREED, A.TRANSFERRED, APPROVERS, asks=HANDED_OVER),
    Step("withdraw", "Withdraw as no longer needed", AGREED, A.NOT_NEEDED, APPROVERS, asks=DROPPED_WHY),
)

ACTION = Workflow(
    name="action",
    title="Action",
    version=1,
    effective_from=ALWAYS,
    prefix="A",
    realm=Realm.REVIEWS,
    tracks=(Track("action", "Action", A, A.PROPOSED, DROPPED, STEPS, settled=ACHIEVED),),
    ladders=tuple(POLICIES.values()),
)
