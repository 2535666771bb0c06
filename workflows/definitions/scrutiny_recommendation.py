"""Recommendation of the independent scrutineer or of an elected committee, and the response to it."""

from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import DONE, IMPACT, reopening
from workflows.definitions.shared.roles import BOARD, CHAIR_OR_MANAGER, PARTNERS, SCRUTINEER, UNIT
from workflows.guards.lcspr import plan_has_actions


class ScrutinyRecommendationStage(StrEnum):
    MADE = "made"
    ACCEPTED = "accepted"
    MONITORED = "monitored"
    CLOSED = "closed"
    REJECTED = "rejected"


Stage = ScrutinyRecommendationStage

NEXT_REPORT_ON = Question("next_report_on", "The committee wants a report on", Kind.DAY, required=False)

MADE = (
    Question(
        "made_by",
        "Who made it",
        Kind.CHOICE,
        choices=(("scrutineer", "The independent scrutineer"), ("committee", "An elected committee")),
    ),
    Question("forum", "Meeting or report it was made in"),
    Question("recommended", "What is recommended", Kind.TEXT),
)
ACCEPTED = (
    Question("partners_response", "What the partners answer", Kind.TEXT),
    Question("accepted_in_part", "Accepted in part only", Kind.YES_NO),
    NEXT_REPORT_ON,
)
REJECTED = (Question("rejected_reason", "Why it is rejected", Kind.TEXT), Question("approved_by", "Who approved that"))
REPORTED = (Question("reported_to", "Reported to"), NEXT_REPORT_ON)
CLOSED = (*IMPACT, Question("content", "Who made it is content", Kind.YES_NO))

ANSWERED = (Stage.ACCEPTED, Stage.MONITORED)
ENDED = frozenset({Stage.CLOSED, Stage.REJECTED})

STEPS = (
    Step("make", "Log the recommendation", (UNOPENED,), Stage.MADE, UNIT, questions=MADE, barred=NOBODY),
    Step(
        "accept",
        "Accept",
        (Stage.MADE,),
        Stage.ACCEPTED,
        PARTNERS,
        questions=ACCEPTED,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    Step(
        "reject",
        "Reject",
        (Stage.MADE,),
        Stage.REJECTED,
        PARTNERS,
        questions=REJECTED,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    Step(
        "monitor",
        "Begin to monitor",
        (Stage.ACCEPTED,),
        Stage.MONITORED,
        CHAIR_OR_MANAGER,
        (plan_has_actions,),
        barred=NOBODY,
    ),
    Step("report", "Report progress", ANSWERED, "", UNIT | SCRUTINEER, questions=REPORTED, barred=NOBODY),
    Step("close", "Close", ANSWERED, Stage.CLOSED, BOARD, DONE, CLOSED, barred=NOBODY),
    reopening(Stage.CLOSED, Stage.REJECTED),
)

SCRUTINY_RECOMMENDATION = Workflow(
    name="scrutiny_recommendation",
    title="Scrutiny recommendation",
    version=1,
    effective_from=ALWAYS,
    prefix="SREC",
    realm=Realm.REVIEWS,
    tracks=(Track("recommendation", "Recommendation", Stage, Stage.MADE, frozenset(), STEPS, settled=ENDED),),
    deadlines=(
        Deadline(
            "response",
            "Answer of the partners",
            counted_from="make",
            met_by=("accept", "reject"),
            editions=local(Period(3, Unit.MONTHS), "Custom of a select committee"),
        ),
        Deadline(
            "report",
            "Report to the committee",
            counted_from="next_report_on",
            met_by=("report",),
            editions=local(Period(0, Unit.DAYS), "The day the committee asked for"),
            ended_by=("close",),
        ),
    ),
)
