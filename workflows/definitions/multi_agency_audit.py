"""Multi-agency audit, from the sample of files to the second audit after the actions."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.information_request import ALL_IN, GAPS, ask_agencies, ask_more
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import CLOSERS, DONE, IMPACT, closing
from workflows.definitions.shared.common_questions import PRACTITIONER_EVENT
from workflows.definitions.shared.roles import CHAIR_OR_MANAGER, CHAIR_OR_PARTNERS, UNIT


class MultiAgencyAuditStage(StrEnum):
    PLANNED = "planned"
    DRAWN = "sample_drawn"
    RETURNS = "returns"
    MODERATION = "moderation"
    FINDINGS = "findings"
    MONITORING = "action_monitoring"
    REAUDIT = "reaudit"
    CLOSED = "closed"


Stage = MultiAgencyAuditStage

PLANNED = (
    Question("audit_theme", "What is audited"),
    Question("programme", "Programme it belongs to", required=False, hint="Such as the autumn term."),
)
DRAWN = (
    Question("sample_size", "How many files", Kind.NUMBER),
    Question("sample_criteria", "How they were drawn", Kind.TEXT, hint="References only, never a name."),
)
MODERATED = (Question("moderators", "Agencies that moderated", Kind.AGENCIES), GAPS)
FINDINGS = (
    Question("strengths", "What is done well", Kind.TEXT),
    Question("findings_made", "What is to be done better", Kind.TEXT),
)
REAUDIT = (Question("reaudit_size", "How many files are looked at again", Kind.NUMBER),)
NOT_SEEN = (Question("impact_missing", "What is not seen yet", Kind.TEXT),)

UNREPORTED = (Stage.PLANNED, Stage.DRAWN, Stage.RETURNS, Stage.MODERATION)
LEARNT = (Stage.FINDINGS, Stage.MONITORING)
FINISHERS = (*CLOSERS, "confirm_change")

STEPS = (
    Step("plan_audit", "Plan the audit", (UNOPENED,), Stage.PLANNED, UNIT, questions=PLANNED, barred=NOBODY),
    Step("draw_sample", "Draw the sample", (Stage.PLANNED,), Stage.DRAWN, UNIT, questions=DRAWN, barred=NOBODY),
    ask_agencies("send_tool", "Send the audit tool", Stage.DRAWN, Stage.RETURNS, UNIT),
    ask_more(Stage.RETURNS),
    Step(
        "moderate", "Moderate", (Stage.RETURNS,), Stage.MODERATION, CHAIR_OR_MANAGER, ALL_IN, MODERATED, barred=NOBODY
    ),
    Step(
        "report_findings",
        "Report the findings",
        (Stage.MODERATION,),
        Stage.FINDINGS,
        UNIT,
        questions=FINDINGS,
        barred=NOBODY,
    ),
    Step("practitioner_event", "Hold a learning event", LEARNT, "", UNIT, questions=PRACTITIONER_EVENT, barred=NOBODY),
    *closing((Stage.FINDINGS,), UNREPORTED),
    Step(
        "audit_again", "Audit again", (Stage.MONITORING,), Stage.REAUDIT, CHAIR_OR_MANAGER, DONE, REAUDIT, barred=NOBODY
    ),
    Step(
        "change_not_seen",
        "Record that nothing changed",
        (Stage.REAUDIT,),
        Stage.MONITORING,
        CHAIR_OR_MANAGER,
        questions=NOT_SEEN,
        barred=NOBODY,
    ),
    Step(
        "confirm_change",
        "Confirm that practice changed",
        (Stage.REAUDIT,),
        Stage.CLOSED,
        CHAIR_OR_PARTNERS,
        DONE,
        IMPACT,
        barred=NOBODY,
    ),
)

MULTI_AGENCY_AUDIT = Workflow(
    name="multi_agency_audit",
    title="Multi-agency audit",
    version=1,
    effective_from=ALWAYS,
    prefix="MAA",
    realm=Realm.REVIEWS,
    tracks=(Track("audit", "Audit", Stage, Stage.PLANNED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),),
    deadlines=(
        Deadline(
            "audit_actions",
            "Actions done and audited again",
            counted_from="report_findings",
            met_by=("audit_again",),
            editions=local(Period(6, Unit.MONTHS), "Local custom, after the Harrow programme"),
            ended_by=FINISHERS,
        ),
    ),
)
