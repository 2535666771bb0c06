"""How does somebody say what they saw of an action for themselves?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from reviews.access.independence import why_not_assured_by
from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.assurances import KINDS, LONGEST_TEXT, record_assurance
from reviews.actions.page_queries import ActionFile, action_file
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import action_address
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("assurances", __name__)


class AssuranceForm(OnceForm):
    kind = SelectField("How you saw it", [InputRequired("Choose how you saw it")], choices={"": "Choose one", **KINDS})
    seen_on = DayField("Day you saw it", [InputRequired("Enter the day you saw it")])
    is_assured = RadioField(
        "Is what was agreed being done?",
        [InputRequired("Say whether it is being done")],
        choices={"yes": "Yes, I am assured", "no": "No, I am not assured"},
    )
    text = TextAreaField(
        "What you saw",
        [DataRequired("Say what you saw"), Length(max=LONGEST_TEXT)],
        description="How many were looked at, and what they showed. Never a child's name.",
    )


@pages.route("/actions/<address>/assurance", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def give(address: str) -> ResponseReturnValue:
    _require_theirs(_file(address))
    form = AssuranceForm(data={"seen_on": today()})

    def act(work: Unit) -> str:
        action = work.action(address, partnership=_place(), version=form.seen_version)
        said = {"kind": form.kind.data, "seen_on": form.seen_on.data, "text": form.text.data}
        record_assurance(work, action, is_assured=form.is_assured.data == "yes", **said)
        flash("What you saw is kept with the action.")
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        now = _file(address)
        form.show_version(now.action.version)
        back = action_address(now.action.address, now.action.partnership_id)
        return render_template("actions/new_assurance.html", form=form, action=now.action, back=back)

    return send_form(form, act, show)


def _require_theirs(file: ActionFile) -> None:
    """Answer before anything is typed; to a reader of what is published the address does not exist."""
    if file.published_only:
        raise NotFound
    refusal = why_not_assured_by(actor(), file.action)
    if refusal:
        raise NotAllowed(refusal)


def _file(address: str) -> ActionFile:
    return action_file(reader(), actor(), address, today=today(), partnership=_place())


def _place() -> str | None:
    return word("partnership") or None
