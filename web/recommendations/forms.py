"""Forms for a recommendation and for the response to it."""

from collections.abc import Sequence
from typing import Any

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.models import Case, Finding, Recommendation
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.commands import LONGEST_NAME, LONGEST_TEXT, REASON_NEEDED, Wording
from web.forms.date_field import DayField
from web.forms.fields import NeededIf, RadioField, SelectField, SelectMultipleField
from web.forms.submit_once import IdempotentForm
from workflows.core.questions import Value


class RecommendationForm(IdempotentForm):
    text = TextAreaField(
        "What does the review recommend?",
        [DataRequired("Enter the recommendation"), Length(max=LONGEST_TEXT)],
        description="As in the report. Never enter a child's name.",
    )
    finding = SelectField("Finding it is based on", [Optional()])
    addressee = StringField(
        "Who it is made to",
        [Optional(), Length(max=LONGEST_NAME)],
        description="For example an agency, the partners or a national body.",
    )
    success = TextAreaField(
        "What will be different for children",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="The difference, not what will be done.",
    )
    evidence_wanted = TextAreaField(
        "What evidence would show it",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="For example an audit, what children and families say, or figures.",
    )

    themes = SelectMultipleField("Themes", [Optional()], choices={}, description="Choose all that fit.")

    def offer(self, findings: Sequence[Finding], themes: Sequence[str] = ()) -> None:
        """Set the choices: the findings of the case, by reference, and themes if the form asks for them."""
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


class ResponseForm(IdempotentForm):
    response = RadioField("Response of the partners", [InputRequired("Choose the response")], choices=RESPONSES)
    reason = TextAreaField(
        "Reason",
        [
            NeededIf(lambda form: REASON_NEEDED if form.response.data not in (None, "accepted") else ""),
            Length(max=LONGEST_TEXT),
        ],
        description="Needed for every response except “accepted”.",
    )
    by = StringField(
        "Who decided it",
        [DataRequired("Enter who decided it"), Length(max=LONGEST_NAME)],
        description="Role and name, or the meeting. For example, Executive group, chaired by Sam Field.",
    )
    on = DayField("Day it was decided", [InputRequired("Enter the day it was decided")])
    addressee = StringField(
        "Who it is made to",
        [NeededIf(lambda form: ""), Length(max=LONGEST_NAME)],
        description="Needed for a recommendation to national bodies.",
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
    """Give a finding or recommendation in one line: its reference and the beginning of its text."""
    text = " ".join(each.text.split())
    return f"{each.reference}: {text[:100]}{'…' if len(text) > 100 else ''}"


def challenge_prefilled(case: Case, recommendation: Recommendation) -> dict[str, Value]:
    """Give the initial value of what is challenged; a person enters who raises it and with which agencies."""
    parts = (
        f"{recommendation.reference} of {case.reference} was rejected: {recommendation.text}",
        f"Reason given: {recommendation.response_reason}",
        f"Decided by {recommendation.response_by}." if recommendation.response_by else "",
    )
    return {"challenge": "\n\n".join(part for part in parts if part)[:LONGEST_TEXT]}
