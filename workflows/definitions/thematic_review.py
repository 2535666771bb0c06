"""Thematic review: one review over several cases."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.information_request import ALL_IN, GAPS, ask_agencies, ask_more
from workflows.definitions.shared.authorities import ALWAYS, FROM_MEMORY, local
from workflows.definitions.shared.closing import closing, reopening
from workflows.definitions.shared.holding import REVIEW_HOLD
from workflows.definitions.shared.reviewer import BARS_REVIEWER, reviewer_steps
from workflows.definitions.shared.roles import (
    CHAIR_OR_MANAGER,
    CHAIR_OR_PARTNERS,
    REVIEWER_OR_UNIT,
    UNIT,
    UNIT_OR_PARTNERS,
)
from workflows.guards.learning import learning_anonymous, report_there, several_cases


class ThematicReviewStage(StrEnum):
    SCOPED = "scoped"
    SELECTED = "cases_selected"
    IN_PROGRESS = "in_progress"
    REPORT = "report"
    ON_HOLD = "on_hold"
    MONITORING = "action_monitoring"
    CLOSED = "closed"


class ThematicPublicationStage(StrEnum):
    NOT_READY = "not_ready"
    PUBLISHED = "executive_summary_published"
    NOT_PUBLISHED = "not_published"


Stage = ThematicReviewStage

SCOPED = (
    Question("theme", "Theme"),
    Question(
        "commissioned_by",
        "Who asked for it",
        Kind.CHOICE,
        choices=(("subgroup", "The review subgroup"), ("board", "The partners or the board"), ("cdop", "The CDOP")),
    ),
    Question("other_boards", "Boards of other areas that take part", required=False),
    Question("scope", "What is asked of the cases", Kind.TEXT),
)
SELECTED = (
    Question("cases_count", "How many cases", Kind.NUMBER),
    Question(
        "selection", "How they were chosen", Kind.TEXT, hint="References only, of cases that are not absorbed too."
    ),
)
REPORT = (Question("report_version", "Version of the report"), Question("findings", "What was learnt", Kind.TEXT), GAPS)
PUBLISHED = (
    Question("publication_url", "Address of the executive summary"),
    Question("anonymity_signed_off", "Its anonymity is signed off", Kind.YES_NO),
)
NOT_PUBLISHED = (Question("not_published_reason", "Why nothing is published", Kind.TEXT),)

UNREPORTED = (Stage.SCOPED, Stage.SELECTED, Stage.IN_PROGRESS)
UNFINISHED = (*UNREPORTED, Stage.REPORT)

STEPS = (
    Step(
        "scope_theme",
        "Decide on the theme",
        (UNOPENED,),
        Stage.SCOPED,
        UNIT_OR_PARTNERS,
        questions=SCOPED,
        barred=NOBODY,
    ),
    Step(
        "select_cases",
        "Select the cases",
        (Stage.SCOPED,),
        Stage.SELECTED,
        by=CHAIR_OR_MANAGER,
        only_if=(several_cases,),
        questions=SELECTED,
        barred=NOBODY,
    ),
    ask_agencies("begin", "Ask the agencies", Stage.SELECTED, Stage.IN_PROGRESS, CHAIR_OR_MANAGER),
    ask_more(Stage.IN_PROGRESS, by=CHAIR_OR_MANAGER | UNIT),
    *reviewer_steps(UNREPORTED, by=CHAIR_OR_MANAGER),
    Step(
        "report", "File the report", (Stage.IN_PROGRESS,), Stage.REPORT, REVIEWER_OR_UNIT, ALL_IN, REPORT, barred=NOBODY
    ),
    *REVIEW_HOLD.steps(
        UNFINISHED, Stage.ON_HOLD, by=CHAIR_OR_PARTNERS, reviewed_by=CHAIR_OR_MANAGER, barred=BARS_REVIEWER
    ),
    *closing((Stage.REPORT,), (*UNREPORTED, Stage.ON_HOLD), barred=BARS_REVIEWER),
)
PUBLICATION = (
    Step(
        "publish_summary",
        "Publish the summary",
        (ThematicPublicationStage.NOT_READY,),
        ThematicPublicationStage.PUBLISHED,
        by=UNIT,
        only_if=(report_there, learning_anonymous),
        questions=PUBLISHED,
        barred=NOBODY,
    ),
    Step(
        "publish_nothing",
        "Publish nothing",
        (ThematicPublicationStage.NOT_READY,),
        ThematicPublicationStage.NOT_PUBLISHED,
        by=CHAIR_OR_PARTNERS,
        questions=NOT_PUBLISHED,
        barred=NOBODY,
    ),
    reopening(ThematicPublicationStage.NOT_PUBLISHED, name="reopen_publication", title="Reopen publication"),
)
SIX_MONTHS = "Six months from the decision, as for the practice reviews it may take the place of"

THEMATIC_REVIEW = Workflow(
    name="thematic_review",
    title="Thematic review",
    version=1,
    effective_from=ALWAYS,
    prefix="TR",
    realm=Realm.REVIEWS,
    tracks=(
        Track("review", "Review", Stage, Stage.SCOPED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),
        Track(
            "publication",
            "Publication",
            ThematicPublicationStage,
            ThematicPublicationStage.NOT_READY,
            frozenset({ThematicPublicationStage.PUBLISHED}),
            PUBLICATION,
            settled=frozenset({ThematicPublicationStage.NOT_PUBLISHED}),
        ),
    ),
    deadlines=(
        Deadline(
            "summary",
            "Executive summary",
            counted_from="scope_theme",
            met_by=("publish_summary",),
            editions=local(Period(6, Unit.MONTHS), SIX_MONTHS, FROM_MEMORY),
            ended_by=("publish_nothing",),
        ),
        REVIEW_HOLD.looked_at_again("pause_review", ended_by=("give_up",)),
    ),
)
