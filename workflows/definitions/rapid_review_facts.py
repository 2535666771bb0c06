"""What is recorded with the steps of a rapid review? (Children are recorded apart: never name one here.)"""

from workflows.core.questions import Asked, Kind, When
from workflows.core.vocabulary import JOINED
from workflows.definitions.lcspr_facts import PRACTICE_REVIEW_DECISION
from workflows.definitions.shared.recorders import of_each_partner

NO_NAMES = "Short and neutral. Never the child's name."

REFERRAL = (
    Asked("referred_by", "Who referred, by role"),
    Asked("referring_agency", "Agency that referred"),
    Asked("incident_on", "Day of the incident", Kind.DAY, required=False, hint="The first of them, where it lasted."),
    Asked("la_aware_at", "When the local authority became aware", Kind.MOMENT, hint="The clock starts here."),
    Asked("summary", "What is said to have happened", Kind.TEXT, hint=NO_NAMES),
    Asked("referral_form", "Where the referral form is filed", required=False),
    Asked("under_18", "The child is, or was, under 18", Kind.YES_NO),
    Asked(
        "age_reason",
        "Why the case is taken although the child is not under 18",
        Kind.TEXT,
        required=False,
        needed_when=When("under_18", (False,)),
    ),
)
DISCUSSION = (
    *of_each_partner("invited", "was invited"),
    Asked("discussion_attendees", "Agencies that took part", Kind.AGENCIES),
)
CRITERIA = (
    Asked("decided_by", "Who decided for the local authority, by name and role"),
    Asked("abuse_or_neglect", "Abuse or neglect is known or suspected", Kind.YES_NO),
    Asked(
        "nature",
        "What happened to the child",
        Kind.CHOICE,
        choices=(
            ("death", "The child died"),
            ("serious_harm", "The child was seriously harmed"),
            ("looked_after_death", "A looked after child died, without abuse or neglect"),
            ("care_leaver_death", "A care leaver under 25 died"),
            ("other", "None of these"),
        ),
        hint="As at notification: it stays as it is when a harmed child dies later.",
    ),
    Asked(
        "place",
        "Where it happened",
        Kind.CHOICE,
        choices=(
            ("area", "In this local authority's area"),
            ("outside_england", "Outside England, the child normally living here"),
            ("other_area", "In another area of England"),
        ),
    ),
)
DECLINED = (
    *CRITERIA,
    Asked("not_notifiable_rationale", "Why the criteria are not met", Kind.TEXT),
    Asked("dissent", "Who disagreed, and why", Kind.TEXT, hint="Say “none” when all agreed."),
    Asked(
        "alternative",
        "What is done instead",
        Kind.CHOICE,
        choices=(("learning_review", "Local learning review"), ("audit", "Audit"), ("none", "Nothing further")),
    ),
)
SIN = (
    Asked("sin_reference", "Reference of the serious incident notification"),
    Asked("sin_sent_by", "Who in the local authority sent it, by name and role"),
    Asked("partners_told", "The safeguarding partners were told too", Kind.YES_NO),
    Asked("other_recipients", "Other areas or bodies told", required=False),
)
DECISIONS = (
    ("lcspr", "A local child safeguarding practice review"),
    ("national_review", "A national review"),
    ("no_further_review", "No further review"),
)
MEETING = (
    *of_each_partner("present", "was present"),
    Asked("meeting_attendees", "Agencies present", Kind.AGENCIES),
    Asked("gaps_noted", "Returns that are missing, and what is done about it", Kind.TEXT, required=False),
    Asked("facts_established", "Facts and key practice episodes, in short", Kind.TEXT, hint=NO_NAMES),
    Asked("safety_actions", "Immediate safety action", Kind.TEXT, hint="Say “none needed” when there was none."),
    Asked("early_learning", "Learning to share now", Kind.TEXT),
    Asked("draft_decision", "Draft decision", Kind.CHOICE, choices=(*DECISIONS, ("not_yet", "Not yet"))),
)
REPORT = (
    Asked("report_version", "Version of the report"),
    Asked("decision", "Decision in the report", Kind.CHOICE, choices=DECISIONS),
    Asked("decision_rationale", "Why, against the criteria", Kind.TEXT),
    Asked(
        "context_considered",
        "How context was considered: racism, disability and other inequalities",
        Kind.TEXT,
        hint="Asked by the Panel's guidance of June 2025.",
    ),
)
SENT = (Asked("sent_version", "Version sent to the Panel"),)
PANEL_LETTER = (
    Asked("panel_letter", "Where the Panel's letter is filed"),
    Asked(
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
    Asked("panel_comments", "Its comments or questions", Kind.TEXT, required=False),
)
QUESTION = (
    Asked("panel_question", "What is looked at again", Kind.TEXT),
    Asked("reply_wanted_on", "The Panel wants an answer by", Kind.DAY, required=False),
)
OUTCOME = (
    Asked("outcome_reasons", "Reasons for the outcome", Kind.TEXT),
    Asked("panel_reply_on", "Reply sent to the Panel on", Kind.DAY, required=False),
)
LCSPR = (*OUTCOME, *PRACTICE_REVIEW_DECISION)
NO_REVIEW = (
    *OUTCOME,
    Asked(
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
    Asked(JOINED, "Reference of the joint review", hint="A thematic or practice review that is running here."),
)
NEW_FACTS = (Asked("new_information", "What has become known since", Kind.TEXT, hint=NO_NAMES),)
WITHDRAWAL = (
    Asked("notification_criteria_not_met", "New facts show that the criteria are not met", Kind.YES_NO),
    Asked("withdrawal_reason", "Which facts", Kind.TEXT),
    Asked("panel_told_of_withdrawal_on", "The Panel was told on", Kind.DAY),
)
TRANSFER = (
    Asked("other_area", "Area that takes the lead"),
    Asked("accepted_in_writing_on", "Accepted in writing on", Kind.DAY),
    Asked("other_area_contact", "Contact there"),
    Asked(
        "our_role",
        "Our part from now on",
        Kind.CHOICE,
        choices=(("contributor", "Contributor"), ("observer", "Observer"), ("none", "None")),
    ),
)
