"""How does somebody change what is kept of an action: deputy, kind, first day and day of review?"""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.validators import Optional

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.arranging import Particulars, arrange_action, may_arrange
from reviews.actions.page_queries import ActionFile
from reviews.actions.particulars import KINDS
from reviews.models import Action
from reviews.people.choices import owners
from reviews.transactions.unit_of_work import Unit
from web.actions.edit_view import action_asked, send_about
from web.core.access import needs
from web.core.context import actor, reader
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm

pages = Blueprint("arranging", __name__)

DEPUTY_MAY = (
    "Sees the action and may do what the owner may: report, submit, ask for more time. Like the owner, they cannot "
    "accept it."
)


class ArrangeForm(OnceForm):
    deputy = SelectField("Deputy of the owner", [Optional()], description=DEPUTY_MAY)
    kind = SelectField("Kind of action", [Optional()], choices={"": "Not said", **KINDS})
    start_on = DayField("Begins on", [Optional()])
    review_on = DayField("Looked at again on", [Optional()])

    def wanted(self) -> Particulars:
        """Give what was filled in; the deputy only where this person was asked for one."""
        said = Particulars(kind=self.kind.data or "", start_on=self.start_on.data, review_on=self.review_on.data)
        if "deputy" in self:
            said["deputy"] = self["deputy"].data or ""
        return said


@pages.route("/actions/<address>/arrange", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def change(address: str) -> ResponseReturnValue:
    file = action_asked(address)
    form = _form(file)
    if not form.is_submitted() and not may_arrange(actor(), file.action):
        raise NotAllowed("This is for the owner, their deputy, the lead of its agency and the unit, until it ends.")

    def act(unit: Unit, action: Action) -> str:
        arrange_action(unit, action, form.wanted())
        return "What is kept of the action is changed."

    return send_about(address, form, act, "actions/arrange.html", lambda now: {"kinds": KINDS})


def _form(file: ActionFile) -> ArrangeForm:
    action = file.action
    deputy = action.deputy.email if action.deputy else ""
    kept = {"deputy": deputy, "kind": action.kind, "start_on": action.start_on, "review_on": action.review_on}
    form = ArrangeForm(data=kept)
    if file.may("assign"):
        form.deputy.choices = deputies(action.partnership_id, action.owner_id)
    else:
        del form.deputy
    return form


def deputies(partnership_id: int, owner_id: int | None = None) -> dict[str, str]:
    """Give who may stand in for an owner, by address: everybody with a role in the partnership but the owner."""
    people = owners(reader(), actor(), partnership_id)
    return {"": "Nobody", **{each.email: each.in_words for each in people if each.person_id != owner_id}}
