"""Publication of the report of a practice review: published, on hold, or decided against."""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import Deadline, Edition, Rank, Step, Track
from workflows.core.working_days import Period
from workflows.definitions.shared.authorities import FROM_MEMORY, REGULATIONS, SYSTEM_START, WORKING_TOGETHER
from workflows.definitions.shared.closing import reopening
from workflows.definitions.shared.holding import REASONS, Hold
from workflows.definitions.shared.ladder_policies import STATUTORY_LADDER
from workflows.definitions.shared.roles import PARTNERS, PARTNERS_OR_MANAGER, UNIT
from workflows.guards.lcspr import (
    NOTICE,
    anonymity_assured,
    fit_to_publish,
    national_told_once_late,
    notice_given,
    notice_of_improvements_given,
    online_for_a_year,
    review_ended_early,
    review_finalised,
    told_ahead,
)

PLANNED_ON = Question("planned_publication_on", "Publication is planned for", Kind.DAY)
LATE_REASON_REPORTED_ON = Question(
    "national_told_on", "Panel and Secretary of State told why on", Kind.DAY, required=False
)

PLAN = (
    PLANNED_ON,
    Question("communications_plan", "Plan for communications", Kind.TEXT),
    Question("publication_notice", "How family and practitioners are told", Kind.TEXT, hint="Without names."),
)
REPLAN = (PLANNED_ON, Question("replan_reason", "Why the date moves", Kind.TEXT))
SENT_AHEAD = (
    Question("full_report_attached", "The full report was attached", Kind.YES_NO),
    Question("sent_to_panel", "Sent to the national Panel", Kind.YES_NO),
    Question("sent_to_secretary_of_state", "Sent to the Secretary of State", Kind.YES_NO),
    Question("sent_to_ofsted", "Sent to Ofsted", Kind.YES_NO),
)
ANONYMOUS = Question("anonymity_signed_off", "Its anonymity is signed off", Kind.YES_NO)
PUBLISHED = (
    Question("names_the_reviewer", "The report names the reviewer", Kind.YES_NO),
    ANONYMOUS,
    Question("publication_url", "Address of the report"),
    Question("nspcc_copy_on", "Copy sent to the NSPCC repository on", Kind.DAY, required=False),
)
PLANNED_AGAIN = Question(
    PLANNED_ON.name,
    PLANNED_ON.label,
    Kind.DAY,
    required=False,
    hint="Where publication was planned already: the clock of sending it ahead runs again from this day.",
)
HOLD = Hold("hold", "publication", "place_hold", "review_hold", "lift_hold", reasons=REASONS)
NOT_PUBLISHING = (
    Question("non_publication_reason", "Why publishing the report is not appropriate", Kind.TEXT),
    Question("justification_sent_on", "Justification sent to the Panel and the Secretary of State on", Kind.DAY),
)
IMPROVEMENTS_AHEAD = (Question("improvements_version", "Version of the note on improvements"),)
IMPROVEMENTS = (ANONYMOUS, Question("improvements_url", "Address of the note on improvements"))
NO_IMPROVEMENTS = (Question("no_improvements_reason", "Why no improvements can be published either", Kind.TEXT),)
NOTHING = (Question("nothing_to_publish_reason", "Where the learning is published instead, or why nowhere", Kind.TEXT),)
TAKEN_DOWN = (Question("nspcc_link", "Address in the NSPCC repository", required=False),)


class PublicationStage(StrEnum):
    NOT_READY = "not_ready"
    PLANNED = "planned"
    SENT_AHEAD = "notified_ahead"
    PUBLISHED = "published"
    ON_HOLD = "on_hold"
    DECIDED_NOT_TO_PUBLISH = "decided_not_to_publish"
    IMPROVEMENTS = "improvements_only_published"
    NOTHING = "nothing_published"
    WITHDRAWN = "withdrawn_after_period"


Stage = PublicationStage

WAITING = (Stage.NOT_READY, Stage.PLANNED, Stage.SENT_AHEAD)
# A report kept back is not the end of it: what was improved must then be published as far as is appropriate.
UNPUBLISHED = (*WAITING, Stage.ON_HOLD)

STEPS = (
    Step(
        "plan_publication",
        "Plan publication",
        (Stage.NOT_READY,),
        Stage.PLANNED,
        PARTNERS,
        (review_finalised,),
        PLAN,
        barred=NOBODY,
    ),
    Step(
        "replan_publication",
        "Change the date of publication",
        (Stage.PLANNED, Stage.SENT_AHEAD),
        Stage.PLANNED,
        PARTNERS,
        questions=REPLAN,
        barred=NOBODY,
    ),
    Step(
        "notify_ahead",
        "Send the report ahead",
        (Stage.PLANNED,),
        Stage.SENT_AHEAD,
        UNIT,
        (told_ahead,),
        SENT_AHEAD,
        barred=NOBODY,
    ),
    Step(
        "publish",
        "Publish",
        (Stage.SENT_AHEAD,),
        Stage.PUBLISHED,
        UNIT,
        (notice_given, fit_to_publish),
        PUBLISHED,
        barred=NOBODY,
    ),
    *HOLD.steps(
        WAITING,
        Stage.ON_HOLD,
        by=PARTNERS,
        reviewed_by=PARTNERS_OR_MANAGER,
        only_if=(national_told_once_late,),
        more=(LATE_REASON_REPORTED_ON,),
        on_lifting=(PLANNED_AGAIN,),
    ),
    Step(
        "decide_not_publish",
        "Decide not to publish",
        UNPUBLISHED,
        Stage.DECIDED_NOT_TO_PUBLISH,
        PARTNERS,
        questions=NOT_PUBLISHING,
        barred=NOBODY,
    ),
    Step(
        "nothing_to_publish",
        "Nothing to publish",
        UNPUBLISHED,
        Stage.NOTHING,
        by=PARTNERS_OR_MANAGER,
        only_if=(review_ended_early,),
        questions=NOTHING,
        barred=NOBODY,
    ),
    Step(
        "notify_improvements_ahead",
        "Send the improvements ahead",
        (Stage.DECIDED_NOT_TO_PUBLISH,),
        "",
        UNIT,
        questions=IMPROVEMENTS_AHEAD,
        barred=NOBODY,
    ),
    Step(
        "publish_improvements",
        "Publish the improvements",
        (Stage.DECIDED_NOT_TO_PUBLISH,),
        Stage.IMPROVEMENTS,
        by=UNIT,
        only_if=(notice_of_improvements_given, anonymity_assured),
        questions=IMPROVEMENTS,
        barred=NOBODY,
    ),
    Step(
        "no_improvements",
        "No improvements to publish",
        (Stage.DECIDED_NOT_TO_PUBLISH,),
        Stage.NOTHING,
        by=PARTNERS,
        questions=NO_IMPROVEMENTS,
        barred=NOBODY,
    ),
    Step(
        "take_down",
        "Take the report offline",
        (Stage.PUBLISHED,),
        Stage.WITHDRAWN,
        UNIT,
        (online_for_a_year,),
        TAKEN_DOWN,
        barred=NOBODY,
    ),
    reopening(Stage.NOTHING, by=PARTNERS_OR_MANAGER, name="reopen_publication", title="Reopen publication"),
)

PUBLICATION = Track(
    "publication",
    "Publication",
    Stage,
    Stage.NOT_READY,
    final=frozenset({Stage.IMPROVEMENTS, Stage.WITHDRAWN}),
    steps=STEPS,
    settled=frozenset({Stage.PUBLISHED, Stage.NOTHING}),
)

PUBLICATION_DEADLINES = (
    Deadline(
        "notify_ahead",
        "Report sent ahead",
        counted_from="planned_publication_on",
        met_by=("notify_ahead",),
        editions=(
            Edition(
                SYSTEM_START,
                Period(NOTICE.count, NOTICE.unit, back=True),
                Rank.LAW,
                REGULATIONS,
                cites=(WORKING_TOGETHER,),
                unverified=FROM_MEMORY,
            ),
        ),
        ended_by=("place_hold", "decide_not_publish", "nothing_to_publish"),
        ladder=STATUTORY_LADDER,
    ),
    HOLD.looked_at_again("hold_review", ended_by=("decide_not_publish", "nothing_to_publish")),
)
