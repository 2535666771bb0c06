"""Risk to the work of the partnership: an entry in the risk register."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Product, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import DONE, reopening
from workflows.definitions.shared.roles import BOARD, CHAIR_OR_MANAGER, UNIT
from workflows.guards.learning import scored


class RiskStage(StrEnum):
    OPEN = "open"
    REVIEWED = "reviewed"
    CLOSED = "closed"


Stage = RiskStage

SCORES = (
    Question("likelihood", "Likelihood, from 1 to 5", Kind.NUMBER),
    Question("impact", "Impact, from 1 to 5", Kind.NUMBER),
    Question("risk_owner", "Who holds it, by role"),
    Question("mitigation", "What is done about it", Kind.TEXT),
    Question("next_review_on", "It is looked at again on", Kind.DAY),
)
OPENED = (
    Question("risk", "What might go wrong, and with what effect", Kind.TEXT),
    Question("raised_from", "What it comes from", required=False, hint="Such as the reference of an overdue action."),
    *SCORES,
)
CLOSED = (Question("closed_reason", "Why it is a risk no longer", Kind.TEXT),)

HELD = (Stage.OPEN, Stage.REVIEWED)

STEPS = (
    Step("open_risk", "Enter the risk", (UNOPENED,), Stage.OPEN, UNIT, (scored,), OPENED, barred=NOBODY),
    Step(
        "review_risk",
        "Review the risk",
        HELD,
        Stage.REVIEWED,
        BOARD | CHAIR_OR_MANAGER,
        (scored,),
        SCORES,
        barred=NOBODY,
    ),
    Step("close", "Close", HELD, Stage.CLOSED, BOARD, DONE, CLOSED, barred=NOBODY),
    reopening(Stage.CLOSED),
)

RISK_ENTRY = Workflow(
    name="risk_entry",
    title="Risk",
    version=1,
    effective_from=ALWAYS,
    prefix="RISK",
    realm=Realm.REVIEWS,
    tracks=(Track("risk_entry", "Risk", Stage, Stage.OPEN, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),),
    deadlines=(
        Deadline(
            "review",
            "Risk looked at again",
            counted_from="next_review_on",
            met_by=("review_risk",),
            editions=local(Period(0, Unit.DAYS), "The day agreed; each board looks at every risk"),
            ended_by=("close",),
        ),
    ),
    products=(Product("score", "Score, likelihood × impact", ("likelihood", "impact")),),
)
