"""Which histories have the invented cases of the other kinds? A list of steps as in `stories`, and what comes last."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reviews.demo.stories import ANSWERED
from reviews.demo.town import Told


@dataclass(frozen=True, slots=True)
class Story:
    """A case of one kind: its neutral title, how long ago it began, what happened, and what its plan then allows."""

    workflow: str
    title: str
    days_ago: int
    told: list[Told]
    then: tuple[str, ...] = ()


def _in(days: int) -> Any:
    return lambda day: day + timedelta(days=days)


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
"""The review that takes in the rapid reviews below."""

TAKEN_IN: tuple[tuple[str, int], ...] = (
    ("Head injury to a baby", 152),
    ("Unsafe sleeping in a holiday let", 160),
)
"""Rapid reviews by title and days since the referral."""


def taken_into(reference: str) -> list[Told]:
    """Tell a rapid review that was rolled into the review of that reference."""
    return [*ANSWERED, ("absorb", 60, {"joined_reference": reference})]


LEARNING: list[Told] = [
    ("propose", 0, {"consideration": "learning_review", "under_18": False, "age_reason": "A child when it began."}),
    ("agree", 14, {"consideration": "learning_review"}),
    ("begin", 20, {"returns_due_on": _in(21)}),
    ("practitioner_event", 55, {}),
    ("report", 70, {"gaps_noted": "One surgery has closed; its records were read instead."}),
    ("share_learning", 84, {}),
]
AUDITED: list[Told] = [
    ("plan_audit", 0, {"audit_theme": "Strategy discussions", "programme": "Spring term"}),
    ("draw_sample", 7, {"sample_size": 10}),
    ("send_tool", 9, {"returns_due_on": _in(21)}),
    ("moderate", 40, {"gaps_noted": "Two files were with the court."}),
    ("report_findings", 52, {}),
]
INSPECTED: list[Told] = [
    ("log_inspection", 0, {"inspectorate": "hmicfrs", "inspected_body": "The police"}),
    ("begin_fieldwork", 12, {}),
    ("file_report", 60, {}),
    ("begin_plan", 64, {"plan_lead": "The police"}),
]
PLAN_SENT = ("submit_plan", "monitor_plan", "sign_off_recommendation")
NATIONAL: list[Told] = [
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
    Story("inspection_plan", "Child protection inspection of the police", 200, INSPECTED, PLAN_SENT),
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
                {"rated_agency": lambda town: town[:1], "standard": "4", "standard_rating": "partial"},
            ),
            ("rate_standard", 74, {"rated_agency": lambda town: town[2:3], "standard": "4", "standard_rating": "met"}),
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
            ("raise_challenge", 0, {"agencies_asked": lambda town: town[:1], "answer_wanted_on": _in(14)}),
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
"""One story of each kind and more, besides those of `stories`."""

OLD_REVIEW: list[Told] = [
    ("refer", 0, {"scr_criterion": "serious_harm"}),
    ("scope", 12, {}),
    ("put_to_chair", 24, {}),
    ("commission", 60, {"reviewer": "Dr Ottilie Vane"}),
    ("begin", 75, {}),
    ("file_report", 230, {}),
    ("respond", 250, {}),
    ("delay_publication", 255, {"hold_reason": "criminal_proceedings"}),
]
OLD_REVIEW_ON = date(2018, 2, 5)
"""The old review was opened before the last day on which that could be."""
