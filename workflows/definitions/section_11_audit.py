"""Round of self-assessment: of agencies against section 11, or of schools against section 175 or 157."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.information_request import AGENCIES_ASKED, ALL_IN, ASKED, GAPS, REQUEST, ask_more
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import closing
from workflows.definitions.shared.roles import CHAIR_OR_MANAGER, UNIT
from workflows.guards.learning import standards_rated


class SectionElevenAuditStage(StrEnum):
    ISSUED = "issued"
    RETURNED = "returned"
    VALIDATED = "validated"
    IMPROVEMENT = "improvement_actions"
    CLOSED = "closed"


Stage = SectionElevenAuditStage

ISSUED = (
    Question(
        "audit_kind",
        "Which audit",
        Kind.CHOICE,
        choices=(("section_11", "Section 11 (agencies)"), ("section_175", "Section 175 or 157 (schools)")),
    ),
    Question("audit_themes", "Themes of this round", required=False),
    *ASKED,
)
RETURNED = (GAPS,)
RATED = (
    Question("rated_agency", "Agency rated", Kind.AGENCIES),
    Question("standard", "Standard", hint="Its number in the audit tool."),
    Question(
        "standard_rating",
        "Rating",
        Kind.CHOICE,
        choices=(("met", "Met"), ("partial", "Partly met"), ("not_met", "Not met")),
    ),
)
VALIDATED = (
    Question("validation", "How the answers were tested", hint="Such as a day of peer assessment."),
    Question("validation_findings", "What was found", Kind.TEXT),
)

STEPS = (
    Step(
        "issue",
        "Issue the audit",
        (UNOPENED,),
        Stage.ISSUED,
        UNIT,
        questions=ISSUED,
        opens=REQUEST,
        for_each=AGENCIES_ASKED,
        barred=NOBODY,
    ),
    ask_more(Stage.ISSUED),
    Step("close_returns", "Close the returns", (Stage.ISSUED,), Stage.RETURNED, UNIT, ALL_IN, RETURNED, barred=NOBODY),
    Step(
        "rate_standard",
        "Rate a standard",
        (Stage.RETURNED,),
        "",
        CHAIR_OR_MANAGER | UNIT,
        questions=RATED,
        barred=NOBODY,
    ),
    Step(
        "validate",
        "Validate",
        (Stage.RETURNED,),
        Stage.VALIDATED,
        CHAIR_OR_MANAGER,
        (standards_rated,),
        VALIDATED,
        barred=NOBODY,
    ),
    *closing((Stage.VALIDATED,), (Stage.ISSUED, Stage.RETURNED), monitored=Stage.IMPROVEMENT),
)

SECTION_11_AUDIT = Workflow(
    name="section_11_audit",
    title="Section 11 or 175 audit",
    version=1,
    effective_from=ALWAYS,
    prefix="S11",
    realm=Realm.REVIEWS,
    tracks=(Track("audit", "Audit", Stage, Stage.ISSUED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),),
    deadlines=(
        Deadline(
            "round",
            "Finished before the next year's round",
            counted_from="issue",
            met_by=("close", "close_without_actions"),
            editions=local(Period(12, Unit.MONTHS), "Local custom: the audit is yearly"),
            ended_by=("give_up",),
        ),
    ),
)
