"""Challenge between partners, and what changed: an entry in the challenge log."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, TimedMove, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ESCALATES_BY_ITSELF, local
from workflows.definitions.shared.closing import DONE, reopening
from workflows.definitions.shared.ladder_policies import ANSWER_LADDER
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
    Question("raised_by", "Who raises it, by role and agency"),
    Question("agencies_asked", "Agencies challenged", Kind.AGENCIES),
    Question("challenge", "What is challenged, and what is wanted", Kind.TEXT, hint="Never a child's name."),
    Question("answer_wanted_on", "An answer is wanted by", Kind.DAY, required=False),
)
RESPONDED = (
    Question("answer_given", "What is answered", Kind.TEXT),
    Question("answered_by", "Who answers, by role and agency"),
)
ESCALATED = (Question("escalated_to", "Who takes it up, by role"), Question("escalated_reason", "Why", Kind.TEXT))
OUTCOME = (Question("what_changed", "What changed", Kind.TEXT, hint="Say “nothing” when nothing did."),)

UNSETTLED = (Stage.RAISED, Stage.RESPONDED)
ANSWERED = (Stage.RESPONDED, Stage.ESCALATED, Stage.OUTCOME)

STEPS = (
    Step(
        "raise_challenge",
        "Raise a challenge",
        (UNOPENED,),
        Stage.RAISED,
        UNIT_OR_PARTNERS,
        questions=RAISED,
        barred=NOBODY,
    ),
    Step(
        "respond", "Record the answer", (Stage.RAISED,), Stage.RESPONDED, ANY_AGENCY, questions=RESPONDED, barred=NOBODY
    ),
    Step(
        "escalate", "Escalate", UNSETTLED, Stage.ESCALATED, BOARD | CHAIR_OR_MANAGER, questions=ESCALATED, barred=NOBODY
    ),
    Step(
        "record_outcome",
        "Record the outcome",
        ANSWERED,
        Stage.OUTCOME,
        BOARD | CHAIR_OR_MANAGER,
        questions=OUTCOME,
        barred=NOBODY,
    ),
    Step("close", "Close", (Stage.OUTCOME,), Stage.CLOSED, CHAIR_OR_PARTNERS, DONE, barred=NOBODY),
    reopening(Stage.CLOSED),
)

CHALLENGE_ENTRY = Workflow(
    name="challenge_entry",
    title="Challenge",
    version=2,
    effective_from=ESCALATES_BY_ITSELF,
    prefix="CH",
    realm=Realm.REVIEWS,
    tracks=(
        Track("challenge", "Challenge", Stage, Stage.RAISED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),
    ),
    deadlines=(
        Deadline(
            "answer",
            "Answer to the challenge",
            counted_from="answer_wanted_on",
            met_by=("respond",),
            editions=local(Period(0, Unit.DAYS), "The day it was asked for"),
            ended_by=("escalate",),
            ladder=ANSWER_LADDER,
        ),
    ),
    timed_moves=(
        TimedMove(
            deadline="answer",
            step="escalate",
            reason="Nobody answered by the day an answer was wanted.",
            why="escalated_reason",
            answers=(("escalated_to", "Independent chair"),),
        ),
    ),
)
