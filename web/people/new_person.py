"""How is somebody let in, or given a further role?"""

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission
from reviews.models import Person
from reviews.people.accounts import add_person
from reviews.people.choices import agencies
from reviews.people.leaving import roles_held
from reviews.people.moving import agencies_there
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader
from web.core.places import code_of, place_for
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form
from workflows.core.roles import Role

pages = Blueprint("new_person", __name__)

LONGEST_ADDRESS = 254


class RoleForm(OnceForm):
    """What is asked of a role, whoever gets it."""

    role = SelectField("Role", [InputRequired("Choose the role")])
    agency = SelectField("Agency", [InputRequired("Choose the agency")])
    job_title = StringField(
        "Job title", [InputRequired("Enter the job title"), Length(max=200)], description="As it stands in letters."
    )


class PersonForm(RoleForm):
    email = StringField(
        "E-mail address",
        [InputRequired("Enter the e-mail address"), Length(max=LONGEST_ADDRESS)],
        description="They sign in with it, and their mail goes there. Whoever has an account already keeps their name.",
    )
    name = StringField("Name", [InputRequired("Enter the name"), Length(max=200)])


@pages.route("/people/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def new() -> ResponseReturnValue:
    form = PersonForm()
    return _add(form, None, lambda: {"email": form.email.data or "", "name": form.name.data or ""})


@pages.route("/people/<int:person>/roles/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def further(person: int) -> ResponseReturnValue:
    """Give somebody who works with this manager one more role; the partnership is that of the address."""
    found, _ = roles_held(reader(), actor(), person)
    return _add(RoleForm(), found, lambda: {"email": found.email, "name": found.name})


def _add(form: RoleForm, known: Person | None, who: Callable[[], Mapping[str, str]]) -> ResponseReturnValue:
    place = place_for(Permission.MANAGE_PEOPLE)
    present = agencies(reader(), actor(), place)
    given = {role.value: role.words for role in Role if actor().may_give(role, place)}
    form.role.choices = {"": "Choose a role", **given}
    form.agency.choices = {"": "Choose an agency", **{str(key): name for key, name in present}}
    back = in_partnership("/people", place)

    def act(work: Unit) -> str:
        (agency,) = agencies_there(work.session, work.actor, place, [int(form.agency.data)])
        added = add_person(
            work,
            work.partnership(code_of(place)),
            **who(),
            job_title=form.job_title.data or "",
            agency=agency,
            role=Role(form.role.data),
        )
        flash(_done(added, Role(form.role.data)))
        return back

    return send_form(
        form,
        act,
        lambda: render_template("people/new.html", form=form, known=known, partnership=code_of(place), back=back),
    )


def _done(added: Person, role: Role) -> str:
    said = f"{added.name} is {role.in_sentence} now."
    if added.password_hash is None:
        return f"{said} They can sign in once whoever runs Followthrough has set a password for them."
    return said
