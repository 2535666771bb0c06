"""The histories of the invented cases: steps, with days after the opening and facts that differ from the usual."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reviews.demo.history_writer import BY_PARTNER, OF, PROCESS, StoryStep
from reviews.demo.people import PARTNER_WORDS


def _in(days: int) -> Any:
    return lambda day: day + timedelta(days=days)


def _signatures(day: int) -> list[StoryStep]:
    return [_signed(partner, day) for partner in PARTNER_WORDS]


def _signed(partner: str, day: int) -> StoryStep:
    return ("sign", day, {BY_PARTNER: partner})


RETURNS: list[StoryStep] = [
    ("receive", 11, {OF: (1, 2)}),
    ("report_no_involvement", 12, {OF: (3,), "records_searched": "The records of three clinics."}),
    ("chase", 13, {OF: (4, 5), "chased_how": "A call to the duty desk."}),
]
"""The requests by their numbers; the last two are late and chased."""
REFERRED: list[StoryStep] = [("receive_referral", 0, {})]
DISCUSSED = [*REFERRED, ("convene_discussion", 1, {})]
DIFFERING: list[StoryStep] = [
    *DISCUSSED,
    (
        "record_view",
        2,
        {
            BY_PARTNER: "local_authority",
            "view": "notifiable",
            "view_reason": "Three children were seriously harmed over years, and neglect is known.",
        },
    ),
    ("record_view", 2, {BY_PARTNER: "police", "view_given_by": "Detective superintendent, public protection"}),
]
"""The integrated care board has not said yet what it thinks."""
DUE = [*DISCUSSED, ("decide_notify", 2, {"nature": "serious_harm"})]
NOTIFIED = [*DUE, ("submit_sin", 4, {})]
GATHERING = [*NOTIFIED, ("open_gathering", 5, {"returns_due_on": _in(7)})]
LATE = [*GATHERING, *RETURNS]
LATER = [*LATE, ("give_more_time", 15, {OF: (4,), "returns_due_on": _in(10)}), ("call_off", 19, {OF: (5,)})]
MET = [*LATE, ("hold_meeting", 20, {"gaps_noted": "One return is awaited and was read out at the meeting."})]
FOR_SIGNING = [*MET, ("submit_for_signoff", 23, {})]
SENT = [*FOR_SIGNING, *_signatures(24), ("sign_off", 25, {})]
ANSWERED = [*SENT, ("panel_response", 36, {"panel_view": "agrees"})]
DISPUTED = [*SENT, ("panel_response", 36, {"panel_view": "disagrees"}), ("reconsider", 40, {})]

RAPID_REVIEWS: tuple[tuple[str, int, list[StoryStep]], ...] = (
    ("Injuries to a baby, north of the county", 2, REFERRED),
    ("Neglect of three brothers and sisters", 3, DIFFERING),
    ("Harm outside the home, a group of four young people", 6, DUE),
    ("Fall from a height, a young child", 9, NOTIFIED),
    ("Bruising to a baby who could not yet move", 16, LATE),
    ("Serious self-harm in a placement out of the area", 33, LATER),
    ("Burns to a toddler", 22, MET),
    ("Sexual abuse in a family known to five agencies", 25, FOR_SIGNING),
    ("Overdose of a young person on a plan", 31, SENT),
    ("Knife injury of a young person out of school", 45, ANSWERED),
    ("Fabricated illness", 52, DISPUTED),
    ("Allegation in a residential home", 60, [*DISCUSSED, ("record_view", 2, {}), ("decide_not_notifiable", 3, {})]),
    (
        "Natural death of a looked after child",
        70,
        [*DISCUSSED, ("decide_notify", 2, {"nature": "looked_after_death"}), ("notify_only", 4, {})],
    ),
    ("Head injury, found to be an accident", 80, [*GATHERING, ("withdraw", 12, {})]),
    ("Exploitation across the county boundary", 90, [*GATHERING, ("transfer", 15, {})]),
    ("Neglect of a disabled child", 320, [*ANSWERED, ("confirm_lcspr", 44, {})]),
    ("Suicide of a young person", 200, [*ANSWERED, ("confirm_national_review", 46, {})]),
    ("Shaking of a baby", 240, [*ANSWERED, ("confirm_no_further_review", 47, {"other_learning": "learning_review"})]),
)
"""Neutral title, days since the referral, and the steps so far."""

DECIDED: list[StoryStep] = [("decide_lcspr", 0, {})]
COMMISSIONED = [*DECIDED, ("inform_national", 2, {}), ("commission", 30, {})]
SCOPING = [*COMMISSIONED, ("begin_scoping", 36, {}), ("draft_plan", 37, {})]
WRITING = [*SCOPING, ("agree_tor", 50, {}), ("checkpoint", 78, {}), ("family_contact", 90, {})]
DRAFTED = [*WRITING, ("practitioner_event", 100, {}), ("submit_draft", 112, {})]
ASSURED = [*DRAFTED, ("quality_assure", 130, {})]
SIGNING = [*ASSURED, ("submit_for_signoff", 140, {}), _signed("police", 142)]
FINALISED = [*SIGNING, _signed("local_authority", 143), _signed("icb", 144), ("sign_off", 145, {})]


def _ahead(days: int) -> dict[str, Any]:
    return {"planned_publication_on": lambda day: day + timedelta(days=days)}


HELD: dict[str, Any] = {
    "hold_reason": "criminal_proceedings",
    "hold_review_on": lambda day: day + timedelta(days=60),
    "hold_expected_end_on": lambda day: day + timedelta(days=150),
    "national_told_on": lambda day: day,
}
TRIAL: StoryStep = (
    PROCESS,
    20,
    {
        "process_kind": "criminal_proceedings",
        "contact_role": "Officer in the case",
        "contact_body": "Anyshire Police",
        "next_check_on": _in(90),
        "blocks": ("publish", "publish_improvements"),
    },
)
INQUEST: StoryStep = (
    PROCESS,
    60,
    {
        "process_kind": "inquest",
        "contact_role": "Coroner's officer",
        "contact_body": "Anyshire coroner's court",
        "next_check_on": _in(30),
        "blocks": (),
    },
)
TRIAL_CHECKED: StoryStep = (
    "check",
    108,
    {OF: ("P1",), "learnt": "The trial is listed.", "next_check_on": _in(60), "blocks": ("publish",)},
)
TRIAL_MOVED: StoryStep = (
    "check",
    200,
    {OF: ("P1",), "learnt": "The trial was moved.", "next_check_on": _in(75), "blocks": ("lift_hold", "publish")},
)
PAUSED: dict[str, Any] = {
    "pause_reason": "inquest",
    "pause_review_on": lambda day: day + timedelta(days=60),
    "pause_expected_end_on": lambda day: day + timedelta(days=150),
}
PLANNED = [*FINALISED, ("plan_publication", 150, _ahead(24))]
SENT_AHEAD = [*PLANNED, ("notify_ahead", 155, {})]
PUBLISHED = [*SENT_AHEAD, ("publish", 174, {})]
ON_HOLD = [*FINALISED[:5], TRIAL, *FINALISED[5:], TRIAL_CHECKED, ("place_hold", 150, HELD), TRIAL_MOVED]
NOT_PUBLISHED = [*FINALISED, ("decide_not_publish", 160, {})]

PRACTICE_REVIEWS: tuple[tuple[str, int, list[StoryStep], str], ...] = (
    ("Practice review: neglect of a disabled child", 12, DECIDED, ""),
    ("Practice review: injuries to twins", 34, COMMISSIONED, ""),
    ("Practice review: exploitation of three young people", 44, SCOPING, "draft_plan"),
    ("Practice review: a family that moved often", 105, WRITING, "draft_plan"),
    ("Practice review: bruising in babies", 125, DRAFTED, "agreed"),
    ("Practice review: an adolescent out of school", 138, ASSURED, "agreed"),
    ("Practice review: hidden men", 147, SIGNING, "agreed"),
    ("Practice review: serious harm held back by a trial", 260, ON_HOLD, "monitoring"),
    ("Practice review: unsafe sleeping", 158, PLANNED, "agreed"),
    ("Practice review: domestic abuse and a newborn", 166, [*SENT_AHEAD, TRIAL, INQUEST, TRIAL_CHECKED], "monitoring"),
    ("Practice review: a private fostering arrangement", 330, PUBLISHED, "impact_check"),
    ("Practice review: a family that could be known", 300, NOT_PUBLISHED, "monitoring"),
    (
        "Practice review: improvements for schools",
        350,
        [*NOT_PUBLISHED, ("notify_improvements_ahead", 165, {}), ("publish_improvements", 190, {})],
        "monitoring",
    ),
    ("Practice review: nothing that could be shared", 340, [*NOT_PUBLISHED, ("no_improvements", 170, {})], ""),
    ("Practice review: an old report, taken down", 900, [*PUBLISHED, ("take_down", 560, {})], "closed"),
    ("Practice review: taken into a national one", 210, [*WRITING, ("switch_national", 120, {})], ""),
    ("Practice review: ended early", 220, [*SCOPING, ("discontinue", 48, {})], ""),
    ("Practice review: waiting for an inquest", 98, [*SCOPING, ("pause", 56, PAUSED)], ""),
)
"""Neutral title, days since the decision, the steps so far, and the last stage of the action plan."""

DEATH: list[StoryStep] = [("notify_death", 0, {"birth": "live_born", "expected": False})]
NCMD = [*DEATH, ("tell_ncmd", 1, {})]
TRIAGED = [*NCMD, ("triage", 1, {"abuse_suspected": False})]
JAR = [*TRIAGED, ("start_jar", 1, {}), ("share_information", 2, {}), ("visit_home", 2, {})]
REPORTS = [*TRIAGED, ("request_reports", 4, {"returns_due_on": _in(21)})]
JAR_REPORTS = [*JAR, ("request_reports", 6, {"returns_due_on": _in(21)})]
WAITING = [*JAR_REPORTS, ("wait_external", 30, {"next_check_on": lambda day: day + timedelta(days=28)})]
SCHEDULED = [
    *REPORTS,
    ("receive", 20, {OF: (1, 2, 3)}),
    ("schedule_cdrm", 40, {"post_mortem": "in_hand", "cdrm_on": lambda day: day + timedelta(days=35)}),
]
CDRM = [*SCHEDULED, ("hold_cdrm", 75, {})]
READY = [*CDRM, ("make_ready", 85, {})]
LISTED = [*READY, ("list_for_panel", 90, {"panel_on": lambda day: day + timedelta(days=20)})]
REVIEWED = [*LISTED, ("review", 110, {})]
FINAL = [*REVIEWED, ("finalise", 116, {})]
FOLLOWED = [*FINAL, ("raise_actions", 120, {})]

CHILD_DEATHS: tuple[tuple[int, list[StoryStep]], ...] = (
    (1, DEATH),
    (4, TRIAGED),
    (5, JAR),
    (20, REPORTS),
    (48, WAITING),
    (60, SCHEDULED),
    (82, CDRM),
    (89, READY),
    (105, LISTED),
    (130, [*LISTED, ("defer", 110, {})]),
    (114, REVIEWED),
    (118, FINAL),
    (150, FOLLOWED),
    (260, [*FINAL, ("close", 130, {})]),
    (40, [*TRIAGED, ("transfer", 10, {})]),
    (25, [("notify_death", 0, {"birth": "not_known"}), ("rule_out", 3, {})]),
)
"""Days since the notification, and the steps so far."""


@dataclass(frozen=True, slots=True)
class Story:
    """A case of one kind: its neutral title, days since it began, its steps, and those once it has actions."""

    workflow: str
    title: str
    days_ago: int
    steps: list[StoryStep]
    then: tuple[str, ...] = ()


JOINT = Story(
    "thematic_review",
    "Serious harm to babies under one",
    130,
    [
        ("scope_theme", 0, {"theme": "Babies under one", "other_boards": "Midmarch"}),
        ("select_cases", 20, {"cases_count": 4}),
        ("begin", 26, {"returns_due_on": _in(28)}),
    ],
)
"""The review into which the rapid reviews below are taken."""

TAKEN_IN: tuple[tuple[str, int], ...] = (
    ("Head injury to a baby", 152),
    ("Unsafe sleeping in a holiday let", 160),
)
"""Rapid reviews by title and days since the referral."""


def taken_into(reference: str) -> list[StoryStep]:
    """Give the steps of a rapid review that was taken into another review."""
    return [*ANSWERED, ("absorb", 60, {"joined_reference": reference})]


LEARNING: list[StoryStep] = [
    ("propose", 0, {"consideration": "learning_review", "under_18": False, "age_reason": "A child when it began."}),
    ("agree", 14, {"consideration": "learning_review"}),
    ("begin", 20, {"returns_due_on": _in(21)}),
    ("practitioner_event", 55, {}),
    ("report", 70, {"gaps_noted": "One surgery has closed; its records were read instead."}),
    ("share_learning", 84, {}),
]
AUDITED: list[StoryStep] = [
    ("plan_audit", 0, {"audit_theme": "Strategy discussions", "programme": "Spring term"}),
    ("draw_sample", 7, {"sample_size": 10}),
    ("send_tool", 9, {"returns_due_on": _in(21)}),
    ("moderate", 40, {"gaps_noted": "Two files were with the court."}),
    ("report_findings", 52, {}),
]
INSPECTED: list[StoryStep] = [
    ("log_inspection", 0, {"inspectorate": "jtai", "inspected_body": "The front door"}),
    ("begin_fieldwork", 12, {}),
    ("file_report", 60, {}),
    ("begin_plan", 64, {"plan_lead": "The council"}),
]
PLAN_SENT = ("submit_plan", "monitor_plan", "sign_off_recommendation")
NATIONAL: list[StoryStep] = [
    (
        "log_publication",
        0,
        {"national_title": "Babies in homes with dangerous dogs", "recommended": "Ask at each visit."},
    ),
    ("check_gaps", 9, {"returns_due_on": _in(30)}),
    ("note_gaps", 44, {"gaps_noted": "The ambulance trust answers through another area."}),
]

OTHERS: tuple[Story, ...] = (
    Story("learning_review", "A young adult known since childhood", 150, LEARNING, ("monitor_actions",)),
    Story("learning_review", "Missing episodes from a children's home", 6, LEARNING[:1]),
    Story(
        "learning_review",
        "Bruising seen at nursery",
        12,
        [
            ("propose", 0, {"consideration": "notification"}),
            ("escalate_to_notification", 5, {"new_facts": "An older fracture was found."}),
        ],
    ),
    Story("multi_agency_audit", "Audit of strategy discussions", 170, AUDITED, ("monitor_actions",)),
    Story(
        "dardr_involvement",
        "Death of a mother of two",
        75,
        [
            ("log_notice", 0, {"csp": "The community safety partnership", "victim_16_17": False}),
            ("agree_part", 10, {"contribution_due_on": _in(80)}),
            ("ask_agencies", 14, {"returns_due_on": _in(42)}),
        ],
    ),
    Story("inspection_plan", "Joint inspection of the front door", 200, INSPECTED, PLAN_SENT),
    Story(
        "section_11_audit",
        "Section 11, this year's round",
        110,
        [
            ("issue", 0, {"returns_due_on": _in(42), "audit_themes": "Supervision; information sharing"}),
            ("close_returns", 60, {"gaps_noted": "The youth service answers in the next round."}),
            (
                "rate_standard",
                74,
                {"rated_agency": lambda agencies: agencies[:1], "standard": "4", "standard_rating": "partial"},
            ),
            (
                "rate_standard",
                74,
                {"rated_agency": lambda agencies: agencies[2:3], "standard": "4", "standard_rating": "met"},
            ),
        ],
    ),
    Story(
        "restraint_review",
        "Incident 7 of 20",
        33,
        [
            ("select_incident", 0, {"establishment": "Anymoor young offender institution", "sample": "7 of 20"}),
            ("view", 12, {}),
            ("note_factors", 12, {"safeguarding_concern": False}),
            ("give_feedback", 20, {}),
        ],
    ),
    Story(
        "scrutiny_recommendation",
        "Return home interviews to be reported by area",
        64,
        [
            ("make", 0, {"made_by": "committee", "forum": "Safe and strong communities committee"}),
            ("accept", 40, {"accepted_in_part": False, "next_report_on": _in(120)}),
        ],
        ("monitor",),
    ),
    Story("national_review_learning", "National review: dogs and babies", 95, NATIONAL, ("monitor_actions",)),
    Story(
        "challenge_entry",
        "Thresholds at the front door",
        30,
        [
            ("raise_challenge", 0, {"agencies_asked": lambda agencies: agencies[:1], "answer_wanted_on": _in(14)}),
            ("respond", 12, {}),
        ],
    ),
    Story(
        "risk_entry",
        "Vacancies in health visiting",
        90,
        [
            ("open_risk", 0, {"likelihood": 4, "impact": 4, "next_review_on": _in(60)}),
            ("review_risk", 58, {"likelihood": 3, "impact": 4, "next_review_on": _in(90)}),
        ],
    ),
)
"""At least one story of every other kind."""

OLD_REVIEW: list[StoryStep] = [
    ("refer", 0, {"scr_criterion": "serious_harm"}),
    ("scope", 12, {}),
    ("put_to_chair", 24, {}),
    ("commission", 27, {"reviewer": "Dr Ottilie Vane"}),
    ("begin", 40, {}),
    ("file_report", 200, {}),
    ("respond", 250, {}),
    ("delay_publication", 255, {"hold_reason": "criminal_proceedings"}),
]
OLD_REVIEW_ON = date(2018, 2, 5)
"""Before 29 September 2019: no serious case review begins after that."""
