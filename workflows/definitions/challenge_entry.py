"""Challenge between partners, and what changed: an entry in the challenge log."""

from enum import StrEnum

from workflows.core.questions import Asked, Kind
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import DONE
from workflows.definitions.shared.roles import (
    ANY_AGENCY,
    BOARD,
    CHAIR_OR_MANAGER,
    CHAIR_OR_PARTNERS,
    UNIT_OR_PARTNERS,
)


class ChallengeStage(StrEnum):
    RAISED = "raised"
    RESPONDED = "responded"
    ESCALATED = "escalated"
    OUTCOME = "outcome_recorded"
    CLOSED = "closed"


Stage = ChallengeStage

RAISED = (
    Asked("raised_by", "Who raises it, by role and agency"),
    Asked("agencies_asked", "Agencies challenged", Kind.AGENCIES),
    Asked("challenge", "What is challenged, and what is wanted", Kind.TEXT, hint="Never a child's name."),
    Asked("answer_wanted_on", "An answer is wanted by", Kind.DAY, required=False),
)
RESPONDED = (
    Asked("answer_given", "What is answered", Kind.TEXT),
    Asked("answered_by", "Who answers, by role and agency"),
)
ESCALATED = (Asked("escalated_to", "Who takes it up, by role"), Asked("escalated_reason", "Why", Kind.TEXT))
OUTCOME = (Asked("what_changed", "What changed", Kind.TEXT, hint="Say “nothing” when nothing did."),)

UNSETTLED = (Stage.RAISED, Stage.RESPONDED)
ANSWERED = (Stage.RESPONDED, Stage.ESCALATED)

STEPS = (
    Step("raise_challenge", "Raise a challenge", (UNOPENED,), Stage.RAISED, UNIT_OR_PARTNERS, asks=RAISED),
    Step("respond", "Record the answer", (Stage.RAISED,), Stage.RESPONDED, ANY_AGENCY, asks=RESPONDED),
    Step("escalate", "Escalate", UNSETTLED, Stage.ESCALATED, BOARD | CHAIR_OR_MANAGER, asks=ESCALATED),
    Step("record_outcome", "Record the outcome", ANSWERED, Stage.OUTCOME, BOARD | CHAIR_OR_MANAGER, asks=OUTCOME),
    Step("close", "Close", (Stage.OUTCOME,), Stage.CLOSED, CHAIR_OR_PARTNERS, DONE),
)

CHALLENGE_ENTRY = Workflow(
    name="challenge_entry",
    title="Challenge",
    version=1,
    effective_from=ALWAYS,
    prefix="CH",
    realm=Realm.REVIEWS,
    tracks=(Track("challenge", "Challenge", Stage, Stage.RAISED, frozenset({Stage.CLOSED}), STEPS),),
    deadlines=(
        Deadline(
            "answer",
            "Answer to the challenge",
            counted_from="answer_wanted_on",
            met_by=("respond",),
            editions=local(Period(0, Unit.DAYS), "The day it was asked for"),
            ended_by=("escalate",),
        ),
    ),
)
