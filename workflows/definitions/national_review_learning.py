"""Findings of a national review, checked against local practice."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Realm, Step, Track, Workflow
from workflows.definitions.information_request import ALL_IN, GAPS, ask_agencies, ask_more
from workflows.definitions.shared.authorities import SYSTEM_START
from workflows.definitions.shared.closing import closing
from workflows.definitions.shared.roles import CHAIR_OR_MANAGER, UNIT


class NationalReviewLearningStage(StrEnum):
    PUBLISHED = "published"
    CHECK = "local_gap_check"
    ACTIONS = "actions"
    CLOSED = "closed"


Stage = NationalReviewLearningStage

PUBLISHED = (
    Question("national_title", "Title of the national review"),
    Question("national_url", "Its address", required=False),
    Question("recommended", "What it asks of areas like ours", Kind.TEXT),
)
FOUND = (
    Question("already_done", "What is done here already", Kind.TEXT),
    Question("gaps_found", "What is missing here", Kind.TEXT, hint="Say “none” when nothing is."),
    GAPS,
)

STEPS = (
    Step(
        "log_publication", "Log the publication", (UNOPENED,), Stage.PUBLISHED, UNIT, questions=PUBLISHED, barred=NOBODY
    ),
    ask_agencies("check_gaps", "Ask the agencies", Stage.PUBLISHED, Stage.CHECK, CHAIR_OR_MANAGER),
    ask_more(Stage.CHECK, by=CHAIR_OR_MANAGER | UNIT),
    Step("note_gaps", "Note the gaps", (Stage.CHECK,), "", CHAIR_OR_MANAGER, ALL_IN, FOUND, barred=NOBODY),
    *closing((Stage.CHECK,), (Stage.PUBLISHED,), monitored=Stage.ACTIONS),
)

NATIONAL_REVIEW_LEARNING = Workflow(
    name="national_review_learning",
    title="Learning from a national review",
    version=1,
    effective_from=SYSTEM_START,
    prefix="NRL",
    realm=Realm.REVIEWS,
    tracks=(
        Track("learning", "Learning", Stage, Stage.PUBLISHED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),
    ),
)
