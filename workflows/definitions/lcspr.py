"""How does a local child safeguarding practice review run? Its publication and action plan are tracks of their own."""

from enum import StrEnum

from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions import lcspr_facts as ask
from workflows.definitions.action_plan import ACTION_PLAN
from workflows.definitions.publication import PUBLICATION, PUBLICATION_DEADLINES
from workflows.definitions.shared.authorities import REGULATIONS, SYSTEM_START, TO_VERIFY, WORKING_TOGETHER, local
from workflows.definitions.shared.holding import REVIEW_HOLD
from workflows.definitions.shared.ladder_policies import CHECK_LADDER, LONG_LADDER
from workflows.definitions.shared.recorders import (
    CHAIR_OR_MANAGER,
    CHAIR_OR_PARTNERS,
    MANAGER,
    PARTNERS,
    PARTNERS_OR_MANAGER,
    REVIEWER_OR_UNIT,
    UNIT,
    signatures,
)
from workflows.guards.cases import all_three_signed
from workflows.guards.lcspr import SIX_MONTHS, draft_checked, report_complete, reviewer_independent, terms_agreed


class S(StrEnum):
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


FINAL = frozenset({S.FINALISED, S.DISCONTINUED, S.ABSORBED})
OPEN = tuple(stage for stage in S if stage not in FINAL)
UNDER_WAY = tuple(stage for stage in OPEN if stage is not S.ON_HOLD)

IN_HAND = (S.IN_PROGRESS, S.DRAFT, S.QUALITY)
"""Regulation 14 asks for checks for as long as the review is written, so they go on after the first draft."""

THEMATIC = ("thematic_review",)
TERMS, CHECKED = (terms_agreed,), (draft_checked,)

STEPS = (
    Step("decide_lcspr", "Decide on a review", (UNOPENED,), S.DECIDED, PARTNERS, asks=ask.PRACTICE_REVIEW_DECISION),
    Step("inform_national", "Tell Panel, DfE and Ofsted", (S.DECIDED,), "", UNIT, asks=ask.NATIONAL_TOLD),
    Step("commission", "Commission", (S.DECIDED,), S.COMMISSIONING, PARTNERS, (reviewer_independent,), ask.COMMISSION),
    Step("begin_scoping", "Begin scoping", (S.COMMISSIONING,), S.SCOPING, CHAIR_OR_PARTNERS | MANAGER),
    Step("agree_tor", "Agree the terms", (S.SCOPING,), S.IN_PROGRESS, CHAIR_OR_PARTNERS, TERMS, ask.TERMS),
    Step("checkpoint", "Check time and quality", IN_HAND, "", PARTNERS_OR_MANAGER, asks=ask.CHECKPOINT),
    Step("practitioner_event", "Hold an event", (S.IN_PROGRESS,), "", REVIEWER_OR_UNIT, asks=ask.PRACTITIONER_EVENT),
    Step("family_contact", "Meet the family", (S.IN_PROGRESS,), "", REVIEWER_OR_UNIT, asks=ask.FAMILY_CONTACT),
    Step("submit_draft", "Submit the draft", (S.IN_PROGRESS,), S.DRAFT, REVIEWER_OR_UNIT, asks=ask.DRAFT),
    Step("quality_assure", "Assure its quality", (S.DRAFT,), S.QUALITY, CHAIR_OR_MANAGER, CHECKED, ask.QUALITY),
    Step("submit_for_signoff", "Send for sign-off", (S.QUALITY,), S.SIGN_OFF, MANAGER, (report_complete,), ask.REPORT),
    *signatures(S.SIGN_OFF),
    Step("sign_off", "Finalise the report", (S.SIGN_OFF,), S.FINALISED, PARTNERS_OR_MANAGER, (all_three_signed,)),
    *REVIEW_HOLD.steps(UNDER_WAY, S.ON_HOLD, by=PARTNERS, reviewed_by=PARTNERS_OR_MANAGER),
    Step("absorb", "Take into a thematic review", OPEN, S.ABSORBED, PARTNERS, asks=ask.TAKEN_IN, joins=THEMATIC),
    Step("switch_national", "Absorb into a national review", OPEN, S.ABSORBED, PARTNERS, asks=ask.ABSORBED),
    Step("discontinue", "Discontinue", OPEN, S.DISCONTINUED, PARTNERS, asks=ask.DISCONTINUED),
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
        editions=(Edition(SYSTEM_START, SIX_MONTHS, Rank.LAW, f"{WORKING_TOGETHER} {TO_VERIFY}"),),
        ended_by=("no_improvements", "nothing_to_publish"),
        ladder=LONG_LADDER,
    ),
    Deadline(
        "commission",
        "Reviewer commissioned",
        counted_from="decide_lcspr",
        met_by=("commission",),
        editions=local(Period(42, Unit.DAYS), f"Local custom, four to six weeks {TO_VERIFY}"),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "draft",
        "Draft report",
        counted_from="decide_lcspr",
        met_by=("submit_draft",),
        editions=local(Period(4, Unit.MONTHS), f"Local custom, month three to four {TO_VERIFY}"),
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
    version=1,
    effective_from=SYSTEM_START,
    prefix="LCSPR",
    realm=Realm.REVIEWS,
    tracks=(Track("review", "Review", S, S.DECIDED, FINAL, STEPS), PUBLICATION, ACTION_PLAN),
    deadlines=DEADLINES,
)
