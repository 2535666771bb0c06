"""Review of one incident of restraint in custody, from the sample of a year."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question, When
from workflows.core.vocabulary import UNOPENED, Realm, Step, Track, Workflow
from workflows.definitions.shared.authorities import ALWAYS
from workflows.definitions.shared.closing import DONE, GIVEN_UP, reopening
from workflows.definitions.shared.common_questions import NO_NAMES
from workflows.definitions.shared.roles import CHAIR, CHAIR_OR_MANAGER, UNIT


class RestraintReviewStage(StrEnum):
    SELECTED = "incident_selected"
    VIEWED = "viewed"
    NOTED = "factors_noted"
    FEEDBACK = "feedback"
    HOME_AUTHORITY_INFORMED = "home_la_told"
    CLOSED = "closed"


Stage = RestraintReviewStage

SELECTED = (
    Question("incident_on", "Day of the incident", Kind.DAY),
    Question("establishment", "Establishment"),
    Question("sample", "Sample it belongs to", required=False, hint="Such as 7 of 20 in the year."),
)
VIEWED = (
    Question("viewers", "Agencies that viewed it", Kind.AGENCIES),
    Question("footage", "What was seen and read", required=False),
)
NOTED = (
    Question("factors", "What led to it, and how it was handled", Kind.TEXT, hint=NO_NAMES),
    Question("good_practice", "What was done well", Kind.TEXT, required=False),
    Question("safeguarding_concern", "There is a concern for the child", Kind.YES_NO),
    Question(
        "concern_referred_on",
        "It was referred on",
        Kind.DAY,
        required=False,
        hint="A concern is referred before anything else.",
        needed_when=When("safeguarding_concern", (True,)),
    ),
)
FEEDBACK = (
    Question("feedback_to", "Who was given feedback, by role"),
    Question("feedback", "What was said", Kind.TEXT),
)
HOME_AUTHORITY = (
    Question("home_authority", "Home local authority"),
    Question("told_whom", "Manager who was told, by role"),
)
CLOSED = (Question("reported_to", "Group it was reported to"),)

UNFINISHED = (Stage.SELECTED, Stage.VIEWED, Stage.NOTED, Stage.FEEDBACK)

STEPS = (
    Step(
        "select_incident", "Select the incident", (UNOPENED,), Stage.SELECTED, UNIT, questions=SELECTED, barred=NOBODY
    ),
    Step(
        "view", "View the incident", (Stage.SELECTED,), Stage.VIEWED, CHAIR_OR_MANAGER, questions=VIEWED, barred=NOBODY
    ),
    Step(
        "note_factors",
        "Note the factors",
        (Stage.VIEWED,),
        Stage.NOTED,
        CHAIR_OR_MANAGER,
        questions=NOTED,
        barred=NOBODY,
    ),
    Step(
        "give_feedback",
        "Give feedback",
        (Stage.NOTED,),
        Stage.FEEDBACK,
        CHAIR_OR_MANAGER,
        questions=FEEDBACK,
        barred=NOBODY,
    ),
    Step(
        "tell_home_la",
        "Tell the home authority",
        (Stage.FEEDBACK,),
        Stage.HOME_AUTHORITY_INFORMED,
        CHAIR,
        questions=HOME_AUTHORITY,
        barred=NOBODY,
    ),
    Step(
        "close", "Close", (Stage.HOME_AUTHORITY_INFORMED,), Stage.CLOSED, CHAIR_OR_MANAGER, DONE, CLOSED, barred=NOBODY
    ),
    Step("give_up", "Take the incident out", UNFINISHED, Stage.CLOSED, CHAIR, DONE, GIVEN_UP, barred=NOBODY),
    reopening(Stage.CLOSED),
)

RESTRAINT_REVIEW = Workflow(
    name="restraint_review",
    title="Restraint review",
    version=1,
    effective_from=ALWAYS,
    prefix="RES",
    realm=Realm.REVIEWS,
    tracks=(Track("review", "Review", Stage, Stage.SELECTED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),),
)
