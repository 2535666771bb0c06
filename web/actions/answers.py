"""Which further recommendations does an action answer, as a person says it on a page?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import SelectMultipleField, StringField
from wtforms.validators import Length, Optional

from reviews.access.permissions import Permission
from reviews.actions.page_queries import ActionFile, action_file
from reviews.cases.responses import Answered, answered_by
from reviews.models import Action
from reviews.recommendations.answers import add_answer, recommendation_named, remove_answer
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import action_address
from web.forms.submit_once import OnceForm, send_form
from workflows.core.engine import Refused

pages = Blueprint("answers", __name__)


class AnswersForm(OnceForm):
    add = StringField(
        "One more recommendation",
        [Optional(), Length(max=120)],
        description="Of this case or another, such as: R1 of LCSPR-2026-01.",
    )
    remove = SelectMultipleField("It no longer answers", [Optional()])


@pages.route("/actions/<address>/answers", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def answers(address: str) -> ResponseReturnValue:
    file = _file(address)
    actor().require(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    form = AnswersForm()
    answered = answered_by(reader(), actor(), file.action)
    form.remove.choices = {each.in_words: each.in_words for each in answered if not each.is_own}

    def act(unit: Unit) -> str:
        action = unit.action(address, partnership=word("partnership") or None, version=form.seen_version)
        flash(_change(unit, action, form.add.data or "", form.remove.data or []))
        return action_address(action.address, action.partnership_id)

    return send_form(form, act, lambda: _show(address, form))


def _change(unit: Unit, action: Action, add: str, remove: list[str]) -> str:
    """Take away and add what the form says, and give the sentence for it. Raises Refused where it says nothing."""
    if not add.strip() and not remove:
        raise Refused("Name a recommendation, or tick one that the action no longer answers.")
    for words in remove:
        remove_answer(unit, action, recommendation_named(unit, action.partnership_id, words))
    if add.strip():
        add_answer(unit, action, recommendation_named(unit, action.partnership_id, add))
    unit.session.flush()
    said = [each.in_words for each in answered_by(unit.session, unit.actor, action)]
    return f"{action.reference} answers {', '.join(said) or 'no recommendation'}."


def _show(address: str, form: AnswersForm) -> str:
    file = _file(address)
    form.show_version(file.action.version)
    answered: list[Answered] = answered_by(reader(), actor(), file.action)
    back = action_address(file.action.address, file.action.partnership_id)
    return render_template("actions/answers.html", form=form, action=file.action, answered=answered, back=back)


def _file(address: str) -> ActionFile:
    return action_file(reader(), actor(), address, today=today(), partnership=word("partnership") or None)
