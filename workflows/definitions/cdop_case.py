"""How is the death of a child reviewed, from the notification to the closing of the case?"""

from enum import StrEnum

from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions import cdop_facts as ask
from workflows.definitions.information_request import REPORT_REQUEST
from workflows.definitions.shared.authorities import (
    CHILD_DEATH_GUIDANCE,
    CHILD_DEATH_REVIEW,
    NCMD_LIVE,
    REQUESTS_APART,
    local,
)
from workflows.definitions.shared.deaths import DEATH
from workflows.definitions.shared.ladder_policies import CHECK_LADDER, LONG_LADDER, STATUTORY_LADDER
from workflows.definitions.shared.recorders import ANY_CDOP_PROFESSIONAL, CDOP, CDOP_OR_AGENCY
from workflows.guards.cdop import (
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


class S(StrEnum):
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


ENDED = frozenset({S.TRANSFERRED, S.OUT_OF_SCOPE})
EVEN_CLOSED = tuple(stage for stage in S if stage not in ENDED)
"""Evidence of abuse may also come to light after the review."""
OPEN = tuple(stage for stage in EVEN_CLOSED if stage != S.CLOSED)
TRIAGED = tuple(stage for stage in OPEN if stage != S.NOTIFIED)
UNTIL_MEETING = (S.GATHERING, S.AWAITING)
DURING_JAR = (S.JAR, *UNTIL_MEETING)

IN_SCOPE = (death_under_18, birth_in_scope)
WAITING = (something_is_awaited, checked_within_a_month)
MEETING = (post_mortem_in_hand, month_of_notice)
JAR_BEGUN = (joint_response_started,)
CLOSABLE = (family_fed_back, actions_finished_or_handed_over)

STEPS = (
    Step("notify_death", "Log the notification", (UNOPENED,), S.NOTIFIED, CDOP, IN_SCOPE, DEATH),
    Step("tell_ncmd", "Notify the NCMD", EVEN_CLOSED, "", CDOP, asks=ask.NCMD),
    Step("rule_out", "Rule it out", (S.NOTIFIED,), S.OUT_OF_SCOPE, CDOP, asks=ask.RULED_OUT),
    Step("triage", "Triage", (S.NOTIFIED,), S.TRIAGED, CDOP, asks=ask.TRIAGE),
    Step("start_jar", "Start the joint agency response", (S.TRIAGED,), S.JAR, CDOP, asks=ask.JAR),
    Step("share_information", "Share first information", DURING_JAR, "", CDOP_OR_AGENCY, JAR_BEGUN, ask.SHARED),
    Step("visit_home", "Record the home visit", DURING_JAR, "", CDOP_OR_AGENCY, JAR_BEGUN, ask.VISITED),
    Step("refer_abuse", "Refer abuse", EVEN_CLOSED, "", ANY_CDOP_PROFESSIONAL, asks=ask.REFERRED, opens="rapid_review"),
    Step(
        "request_reports",
        "Ask for reports",
        (S.TRIAGED, S.JAR),
        S.GATHERING,
        CDOP,
        asks=ask.REPORTS_ASKED,
        opens=REPORT_REQUEST.name,
        for_each="agencies_asked",
    ),
    Step(
        "ask_more_agencies",
        "Ask more agencies",
        UNTIL_MEETING,
        "",
        CDOP,
        asks=ask.REPORTS_ASKED,
        opens=REPORT_REQUEST.name,
        for_each="agencies_asked",
    ),
    Step("wait_external", "Wait for others", (S.GATHERING,), S.AWAITING, CDOP, WAITING, ask.AWAITING),
    Step("recheck_external", "Look again at what is awaited", (S.AWAITING,), "", CDOP, WAITING, ask.AWAITING),
    Step("schedule_cdrm", "Schedule the meeting", UNTIL_MEETING, S.SCHEDULED, CDOP, MEETING, ask.CDRM_PLANNED),
    Step("hold_cdrm", "Record the meeting", (S.SCHEDULED,), S.CDRM_HELD, CDOP, asks=ask.CDRM_HELD),
    Step("count_jar_meeting", "Count the JAR meeting", DURING_JAR, S.CDRM_HELD, CDOP, JAR_BEGUN, ask.CDRM_HELD),
    Step("make_ready", "Complete the papers", (S.CDRM_HELD,), S.READY, CDOP, (papers_complete,), ask.PAPERS_IN),
    Step("list_for_panel", "List for the CDOP", (S.READY,), S.LISTED, CDOP, asks=ask.LISTING),
    Step("defer", "Defer", (S.LISTED,), S.DEFERRED, CDOP, asks=ask.DEFERRAL),
    Step("relist", "List again", (S.DEFERRED,), S.LISTED, CDOP, asks=(ask.PANEL_ON,)),
    Step("review", "Record the review", (S.LISTED,), S.REVIEWED, CDOP, (panel_fit_to_decide,), ask.ANALYSIS),
    Step("finalise", "Finalise with the NCMD", (S.REVIEWED,), S.FINAL, CDOP, (ncmd_forms_finalised,), ask.FINALISED),
    Step("raise_actions", "Tell who should act", (S.FINAL,), S.MONITORING, CDOP, asks=ask.RAISED),
    Step("close", "Close", (S.FINAL, S.MONITORING), S.CLOSED, CDOP, CLOSABLE, ask.CLOSED),
    Step("reopen", "Open the analysis again", (S.CLOSED,), S.LISTED, CDOP, asks=ask.REOPENED),
    Step("transfer", "Hand over to another CDOP", TRIAGED, S.TRANSFERRED, CDOP, (transfer_agreed,), ask.TRANSFER),
)
GIVEN_UP = ("rule_out", "transfer")
BRACKNELL = "Local custom, after the Bracknell Forest process"

DEADLINES = (
    Deadline(
        "ncmd",
        "NCMD notified",
        counted_from="death_on",
        met_by=("tell_ncmd",),
        editions=(Edition(NCMD_LIVE, Period(48, Unit.HOURS), Rank.NATIONAL, CHILD_DEATH_REVIEW),),
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
        "What is awaited looked at again",
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
        editions=(Edition(CHILD_DEATH_GUIDANCE, Period(3, Unit.MONTHS), Rank.NATIONAL, CHILD_DEATH_REVIEW),),
        ended_by=GIVEN_UP,
        ladder=LONG_LADDER,
    ),
    Deadline(
        "panel",
        "Review by the CDOP",
        counted_from="papers_in_on",
        met_by=("review",),
        editions=(Edition(CHILD_DEATH_GUIDANCE, Period(42, Unit.DAYS), Rank.NATIONAL, CHILD_DEATH_REVIEW),),
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
    tracks=(Track("cdop_case", "Child death review", S, S.NOTIFIED, ENDED, STEPS, settled=frozenset({S.CLOSED})),),
    deadlines=DEADLINES,
)
