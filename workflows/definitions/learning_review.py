"""Local learning review of a case below the threshold of notification."""

from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.information_request import ALL_IN, GAPS, ask_agencies, ask_more
from workflows.definitions.shared.authorities import ALWAYS, FROM_MEMORY, local
from workflows.definitions.shared.closing import CLOSERS, closing
from workflows.definitions.shared.common_questions import NO_NAMES, PRACTITIONER_EVENT, REFERRAL
from workflows.definitions.shared.holding import REVIEW_HOLD
from workflows.definitions.shared.reviewer import BARS_REVIEWER, reviewer_steps
from workflows.definitions.shared.roles import CHAIR, CHAIR_OR_MANAGER, CHAIR_OR_PARTNERS, REVIEWER_OR_UNIT, UNIT
from workflows.guards.learning import below_threshold, learning_anonymous


class LearningReviewStage(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    IN_PROGRESS = "in_progress"
    REPORT = "report"
    ON_HOLD = "on_hold"
    SHARED = "learning_shared"
    MONITORING = "action_monitoring"
    CLOSED = "closed"
    DECLINED = "declined"
    ESCALATED = "escalated"


Stage = LearningReviewStage

FINAL = frozenset({Stage.CLOSED, Stage.DECLINED, Stage.ESCALATED})
OPEN = tuple(stage for stage in Stage if stage not in FINAL)
BEFORE_SHARED = (Stage.AGREED, Stage.IN_PROGRESS, Stage.REPORT)
UNSHARED = (*BEFORE_SHARED, Stage.ON_HOLD)

CONSIDERATION = Question(
    "consideration",
    "What the case is",
    Kind.CHOICE,
    choices=(
        ("notification", "It may meet the criteria for a serious incident notification"),
        ("learning_review", "Below the threshold, but worth a review"),
        ("audit", "A candidate for an audit"),
    ),
    hint="The case consideration form asks the agency; the subgroup's own answer counts.",
)
AGE = tuple(question for question in REFERRAL if question.name in ("under_18", "age_reason"))
PROPOSED = (
    Question("proposed_by", "Agency that proposes it"),
    Question("proposal", "What might be learnt", Kind.TEXT, hint=NO_NAMES),
    CONSIDERATION,
    *AGE,
)
AGREED = (
    CONSIDERATION,
    Question("decision_rationale", "Why it is reviewed", Kind.TEXT),
    Question("method", "How it is reviewed", hint="Such as a learning event, an appreciative inquiry, a desk review."),
)
DECLINED = (
    Question("declined_reason", "Why it is not reviewed", Kind.TEXT),
    Question("alternative", "What is done instead", Kind.CHOICE, choices=(("audit", "Audit"), ("none", "Nothing"))),
)
REPORT = (Question("report_version", "Version of the report"), Question("findings", "What was learnt", Kind.TEXT), GAPS)
SHARED = (
    Question("briefing", "Where the briefing is filed"),
    Question("anonymity_signed_off", "Its anonymity is signed off", Kind.YES_NO),
)
ESCALATED = (Question("new_facts", "Which new facts", Kind.TEXT, hint=NO_NAMES), *REFERRAL)


STEPS = (
    Step("propose", "Log the consideration form", (UNOPENED,), Stage.PROPOSED, UNIT, questions=PROPOSED, barred=NOBODY),
    Step(
        "agree",
        "Agree to review it",
        (Stage.PROPOSED,),
        Stage.AGREED,
        CHAIR,
        (below_threshold,),
        AGREED,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    Step(
        "decline",
        "Decline",
        (Stage.PROPOSED,),
        Stage.DECLINED,
        CHAIR,
        questions=DECLINED,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    ask_agencies("begin", "Ask the agencies", Stage.AGREED, Stage.IN_PROGRESS, CHAIR_OR_MANAGER),
    ask_more(Stage.IN_PROGRESS, by=CHAIR_OR_MANAGER | UNIT),
    Step(
        "practitioner_event",
        "Hold an event",
        (Stage.IN_PROGRESS,),
        "",
        REVIEWER_OR_UNIT,
        questions=PRACTITIONER_EVENT,
        barred=NOBODY,
    ),
    *reviewer_steps((Stage.AGREED, Stage.IN_PROGRESS), by=CHAIR_OR_MANAGER),
    Step(
        "report", "File the report", (Stage.IN_PROGRESS,), Stage.REPORT, REVIEWER_OR_UNIT, ALL_IN, REPORT, barred=NOBODY
    ),
    Step(
        "share_learning",
        "Share the learning",
        (Stage.REPORT,),
        Stage.SHARED,
        UNIT,
        (learning_anonymous,),
        SHARED,
        barred=NOBODY,
    ),
    *REVIEW_HOLD.steps(
        BEFORE_SHARED, Stage.ON_HOLD, by=CHAIR_OR_PARTNERS, reviewed_by=CHAIR_OR_MANAGER, barred=BARS_REVIEWER
    ),
    *closing((Stage.SHARED,), UNSHARED, refused=(Stage.DECLINED,), barred=BARS_REVIEWER),
    Step(
        "escalate_to_notification",
        "Escalate to a notification",
        OPEN,
        Stage.ESCALATED,
        CHAIR_OR_MANAGER,
        questions=ESCALATED,
        opens="rapid_review",
        barred=BARS_REVIEWER,
    ),
)

LEARNING_REVIEW = Workflow(
    name="learning_review",
    title="Local learning review",
    version=1,
    effective_from=ALWAYS,
    prefix="LR",
    realm=Realm.REVIEWS,
    tracks=(
        Track(
            "review",
            "Review",
            Stage,
            Stage.PROPOSED,
            frozenset({Stage.ESCALATED}),
            STEPS,
            settled=FINAL - {Stage.ESCALATED},
        ),
    ),
    deadlines=(
        Deadline(
            "learning",
            "Learning shared",
            counted_from="agree",
            met_by=("share_learning",),
            editions=local(Period(6, Unit.MONTHS), "Local custom, three to six months", FROM_MEMORY),
            ended_by=(*CLOSERS, "escalate_to_notification"),
        ),
        REVIEW_HOLD.looked_at_again("pause_review", ended_by=("give_up", "escalate_to_notification")),
    ),
)
