"""How are several rows of the list of actions given to one person?"""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.validators import InputRequired

from reviews.commands.many_actions import assign_together
from reviews.permissions import Permission
from reviews.queries.action_list import actions_called
from reviews.queries.choices import owners
from reviews.unit import Unit
from web.access import needs
from web.addresses import in_partnership
from web.once import OnceForm, send_form
from web.places import code_of, place_for
from web.state import actor, reader, today

pages = Blueprint("many_actions", __name__)

MOST = 100


class TogetherForm(OnceForm):
    owner_email = SelectField("New owner", [InputRequired("Choose the new owner")], default="")


@pages.route("/actions/reassign", methods=["GET", "POST"])
@needs(Permission.REASSIGN_ACTIONS)
def reassign() -> ResponseReturnValue:
    place = place_for(Permission.REASSIGN_ACTIONS)
    chosen = list(dict.fromkeys(text[:120] for text in request.values.getlist("action")))[:MOST]
    form = TogetherForm()
    people = owners(reader(), actor(), place)
    form.owner_email.choices = {"": "Choose an owner", **{person.email: person.in_words for person in people}}

    def act(work: Unit) -> str:
        email = form.owner_email.data
        done = assign_together(work, chosen, partnership=code_of(place), owner_email=email)
        flash(f"Given to {email}: {', '.join(done.done)}.")
        for reference, why in done.not_done:
            flash(f"Left as it was: {reference}. {why}", "note")
        return in_partnership("/actions", place)

    def show() -> str:
        found = actions_called(reader(), actor(), place, chosen, today=today())
        return render_template(
            "actions/reassign.html",
            form=form,
            found=found,
            missing=[each for each in chosen if each not in {row.address for row in found}],
            back=in_partnership("/actions", place),
        )

    return send_form(form, act, show)
