"""An action, from the proposal to the proof that it made a difference.

Owner, due date and evidence are columns of the action: the application stores them and passes them to the guards.
`ACTION_OWNER` is the owner of that action or their deputy, `AGENCY_LEAD` the lead of its lead agency, and
`CDOP_MANAGER` counts only for an action of a child death review, where it has the parts of both the business manager
and the subgroup chair.
"""

from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Realm, Role, Step, Track, Workflow
from workflows.definitions.shared.authorities import ALWAYS
from workflows.definitions.shared.ladder_policies import POLICIES
from workflows.guards.actions import (
    already_late,
    asked_for,
    check_waits,
    date_set,
    evidence_there,
    extended_before,
    impact_not_tested,
    impact_tested,
    last_check,
    not_asked_twice,
    not_own_agency,
    second_extension_by_partner,
    second_extension_undone_by_partner,
    somebody_named,
    strands_done,
)


class ActionStage(StrEnum):
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


Stage = ActionStage

DROPPED = frozenset({Stage.REJECTED, Stage.SUPERSEDED, Stage.TRANSFERRED, Stage.NOT_NEEDED})
ACHIEVED = frozenset({Stage.EMBEDDED, Stage.COMPLETE})
FINISHED = DROPPED | ACHIEVED
OPEN = frozenset({Stage.AGREED_NO_DATE, Stage.NOT_STARTED, Stage.IN_PROGRESS, Stage.BLOCKED})
"""Agreed, and the owner has still to do it."""
OUTSTANDING = OPEN | {Stage.SUBMITTED}
"""Not yet accepted as done: counted in the chair's summary."""
DATED = OPEN - {Stage.AGREED_NO_DATE}
"""Reminded by the ladder, and overdue once the date has passed."""
UNDATED = frozenset({Stage.AGREED_NO_DATE})
"""Reminded each month to set a date."""
SHARED_OUT = OPEN | {Stage.PROPOSED}
"""Stages at which the agencies' parts may change. From submission on they stay as they are."""
AWAITING_SIGN_OFF = frozenset({Stage.SUBMITTED})
SILENT = frozenset(Stage) - DATED - UNDATED
"""Stages at which nobody is reminded."""

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

UPDATE = (Question("update", "What has happened", Kind.TEXT),)
NEW_DATE = (Question("new_due_on", "New due date", Kind.DAY),)
BLOCKED = (
    Question("blocked_reason", "What is in the way", Kind.TEXT),
    Question("blocked_plan", "What is done about it, and by whom", Kind.TEXT, required=False),
)
WAY_OUT = (Question("blocked_plan", "What is done about it, and by whom", Kind.TEXT),)
DONE = (Question("done_summary", "What was done", Kind.TEXT, required=False),)
RETURNED = (Question("return_reason", "What is still wanted", Kind.TEXT),)
ACCEPTED = (Question("closure_meeting", "Meeting that accepted it", required=False),)
IMPACT = (Question("impact_statement", "What is different for children", Kind.TEXT),)
SEEN = (
    Question(
        "impact_result",
        "Is the change seen?",
        Kind.CHOICE,
        choices=(("embedded", "Embedded: it is seen, and it holds"), ("partly", "Partly: it is seen here and there")),
    ),
    *IMPACT,
)
NO_IMPACT = (Question("impact_missing", "What is not seen yet", Kind.TEXT),)
REOPENED = (Question("reopened_reason", "Why it is opened again", Kind.TEXT),)
DROPPED_WHY = (Question("dropped_reason", "Why", Kind.TEXT),)
SUPERSEDED = (*DROPPED_WHY, Question("superseded_by", "Action that takes its place", required=False))
HANDED_OVER = (
    *DROPPED_WHY,
    Question("transferred_to", "Who takes it over"),
    Question("accepted_by", "Who accepted it"),
)
DELAY = (
    Question("expected_on", "When you expect it to be done", Kind.DAY),
    Question("delay_reason", "Why it is not done yet", Kind.TEXT),
)
MORE_TIME = (
    Question("extension_reason", "Why more time is needed", Kind.TEXT),
    Question("meanwhile", "What is done meanwhile", Kind.TEXT, required=False),
)
WISHED = (Question("wanted_due_on", "New date asked for", Kind.DAY), *MORE_TIME)
EXTENDED = (*NEW_DATE, *MORE_TIME)
TAKEN_BACK = (Question("undone_reason", "Why it is taken back", Kind.TEXT),)
REFUSED = (Question("refusal_reason", "Why the date stays", Kind.TEXT),)

WORKABLE = (Stage.NOT_STARTED, Stage.IN_PROGRESS)
HELD_UP = (Stage.AGREED_NO_DATE, Stage.BLOCKED, Stage.SUBMITTED, Stage.AWAITING_IMPACT)
CAN_SLIP = (*WORKABLE, Stage.BLOCKED)
UNFINISHED = tuple(stage for stage in Stage if stage not in FINISHED)
AGREED = tuple(stage for stage in UNFINISHED if stage != Stage.PROPOSED)

THEIR_TIME = frozenset({Involvement.OWNER, Involvement.ASKER})
THEIR_WORK = frozenset({Involvement.OWNER, Involvement.SUBMITTER})


STEPS = (
    Step(
        "propose",
        "Propose",
        (UNOPENED,),
        Stage.PROPOSED,
        WORKERS | {Role.LEAD_REVIEWER, Role.SUBGROUP_CHAIR},
        barred=NOBODY,
    ),
    Step("agree", "Agree", (Stage.PROPOSED,), Stage.NOT_STARTED, AGREERS, (somebody_named, date_set), barred=NOBODY),
    Step(
        "agree_without_date",
        "Agree, date to follow",
        (Stage.PROPOSED,),
        Stage.AGREED_NO_DATE,
        by=AGREERS,
        only_if=(somebody_named,),
        barred=NOBODY,
    ),
    Step(
        "reject",
        "Reject",
        (Stage.PROPOSED,),
        Stage.REJECTED,
        APPROVERS,
        questions=DROPPED_WHY,
        barred=frozenset({Involvement.OWNER}),
    ),
    Step(
        "set_date",
        "Set the date",
        (Stage.AGREED_NO_DATE,),
        Stage.NOT_STARTED,
        AGREERS | CLERKS,
        questions=NEW_DATE,
        barred=NOBODY,
    ),
    Step("assign", "Give it to an owner", UNFINISHED, "", ASSIGNERS, barred=NOBODY),
    Step("start", "Start", (Stage.NOT_STARTED,), Stage.IN_PROGRESS, WORKERS, barred=NOBODY),
    Step("progress", "Report progress", WORKABLE, Stage.IN_PROGRESS, WORKERS, questions=UPDATE, barred=NOBODY),
    Step("note", "Add a note", HELD_UP, "", WORKERS, questions=UPDATE, barred=NOBODY),
    Step("block", "Report that it is blocked", WORKABLE, Stage.BLOCKED, WORKERS, questions=BLOCKED, barred=NOBODY),
    Step(
        "plan_unblocking", "Say what is done about it", (Stage.BLOCKED,), "", WORKERS, questions=WAY_OUT, barred=NOBODY
    ),
    Step("unblock", "Report that it can go on", (Stage.BLOCKED,), Stage.IN_PROGRESS, WORKERS, barred=NOBODY),
    Step("explain_delay", "Say that it is not done yet", CAN_SLIP, "", WORKERS, (already_late,), DELAY, barred=NOBODY),
    Step("ask_extension", "Ask for more time", CAN_SLIP, "", WORKERS, (not_asked_twice,), WISHED, barred=NOBODY),
    Step(
        "extend",
        "Give more time",
        CAN_SLIP,
        "",
        APPROVERS,
        (second_extension_by_partner,),
        EXTENDED,
        barred=THEIR_TIME,
    ),
    Step(
        "undo_extension",
        "Take back the time that was given",
        CAN_SLIP,
        "",
        by=APPROVERS,
        only_if=(extended_before, second_extension_undone_by_partner),
        questions=TAKEN_BACK,
        barred=THEIR_TIME,
    ),
    Step(
        "refuse_extension",
        "Refuse more time",
        CAN_SLIP,
        "",
        by=APPROVERS,
        only_if=(asked_for, second_extension_by_partner),
        questions=REFUSED,
        barred=THEIR_TIME,
    ),
    Step(
        "submit",
        "Submit as done",
        WORKABLE,
        Stage.SUBMITTED,
        WORKERS,
        (evidence_there, strands_done),
        DONE,
        barred=NOBODY,
    ),
    Step(
        "return",
        "Return to the owner",
        (Stage.SUBMITTED,),
        Stage.IN_PROGRESS,
        CHECKERS,
        questions=RETURNED,
        barred=THEIR_WORK,
    ),
    Step(
        "accept",
        "Accept and close",
        (Stage.SUBMITTED,),
        Stage.COMPLETE,
        by=CLOSERS,
        only_if=(impact_not_tested, evidence_there, not_own_agency),
        questions=ACCEPTED,
        barred=THEIR_WORK,
    ),
    Step(
        "accept_awaiting_impact",
        "Accept as done",
        (Stage.SUBMITTED,),
        Stage.AWAITING_IMPACT,
        by=CLOSERS,
        only_if=(impact_tested, evidence_there, not_own_agency),
        questions=ACCEPTED,
        barred=THEIR_WORK,
    ),
    Step(
        "confirm_impact",
        "Confirm its impact",
        (Stage.AWAITING_IMPACT,),
        Stage.EMBEDDED,
        by=CLOSERS,
        only_if=(last_check,),
        questions=IMPACT,
        barred=THEIR_WORK,
    ),
    Step(
        "check_impact",
        "Answer the impact check",
        (Stage.AWAITING_IMPACT,),
        "",
        by=CLOSERS,
        only_if=(check_waits,),
        questions=SEEN,
        barred=THEIR_WORK,
    ),
    Step(
        "impact_not_seen",
        "Impact not seen",
        (Stage.AWAITING_IMPACT,),
        Stage.IN_PROGRESS,
        CLOSERS,
        questions=NO_IMPACT,
        barred=THEIR_WORK,
    ),
    Step(
        "reopen",
        "Open it again",
        (Stage.EMBEDDED, Stage.COMPLETE),
        Stage.IN_PROGRESS,
        CLOSERS,
        questions=REOPENED,
        barred=NOBODY,
    ),
    Step(
        "supersede",
        "Replace by another action",
        AGREED,
        Stage.SUPERSEDED,
        APPROVERS,
        questions=SUPERSEDED,
        barred=THEIR_WORK,
    ),
    Step(
        "transfer",
        "Hand over",
        AGREED,
        Stage.TRANSFERRED,
        APPROVERS,
        questions=HANDED_OVER,
        barred=THEIR_WORK,
    ),
    Step(
        "withdraw",
        "Withdraw as no longer needed",
        AGREED,
        Stage.NOT_NEEDED,
        APPROVERS,
        questions=DROPPED_WHY,
        barred=THEIR_WORK,
    ),
)

ACTION = Workflow(
    name="action",
    title="Action",
    version=1,
    effective_from=ALWAYS,
    prefix="A",
    realm=Realm.REVIEWS,
    tracks=(Track("action", "Action", Stage, Stage.PROPOSED, DROPPED, STEPS, settled=ACHIEVED),),
    ladders=tuple(POLICIES.values()),
)
