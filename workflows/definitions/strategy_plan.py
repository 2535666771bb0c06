"""Strategy plan without a case behind it, on neglect, exploitation, domestic abuse and the like."""

from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS
from workflows.definitions.shared.closing import reopening
from workflows.definitions.shared.roles import BOARD, CHAIR_OR_MANAGER, UNIT
from workflows.guards.lcspr import no_action_open, plan_has_actions


class StrategyPlanStage(StrEnum):
    DRAFT = "draft"
    ADOPTED = "adopted"
    MONITORING = "monitoring"
    REFRESHED = "refreshed"
    SUPERSEDED = "superseded"
    CLOSED = "closed"


Stage = StrategyPlanStage

NEXT_REPORT_ON = Question("next_report_on", "Next report is due", Kind.DAY, required=False)

DRAFT = (
    Question("forum", "Forum or board that leads it", required=False),
    Question("strands", "Strands", required=False, hint="Such as Prepare, Prevent, Protect, Pursue."),
)
ADOPTED = (
    Question("adopted_version", "Version adopted"),
    Question("cadence", "How often it is reported"),
    NEXT_REPORT_ON,
)
REPORTED = (Question("reported_to", "Reported to"), NEXT_REPORT_ON)
REFRESHED = (Question("refreshed_version", "Version after the refresh"),)
SUPERSEDED = (Question("superseded_by", "Plan that takes its place"),)
ABANDONED = (Question("abandoned_reason", "Why the draft is given up", Kind.TEXT),)
CLOSED = (Question("plan_outcome", "What is different for children", Kind.TEXT),)

OLD = (Stage.MONITORING, Stage.REFRESHED, Stage.SUPERSEDED)

STEPS = (
    Step("draft", "Draft the plan", (UNOPENED,), Stage.DRAFT, UNIT, questions=DRAFT, barred=NOBODY),
    Step(
        "adopt",
        "Adopt the plan",
        (Stage.DRAFT,),
        Stage.ADOPTED,
        BOARD,
        (plan_has_actions,),
        ADOPTED,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    Step("monitor", "Begin to monitor", (Stage.ADOPTED,), Stage.MONITORING, CHAIR_OR_MANAGER, barred=NOBODY),
    Step("report", "Report progress", (Stage.MONITORING,), "", UNIT, questions=REPORTED, barred=NOBODY),
    Step(
        "refresh", "Refresh the plan", (Stage.MONITORING,), Stage.REFRESHED, BOARD, questions=REFRESHED, barred=NOBODY
    ),
    Step("resume", "Monitor the refreshed plan", (Stage.REFRESHED,), Stage.MONITORING, CHAIR_OR_MANAGER, barred=NOBODY),
    Step(
        "supersede",
        "Replace by another plan",
        (Stage.MONITORING, Stage.REFRESHED),
        Stage.SUPERSEDED,
        by=BOARD,
        questions=SUPERSEDED,
        barred=NOBODY,
    ),
    Step(
        "abandon",
        "Give up the draft",
        (Stage.DRAFT,),
        Stage.CLOSED,
        BOARD,
        (no_action_open,),
        ABANDONED,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    Step("close", "Close the plan", OLD, Stage.CLOSED, BOARD, (no_action_open,), CLOSED, barred=NOBODY),
    reopening(Stage.CLOSED),
)

STRATEGY_PLAN = Workflow(
    name="strategy_plan",
    title="Strategy plan",
    version=1,
    effective_from=ALWAYS,
    prefix="SP",
    realm=Realm.REVIEWS,
    tracks=(Track("plan", "Plan", Stage, Stage.DRAFT, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),),
    deadlines=(
        Deadline(
            "report",
            "Report on progress",
            counted_from="next_report_on",
            met_by=("report",),
            editions=(Edition(ALWAYS, Period(0, Unit.DAYS), Rank.LOCAL, "The cadence set in the plan"),),
            ended_by=("refresh", "supersede", "close"),
        ),
    ),
)
