"""What is recorded with the steps of a local child safeguarding practice review?"""

from workflows.core.questions import Asked, Kind, When
from workflows.core.vocabulary import JOINED

PRACTICE_REVIEW_DECISION = (
    Asked("reg11_improvements", "Improvements are needed, even if named before (reg 11)", Kind.YES_NO),
    Asked("reg11_recurrent_themes", "Themes recur (reg 11)", Kind.YES_NO),
    Asked("reg11_working_together", "Concern about two or more agencies working together (reg 11)", Kind.YES_NO),
    Asked("reg11_panel_view", "The Panel thinks that a local review fits better (reg 11)", Kind.YES_NO),
    Asked("review_rationale", "Why a practice review is held", Kind.TEXT),
)
"""Asked when the decision opens a review, wherever it is taken."""

NATIONAL_TOLD = (
    Asked("panel_told_on", "The national Panel was told on", Kind.DAY),
    Asked("dfe_told_on", "The Department for Education was told on", Kind.DAY),
    Asked("ofsted_told_on", "Ofsted was told on", Kind.DAY),
    Asked("reviewer_named", "Name of the reviewer, when known", required=False),
)
COMMISSION = (
    Asked("reviewer", "Name of the reviewer"),
    Asked("reviewer_organisation", "The reviewer's organisation"),
    Asked("reviewer_independent", "Found to be independent of the case and its agencies", Kind.YES_NO),
    Asked("conflict_check", "How that was checked", Kind.TEXT),
    Asked("contract", "Where the contract is filed", required=False),
    Asked("fee", "Fee in pounds", Kind.NUMBER, required=False),
)
TERMS = (
    Asked("terms_version", "Version of the terms of reference"),
    Asked("terms_agreed", "The terms of reference are agreed", Kind.YES_NO),
    Asked("period_agreed", "The period under review is agreed", Kind.YES_NO),
    Asked("methodology_agreed", "The methodology is agreed", Kind.YES_NO),
    Asked("key_lines", "Key lines of enquiry", Kind.TEXT),
    Asked("family_told", "The family was told", Kind.YES_NO),
    Asked(
        "family_not_told_reason",
        "Why the family was not told",
        Kind.TEXT,
        required=False,
        needed_when=When("family_told", (False,)),
    ),
    Asked("family_contact_plan", "Plan for contact with the family", Kind.TEXT, hint="Without names."),
)
CHECKPOINT = (
    Asked("checkpoint_progress", "Progress, and time taken", Kind.TEXT),
    Asked("checkpoint_concerns", "Concerns about quality or time", Kind.TEXT, required=False),
    Asked("request_made", "Information or a draft was asked for", Kind.YES_NO),
    Asked(
        "written_request",
        "Where the written request is filed",
        required=False,
        hint="A request to the reviewer must be in writing (SI 2018/789 reg 14).",
        needed_when=When("request_made", (True,)),
    ),
)
PRACTITIONER_EVENT = (
    Asked("event_attendance", "How many practitioners came", Kind.NUMBER),
    Asked("event_feedback", "What they said", Kind.TEXT, required=False),
)
FAMILY_CONTACT = (
    Asked("family_attendance", "How many of the family took part", Kind.NUMBER),
    Asked("family_feedback", "What the family said", Kind.TEXT, required=False, hint="Without names."),
)
DRAFT = (Asked("draft_version", "Version of the draft"),)
QUALITY = (
    Asked("facts_checked", "The agencies checked the facts", Kind.YES_NO),
    Asked("family_offered_sight", "The family was offered sight of it", Kind.YES_NO),
    Asked(
        "no_sight_reason",
        "Why the family was not offered sight",
        Kind.TEXT,
        required=False,
        needed_when=When("family_offered_sight", (False,)),
    ),
    Asked("legal_checked", "Checked by a lawyer", Kind.YES_NO),
    Asked("media_checked", "Checked for the media", Kind.YES_NO),
    Asked("anonymity_checked", "Checked for anonymity", Kind.YES_NO),
    Asked("quality_comments", "Comments", Kind.TEXT, required=False),
    Asked("redactions", "Redactions", Kind.TEXT, required=False),
)
REPORT = (
    Asked("report_version", "Version for sign-off"),
    Asked("has_improvements", "It summarises the improvements", Kind.YES_NO),
    Asked("has_systemic_reasons", "It analyses systemic or underlying reasons", Kind.YES_NO),
)
TAKEN_IN = (
    Asked(JOINED, "Reference of the thematic review", hint="One that is running here."),
    Asked("absorbed_reason", "Why", Kind.TEXT),
)
ABSORBED = (
    Asked(
        "absorbed_into",
        "What it becomes part of",
        Kind.CHOICE,
        choices=(("national_review", "A national review"), ("other_body", "A review that another body leads")),
    ),
    Asked("absorbed_reference", "Reference of that review", required=False),
    Asked("absorbed_reason", "Which new information", Kind.TEXT),
)
DISCONTINUED = (
    Asked("discontinued_reason", "Why the review is given up", Kind.TEXT),
    Asked("panel_told_of_end_on", "The Panel was told on", Kind.DAY),
)
