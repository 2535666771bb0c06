"""How does somebody leave, and who takes over what they have still to do?"""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from reviews.access.permissions import Permission
from reviews.models import Person
from reviews.people.choices import owners
from reviews.people.leavers import disable_person, end_role
from reviews.people.leaving import LeftAction, left_by, roles_held
from reviews.people.offboarding import HandedOn
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader
from web.core.places import code_of, place_for
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form
from workflows.core.roles import Realm, Role

pages = Blueprint("leaving", __name__)

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
