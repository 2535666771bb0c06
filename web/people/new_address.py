"""How does somebody get another e-mail address?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from notifications.returns.address_problems import give_address
from reviews.access.permissions import Permission
from reviews.people.leaving import roles_held
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader
from web.core.places import place_for
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("new_address", __name__)

LONGEST_ADDRESS = 254


class AddressForm(OnceForm):
    email = StringField(
        "New e-mail address",
        [InputRequired("Enter the new e-mail address"), Length(max=LONGEST_ADDRESS)],
        description="They sign in with it from now on, and their mail goes there.",
    )


@pages.route("/people/<int:person>/email", methods=["GET", "POST"])
@needs(Permission.CHANGE_ADDRESSES)
def change(person: int) -> ResponseReturnValue:
    place = place_for(Permission.CHANGE_ADDRESSES)
    found, _ = roles_held(reader(), actor(), person)
    form, old, name = AddressForm(), found.email, found.name
    may_see_tasks = actor().may(Permission.MANAGE_PEOPLE, place)
    back = in_partnership("/reminders/addresses" if may_see_tasks else "/people", place)

    def act(work: Unit) -> str:
        changed = give_address(work, old, form.email.data or "")
        flash(f"{changed.name} is written to, and signs in, at {changed.email}.")
        return back

    return send_form(form, act, lambda: render_template("people/email.html", form=form, name=name, old=old, back=back))
