"""What is recorded with the steps of a child death review? (The child is recorded apart: never name one here.)"""

from datetime import timedelta

from workflows.core.labels import sentence
from workflows.core.questions import Asked, Kind
from workflows.definitions.information_request import FORM_ASKED
from workflows.definitions.rapid_review_facts import REFERRAL
from workflows.definitions.shared.authorities import NCMD_LIVE
from workflows.definitions.shared.deaths import (
    AGE_BANDS,
    CATEGORIES,
    DOMAINS,
    GRADES,
    JAR_NEEDED,
    MODIFIABLE,
    OLD_DOMAINS,
    OLD_GRADES,
)
from workflows.guards.cdop import AWAITED, PAPERS

OLD_FORM_END = NCMD_LIVE - timedelta(days=1)
"""The last day of the old analysis form. That it changed with the NCMD's first day is to be verified."""
RULED_OUT = (
    Asked(
        "out_of_scope_reason",
        "Why it is not reviewed",
        Kind.CHOICE,
        choices=(
            ("attended_stillbirth", "Stillbirth, attended"),
            ("late_foetal_loss", "Late foetal loss"),
            ("lawful_termination", "Lawful termination, or live birth after it"),
            ("duplicate", "Notified twice"),
        ),
    ),
)
NCMD = (Asked("ncmd_id", "NCMD identifier", required=False),)
TRIAGE = (
    Asked("residence", "Local authority the child lived in"),
    Asked("lived_here", "The child lived in this CDOP's area", Kind.YES_NO, hint="Only its residents are counted."),
    Asked("reviewing_cdop", "CDOP that reviews the death"),
    Asked("jar_needed", JAR_NEEDED, Kind.YES_NO),
    Asked("abuse_suspected", "Abuse or neglect is suspected", Kind.YES_NO),
    Asked("designated_doctor", "Designated doctor who took part"),
)
JAR = (
    Asked(
        "jar_trigger",
        "Why a joint agency response",
        Kind.CHOICE,
        choices=(
            ("external_cause", "External cause"),
            ("sudden_unexplained", "Sudden, with no apparent cause (SUDI or SUDC)"),
            ("custody_or_detention", "In custody or detained under the Mental Health Act"),
            ("suspicious", "Suspicion that it was not natural"),
            ("unattended_stillbirth", "Stillbirth with no professional present"),
        ),
    ),
    Asked("jar_started_at", "When it started", Kind.MOMENT, hint="Its clocks count in hours from here."),
)
SHARED = (Asked("initial_findings", "What was shared", Kind.TEXT, required=False, hint="Without names."),)
VISITED = (Asked("visited_by", "Who visited, by role"),)
REFERRED = (*REFERRAL, Asked("partners_told_on", "The safeguarding partners were told on", Kind.DAY))

REPORTS_ASKED = (
    Asked("agencies_asked", "Agencies asked for a report", Kind.AGENCIES),
    Asked("returns_due_on", "Reports are due", Kind.DAY, hint="Customarily two to three weeks."),
    *FORM_ASKED,
)
AWAITING = (
    *(Asked(fact, f"{sentence(words)} awaited", Kind.YES_NO) for fact, words in AWAITED.items()),
    Asked("awaited_from", "Who is asked about it, by role"),
    Asked("next_check_on", "Looked at again on", Kind.DAY, hint="Within a month."),
)
CDRM_PLANNED = (
    Asked(
        "post_mortem",
        "Post-mortem report",
        Kind.CHOICE,
        choices=(("in_hand", "In hand"), ("none_held", "None was held"), ("awaited", "Awaited")),
    ),
    Asked("cdrm_on", "Day of the meeting", Kind.DAY, hint="A month's notice; that essential people come matters more."),
    Asked("cdrm_invitees", "Who is invited", Kind.AGENCIES),
    Asked("short_notice_reason", "Why there is less than a month's notice", Kind.TEXT, required=False),
)
CDRM_HELD = (
    Asked("draft_analysis", "Where the draft analysis form is filed"),
    Asked("cdrm_learning", "Learning", Kind.TEXT, hint="Without names."),
    Asked("family_questions", "Questions of the family to answer", Kind.TEXT, required=False),
)
PAPERS_IN = (
    *(Asked(fact, f"{sentence(words)}: in hand", Kind.YES_NO) for fact, words in PAPERS.items()),
    Asked("papers_in_on", "The last of them arrived on", Kind.DAY, hint="The six weeks count from it."),
    Asked("exception_reason", "Why it is listed although something is missing", Kind.TEXT, required=False),
)
PANEL_ON = Asked("panel_on", "Day of the CDOP meeting", Kind.DAY)
LISTING = (
    PANEL_ON,
    Asked(
        "panel_type",
        "Kind of meeting",
        Kind.CHOICE,
        choices=(("general", "General"), ("neonatal", "Neonatal"), ("themed", "Themed")),
    ),
)
DEFERRAL = (
    Asked("deferral_reason", "Why it is deferred", Kind.TEXT),
    Asked("deferral_missing", "What is missing", Kind.TEXT),
)
ANALYSIS = (
    Asked("quorate", "The meeting was quorate", Kind.YES_NO),
    Asked("papers_anonymised", "The papers were anonymised", Kind.YES_NO),
    Asked("nobody_decided_own_care", "Nobody who cared for the child decided alone", Kind.YES_NO),
    Asked("age_band", "Age at death", Kind.CHOICE, choices=AGE_BANDS),
    Asked("category", "Category of death (the first that fits)", Kind.CHOICE, choices=CATEGORIES),
    *(
        Asked(name, f"Highest grade in {words}, 0 to 3", Kind.CHOICE, choices=OLD_GRADES, until=OLD_FORM_END)
        for name, words in OLD_DOMAINS.items()
    ),
    *(
        Asked(name, f"Highest grade in {words}", Kind.CHOICE, choices=GRADES, since=NCMD_LIVE)
        for name, words in DOMAINS.items()
    ),
    Asked("modifiable", "Modifiable factors", Kind.CHOICE, choices=MODIFIABLE),
    Asked("analysis", "Analysis", Kind.TEXT, hint="Without names."),
)
FINALISED = (
    Asked("ncmd_forms_finalised", "All forms are finalised with the NCMD", Kind.YES_NO),
    Asked("ncmd_sent_on", "Sent to the NCMD on", Kind.DAY),
    Asked("ncmd_id", "NCMD identifier"),
)
RAISED = (
    Asked("person_told", "Who should act, by role and body"),
    Asked("person_told_on", "They were told on", Kind.DAY),
    Asked("person_response", "Their response", Kind.TEXT, required=False),
)
CLOSED = (
    Asked("family_fed_back", "The family was told through the key worker", Kind.YES_NO),
    Asked("actions_handed_over", "Actions handed over, and who accepted them", Kind.TEXT, required=False),
)
TRANSFER = (
    Asked("receiving_cdop", "CDOP that takes the case"),
    Asked("transfer_accepted_on", "Accepted on", Kind.DAY),
    Asked("other_designated_doctor_agreed", "Its designated doctor agreed", Kind.YES_NO),
    Asked("learning_plan_agreed", "A plan for sharing the learning is agreed", Kind.YES_NO),
    Asked("reviewed_elsewhere_on", "Reviewed there on", Kind.DAY, required=False),
    Asked("modifiable_elsewhere", "Modifiable factors found there", Kind.CHOICE, required=False, choices=MODIFIABLE),
)
REOPENED = (Asked("reopened_reason", "Which charge, inquest or other news changes the picture", Kind.TEXT), PANEL_ON)
