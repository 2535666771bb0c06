"""How are a review's recommendations and the partners' responses to them kept?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.commands.actions import RESPONSES, add_recommendation, answer_recommendation
from reviews.permissions import Permission
from reviews.queries.case_file import find_case, one_recommendation
from reviews.unit import Unit
from web.access import needs
from web.addresses import case_address
from web.lists import word
from web.once import OnceForm, send_form
from web.state import actor, reader

pages = Blueprint("recommendations", __name__)

LONGEST_TEXT = 10_000


class RecommendationForm(OnceForm):
    text = TextAreaField(
        "What does the review ask for?",
        [DataRequired("Enter the recommendation"), Length(max=LONGEST_TEXT)],
        description="As it stands in the report. Never a child's name.",
    )


class ResponseForm(OnceForm):
    response = RadioField("Response of the partners", [InputRequired("Choose the response")], choices=RESPONSES)
    reason = TextAreaField(
        "Reason", [Optional(), Length(max=LONGEST_TEXT)], description="Needed for every response but “accepted”."
    )


@pages.route("/cases/<reference>/recommendations/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def add(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, place.id, case.realm)
    form = RecommendationForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code)
        made = add_recommendation(unit, found, text=form.text.data or "")
        flash(f"Recommendation {made.reference} is added.")
        return case_address(found.reference, found.partnership_id)

    return send_form(form, act, lambda: render_template("cases/add_recommendation.html", form=form, case=case))


@pages.route("/cases/<reference>/recommendations/<number>/response", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def answer(reference: str, number: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, place.id, case.realm)
    said = one_recommendation(reader(), actor(), case, number)
    form = ResponseForm(data={"response": said.response or None, "reason": said.response_reason})

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code, version=form.seen_version)
        answered = one_recommendation(unit.session, unit.actor, found, number)
        answer_recommendation(unit, found, answered, response=form.response.data or "", reason=form.reason.data or "")
        flash(f"The response to {number} is recorded.")
        return case_address(found.reference, found.partnership_id)

    return send_form(form, act, lambda: _show_answer(reference, number, form))


def _show_answer(reference: str, number: str, form: ResponseForm) -> str:
    """Show the form, and beside it the response as it is now."""
    case, _ = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    form.show_version(case.version)
    said = one_recommendation(reader(), actor(), case, number)
    return render_template(
        "cases/answer_recommendation.html", form=form, case=case, recommendation=said, responses=RESPONSES
    )
