"""Forms and hints that several definitions share."""

from workflows.core.questions import Kind, Question, When

NO_NAMES = "Short and neutral. Never the child's name."

REFERRAL = (
    Question("referred_by", "Who referred, by role"),
    Question("referring_agency", "Agency that referred"),
    Question(
        "incident_on", "Day of the incident", Kind.DAY, required=False, hint="The first of them, where it lasted."
    ),
    Question("la_aware_at", "When the local authority became aware", Kind.MOMENT, hint="The clock starts here."),
    Question("summary", "What is said to have happened", Kind.TEXT, hint=NO_NAMES),
    Question("referral_form", "Where the referral form is filed", required=False),
    Question("under_18", "The child is, or was, under 18", Kind.YES_NO),
    Question(
        "age_reason",
        "Why the case is taken although the child is not under 18",
        Kind.TEXT,
        required=False,
        needed_when=When("under_18", (False,)),
    ),
)
PRACTICE_REVIEW_DECISION = (
    Question("reg11_improvements", "Improvements are needed, even if named before (reg 11)", Kind.YES_NO),
    Question("reg11_recurrent_themes", "Themes recur (reg 11)", Kind.YES_NO),
    Question("reg11_working_together", "Concern about two or more agencies working together (reg 11)", Kind.YES_NO),
    Question("reg11_panel_view", "The Panel thinks that a local review fits better (reg 11)", Kind.YES_NO),
    Question("review_rationale", "Why a practice review is held", Kind.TEXT),
)
"""Asked by every step that decides on a practice review, in the rapid review as in the practice review itself."""
PRACTITIONER_EVENT = (
    Question("event_attendance", "How many practitioners came", Kind.NUMBER),
    Question("event_feedback", "What they said", Kind.TEXT, required=False),
)
