"""How is a recommendation of the independent scrutineer or of an elected committee answered and followed?"""

from enum import StrEnum

from workflows.core.questions import Asked, Kind
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import DONE, IMPACT
from workflows.definitions.shared.roles import BOARD, CHAIR_OR_MANAGER, PARTNERS, SCRUTINEER, UNIT
from workflows.guards.lcspr import plan_has_actions


class S(StrEnum):
    MADE = "made"
    ACCEPTED = "accepted"
    MONITORED = "monitored"
    CLOSED = "closed"
    REJECTED = "rejected"


NEXT_REPORT_ON = Asked("next_report_on", "The committee wants a report on", Kind.DAY, required=False)

MADE = (
    Asked(
        "made_by",
        "Who made it",
        Kind.CHOICE,
        choices=(("scrutineer", "The independent scrutineer"), ("committee", "An elected committee")),
    ),
    Asked("forum", "Meeting or report it was made in"),
    Asked("recommended", "What is recommended", Kind.TEXT),
)
ACCEPTED = (
    Asked("partners_response", "What the partners answer", Kind.TEXT),
    Asked("accepted_in_part", "Accepted in part only", Kind.YES_NO),
    NEXT_REPORT_ON,
)
REJECTED = (Asked("rejected_reason", "Why it is rejected", Kind.TEXT), Asked("approved_by", "Who approved that"))
REPORTED = (Asked("reported_to", "Reported to"), NEXT_REPORT_ON)
CLOSED = (*IMPACT, Asked("content", "Who made it is content", Kind.YES_NO))

PLANNED = (plan_has_actions,)
ANSWERED = (S.ACCEPTED, S.MONITORED)

STEPS = (
    Step("make", "Log the recommendation", (UNOPENED,), S.MADE, UNIT, asks=MADE),
    Step("accept", "Accept", (S.MADE,), S.ACCEPTED, PARTNERS, asks=ACCEPTED),
    Step("reject", "Reject", (S.MADE,), S.REJECTED, PARTNERS, asks=REJECTED),
    Step("monitor", "Begin to monitor", (S.ACCEPTED,), S.MONITORED, CHAIR_OR_MANAGER, PLANNED),
    Step("report", "Report progress", ANSWERED, "", UNIT | SCRUTINEER, asks=REPORTED),
    Step("close", "Close", ANSWERED, S.CLOSED, BOARD, DONE, CLOSED),
)

SCRUTINY_RECOMMENDATION = Workflow(
    name="scrutiny_recommendation",
    title="Scrutiny recommendation",
    version=1,
    effective_from=ALWAYS,
    prefix="SREC",
    realm=Realm.REVIEWS,
    tracks=(Track("recommendation", "Recommendation", S, S.MADE, frozenset({S.CLOSED, S.REJECTED}), STEPS),),
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
