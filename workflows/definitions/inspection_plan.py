"""Plan after an inspection. The inspectorate decides whether a recommendation is done.

The period depends on the inspectorate, and a date that it sets itself holds in place of the rule.
"""

from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question, When
from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import REVISED_2026, SYSTEM_START
from workflows.definitions.shared.closing import DONE, GIVEN_UP, IMPACT, reopening
from workflows.definitions.shared.ladder_policies import LONG_LADDER
from workflows.definitions.shared.roles import CHAIR_OR_MANAGER, CHAIR_OR_PARTNERS, PARTNERS_OR_MANAGER, UNIT
from workflows.guards.lcspr import every_recommendation_answered, plan_has_actions
from workflows.guards.learning import (
    every_recommendation_signed_off,
    inspected_by_hmicfrs,
    no_period_set,
    priority_action_named,
    sent_by_coroner,
    seventy_days_set,
    still_to_sign_off,
)


class InspectionPlanStage(StrEnum):
    NOTIFIED = "inspection_notified"
    FIELDWORK = "fieldwork"
    REPORT = "report_published"
    COPY = "copy_received"
    DUE = "plan_due"
    SUBMITTED = "plan_submitted"
    MONITORING = "monitoring"
    REINSPECTION = "reinspection"
    SIGNED_OFF = "signed_off"
    CLOSED = "closed"


Stage = InspectionPlanStage

NOTICE = (
    Question(
        "inspectorate",
        "Who inspects",
        Kind.CHOICE,
        choices=(
            ("ofsted", "Ofsted"),
            ("hmicfrs", "HMICFRS"),
            ("hmi_probation", "HMI Probation"),
            ("hmip", "HMI Prisons"),
            ("cqc", "CQC"),
            ("jtai", "Joint targeted area inspection (JTAI)"),
            ("coroner", "A coroner (Regulation 28)"),
        ),
    ),
    Question("inspected_body", "Body that is inspected"),
)
FIELDWORK = (Question("fieldwork_ends_on", "Fieldwork ends", Kind.DAY, required=False),)
FILED = Question("letter_filed", "Where the report or letter is filed")
LETTER = (FILED,)
ADDRESSEE = (
    Question("regulation_28_on", "Day of the coroner's report", Kind.DAY, hint="The 56 days count from it."),
    FILED,
)
COPY = (Question("copied_report_on", "Day of the coroner's report", Kind.DAY), FILED)
TOUCHED = (
    Question(
        "copy_touches",
        "What it means for us",
        Kind.CHOICE,
        choices=(("plan", "One of our plans covers it"), ("case", "One of our cases is about it"), ("none", "Nothing")),
    ),
    Question(
        "plans_touched",
        "Which plan or case, by reference",
        required=False,
        needed_when=When("copy_touches", ("plan", "case")),
    ),
    Question("copy_reason", "Why nothing more is done here", Kind.TEXT),
)
SET_DATE = (
    Question("plan_wanted_on", "The inspectorate wants the plan or reply by", Kind.DAY),
    Question("plan_date_letter", "Where its letter is filed"),
)
LEAD = (Question("plan_lead", "Body that leads on the plan"),)
VERSION = (Question("plan_version", "Version of the plan"),)
SIGN_OFF = (
    Question(
        "recommendation_signed_off", "Recommendation the inspectorate signed off", hint="Its reference, such as R2."
    ),
    Question("signed_off_by", "Inspector who signed it off, by name and role"),
    Question("sign_off_letter", "Where the inspectorate's letter is filed"),
)
VISIT = (Question("reinspection_ends_on", "Fieldwork ends", Kind.DAY, required=False),)
RESULT = (Question("reinspection_result", "What the inspectorate says", Kind.TEXT),)

UNPLANNED = (Stage.NOTIFIED, Stage.FIELDWORK, Stage.REPORT, Stage.DUE)
SEEN_AGAIN = (Stage.MONITORING, Stage.REINSPECTION)
WHOLE = (every_recommendation_answered, plan_has_actions)

STEPS = (
    Step("log_inspection", "Log the notice", (UNOPENED,), Stage.NOTIFIED, UNIT, questions=NOTICE, barred=NOBODY),
    Step(
        "begin_fieldwork",
        "Record that fieldwork began",
        (Stage.NOTIFIED,),
        Stage.FIELDWORK,
        UNIT,
        questions=FIELDWORK,
        barred=NOBODY,
    ),
    Step(
        "file_report",
        "File the report",
        (Stage.FIELDWORK,),
        Stage.REPORT,
        UNIT,
        (seventy_days_set,),
        LETTER,
        barred=NOBODY,
    ),
    Step(
        "file_hmicfrs_report",
        "File the report of HMICFRS",
        (Stage.FIELDWORK,),
        Stage.REPORT,
        UNIT,
        only_if=(inspected_by_hmicfrs,),
        questions=LETTER,
        barred=NOBODY,
    ),
    Step(
        "file_other_report",
        "File a report without a period",
        (Stage.FIELDWORK,),
        Stage.REPORT,
        UNIT,
        only_if=(no_period_set,),
        questions=LETTER,
        barred=NOBODY,
    ),
    Step(
        "file_priority_letter",
        "File a priority action letter",
        (Stage.FIELDWORK,),
        Stage.REPORT,
        UNIT,
        only_if=(seventy_days_set,),
        questions=LETTER,
        barred=NOBODY,
    ),
    Step(
        "file_regulation_28",
        "File a Regulation 28 report to us",
        (Stage.NOTIFIED,),
        Stage.REPORT,
        UNIT,
        only_if=(sent_by_coroner,),
        questions=ADDRESSEE,
        barred=NOBODY,
    ),
    Step(
        "file_regulation_28_copy",
        "File a copy of a Regulation 28 report",
        (Stage.NOTIFIED,),
        Stage.COPY,
        UNIT,
        only_if=(sent_by_coroner,),
        questions=COPY,
        barred=NOBODY,
    ),
    Step(
        "close_copy", "Close the copy", (Stage.COPY,), Stage.CLOSED, CHAIR_OR_MANAGER, questions=TOUCHED, barred=NOBODY
    ),
    Step(
        "set_plan_date",
        "Record the inspectorate's date",
        (Stage.REPORT, Stage.DUE),
        "",
        UNIT,
        questions=SET_DATE,
        barred=NOBODY,
    ),
    Step(
        "begin_plan",
        "Begin the plan",
        (Stage.REPORT, Stage.COPY),
        Stage.DUE,
        CHAIR_OR_MANAGER,
        questions=LEAD,
        barred=NOBODY,
    ),
    Step(
        "submit_draft",
        "Send the draft plan",
        (Stage.DUE,),
        "",
        PARTNERS_OR_MANAGER,
        (priority_action_named,),
        VERSION,
        barred=NOBODY,
    ),
    Step(
        "submit_plan",
        "Send the plan",
        (Stage.DUE,),
        Stage.SUBMITTED,
        PARTNERS_OR_MANAGER,
        WHOLE,
        VERSION,
        barred=NOBODY,
    ),
    Step("monitor_plan", "Begin to monitor", (Stage.SUBMITTED,), Stage.MONITORING, CHAIR_OR_MANAGER, barred=NOBODY),
    Step(
        "sign_off_recommendation",
        "Record that one is signed off",
        SEEN_AGAIN,
        "",
        UNIT,
        (still_to_sign_off,),
        SIGN_OFF,
        barred=NOBODY,
    ),
    Step(
        "begin_reinspection",
        "Record that reinspection began",
        (Stage.MONITORING,),
        Stage.REINSPECTION,
        UNIT,
        questions=VISIT,
        barred=NOBODY,
    ),
    Step(
        "end_reinspection",
        "Record what reinspection left open",
        (Stage.REINSPECTION,),
        Stage.MONITORING,
        UNIT,
        questions=RESULT,
        barred=NOBODY,
    ),
    Step(
        "all_signed_off",
        "Record that all are signed off",
        SEEN_AGAIN,
        Stage.SIGNED_OFF,
        UNIT,
        (every_recommendation_signed_off,),
        barred=NOBODY,
    ),
    Step(
        "close",
        "Close",
        (Stage.SIGNED_OFF,),
        Stage.CLOSED,
        CHAIR_OR_PARTNERS,
        DONE,
        IMPACT,
        barred=frozenset({Involvement.SUBMITTER}),
    ),
    Step(
        "no_plan_needed",
        "Close without a plan",
        UNPLANNED,
        Stage.CLOSED,
        CHAIR_OR_PARTNERS,
        DONE,
        GIVEN_UP,
        barred=NOBODY,
    ),
    reopening(Stage.CLOSED),
)


def _clock(name: str, title: str, start: str, met_by: str, period: Period, rank: Rank, authority: str) -> Deadline:
    editions = (Edition(SYSTEM_START, period, rank, authority),)
    # a date that the inspectorate sets for the plan wins over the rule, whose clock ends
    ended_by = ("no_plan_needed", SET) if met_by == PLAN and start != SET_ON else ("no_plan_needed",)
    return Deadline(name, title, start, (met_by,), editions, ended_by=ended_by, ladder=LONG_LADDER)


SET, SET_ON = "set_plan_date", "plan_wanted_on"
SEVENTY, TWENTY = Period(70, Unit.WORKING_DAYS), Period(20, Unit.WORKING_DAYS)
FIFTY_SIX = Period(56, Unit.DAYS)
POLICE_ACT = "Police Act 1996, section 55"
OFSTED = "SI 2015/1792"
ILACS = "Ofsted, ILACS framework 2018"
REG_28 = "Coroners (Investigations) Regulations 2013, reg 29"
DRAFT, PLAN = ("submit_draft", "submit_plan")
LETTER_FILED, REPORT_FILED = "file_priority_letter", "file_report"

INSPECTION_PLAN = Workflow(
    name="inspection_plan",
    title="Inspection plan",
    version=2,
    effective_from=REVISED_2026,
    prefix="IP",
    realm=Realm.REVIEWS,
    tracks=(Track("plan", "Plan", Stage, Stage.NOTIFIED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})),),
    deadlines=(
        _clock("plan", "Plan to the inspectorate", REPORT_FILED, PLAN, SEVENTY, Rank.LAW, OFSTED),
        _clock("draft_plan", "Draft plan after a priority action", LETTER_FILED, DRAFT, TWENTY, Rank.NATIONAL, ILACS),
        _clock("final_plan", "Final plan after a priority action", LETTER_FILED, PLAN, SEVENTY, Rank.NATIONAL, ILACS),
        _clock("hmicfrs_plan", "Plan after HMICFRS", "file_hmicfrs_report", PLAN, FIFTY_SIX, Rank.LAW, POLICE_ACT),
        _clock("regulation_28", "Reply to the coroner", "regulation_28_on", PLAN, FIFTY_SIX, Rank.LAW, REG_28),
        _clock(
            "plan_date",
            "Plan by the inspectorate's own date",
            SET_ON,
            PLAN,
            Period(0, Unit.DAYS),
            Rank.NATIONAL,
            "The date that the inspectorate set",
        ),
    ),
)
