"""What is asked of a recommendation and of the response to it?"""

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.models import Case, Finding, Recommendation
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.commands import LONGEST_NAME, LONGEST_TEXT, Wording
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm
from workflows.core.questions import Value


class RecommendationForm(OnceForm):
    text = TextAreaField(
        "What does the review ask for?",
        [DataRequired("Enter the recommendation"), Length(max=LONGEST_TEXT)],
        description="As it stands in the report. Never a child's name.",
    )
    finding = SelectField("Finding behind it", [Optional()])
    addressee = StringField(
        "Who it is made to",
        [Optional(), Length(max=LONGEST_NAME)],
        description="An agency, the partners, a national body.",
    )
    success = TextAreaField(
        "What will be different for children",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="Not what will be done.",
    )
    evidence_wanted = TextAreaField(
        "What evidence would convince",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="Said beforehand: an audit, what children and families say, figures.",
    )

    themes = SelectMultipleField("Themes", [Optional()], choices={}, description="What it is told together with.")

    def offer(self, findings: Sequence[Finding], themes: Sequence[str] = ()) -> None:
        """Offer the findings of the case, by reference, and themes where they are asked for."""
        self.themes.choices = {name: name for name in themes}
        self._ids = {each.reference: each.id for each in findings}
        self.finding.choices = {"": "None of them", **{each.reference: in_brief(each) for each in findings}}

    def wording(self) -> Wording:
        return Wording(
            text=self.text.data or "",
            success=self.success.data or "",
            evidence_wanted=self.evidence_wanted.data or "",
            addressee=self.addressee.data or "",
            finding_id=self._ids.get(self.finding.data or ""),
        )


class ResponseForm(OnceForm):
    response = RadioField("Response of the partners", [InputRequired("Choose the response")], choices=RESPONSES)
    reason = TextAreaField(
        "Reason", [Optional(), Length(max=LONGEST_TEXT)], description="Needed for every response but “accepted”."
    )
    by = StringField(
        "Who decided it",
        [DataRequired("Enter who decided it"), Length(max=LONGEST_NAME)],
        description="Role and name, or the meeting, such as: Executive group, chaired by Sam Field.",
    )
    on = DayField("Day it was decided", [InputRequired("Enter the day it was decided")])
    addressee = StringField(
        "Who it is made to",
        [Optional(), Length(max=LONGEST_NAME)],
        description="Needed for a recommendation that goes to national bodies.",
    )

    def answer(self) -> dict[str, Any]:
        return {
            "response": self.response.data or "",
            "reason": self.reason.data or "",
            "by": self.by.data or "",
            "on": self.on.data,
            "addressee": self.addressee.data or "",
        }


def in_brief(each: Finding | Recommendation) -> str:
    """Say a finding or recommendation in one line: its reference and how it begins."""
    text = " ".join(each.text.split())
    return f"{each.reference}: {text[:100]}{'…' if len(text) > 100 else ''}"


def challenge_prefilled(case: Case, recommendation: Recommendation) -> dict[str, Value]:
    """Say beforehand what is challenged; who raises it and which agencies is for a person to say."""
    parts = (
        f"{recommendation.reference} of {case.reference} was rejected: {recommendation.text}",
        f"Reason given: {recommendation.response_reason}",
        f"Decided by {recommendation.response_by}." if recommendation.response_by else "",
    )
    return {"challenge": "\n\n".join(part for part in parts if part)[:LONGEST_TEXT]}
