"""How do the owner and the chair say how they see an action, beside the colour that is computed?"""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.rating import RATINGS
from reviews.actions.ratings import (
    LONGEST_REASON,
    may_override,
    may_rate_own,
    override_rating,
    rate_own,
    remove_override,
)
from reviews.models import Action
from reviews.transactions.unit_of_work import Unit
from web.actions.edit_view import action_asked, send_about
from web.core.access import needs
from web.core.context import actor
from web.forms.submit_once import OnceForm

pages = Blueprint("ratings", __name__)

NONE = "none"
COLOURS = {name: name for name in RATINGS}


class AssessmentForm(OnceForm):
    rating = RadioField(
        "How do you see it?",
        [InputRequired("Say how you see it")],
        choices={**COLOURS, NONE: "No assessment"},
        description="Your view stands beside the rating that is worked out, and never in its place.",
    )


class RatingForm(OnceForm):
    rating = RadioField(
        "How do you rate it?",
        [InputRequired("Say how you rate it")],
        choices={**COLOURS, NONE: "As it is worked out: mine is taken back"},
    )
    reason = TextAreaField(
        "Why",
        [Length(max=LONGEST_REASON)],
        description="Needed with a colour. Stands with your rating wherever it is shown. Never a child's name.",
    )


@pages.route("/actions/<address>/assessment", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def assess(address: str) -> ResponseReturnValue:
    file = action_asked(address)
    form = AssessmentForm(data={"rating": file.action.self_rating or None})
    if not form.is_submitted() and not may_rate_own(actor(), file.action):
        raise NotAllowed("An action is assessed by its owner, their deputy, its agency's lead and the unit.")

    def act(unit: Unit, action: Action) -> str:
        rate_own(unit, action, rating="" if form.rating.data == NONE else form.rating.data)
        return "How you see it stands beside the rating."

    return send_about(address, form, act, "actions/rating.html")


@pages.route("/actions/<address>/rating", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def override(address: str) -> ResponseReturnValue:
    file = action_asked(address)
    form = RatingForm(data={"rating": file.action.own_rating or None, "reason": file.action.own_rating_reason})
    if not form.is_submitted() and not may_override(actor(), file.action):
        raise NotAllowed("An action is rated otherwise by the subgroup's chair alone, and never by its owner.")

    def act(unit: Unit, action: Action) -> str:
        if form.rating.data == NONE:
            remove_override(unit, action)
            return "The rating stands as it is worked out."
        override_rating(unit, action, rating=form.rating.data, reason=form.reason.data or "")
        return "Your rating stands beside the one that is worked out."

    return send_about(address, form, act, "actions/rating.html")
