"""Rapid review, from the referral to its outcome.

Children are recorded apart from the forms: never ask for a name here.
"""

from datetime import timedelta
from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question, When
from workflows.core.vocabulary import JOINED, UNOPENED, VIEW_OF, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.information_request import ask_agencies, ask_more
from workflows.definitions.learning_review import PROPOSED
from workflows.definitions.shared.authorities import (
    FROM_NOTIFICATION,
    PANEL_GUIDANCE,
    PANEL_GUIDANCE_2025,
    REVISED_2026,
    SYSTEM_START,
    WORKING_TOGETHER,
    local,
)
from workflows.definitions.shared.common_questions import NO_NAMES, PRACTICE_REVIEW_DECISION, REFERRAL
from workflows.definitions.shared.deaths import CHILD_DIED
from workflows.definitions.shared.ladder_policies import STATUTORY_LADDER
from workflows.definitions.shared.roles import (
    CHAIR,
    CHAIR_OR_MANAGER,
    MANAGER,
    PARTNERS,
    PARTNERS_OR_MANAGER,
    UNIT,
    signing,
)
from workflows.guards.cases import (
    care_leaver_up_to_24,
    criteria_found_not_met,
    difference_escalated,
    every_partner_invited,
    every_partner_present,
    every_partner_signed,
    every_view_recorded,
    no_review_follows,
    notification_criteria_met,
    panel_disagrees_or_asks,
    reply_sent_where_panel_disagrees,
    returns_in_or_gap_noted,
    review_must_follow,
    statutory_partners_named,
)


class RapidReviewStage(StrEnum):
    REFERRED = "referred"
    DISCUSSION = "threshold_discussion"
    DUE = "notification_due"
    NOTIFIED = "notified"
    GATHERING = "gathering"
    MEETING = "meeting_held"
    SIGN_OFF = "sign_off"
    SENT = "sent_to_panel"
    ANSWERED = "panel_responded"
    RECONSIDERING = "reconsidering"
    NOT_NOTIFIABLE = "not_notifiable"
    NOTIFIED_ONLY = "notified_only"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred_out"
    LCSPR = "closed_lcspr"
    NATIONAL = "closed_national_review"
    NO_FURTHER = "closed_no_further_review"
    ABSORBED = "absorbed"


Stage = RapidReviewStage

OUTCOME_STAGES = frozenset({Stage.LCSPR, Stage.NATIONAL, Stage.NO_FURTHER, Stage.ABSORBED})
FINAL = frozenset({Stage.NOTIFIED_ONLY, Stage.TRANSFERRED})
BELOW_THRESHOLD = frozenset({Stage.NOT_NOTIFIABLE, Stage.WITHDRAWN})
"""Below the threshold, though a local review may still be worthwhile."""
EVEN_AFTER_CLOSING = tuple(stage for stage in Stage if stage not in FINAL | BELOW_THRESHOLD)
"""A child may die after the review too."""
OPEN = tuple(stage for stage in EVEN_AFTER_CLOSING if stage not in OUTCOME_STAGES)
UNSENT = (Stage.NOTIFIED, Stage.GATHERING, Stage.MEETING, Stage.SIGN_OFF)
ANSWERED = (Stage.ANSWERED, Stage.RECONSIDERING)

DISCUSSION = (
    Question("partners_invited", "Safeguarding partners invited", Kind.PARTNERS),
    Question("discussion_attendees", "Agencies that took part", Kind.AGENCIES),
)
VIEW = (
    Question(VIEW_OF, "Whose view", Kind.PARTNERS, hint="A partner records the view of their own body only."),
    Question(
        "view",
        "Is the case notifiable",
        Kind.CHOICE,
        choices=(
            ("notifiable", "Notifiable"),
            ("not_notifiable", "Not notifiable"),
            ("abstains", "Takes no view, or gave none in time"),
        ),
        hint="The latest view of each partner holds.",
    ),
    Question("view_reason", "Why", Kind.TEXT, hint=NO_NAMES),
    Question("view_given_by", "Who gave it, by name and role"),
)
ESCALATION = (
    Question("escalated_to", "Escalated to, by role and body"),
    Question("escalated_question", "What the partners differ about", Kind.TEXT, hint=NO_NAMES),
    Question("escalation_answer", "What came of it", Kind.TEXT, required=False),
)
NOT_ESCALATED = Question(
    "not_escalated_reason",
    "Why a difference between the partners is not escalated",
    Kind.TEXT,
    required=False,
    hint="Only where their views differ. The local authority decides.",
)
CRITERIA = (
    Question("decided_by", "Who decided for the local authority, by name and role"),
    Question("abuse_or_neglect", "Abuse or neglect is known or suspected", Kind.YES_NO),
    Question(
        "nature",
        "What happened to the child",
        Kind.CHOICE,
        choices=(
            ("death", "The child died"),
            ("serious_harm", "The child was seriously harmed"),
            ("looked_after_death", "A looked after child died, without abuse or neglect"),
            ("care_leaver_death", "A care leaver died, up to and including the age of 24"),
            ("other", "None of these"),
        ),
        hint="As at notification: it stays as it is when a harmed child dies later.",
    ),
    Question(
        "care_leaver_age",
        "Age of the care leaver",
        Kind.NUMBER,
        required=False,
        needed_when=When("nature", ("care_leaver_death",)),
    ),
    Question(
        "place",
        "Where it happened",
        Kind.CHOICE,
        choices=(
            ("area", "In this local authority's area"),
            ("outside_england", "Outside England, the child normally living here"),
            ("other_area", "In another area of England"),
        ),
    ),
    NOT_ESCALATED,
)
NOT_NOTIFIABLE = (
    *CRITERIA,
    Question("not_notifiable_rationale", "Why the criteria are not met", Kind.TEXT),
    Question(
        "alternative",
        "What is done instead",
        Kind.CHOICE,
        choices=(("learning_review", "Local learning review"), ("audit", "Audit"), ("none", "Nothing further")),
    ),
)
SIN = (
    Question("sin_reference", "Reference of the serious incident notification"),
    Question("sin_sent_by", "Who in the local authority sent it, by name and role"),
)
OTHER_RECIPIENTS = Question("other_recipients", "Other areas or bodies told, and when", required=False)
NOTIFICATION = (
    *SIN,
    Question("partners_told_on", "The safeguarding partners were told on", Kind.DAY),
    OTHER_RECIPIENTS,
)
"""The Panel is told on the day of the step, and shares it with the Department for Education and Ofsted."""
NOTIFICATION_ONLY = (
    *SIN,
    Question("secretary_of_state_told_on", "The Secretary of State was told on", Kind.DAY),
    Question("ofsted_told_on", "Ofsted was told on", Kind.DAY),
    Question("partners_told_on", "The safeguarding partners were told on", Kind.DAY, required=False),
    OTHER_RECIPIENTS,
)
"""The death of a looked after child without abuse, or of a care leaver, goes to these two and not to the Panel."""
DECISIONS = (
    ("lcspr", "A local child safeguarding practice review"),
    ("national_review", "A national review"),
    ("no_further_review", "No further review"),
)
MEETING = (
    Question("partners_present", "Safeguarding partners present", Kind.PARTNERS),
    Question("meeting_attendees", "Agencies present", Kind.AGENCIES),
    Question("gaps_noted", "Returns that are missing, and what is done about it", Kind.TEXT, required=False),
    Question("facts_established", "Facts and key practice episodes, in short", Kind.TEXT, hint=NO_NAMES),
    Question("safety_actions", "Immediate safety action", Kind.TEXT, hint="Say “none needed” when there was none."),
    Question("early_learning", "Learning to share now", Kind.TEXT),
    Question("draft_decision", "Draft decision", Kind.CHOICE, choices=(*DECISIONS, ("not_yet", "Not yet"))),
)
REPORT = (
    Question("report_version", "Version of the report"),
    Question("decision", "Decision in the report", Kind.CHOICE, choices=DECISIONS),
    Question("decision_rationale", "Why, against the criteria", Kind.TEXT),
    Question(
        "context_considered",
        "How context was considered: racism, disability and other inequalities",
        Kind.TEXT,
        hint="Asked by the Panel's guidance of June 2025.",
    ),
)
SENT = (Question("sent_version", "Version sent to the Panel"),)
PANEL_LETTER = (
    Question("panel_letter", "Where the Panel's letter is filed"),
    Question(
        "panel_view",
        "What the Panel says of the decision",
        Kind.CHOICE,
        choices=(
            ("agrees", "Agrees"),
            ("comments", "Agrees with comments"),
            ("asks", "Asks a question"),
            ("disagrees", "Disagrees"),
        ),
    ),
    Question("panel_comments", "Its comments or questions", Kind.TEXT, required=False),
)
QUESTION = (
    Question("panel_question", "What is looked at again", Kind.TEXT),
    Question("reply_wanted_on", "The Panel wants an answer by", Kind.DAY, required=False),
)
OUTCOME = (
    Question("outcome_reasons", "Reasons for the outcome", Kind.TEXT),
    Question("panel_reply_on", "Reply sent to the Panel on", Kind.DAY, required=False),
)
PRACTICE_REVIEW = (*OUTCOME, *PRACTICE_REVIEW_DECISION)
NO_REVIEW = (
    *OUTCOME,
    Question(
        "other_learning",
        "Other learning that follows",
        Kind.CHOICE,
        choices=(
            ("none", "None"),
            ("learning_review", "Local learning review"),
            ("thematic_review", "Thematic review"),
            ("audit", "Audit"),
        ),
    ),
)
ABSORBED = (
    *OUTCOME,
    Question(JOINED, "Reference of the joint review", hint="A thematic or practice review that is running here."),
)
NEW_FACTS = (Question("new_information", "What has become known since", Kind.TEXT, hint=NO_NAMES),)
WITHDRAWAL = (
    Question("notification_criteria_not_met", "New facts show that the criteria are not met", Kind.YES_NO),
    Question("withdrawal_reason", "Which facts", Kind.TEXT),
    Question("panel_told_of_withdrawal_on", "The Panel was told on", Kind.DAY),
)
TRANSFER = (
    Question("other_area", "Area that takes the lead"),
    Question("accepted_in_writing_on", "Accepted in writing on", Kind.DAY),
    Question("other_area_contact", "Contact there"),
    Question(
        "our_role",
        "Our part from now on",
        Kind.CHOICE,
        choices=(("contributor", "Contributor"), ("observer", "Observer"), ("none", "None")),
    ),
)

LA = PARTNERS_OR_MANAGER
"""The duty to notify is the local authority's alone; its safeguarding partner or the manager records what it did."""

MEETING_READY = (statutory_partners_named, every_partner_present, returns_in_or_gap_noted)
NOTIFIABLE = (notification_criteria_met, care_leaver_up_to_24, difference_escalated)
ALL_SIGNED = (statutory_partners_named, every_partner_signed)
JOINT = ("thematic_review", "lcspr")
"""Workflows of the joint reviews into which rapid reviews may be taken."""
ABSORBABLE = (*ANSWERED, Stage.ABSORBED)
LEARNABLE = (Stage.NOT_NOTIFIABLE, Stage.WITHDRAWN, Stage.NO_FURTHER)

STEPS = (
    Step("receive_referral", "Log the referral", (UNOPENED,), Stage.REFERRED, UNIT, questions=REFERRAL, barred=NOBODY),
    Step(
        "convene_discussion",
        "Discuss the threshold",
        (Stage.REFERRED,),
        Stage.DISCUSSION,
        by=MANAGER,
        only_if=(statutory_partners_named, every_partner_invited),
        questions=DISCUSSION,
        barred=NOBODY,
    ),
    Step(
        "record_view",
        "Record a partner's view",
        (Stage.DISCUSSION,),
        "",
        PARTNERS_OR_MANAGER,
        questions=VIEW,
        barred=NOBODY,
    ),
    Step(
        "escalate",
        "Escalate a difference between partners",
        (Stage.DISCUSSION, Stage.NOT_NOTIFIABLE),
        "",
        by=PARTNERS_OR_MANAGER,
        questions=ESCALATION,
        barred=NOBODY,
    ),
    Step(
        "decide_not_notifiable",
        "Decide not to notify",
        (Stage.DISCUSSION,),
        Stage.NOT_NOTIFIABLE,
        by=LA,
        only_if=(every_view_recorded, difference_escalated),
        questions=NOT_NOTIFIABLE,
        barred=NOBODY,
    ),
    Step("decide_notify", "Decide to notify", (Stage.DISCUSSION,), Stage.DUE, LA, NOTIFIABLE, CRITERIA, barred=NOBODY),
    Step(
        "submit_sin",
        "Record the notification sent",
        (Stage.DUE,),
        Stage.NOTIFIED,
        by=LA,
        only_if=(review_must_follow,),
        questions=NOTIFICATION,
        barred=NOBODY,
    ),
    Step(
        "notify_only",
        "Notify without a rapid review",
        (Stage.DUE,),
        Stage.NOTIFIED_ONLY,
        by=LA,
        only_if=(no_review_follows,),
        questions=NOTIFICATION_ONLY,
        barred=NOBODY,
    ),
    ask_agencies("open_gathering", "Ask the agencies", Stage.NOTIFIED, Stage.GATHERING, UNIT),
    ask_more(Stage.GATHERING),
    Step(
        "hold_meeting",
        "Record the meeting",
        (Stage.GATHERING,),
        Stage.MEETING,
        by=CHAIR_OR_MANAGER,
        only_if=MEETING_READY,
        questions=MEETING,
        barred=NOBODY,
    ),
    Step(
        "submit_for_signoff",
        "Send for sign-off",
        (Stage.MEETING,),
        Stage.SIGN_OFF,
        MANAGER,
        questions=REPORT,
        barred=NOBODY,
    ),
    *signing(Stage.SIGN_OFF),
    Step(
        "sign_off", "Send to the Panel", (Stage.SIGN_OFF,), Stage.SENT, PARTNERS | UNIT, ALL_SIGNED, SENT, barred=NOBODY
    ),
    Step(
        "panel_response",
        "File the Panel's letter",
        (Stage.SENT,),
        Stage.ANSWERED,
        UNIT,
        questions=PANEL_LETTER,
        barred=NOBODY,
    ),
    Step(
        "reconsider",
        "Reconsider",
        (Stage.ANSWERED,),
        Stage.RECONSIDERING,
        CHAIR,
        (panel_disagrees_or_asks,),
        QUESTION,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    Step(
        "confirm_lcspr",
        "Confirm a practice review",
        ANSWERED,
        Stage.LCSPR,
        by=PARTNERS,
        only_if=(reply_sent_where_panel_disagrees,),
        questions=PRACTICE_REVIEW,
        opens="lcspr",
        barred=NOBODY,
    ),
    Step(
        "confirm_national_review",
        "Confirm a national review",
        ANSWERED,
        Stage.NATIONAL,
        by=PARTNERS,
        only_if=(reply_sent_where_panel_disagrees,),
        questions=OUTCOME,
        barred=NOBODY,
    ),
    Step(
        "confirm_no_further_review",
        "Confirm no further review",
        ANSWERED,
        Stage.NO_FURTHER,
        by=PARTNERS,
        only_if=(reply_sent_where_panel_disagrees,),
        questions=NO_REVIEW,
        barred=NOBODY,
    ),
    Step(
        "absorb",
        "Take into a joint review",
        ABSORBABLE,
        Stage.ABSORBED,
        by=PARTNERS,
        only_if=(reply_sent_where_panel_disagrees,),
        questions=ABSORBED,
        joins=JOINT,
        barred=NOBODY,
    ),
    Step(
        "look_again",
        "Look at the decision again",
        (Stage.NO_FURTHER,),
        Stage.RECONSIDERING,
        CHAIR,
        questions=NEW_FACTS,
        barred=NOBODY,
    ),
    Step(
        "child_died",
        "Tell the CDOP of a death",
        EVEN_AFTER_CLOSING,
        "",
        UNIT,
        questions=CHILD_DIED,
        opens="cdop_case",
        barred=NOBODY,
    ),
    Step(
        "withdraw",
        "Withdraw the notification",
        UNSENT,
        Stage.WITHDRAWN,
        LA,
        (criteria_found_not_met,),
        WITHDRAWAL,
        barred=NOBODY,
    ),
    Step(
        "review_locally",
        "Propose a learning review",
        LEARNABLE,
        "",
        UNIT,
        questions=PROPOSED,
        opens="learning_review",
        barred=NOBODY,
    ),
    Step("transfer", "Hand over to another area", OPEN, Stage.TRANSFERRED, MANAGER, questions=TRANSFER, barred=NOBODY),
)
OUTCOMES = ("confirm_lcspr", "confirm_national_review", "confirm_no_further_review", "absorb")
GIVEN_UP = ("withdraw", "transfer")
CUSTOM = "Local custom, after the Devon flow"
FIFTEEN = Period(15, Unit.WORKING_DAYS)
UNDER_WORKING_TOGETHER = (PANEL_GUIDANCE, WORKING_TOGETHER)

DEADLINES = (
    Deadline(
        "sin",
        "Serious incident notification",
        counted_from="la_aware_at",
        met_by=("submit_sin", "notify_only"),
        editions=(Edition(SYSTEM_START, Period(5, Unit.WORKING_DAYS), Rank.LAW, cites=(WORKING_TOGETHER,)),),
        ended_by=("decide_not_notifiable", "transfer"),
        ladder=STATUTORY_LADDER,
    ),
    Deadline(
        "letters",
        "Letters to the agencies",
        counted_from="submit_sin",
        met_by=("open_gathering",),
        editions=local(Period(1, Unit.WORKING_DAYS), CUSTOM),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "meeting",
        "Rapid review meeting",
        counted_from="submit_sin",
        met_by=("hold_meeting",),
        editions=local(Period(12, Unit.WORKING_DAYS), CUSTOM),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "rapid_review",
        "Rapid review to the Panel",
        counted_from="submit_sin",
        met_by=("sign_off",),
        editions=(
            Edition(
                SYSTEM_START,
                FIFTEEN,
                Rank.NATIONAL,
                cites=UNDER_WORKING_TOGETHER,
                counted_from="la_aware_at",
                unverified=f"that it counts from awareness up to {FROM_NOTIFICATION - timedelta(1):%-d %B %Y}",
            ),
            Edition(
                FROM_NOTIFICATION,
                FIFTEEN,
                Rank.NATIONAL,
                cites=UNDER_WORKING_TOGETHER,
                unverified="that it counts from the notification before June 2025",
            ),
            Edition(PANEL_GUIDANCE_2025, FIFTEEN, Rank.NATIONAL, cites=UNDER_WORKING_TOGETHER),
        ),
        starts=(("submit_sin", "notification"), ("la_aware_at", "awareness")),
        ended_by=GIVEN_UP,
        ladder=STATUTORY_LADDER,
    ),
    Deadline(
        "panel_question",
        "Answer to the Panel",
        counted_from="reply_wanted_on",
        met_by=OUTCOMES,
        editions=(Edition(SYSTEM_START, Period(0, Unit.DAYS), Rank.NATIONAL, "The Panel's letter"),),
        ended_by=("transfer",),
        ladder=STATUTORY_LADDER,
    ),
)

RAPID_REVIEW = Workflow(
    name="rapid_review",
    title="Rapid review",
    version=4,
    effective_from=REVISED_2026,
    prefix="RR",
    realm=Realm.REVIEWS,
    tracks=(
        Track(
            "rapid_review",
            "Rapid review",
            Stage,
            Stage.REFERRED,
            FINAL,
            STEPS,
            settled=OUTCOME_STAGES | BELOW_THRESHOLD,
        ),
    ),
    deadlines=DEADLINES,
)
