"""Serious case review, the practice review until 2019. Cases come in by import only.

Hardly any answer is required: what nobody knows any more stays unknown, and no clock counts from it.
"""

from datetime import date
from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS, TRANSITION_END
from workflows.definitions.shared.closing import closing, reopening
from workflows.definitions.shared.holding import REASONS
from workflows.definitions.shared.ladder_policies import LONG_LADDER
from workflows.definitions.shared.roles import UNIT
from workflows.guards.learning import report_there


class SeriousCaseReviewStage(StrEnum):
    REFERRED = "referred"
    SCOPING = "scoping"
    DECISION = "decision"
    COMMISSIONED = "commissioned"
    IN_PROGRESS = "in_progress"
    REPORT = "overview_report"
    RESPONSE = "board_response"
    MONITORING = "action_monitoring"
    CLOSED = "closed"
    NOT_MET = "not_met"


class SeriousCasePublicationStage(StrEnum):
    NOT_READY = "not_ready"
    DELAYED = "publication_delayed"
    PUBLISHED = "published"
    NOT_PUBLISHED = "not_published"


Stage = SeriousCaseReviewStage

REFERRED = (
    Question("incident_on", "Day of the incident", Kind.DAY, required=False),
    Question("lead_board", "Board that led the review, when another", required=False),
    Question(
        "scr_criterion",
        "Criterion",
        Kind.CHOICE,
        required=False,
        choices=(
            ("death", "Abuse or neglect, and the child died"),
            ("serious_harm", "Abuse or neglect, serious harm, and concern about joint working"),
            ("custody", "Death in custody, a secure home or detention"),
        ),
    ),
)
NOT_MET = (
    Question("decision_rationale", "Why the criteria were not met", Kind.TEXT, required=False),
    Question(
        "alternative",
        "What was done instead",
        Kind.CHOICE,
        required=False,
        choices=(("learning_review", "Local learning review"), ("audit", "Audit"), ("none", "Nothing further")),
    ),
    Question("national_told_on", "The national panel of experts was told on", Kind.DAY, required=False),
)
COMMISSIONED = (
    Question("reviewer", "Author of the overview report", required=False),
    Question(
        "decided_on_contested",
        "Another source has the decision on",
        Kind.DAY,
        required=False,
        hint="The clock counts from the day of this step; both days are kept.",
    ),
    Question("decided_on_sources", "Which source has which day", required=False),
)
PUBLISHED = (Question("publication_url", "Address of the report", required=False),)
DELAYED = (Question("hold_reason", "Why publication is delayed", Kind.CHOICE, required=False, choices=REASONS),)
NOT_PUBLISHED = (Question("not_published_reason", "Why it was not published", Kind.TEXT, required=False),)

UNFINISHED = (Stage.REFERRED, Stage.SCOPING, Stage.DECISION, Stage.COMMISSIONED, Stage.IN_PROGRESS, Stage.REPORT)
UNPUBLISHED = (SeriousCasePublicationStage.NOT_READY, SeriousCasePublicationStage.DELAYED)

STEPS = (
    Step("refer", "Log the referral", (UNOPENED,), Stage.REFERRED, UNIT, questions=REFERRED, barred=NOBODY),
    Step("scope", "Scope", (Stage.REFERRED,), Stage.SCOPING, UNIT, barred=NOBODY),
    Step("put_to_chair", "Put to the chair of the board", (Stage.SCOPING,), Stage.DECISION, UNIT, barred=NOBODY),
    Step(
        "decide_not_met", "Criteria not met", (Stage.DECISION,), Stage.NOT_MET, UNIT, questions=NOT_MET, barred=NOBODY
    ),
    Step(
        "commission", "Commission", (Stage.DECISION,), Stage.COMMISSIONED, UNIT, questions=COMMISSIONED, barred=NOBODY
    ),
    Step("begin", "Begin the review", (Stage.COMMISSIONED,), Stage.IN_PROGRESS, UNIT, barred=NOBODY),
    Step("file_report", "File the overview report", (Stage.IN_PROGRESS,), Stage.REPORT, UNIT, barred=NOBODY),
    Step("respond", "Record the board's response", (Stage.REPORT,), Stage.RESPONSE, UNIT, barred=NOBODY),
    *closing((Stage.RESPONSE,), UNFINISHED, refused=(Stage.NOT_MET,)),
)
PUBLICATION = (
    Step(
        "delay_publication",
        "Delay publication",
        (SeriousCasePublicationStage.NOT_READY,),
        SeriousCasePublicationStage.DELAYED,
        by=UNIT,
        questions=DELAYED,
        barred=NOBODY,
    ),
    Step(
        "publish",
        "Publish",
        UNPUBLISHED,
        SeriousCasePublicationStage.PUBLISHED,
        UNIT,
        (report_there,),
        PUBLISHED,
        barred=NOBODY,
    ),
    Step(
        "not_publish",
        "Decide not to publish",
        UNPUBLISHED,
        SeriousCasePublicationStage.NOT_PUBLISHED,
        UNIT,
        questions=NOT_PUBLISHED,
        barred=NOBODY,
    ),
    reopening(SeriousCasePublicationStage.NOT_PUBLISHED, name="reopen_publication", title="Reopen publication"),
)

WORKING_TOGETHER_2006, WORKING_TOGETHER_2010 = date(2006, 4, 1), date(2010, 3, 1)
"""Only the months are known: their first days are taken."""
OF_2006 = "Working Together 2006, chapter 8"
OF_2010 = "Working Together 2010, chapter 8"
A_MONTH, FOUR_MONTHS, SIX_MONTHS = (Period(count, Unit.MONTHS) for count in (1, 4, 6))

DEADLINES = (
    Deadline(
        "decision",
        "Decision on a review",
        counted_from="refer",
        met_by=("commission", "decide_not_met"),
        editions=(
            Edition(WORKING_TOGETHER_2006, A_MONTH, Rank.LAW, OF_2006),
            Edition(WORKING_TOGETHER_2010, A_MONTH, Rank.LAW, OF_2010),
        ),
        ended_by=("give_up",),
        ladder=LONG_LADDER,
    ),
    Deadline(
        "completion",
        "Overview report",
        counted_from="commission",
        met_by=("file_report",),
        editions=(
            Edition(WORKING_TOGETHER_2006, FOUR_MONTHS, Rank.LAW, OF_2006),
            Edition(WORKING_TOGETHER_2010, SIX_MONTHS, Rank.LAW, OF_2010),
        ),
        ended_by=("give_up",),
        ladder=LONG_LADDER,
    ),
)

SCR_LEGACY = Workflow(
    name="scr_legacy",
    title="Serious case review (until 2019)",
    version=1,
    effective_from=ALWAYS,
    prefix="SCR",
    realm=Realm.REVIEWS,
    tracks=(
        Track(
            "review",
            "Review",
            Stage,
            Stage.REFERRED,
            frozenset(),
            STEPS,
            settled=frozenset({Stage.CLOSED, Stage.NOT_MET}),
        ),
        Track(
            "publication",
            "Publication",
            SeriousCasePublicationStage,
            SeriousCasePublicationStage.NOT_READY,
            frozenset({SeriousCasePublicationStage.PUBLISHED}),
            PUBLICATION,
            settled=frozenset({SeriousCasePublicationStage.NOT_PUBLISHED}),
        ),
    ),
    deadlines=DEADLINES,
    last_opening_on=TRANSITION_END,
)
