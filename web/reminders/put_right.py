"""Whose mail comes back, and who has left with actions still open? How is it put right?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from notifications.returns.address_problems import solve_trouble
from notifications.rounds.delivery_problems import Why, tasks_of
from reviews.access.permissions import Permission
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader
from web.core.places import code_of, place_for, places_with
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, led_to, send_form
from web.reminders.presenter import tabs

pages = Blueprint("put_right", __name__)

LONGEST_LINE = 200


class SolveForm(OnceForm):
    solution = TextAreaField(
        "What was done, in one line",
        [InputRequired("Say what was done"), Length(max=LONGEST_LINE)],
        description="For example: their provider has put the mailbox right.",
    )


@pages.route("/reminders/addresses")
@needs(Permission.MANAGE_PEOPLE)
def addresses() -> ResponseReturnValue:
    place = place_for(Permission.MANAGE_PEOPLE)
    tasks = tasks_of(reader(), actor(), place)
    return render_template(
        "reminders/addresses.html",
        returned=[each for each in tasks if each.why is Why.COMES_BACK],
        left=[each for each in tasks if each.why is Why.LEFT],
        place=place,
        partnerships=places_with(Permission.MANAGE_PEOPLE),
        partnership=code_of(place),
        tabs=tabs(place),
    )


@pages.route("/reminders/addresses/<int:trouble>", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def solve(trouble: int) -> ResponseReturnValue:
    place, form = place_for(Permission.MANAGE_PEOPLE), SolveForm()
    back = in_partnership("/reminders/addresses", place)
    task = next((each for each in tasks_of(reader(), actor(), place) if each.trouble_id == trouble), None)
    if task is None and not led_to(form):
        raise NotFound
    name = task.name if task else ""

    def act(work: Unit) -> str:
        solve_trouble(work, trouble, form.solution.data or "")
        flash(f"{name} is written to again.")
        return back

    return send_form(form, act, lambda: render_template("reminders/solve.html", form=form, task=task, back=back))
