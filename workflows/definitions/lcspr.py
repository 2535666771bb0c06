"""Local child safeguarding practice review, with the action plan as a track; publication.py has the third track."""

from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question, When
from workflows.core.vocabulary import JOINED, UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.publication import PUBLICATION, PUBLICATION_DEADLINES
from workflows.definitions.shared.authorities import (
    FROM_MEMORY,
    REGULATIONS,
    REVISED_2026,
    SYSTEM_START,
    WORKING_TOGETHER,
    local,
)
from workflows.definitions.shared.closing import reopening
from workflows.definitions.shared.common_questions import PRACTICE_REVIEW_DECISION, PRACTITIONER_EVENT
from workflows.definitions.shared.holding import REVIEW_HOLD
from workflows.definitions.shared.ladder_policies import CHECK_LADDER, LONG_LADDER
from workflows.definitions.shared.reviewer import BARS_REVIEWER, WHEN_COMMISSIONED, reviewer_steps
from workflows.definitions.shared.roles import (
    CHAIR,
    CHAIR_OR_MANAGER,
    CHAIR_OR_PARTNERS,
    MANAGER,
    PARTNERS,
    PARTNERS_OR_MANAGER,
    REVIEWER_OR_UNIT,
    UNIT,
    signing,
)
from workflows.guards.cases import every_partner_signed, reviewer_until_a_day, statutory_partners_named
from workflows.guards.lcspr import (
    SIX_MONTHS,
    draft_checked,
    every_recommendation_answered,
    no_action_open,
    plan_has_actions,
    plan_is_empty,
    report_complete,
    review_over,
    reviewer_independent,
    terms_agreed,
)


class LcsprStage(StrEnum):
    DECIDED = "decided"
    COMMISSIONING = "commissioning"
    SCOPING = "scoping"
    IN_PROGRESS = "in_progress"
    DRAFT = "draft"
    QUALITY = "quality_assurance"
    SIGN_OFF = "partner_sign_off"
    ON_HOLD = "on_hold"
    FINALISED = "finalised"
    DISCONTINUED = "discontinued"
    ABSORBED = "absorbed"


Stage = LcsprStage

FINAL = frozenset({Stage.FINALISED, Stage.DISCONTINUED, Stage.ABSORBED})
OPEN = tuple(stage for stage in Stage if stage not in FINAL)
UNDER_WAY = tuple(stage for stage in OPEN if stage is not Stage.ON_HOLD)

IN_HAND = (Stage.IN_PROGRESS, Stage.DRAFT, Stage.QUALITY)
"""Regulation 14 asks for checks for as long as the review is written, so they go on after the first draft."""

NATIONAL_BODIES = (
    Question("panel_told_on", "The national Panel was told on", Kind.DAY),
    Question("dfe_told_on", "The Department for Education was told on", Kind.DAY),
    Question("ofsted_told_on", "Ofsted was told on", Kind.DAY),
    Question("reviewer_named", "Name of the reviewer, when known", required=False),
)
COMMISSION = (
    Question("reviewer", "Name of the reviewer, as the report is to name them"),
    *WHEN_COMMISSIONED,
    Question("reviewer_organisation", "The reviewer's organisation"),
    Question("reviewer_independent", "Found to be independent of the case and its agencies", Kind.YES_NO),
    Question("conflict_check", "How that was checked", Kind.TEXT),
    Question("contract", "Where the contract is filed", required=False),
    Question("fee", "Fee in pounds", Kind.NUMBER, required=False),
)
TERMS = (
    Question("terms_version", "Version of the terms of reference"),
    Question("terms_agreed", "The terms of reference are agreed", Kind.YES_NO),
    Question("period_agreed", "The period under review is agreed", Kind.YES_NO),
    Question("methodology_agreed", "The methodology is agreed", Kind.YES_NO),
    Question("key_lines", "Key lines of enquiry", Kind.TEXT),
    Question("family_told", "The family was told", Kind.YES_NO),
    Question(
        "family_not_told_reason",
        "Why the family was not told",
        Kind.TEXT,
        required=False,
        needed_when=When("family_told", (False,)),
    ),
    Question("family_contact_plan", "Plan for contact with the family", Kind.TEXT, hint="Without names."),
)
CHECKPOINT = (
    Question("checkpoint_progress", "Progress, and time taken", Kind.TEXT),
    Question("checkpoint_concerns", "Concerns about quality or time", Kind.TEXT, required=False),
    Question("request_made", "Information or a draft was asked for", Kind.YES_NO),
    Question(
        "written_request",
        "Where the written request is filed",
        required=False,
        hint="A request to the reviewer must be in writing (SI 2018/789 reg 14).",
        needed_when=When("request_made", (True,)),
    ),
)
FAMILY_CONTACT = (
    Question("family_attendance", "How many of the family took part", Kind.NUMBER),
    Question("family_feedback", "What the family said", Kind.TEXT, required=False, hint="Without names."),
)
DRAFT = (Question("draft_version", "Version of the draft"),)
QUALITY = (
    Question("facts_checked", "The agencies checked the facts", Kind.YES_NO),
    Question("family_offered_sight", "The family was offered sight of it", Kind.YES_NO),
    Question(
        "no_sight_reason",
        "Why the family was not offered sight",
        Kind.TEXT,
        required=False,
        needed_when=When("family_offered_sight", (False,)),
    ),
    Question("legal_checked", "Checked by a lawyer", Kind.YES_NO),
    Question("media_checked", "Checked for the media", Kind.YES_NO),
    Question("anonymity_checked", "Checked for anonymity", Kind.YES_NO),
    Question("quality_comments", "Comments", Kind.TEXT, required=False),
    Question("redactions", "Redactions", Kind.TEXT, required=False),
)
REPORT = (
    Question("report_version", "Version for sign-off"),
    Question("has_improvements", "It summarises the improvements", Kind.YES_NO),
    Question("has_systemic_reasons", "It analyses systemic or underlying reasons", Kind.YES_NO),
)
TAKEN_IN = (
    Question(JOINED, "Reference of the thematic review", hint="One that is running here."),
    Question("absorbed_reason", "Why", Kind.TEXT),
)
ABSORBED = (
    Question(
        "absorbed_into",
        "What it becomes part of",
        Kind.CHOICE,
        choices=(("national_review", "A national review"), ("other_body", "A review that another body leads")),
    ),
    Question("absorbed_reference", "Reference of that review", required=False),
    Question("absorbed_reason", "Which new information", Kind.TEXT),
)
DISCONTINUED = (
    Question("discontinued_reason", "Why the review is given up", Kind.TEXT),
    Question("panel_told_of_end_on", "The Panel was told on", Kind.DAY),
)


REVIEW_STEPS = (
    Step(
        "decide_lcspr",
        "Decide on a review",
        (UNOPENED,),
        Stage.DECIDED,
        PARTNERS,
        questions=PRACTICE_REVIEW_DECISION,
        barred=NOBODY,
    ),
    Step(
        "inform_national",
        "Tell Panel, DfE and Ofsted",
        (Stage.DECIDED,),
        "",
        UNIT,
        questions=NATIONAL_BODIES,
        barred=NOBODY,
    ),
    Step(
        "commission",
        "Commission",
        (Stage.DECIDED,),
        Stage.COMMISSIONING,
        PARTNERS,
        (reviewer_independent, reviewer_until_a_day),
        COMMISSION,
        barred=BARS_REVIEWER,
    ),
    *reviewer_steps(OPEN, by=PARTNERS_OR_MANAGER),
    Step(
        "begin_scoping",
        "Begin scoping",
        (Stage.COMMISSIONING,),
        Stage.SCOPING,
        CHAIR_OR_PARTNERS | MANAGER,
        barred=NOBODY,
    ),
    Step(
        "agree_tor",
        "Agree the terms",
        (Stage.SCOPING,),
        Stage.IN_PROGRESS,
        CHAIR_OR_PARTNERS,
        (terms_agreed,),
        TERMS,
        barred=NOBODY,
    ),
    Step(
        "checkpoint",
        "Check time and quality",
        IN_HAND,
        "",
        PARTNERS_OR_MANAGER,
        questions=CHECKPOINT,
        barred=BARS_REVIEWER,
    ),
    Step(
        "practitioner_event",
        "Hold an event",
        (Stage.IN_PROGRESS,),
        "",
        REVIEWER_OR_UNIT,
        questions=PRACTITIONER_EVENT,
        barred=NOBODY,
    ),
    Step(
        "family_contact",
        "Meet the family",
        (Stage.IN_PROGRESS,),
        "",
        REVIEWER_OR_UNIT,
        questions=FAMILY_CONTACT,
        barred=NOBODY,
    ),
    Step(
        "submit_draft",
        "Submit the draft",
        (Stage.IN_PROGRESS,),
        Stage.DRAFT,
        REVIEWER_OR_UNIT,
        questions=DRAFT,
        barred=NOBODY,
    ),
    Step(
        "quality_assure",
        "Assure its quality",
        (Stage.DRAFT,),
        Stage.QUALITY,
        by=CHAIR_OR_MANAGER,
        only_if=(draft_checked,),
        questions=QUALITY,
        barred=frozenset({Involvement.LEAD_REVIEWER, Involvement.SUBMITTER}),
    ),
    Step(
        "submit_for_signoff",
        "Send for sign-off",
        (Stage.QUALITY,),
        Stage.SIGN_OFF,
        MANAGER,
        (report_complete,),
        REPORT,
        barred=NOBODY,
    ),
    *signing(Stage.SIGN_OFF),
    Step(
        "sign_off",
        "Finalise the report",
        (Stage.SIGN_OFF,),
        Stage.FINALISED,
        by=PARTNERS_OR_MANAGER,
        only_if=(statutory_partners_named, every_partner_signed),
        barred=BARS_REVIEWER,
    ),
    *REVIEW_HOLD.steps(UNDER_WAY, Stage.ON_HOLD, by=PARTNERS, reviewed_by=PARTNERS_OR_MANAGER, barred=BARS_REVIEWER),
    Step(
        "absorb",
        "Take into a thematic review",
        OPEN,
        Stage.ABSORBED,
        by=PARTNERS,
        questions=TAKEN_IN,
        joins=("thematic_review",),
        barred=BARS_REVIEWER,
    ),
    Step(
        "switch_national",
        "Absorb into a national review",
        OPEN,
        Stage.ABSORBED,
        PARTNERS,
        questions=ABSORBED,
        barred=BARS_REVIEWER,
    ),
    Step(
        "discontinue",
        "Discontinue",
        OPEN,
        Stage.DISCONTINUED,
        PARTNERS,
        questions=DISCONTINUED,
        barred=BARS_REVIEWER,
    ),
    reopening(Stage.FINALISED, Stage.DISCONTINUED, by=PARTNERS_OR_MANAGER),
)


class ActionPlanStage(StrEnum):
    NONE = "none"
    DRAFT = "draft_plan"
    AGREED = "agreed"
    MONITORING = "monitoring"
    IMPACT = "impact_check"
    CLOSED = "closed"


PLAN = (Question("plan_version", "Version of the plan"),)
NO_PLAN = (Question("no_plan_reason", "Where the learning goes instead", Kind.TEXT),)
RESUMED = (Question("resumed_reason", "Which impact is not seen yet", Kind.TEXT),)
PLAN_IMPACT = (Question("plan_impact", "What is different for children", Kind.TEXT),)

NO_ACTIONS_YET = (ActionPlanStage.NONE, ActionPlanStage.DRAFT, ActionPlanStage.AGREED)
PLAN_NOT_NEEDED = (review_over, plan_is_empty, every_recommendation_answered)

ACTION_PLAN_STEPS = (
    Step(
        "draft_plan", "Draft the plan", (ActionPlanStage.NONE,), ActionPlanStage.DRAFT, REVIEWER_OR_UNIT, barred=NOBODY
    ),
    Step(
        "agree_plan",
        "Agree the plan",
        (ActionPlanStage.DRAFT,),
        ActionPlanStage.AGREED,
        by=CHAIR_OR_PARTNERS,
        only_if=(every_recommendation_answered,),
        questions=PLAN,
        barred=frozenset({Involvement.LEAD_REVIEWER, Involvement.SUBMITTER}),
    ),
    Step(
        "monitor_plan",
        "Begin to monitor",
        (ActionPlanStage.AGREED,),
        ActionPlanStage.MONITORING,
        by=MANAGER,
        only_if=(plan_has_actions,),
        barred=NOBODY,
    ),
    Step(
        "check_impact",
        "Begin the check of impact",
        (ActionPlanStage.MONITORING,),
        ActionPlanStage.IMPACT,
        by=CHAIR,
        only_if=(no_action_open,),
        barred=NOBODY,
    ),
    Step(
        "resume_plan",
        "Go back to monitoring",
        (ActionPlanStage.IMPACT,),
        ActionPlanStage.MONITORING,
        by=CHAIR,
        questions=RESUMED,
        barred=NOBODY,
    ),
    Step(
        "close_plan",
        "Close the plan",
        (ActionPlanStage.IMPACT,),
        ActionPlanStage.CLOSED,
        by=PARTNERS,
        only_if=(no_action_open,),
        questions=PLAN_IMPACT,
        barred=BARS_REVIEWER,
    ),
    Step(
        "no_plan_needed",
        "Close without a plan",
        NO_ACTIONS_YET,
        ActionPlanStage.CLOSED,
        by=CHAIR_OR_PARTNERS,
        only_if=PLAN_NOT_NEEDED,
        questions=NO_PLAN,
        barred=BARS_REVIEWER,
    ),
    reopening(ActionPlanStage.CLOSED, name="reopen_plan", title="Reopen the plan"),
)

ACTION_PLAN = Track(
    "action_plan",
    "Action plan",
    ActionPlanStage,
    ActionPlanStage.NONE,
    final=frozenset(),
    steps=ACTION_PLAN_STEPS,
    settled=frozenset({ActionPlanStage.CLOSED}),
)

GIVEN_UP = ("absorb", "switch_national", "discontinue")
A_MONTH = Period(1, Unit.MONTHS)
REG_14 = f"Monthly by local custom; {REGULATIONS} reg 14 says at regular intervals"

DEADLINES = (
    Deadline(
        "publication",
        "Publication",
        counted_from="decide_lcspr",
        met_by=("publish", "publish_improvements"),
        editions=(Edition(SYSTEM_START, SIX_MONTHS, Rank.LAW, cites=(WORKING_TOGETHER,), unverified=FROM_MEMORY),),
        ended_by=("no_improvements", "nothing_to_publish"),
        ladder=LONG_LADDER,
    ),
    Deadline(
        "commission",
        "Reviewer commissioned",
        counted_from="decide_lcspr",
        met_by=("commission",),
        editions=local(Period(42, Unit.DAYS), "Local custom, four to six weeks", FROM_MEMORY),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "draft",
        "Draft report",
        counted_from="decide_lcspr",
        met_by=("submit_draft",),
        editions=local(Period(4, Unit.MONTHS), "Local custom, month three to four", FROM_MEMORY),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "first_checkpoint",
        "First check of time and quality",
        counted_from="agree_tor",
        met_by=("checkpoint",),
        editions=local(A_MONTH, REG_14),
        ended_by=("submit_for_signoff", *GIVEN_UP),
        ladder=CHECK_LADDER,
    ),
    Deadline(
        "next_checkpoint",
        "Next check of time and quality",
        counted_from="checkpoint",
        met_by=("checkpoint",),
        editions=local(A_MONTH, REG_14),
        ended_by=("submit_for_signoff", *GIVEN_UP),
        ladder=CHECK_LADDER,
    ),
    REVIEW_HOLD.looked_at_again("pause_review", ended_by=GIVEN_UP),
    *PUBLICATION_DEADLINES,
)

LCSPR = Workflow(
    name="lcspr",
    title="Local child safeguarding practice review",
    version=2,
    effective_from=REVISED_2026,
    prefix="LCSPR",
    realm=Realm.REVIEWS,
    tracks=(
        Track(
            "review",
            "Review",
            Stage,
            Stage.DECIDED,
            frozenset({Stage.ABSORBED}),
            REVIEW_STEPS,
            settled=FINAL - {Stage.ABSORBED},
        ),
        PUBLICATION,
        ACTION_PLAN,
    ),
    deadlines=DEADLINES,
)
