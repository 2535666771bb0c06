"""Child death review, from the notification to the closing of the case.

The child is recorded apart from the forms: never ask for a name here.
"""

from datetime import timedelta
from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.labels import sentence
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.information_request import FORM_ASKED, REPORT_REQUEST
from workflows.definitions.shared.authorities import (
    CHILD_DEATH_GUIDANCE,
    CHILD_DEATH_REVIEW,
    FROM_MEMORY,
    NCMD_LIVE,
    REQUESTS_APART,
    WORKING_TOGETHER_ON_DEATHS,
    local,
)
from workflows.definitions.shared.common_questions import REFERRAL
from workflows.definitions.shared.deaths import (
    AGE_BANDS,
    CATEGORIES,
    DEATH,
    DOMAINS,
    GRADES,
    JAR_NEEDED,
    MODIFIABLE,
    OLD_DOMAINS,
    OLD_GRADES,
)
from workflows.definitions.shared.ladder_policies import CHECK_LADDER, LONG_LADDER, STATUTORY_LADDER
from workflows.definitions.shared.roles import ANY_CDOP_PROFESSIONAL, CDOP, CDOP_OR_AGENCY
from workflows.guards.cdop import (
    AWAITED,
    PAPERS,
    actions_finished_or_handed_over,
    birth_in_scope,
    checked_within_a_month,
    death_under_18,
    family_fed_back,
    joint_response_started,
    month_of_notice,
    ncmd_forms_finalised,
    panel_fit_to_decide,
    papers_complete,
    post_mortem_in_hand,
    something_is_awaited,
    transfer_agreed,
)


class CdopCaseStage(StrEnum):
    NOTIFIED = "notified"
    TRIAGED = "triaged"
    JAR = "jar_active"
    GATHERING = "gathering"
    AWAITING = "awaiting_external"
    SCHEDULED = "cdrm_scheduled"
    CDRM_HELD = "cdrm_held"
    READY = "ready_for_panel"
    LISTED = "listed"
    DEFERRED = "deferred"
    REVIEWED = "reviewed"
    FINAL = "analysis_final"
    MONITORING = "action_monitoring"
    CLOSED = "closed"
    TRANSFERRED = "transferred_out"
    OUT_OF_SCOPE = "out_of_scope"


Stage = CdopCaseStage

ENDED = frozenset({Stage.TRANSFERRED, Stage.OUT_OF_SCOPE})
EVEN_AFTER_CLOSING = tuple(stage for stage in Stage if stage not in ENDED)
"""Evidence of abuse may come to light after the review too."""
OPEN = tuple(stage for stage in EVEN_AFTER_CLOSING if stage != Stage.CLOSED)
TRIAGED = tuple(stage for stage in OPEN if stage != Stage.NOTIFIED)
UNTIL_MEETING = (Stage.GATHERING, Stage.AWAITING)
DURING_JAR = (Stage.JAR, *UNTIL_MEETING)

OLD_FORM_END = NCMD_LIVE - timedelta(days=1)
"""The last day of the old analysis form. That it changed with the NCMD's first day is to be verified."""
RULED_OUT = (
    Question(
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
NCMD = (Question("ncmd_id", "NCMD identifier", required=False),)
TRIAGE = (
    Question("residence", "Local authority the child lived in"),
    Question("lived_here", "The child lived in this CDOP's area", Kind.YES_NO, hint="Only its residents are counted."),
    Question("reviewing_cdop", "CDOP that reviews the death"),
    Question("jar_needed", JAR_NEEDED, Kind.YES_NO),
    Question("abuse_suspected", "Abuse or neglect is suspected", Kind.YES_NO),
    Question("designated_doctor", "Designated doctor who took part"),
)
JAR = (
    Question(
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
    Question("jar_started_at", "When it started", Kind.MOMENT, hint="Its clocks count in hours from here."),
)
INFORMATION = (Question("initial_findings", "What was shared", Kind.TEXT, required=False, hint="Without names."),)
VISIT = (Question("visited_by", "Who visited, by role"),)
ABUSE = (*REFERRAL, Question("partners_told_on", "The safeguarding partners were told on", Kind.DAY))

REPORTS = (
    Question("agencies_asked", "Agencies asked for a report", Kind.AGENCIES),
    Question("returns_due_on", "Reports are due", Kind.DAY, hint="Customarily two to three weeks."),
    *FORM_ASKED,
)
AWAITING = (
    *(Question(fact, f"{sentence(words)} awaited", Kind.YES_NO) for fact, words in AWAITED.items()),
    Question("awaited_from", "Who is asked about it, by role"),
    Question("next_check_on", "Looked at again on", Kind.DAY, hint="Within a month."),
)
CDRM_PLANNED = (
    Question(
        "post_mortem",
        "Post-mortem report",
        Kind.CHOICE,
        choices=(("in_hand", "In hand"), ("none_held", "None was held"), ("awaited", "Awaited")),
    ),
    Question(
        "cdrm_on", "Day of the meeting", Kind.DAY, hint="A month's notice; that essential people come matters more."
    ),
    Question("cdrm_invitees", "Who is invited", Kind.AGENCIES),
    Question("short_notice_reason", "Why there is less than a month's notice", Kind.TEXT, required=False),
)
CDRM_HELD = (
    Question("draft_analysis", "Where the draft analysis form is filed"),
    Question("cdrm_learning", "Learning", Kind.TEXT, hint="Without names."),
    Question("family_questions", "Questions of the family to answer", Kind.TEXT, required=False),
)
PAPERS_IN = (
    *(Question(fact, f"{sentence(words)}: in hand", Kind.YES_NO) for fact, words in PAPERS.items()),
    Question("papers_in_on", "The last of them arrived on", Kind.DAY, hint="The six weeks count from it."),
    Question("exception_reason", "Why it is listed although something is missing", Kind.TEXT, required=False),
)
PANEL_ON = Question("panel_on", "Day of the CDOP meeting", Kind.DAY)
LISTING = (
    PANEL_ON,
    Question(
        "panel_type",
        "Kind of meeting",
        Kind.CHOICE,
        choices=(("general", "General"), ("neonatal", "Neonatal"), ("themed", "Themed")),
    ),
)
DEFERRAL = (
    Question("deferral_reason", "Why it is deferred", Kind.TEXT),
    Question("deferral_missing", "What is missing", Kind.TEXT),
)
ANALYSIS = (
    Question("quorate", "The meeting was quorate", Kind.YES_NO),
    Question("papers_anonymised", "The papers were anonymised", Kind.YES_NO),
    Question("nobody_decided_own_care", "Nobody who cared for the child decided alone", Kind.YES_NO),
    Question("age_band", "Age at death", Kind.CHOICE, choices=AGE_BANDS),
    Question("category", "Category of death (the first that fits)", Kind.CHOICE, choices=CATEGORIES),
    *(
        Question(name, f"Highest grade in {words}, 0 to 3", Kind.CHOICE, choices=OLD_GRADES, until=OLD_FORM_END)
        for name, words in OLD_DOMAINS.items()
    ),
    *(
        Question(name, f"Highest grade in {words}", Kind.CHOICE, choices=GRADES, since=NCMD_LIVE)
        for name, words in DOMAINS.items()
    ),
    Question("modifiable", "Modifiable factors", Kind.CHOICE, choices=MODIFIABLE),
    Question("analysis", "Analysis", Kind.TEXT, hint="Without names."),
)
FINALISED = (
    Question("ncmd_forms_finalised", "All forms are finalised with the NCMD", Kind.YES_NO),
    Question("ncmd_sent_on", "Sent to the NCMD on", Kind.DAY),
    Question("ncmd_id", "NCMD identifier"),
)
ACTIONS = (
    Question("person_told", "Who should act, by role and body"),
    Question("person_told_on", "They were told on", Kind.DAY),
    Question("person_response", "Their response", Kind.TEXT, required=False),
)
CLOSED = (
    Question("family_fed_back", "The family was told through the key worker", Kind.YES_NO),
    Question("actions_handed_over", "Actions handed over, and who accepted them", Kind.TEXT, required=False),
)
TRANSFER = (
    Question("receiving_cdop", "CDOP that takes the case"),
    Question("transfer_accepted_on", "Accepted on", Kind.DAY),
    Question("other_designated_doctor_agreed", "Its designated doctor agreed", Kind.YES_NO),
    Question("learning_plan_agreed", "A plan for sharing the learning is agreed", Kind.YES_NO),
    Question("reviewed_elsewhere_on", "Reviewed there on", Kind.DAY, required=False),
    Question("modifiable_elsewhere", "Modifiable factors found there", Kind.CHOICE, required=False, choices=MODIFIABLE),
)
REOPENED = (
    Question("reopened_reason", "Which charge, inquest or other news changes the picture", Kind.TEXT),
    PANEL_ON,
)

IN_SCOPE = (death_under_18, birth_in_scope)
WAITING = (something_is_awaited, checked_within_a_month)
MEETING = (post_mortem_in_hand, month_of_notice)
CLOSABLE = (family_fed_back, actions_finished_or_handed_over)

STEPS = (
    Step("notify_death", "Log the notification", (UNOPENED,), Stage.NOTIFIED, CDOP, IN_SCOPE, DEATH, barred=NOBODY),
    Step("tell_ncmd", "Notify the NCMD", EVEN_AFTER_CLOSING, "", CDOP, questions=NCMD, barred=NOBODY),
    Step(
        "rule_out",
        "Record that no review is needed",
        (Stage.NOTIFIED,),
        Stage.OUT_OF_SCOPE,
        CDOP,
        questions=RULED_OUT,
        barred=NOBODY,
    ),
    Step("triage", "Triage", (Stage.NOTIFIED,), Stage.TRIAGED, CDOP, questions=TRIAGE, barred=NOBODY),
    Step(
        "start_jar", "Start the joint agency response", (Stage.TRIAGED,), Stage.JAR, CDOP, questions=JAR, barred=NOBODY
    ),
    Step(
        "share_information",
        "Share the first information",
        DURING_JAR,
        "",
        by=CDOP_OR_AGENCY,
        only_if=(joint_response_started,),
        questions=INFORMATION,
        barred=NOBODY,
    ),
    Step(
        "visit_home",
        "Record the home visit",
        DURING_JAR,
        "",
        CDOP_OR_AGENCY,
        (joint_response_started,),
        VISIT,
        barred=NOBODY,
    ),
    Step(
        "refer_abuse",
        "Refer abuse",
        EVEN_AFTER_CLOSING,
        "",
        ANY_CDOP_PROFESSIONAL,
        questions=ABUSE,
        opens="rapid_review",
        barred=NOBODY,
    ),
    Step(
        "request_reports",
        "Ask agencies for reports",
        (Stage.TRIAGED, Stage.JAR),
        Stage.GATHERING,
        by=CDOP,
        questions=REPORTS,
        opens=REPORT_REQUEST.name,
        for_each="agencies_asked",
        barred=NOBODY,
    ),
    Step(
        "ask_more_agencies",
        "Ask more agencies",
        UNTIL_MEETING,
        "",
        by=CDOP,
        questions=REPORTS,
        opens=REPORT_REQUEST.name,
        for_each="agencies_asked",
        barred=NOBODY,
    ),
    Step(
        "wait_external",
        "Wait for another process",
        (Stage.GATHERING,),
        Stage.AWAITING,
        CDOP,
        WAITING,
        AWAITING,
        barred=NOBODY,
    ),
    Step("recheck_external", "Check what is awaited", (Stage.AWAITING,), "", CDOP, WAITING, AWAITING, barred=NOBODY),
    Step(
        "schedule_cdrm",
        "Schedule the meeting",
        UNTIL_MEETING,
        Stage.SCHEDULED,
        CDOP,
        MEETING,
        CDRM_PLANNED,
        barred=NOBODY,
    ),
    Step(
        "hold_cdrm", "Record the meeting", (Stage.SCHEDULED,), Stage.CDRM_HELD, CDOP, questions=CDRM_HELD, barred=NOBODY
    ),
    Step(
        "count_jar_meeting",
        "Count the joint response meeting",
        DURING_JAR,
        Stage.CDRM_HELD,
        by=CDOP,
        only_if=(joint_response_started,),
        questions=CDRM_HELD,
        barred=NOBODY,
    ),
    Step(
        "make_ready",
        "Complete the papers",
        (Stage.CDRM_HELD,),
        Stage.READY,
        CDOP,
        (papers_complete,),
        PAPERS_IN,
        barred=NOBODY,
    ),
    Step("list_for_panel", "List for the CDOP", (Stage.READY,), Stage.LISTED, CDOP, questions=LISTING, barred=NOBODY),
    Step("defer", "Put off to another panel", (Stage.LISTED,), Stage.DEFERRED, CDOP, questions=DEFERRAL, barred=NOBODY),
    Step(
        "relist", "List for the CDOP again", (Stage.DEFERRED,), Stage.LISTED, CDOP, questions=(PANEL_ON,), barred=NOBODY
    ),
    Step(
        "review",
        "Record the review",
        (Stage.LISTED,),
        Stage.REVIEWED,
        CDOP,
        (panel_fit_to_decide,),
        ANALYSIS,
        barred=NOBODY,
    ),
    Step(
        "finalise",
        "Finalise with the NCMD",
        (Stage.REVIEWED,),
        Stage.FINAL,
        CDOP,
        (ncmd_forms_finalised,),
        FINALISED,
        barred=NOBODY,
    ),
    Step(
        "raise_actions",
        "Tell those who should act",
        (Stage.FINAL,),
        Stage.MONITORING,
        CDOP,
        questions=ACTIONS,
        barred=NOBODY,
    ),
    Step("close", "Close", (Stage.FINAL, Stage.MONITORING), Stage.CLOSED, CDOP, CLOSABLE, CLOSED, barred=NOBODY),
    Step("reopen", "Open the analysis again", (Stage.CLOSED,), Stage.LISTED, CDOP, questions=REOPENED, barred=NOBODY),
    Step(
        "transfer",
        "Hand over to another CDOP",
        TRIAGED,
        Stage.TRANSFERRED,
        CDOP,
        (transfer_agreed,),
        TRANSFER,
        barred=NOBODY,
    ),
)
GIVEN_UP = ("rule_out", "transfer")
ON_DEATHS = (CHILD_DEATH_REVIEW, WORKING_TOGETHER_ON_DEATHS)
BRACKNELL = "Local custom, after the Bracknell Forest process"

DEADLINES = (
    Deadline(
        "ncmd",
        "NCMD notified",
        counted_from="death_on",
        met_by=("tell_ncmd",),
        editions=(Edition(NCMD_LIVE, Period(48, Unit.HOURS), Rank.NATIONAL, cites=ON_DEATHS, unverified=FROM_MEMORY),),
        ended_by=GIVEN_UP,
        ladder=STATUTORY_LADDER,
    ),
    Deadline(
        "triage",
        "Triage",
        counted_from="notify_death",
        met_by=("triage", "rule_out"),
        editions=local(Period(1, Unit.WORKING_DAYS), "Local custom"),
    ),
    Deadline(
        "jar_information",
        "First information shared",
        counted_from="jar_started_at",
        met_by=("share_information",),
        editions=local(Period(48, Unit.HOURS), f"{BRACKNELL}: 24 to 48 hours"),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "jar_visit",
        "Joint home visit",
        counted_from="jar_started_at",
        met_by=("visit_home",),
        editions=local(Period(24, Unit.HOURS), f"{BRACKNELL}: in working hours, else the next working day"),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "external_check",
        "What is awaited checked",
        counted_from="next_check_on",
        met_by=("recheck_external", "schedule_cdrm", "count_jar_meeting"),
        editions=local(Period(0, Unit.DAYS), "The day agreed, within a month"),
        ended_by=GIVEN_UP,
        ladder=CHECK_LADDER,
    ),
    Deadline(
        "cdrm",
        "Child death review meeting",
        counted_from="death_on",
        met_by=("hold_cdrm", "count_jar_meeting"),
        editions=(
            Edition(
                CHILD_DEATH_GUIDANCE, Period(3, Unit.MONTHS), Rank.NATIONAL, cites=ON_DEATHS, unverified=FROM_MEMORY
            ),
        ),
        ended_by=GIVEN_UP,
        ladder=LONG_LADDER,
    ),
    Deadline(
        "panel",
        "Review by the CDOP",
        counted_from="papers_in_on",
        met_by=("review",),
        editions=(
            Edition(
                CHILD_DEATH_GUIDANCE, Period(42, Unit.DAYS), Rank.NATIONAL, cites=ON_DEATHS, unverified=FROM_MEMORY
            ),
        ),
        ended_by=GIVEN_UP,
        ladder=LONG_LADDER,
    ),
)

CDOP_CASE = Workflow(
    name="cdop_case",
    title="Child death review",
    version=2,
    effective_from=REQUESTS_APART,
    prefix="CD",
    realm=Realm.CHILD_DEATHS,
    tracks=(
        Track(
            "cdop_case", "Child death review", Stage, Stage.NOTIFIED, ENDED, STEPS, settled=frozenset({Stage.CLOSED})
        ),
    ),
    deadlines=DEADLINES,
)
