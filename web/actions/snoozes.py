"""How does an owner say that one action can wait some days?"""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.extensions import LONGEST, LONGEST_REASON, snooze_action
from reviews.models import Action
from reviews.transactions.unit_of_work import Unit
from web.actions.action_rests import may_snooze, rests_of
from web.actions.edit_view import action_asked, send_about
from web.core.access import needs
from web.forms.submit_once import OnceForm

pages = Blueprint("snoozes", __name__)


class SnoozeForm(OnceForm):
    days = IntegerField(
        "Days",
        [InputRequired("Enter how many days")],
        description=f"{LONGEST} at most, and not beyond 14 days after its date. It can rest twice for one date.",
    )
    reason = TextAreaField("Why it can wait", [InputRequired("Say why it can wait"), Length(max=LONGEST_REASON)])


@pages.route("/actions/<address>/snooze", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def snooze(address: str) -> ResponseReturnValue:
    form = SnoozeForm()
    if not form.is_submitted() and not may_snooze(action_asked(address)):
        raise NotAllowed("This is for the action's owner and their deputy, until it is 14 days late.")

    def act(unit: Unit, action: Action) -> str:
        until_on = snooze_action(unit, action, days=form.days.data or 0, reason=form.reason.data or "").until_on
        return f"You hear of it again on {until_on:%-d %B %Y}. Its date has not moved."

    return send_about(address, form, act, "actions/snooze.html", rests_of)
