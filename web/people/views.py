"""How does somebody leave, and who takes over what they have still to do?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from notifications.returns.address_problems import give_address
from reviews.access.permissions import Permission
from reviews.actions.workload import outstanding_by_owner
from reviews.models import Person
from reviews.people.accounts import add_person
from reviews.people.agencies import agencies_there
from reviews.people.offboarding import HandedOn, LeftAction, disable_person, end_role, left_by, roles_held
from reviews.people.queries import PeopleFilter, agencies, owners, people_list
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import code_of, number, one_of, partnership_asked, place_for, places_with, shown, word
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form
from workflows.core.vocabulary import Realm, Role

pages = Blueprint("people", __name__)


NOBODY = "Nobody: its agency has no lead here"


class LeavingForm(OnceForm):
    """One field for each open action: who takes it over."""

    def hand_on(self, left: Sequence[LeftAction]) -> dict[str, str]:
        return {each.full_reference: self[_field(each)].data for each in left if self[_field(each)].data}


@pages.route("/people/<int:person>/disable", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def disable(person: int) -> ResponseReturnValue:
    found, roles = roles_held(reader(), actor(), person)
    places = sorted({each.partnership_id for each in roles})
    for place in places:
        actor().require(Permission.MANAGE_PEOPLE, place)
    left = _left(found, places)
    form = _form(found, left)

    def act(work: Unit) -> str:
        done = disable_person(work, email=found.email, hand_on=form.hand_on(left))
        flash(f"The account of {found.name} is shut. {_in_words(done)}")
        return "/people"

    return send_form(form, act, lambda: _show(form, found, left, None))


@pages.route("/people/<int:person>/roles/<role>/end", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def end(person: int, role: str) -> ResponseReturnValue:
    place = place_for(Permission.MANAGE_PEOPLE)
    found, roles = roles_held(reader(), actor(), person)
    here = [each.role for each in roles if each.partnership_id == place]
    if role not in set(Role) or (role not in here and request.method == "GET"):
        raise NotFound
    left = _left(found, [place]) if len(here) == 1 else []
    form = _form(found, left)

    def act(work: Unit) -> str:
        partnership = work.partnership(code_of(place))
        done = end_role(work, partnership, email=found.email, role=Role(role), hand_on=form.hand_on(left))
        flash(f"{found.name} is no longer {Role(role).in_sentence} here. {_in_words(done)}")
        return in_partnership("/people", place)

    return send_form(form, act, lambda: _show(form, found, left, Role(role)))


def _left(person: Person, places: Sequence[int]) -> list[LeftAction]:
    return [each for each in left_by(reader(), actor(), person.id, places) if each.seen]


def _form(person: Person, left: Sequence[LeftAction]) -> LeavingForm:
    takers = {
        place: {each.email: each.in_words for each in owners(reader(), actor(), place) if each.person_id != person.id}
        for place in sorted({each.partnership_id for each in left})
    }
    fields: dict[str, Any] = {
        _field(each): SelectField(
            f"{each.reference}: {each.title}", default="", choices={"": _kept_by(each), **takers[each.partnership_id]}
        )
        for each in left
    }
    form: LeavingForm = type("LeavingForm", (LeavingForm,), fields)()
    return form


def _field(action: LeftAction) -> str:
    return f"goes_{action.id}"


def _kept_by(action: LeftAction) -> str:
    if action.keeper is None:
        return NOBODY
    what = "CDOP manager" if action.realm is Realm.CHILD_DEATHS else f"lead of {action.agency}"
    return f"Park it with {action.keeper.name}, {what}"


def _in_words(done: Sequence[HandedOn]) -> str:
    parked = sum(each.parked for each in done)
    given = sum(each.to is not None for each in done) - parked
    without = len(done) - given - parked
    return f"Open actions handed on: {given}, parked: {parked}, without an owner: {without}."


def _show(form: LeavingForm, person: Person, left: Sequence[LeftAction], role: Role | None) -> str:
    asks = [form[_field(each)] for each in left]
    return render_template("people/leaving.html", form=form, person=person, asks=asks, role=role)


LONGEST_ADDRESS = 254


class AddressForm(OnceForm):
    email = StringField(
        "New e-mail address",
        [InputRequired("Enter the new e-mail address"), Length(max=LONGEST_ADDRESS)],
        description="They sign in with it from now on, and their mail goes there.",
    )


@pages.route("/people/<int:person>/email", methods=["GET", "POST"])
@needs(Permission.CHANGE_ADDRESSES)
def change_address(person: int) -> ResponseReturnValue:
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
def new_person() -> ResponseReturnValue:
    form = PersonForm()
    return _add(form, None, lambda: {"email": form.email.data or "", "name": form.name.data or ""})


@pages.route("/people/<int:person>/roles/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def add_role(person: int) -> ResponseReturnValue:
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


STANDINGS = {"open": "Open accounts", "disabled": "Disabled accounts"}


@pages.route("/people")
@needs(Permission.SEE_PEOPLE)
def list_people() -> ResponseReturnValue:
    place, wanted = partnership_asked(), _wanted()
    page = shown(lambda n: people_list(reader(), actor(), partnership_id=place, wanted=wanted, number=n))
    owner_ids = [row.person_id for row in page.rows]
    return render_template(
        "people/people.html",
        page=page,
        outstanding=outstanding_by_owner(reader(), actor(), owner_ids, today=today()),
        wanted=wanted,
        roles={role.value: role.words for role in Role},
        agencies=agencies(reader(), actor(), place, ended=True),
        standings=STANDINGS,
        addressed=set(actor().partnerships_with(Permission.CHANGE_ADDRESSES)),
        managed=set(actor().partnerships_with(Permission.MANAGE_PEOPLE)),
        partnerships=places_with(Permission.SEE_PEOPLE),
        adds_in=places_with(Permission.MANAGE_PEOPLE),
    )


def _wanted() -> PeopleFilter:
    return PeopleFilter(
        text=word("q"),
        role=one_of("role", {role.value for role in Role}),
        agency_id=number("agency"),
        standing=one_of("standing", STANDINGS),
    )
