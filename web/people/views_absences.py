"""Pages that list, record and end absences."""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired

from reviews.access.permissions import Permission
from reviews.people.absences import AbsenceLine, absences, end_absence, find_absence, people_to_record, record_absence
from reviews.people.queries import owners
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import code_of, partnership_asked, partnership_for, partnerships_with
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import SelectField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("people_absences", __name__)


ORDER = ("away", "to come", "over")


class AbsenceForm(IdempotentForm):
    person = SelectField("Who is away", [InputRequired("Choose who is away")])
    deputy = SelectField(
        "Who stands in",
        [InputRequired("Choose who stands in")],
        description="They get the reminders about the actions, can see the actions and can report on them.",
    )
    from_on = DayField("First day away", [InputRequired("Enter the first day away")])
    until_on = DayField("Last day away", [InputRequired("Enter the last day away")])


class BackForm(IdempotentForm):
    """A form without fields: only the button is pressed."""


@pages.route("/people/away")
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def list_absences() -> ResponseReturnValue:
    lines = absences(read_session(), actor(), today=today(), partnership_id=partnership_asked())
    parts = {title: [line for line in lines if line.state(today()) == title] for title in ORDER}
    return render_template(
        "people/away.html",
        parts=parts,
        person_id=actor().person_id,
        partnerships=partnerships_with(Permission.SIGNED_IN),
    )


@pages.route("/people/away/new", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def new_absence() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SIGNED_IN)
    form = _form(partnership_id)

    def act(work: Unit) -> str:
        absence = record_absence(
            work,
            work.partnership(code_of(partnership_id)),
            email=form.person.data,
            deputy_email=form.deputy.data,
            from_on=form.from_on.data,
            until_on=form.until_on.data,
        )
        flash(f"The absence is recorded, until {absence.until_on:%-d %B %Y}.")
        return in_partnership("/people/away", partnership_id)

    def show() -> str:
        back = in_partnership("/people/away", partnership_id)
        return render_template("people/new_absence.html", form=form, back=back)

    return handle_form(form, act, show)


@pages.route("/people/away/<int:absence>/back", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def back(absence: int) -> ResponseReturnValue:
    line, form = _line(absence), BackForm()
    if request.method == "GET" and not line.may_end:
        raise NotFound

    def act(work: Unit) -> str:
        end_absence(work, find_absence(work, absence))
        flash(f"{line.name} is no longer away.")
        return in_partnership("/people/away", line.partnership_id)

    def show() -> str:
        address = in_partnership("/people/away", line.partnership_id)
        return render_template("people/back.html", form=form, line=line, back=address, today=today())

    return handle_form(form, act, show)


def _form(partnership_id: int) -> AbsenceForm:
    form = AbsenceForm()
    choices = people_to_record(read_session(), actor(), partnership_id)
    form.person.choices = dict(choices) if len(choices) == 1 else {"": "Choose who is away", **dict(choices)}
    others = {each.email: each.in_words for each in owners(read_session(), actor(), partnership_id)}
    form.deputy.choices = {"": "Choose who stands in", **others}
    return form


def _line(number: int) -> AbsenceLine:
    lines = absences(read_session(), actor(), today=today())
    found = next((line for line in lines if line.number == number), None)
    if found is None:
        raise NotFound
    return found
