"""Who is away, who stands in for them, and how is that said?"""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.validators import InputRequired

from reviews.access.permissions import Permission
from reviews.people.absences import AbsenceLine, absence_numbered, absences, absentees, end_absence, record_absence
from reviews.people.queries import owners
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import code_of, partnership_asked, place_for, places_with
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("people_absences", __name__)


ORDER = ("away", "to come", "over")


class AbsenceForm(OnceForm):
    person = SelectField("Who is away", [InputRequired("Choose who is away")])
    deputy = SelectField(
        "Who stands in",
        [InputRequired("Choose who stands in")],
        description="They hear of the actions meanwhile, see them, and may report on them.",
    )
    from_on = DayField("First day away", [InputRequired("Enter the first day away")])
    until_on = DayField("Last day away", [InputRequired("Enter the last day away")])


class BackForm(OnceForm):
    """Nothing is asked but the press."""


@pages.route("/people/away")
@needs(Permission.SIGNED_IN)
def list_absences() -> ResponseReturnValue:
    lines = absences(reader(), actor(), today=today(), partnership_id=partnership_asked())
    parts = {title: [line for line in lines if line.standing(today()) == title] for title in ORDER}
    return render_template(
        "people/away.html",
        parts=parts,
        person_id=actor().person_id,
        partnerships=places_with(Permission.SIGNED_IN),
        today=today(),
    )


@pages.route("/people/away/new", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
def new_absence() -> ResponseReturnValue:
    place = place_for(Permission.SIGNED_IN)
    form = _form(place)

    def act(work: Unit) -> str:
        absence = record_absence(
            work,
            work.partnership(code_of(place)),
            email=form.person.data,
            deputy_email=form.deputy.data,
            from_on=form.from_on.data,
            until_on=form.until_on.data,
        )
        flash(f"It is recorded: away until {absence.until_on:%-d %B %Y}.")
        return in_partnership("/people/away", place)

    def show() -> str:
        back = in_partnership("/people/away", place)
        return render_template("people/new_absence.html", form=form, back=back)

    return send_form(form, act, show)


@pages.route("/people/away/<int:absence>/back", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
def back(absence: int) -> ResponseReturnValue:
    line, form = _line(absence), BackForm()
    if request.method == "GET" and not line.may_end:
        raise NotFound

    def act(work: Unit) -> str:
        end_absence(work, absence_numbered(work, absence))
        flash(f"{line.name} is not away any more.")
        return in_partnership("/people/away", line.partnership_id)

    def show() -> str:
        address = in_partnership("/people/away", line.partnership_id)
        return render_template("people/back.html", form=form, line=line, back=address, today=today())

    return send_form(form, act, show)


def _form(place: int) -> AbsenceForm:
    form = AbsenceForm()
    choices = absentees(reader(), actor(), place)
    form.person.choices = dict(choices) if len(choices) == 1 else {"": "Choose who is away", **dict(choices)}
    others = {each.email: each.in_words for each in owners(reader(), actor(), place)}
    form.deputy.choices = {"": "Choose who stands in", **others}
    return form


def _line(number: int) -> AbsenceLine:
    lines = absences(reader(), actor(), today=today())
    found = next((line for line in lines if line.number == number), None)
    if found is None:
        raise NotFound
    return found
