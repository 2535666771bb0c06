"""Pages that list people, add them, give and end roles, change addresses and disable accounts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from notifications.ledger.invitation_states import invitation_states
from notifications.returns.address_problems import confirm_for_old_address, is_address_closed
from reviews.access.permissions import SECOND_PERSON, Permission, needs_second_person
from reviews.access.shown import note_rows
from reviews.actions.workload import outstanding_by_owner
from reviews.models import Person
from reviews.people.accounts import add_person
from reviews.people.address_changes import ask_for_address, open_change_of, withdraw_change
from reviews.people.agencies import agencies_by_id
from reviews.people.invitations import has_way_in, invite
from reviews.people.memberships import name_given
from reviews.people.offboarding import (
    OpenAction,
    ReassignedAction,
    disable_person,
    end_role,
    open_actions_of,
    person_with_roles,
)
from reviews.people.queries import PeopleFilter, agencies, owners, people_list
from reviews.people.role_requests import WAITS_FOR, role_requests
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import Purpose, needs, require_fresh_proof
from web.core.context import actor, app_context, read_session, today
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.core.query import (
    code_of,
    number,
    paginate,
    partnership_asked,
    partnership_for,
    partnerships_with,
    query_choice,
    query_text,
)
from web.core.urls import in_partnership
from web.forms.fields import SelectField
from web.forms.submit_once import IdempotentForm, handle_form
from web.people.views_invite import INVITATION_STATES
from workflows.core.vocabulary import Role

pages = Blueprint("people", __name__)


NOBODY = "Nobody: no one here looks after it. It waits for an owner, and for whoever is given the role to name one"


class LeavingForm(IdempotentForm):
    """The form has one field for each open action: its new owner."""

    def hand_on(self, open_actions: Sequence[OpenAction]) -> dict[str, str]:
        return {each.full_reference: self[_field(each)].data for each in open_actions if self[_field(each)].data}


@pages.route("/people/<int:person>/disable", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.LIST)
def disable(person: int) -> ResponseReturnValue:
    found, roles = person_with_roles(read_session(), actor(), person)
    partnership_ids = sorted({each.partnership_id for each in roles})
    for partnership_id in partnership_ids:
        actor().require(Permission.MANAGE_PEOPLE, partnership_id)
    open_actions = _open_actions(found, partnership_ids)
    form = _form(found, open_actions)

    def act(work: Unit) -> str:
        done = disable_person(work, email=found.email, hand_on=form.hand_on(open_actions))
        flash(f"The account of {found.name} is disabled. {_in_words(done)}")
        return "/people"

    return handle_form(form, act, lambda: _show(form, found, open_actions, None))


@pages.route("/people/<int:person>/roles/<role>/end", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.LIST)
@require_fresh_proof(Purpose.ROLES)
def end(person: int, role: str) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_PEOPLE)
    found, roles = person_with_roles(read_session(), actor(), person)
    here = [each.role for each in roles if each.partnership_id == partnership_id]
    if role not in set(Role) or (role not in here and request.method == "GET"):
        raise NotFound
    open_actions = _open_actions(found, [partnership_id]) if len(here) == 1 else []
    form = _form(found, open_actions)

    def act(work: Unit) -> str:
        partnership = work.partnership(code_of(partnership_id))
        done = end_role(work, partnership, email=found.email, role=Role(role), hand_on=form.hand_on(open_actions))
        flash(f"{found.name} is no longer {Role(role).in_sentence} here. {_in_words(done)}")
        return in_partnership("/people", partnership_id)

    return handle_form(form, act, lambda: _show(form, found, open_actions, Role(role)))


def _open_actions(person: Person, partnership_ids: Sequence[int]) -> list[OpenAction]:
    return [
        each
        for each in open_actions_of(read_session(), actor(), person.id, partnership_ids, today=today())
        if each.seen
    ]


def _form(person: Person, open_actions: Sequence[OpenAction]) -> LeavingForm:
    new_owners = {
        partnership_id: {
            owner.email: owner.in_words
            for owner in owners(read_session(), actor(), partnership_id)
            if owner.person_id != person.id
        }
        for partnership_id in sorted({each.partnership_id for each in open_actions})
    }
    fields: dict[str, Any] = {
        _field(each): SelectField(
            f"{each.reference}: {each.title}",
            default="",
            choices={"": _parking_choice(each), **new_owners[each.partnership_id]},
        )
        for each in open_actions
    }
    form: LeavingForm = type("LeavingForm", (LeavingForm,), fields)()
    return form


def _field(action: OpenAction) -> str:
    return f"goes_{action.id}"


def _parking_choice(action: OpenAction) -> str:
    if action.keeper is None:
        return NOBODY
    role = action.keeper.role
    what = f"lead of {action.agency}" if role is Role.AGENCY_LEAD else role.in_sentence
    return f"Park it with {action.keeper.name}, {what}"


def _in_words(done: Sequence[ReassignedAction]) -> str:
    """Count the open actions, and name each beside the person who has it now."""
    by_person: dict[str, list[str]] = {}
    for each in done:
        now = "Without an owner" if each.to is None else f"{'Parked with' if each.parked else 'Given to'} {each.to}"
        by_person.setdefault(now, []).append(each.reference)
    parked = sum(each.parked for each in done)
    with_owner = sum(each.to is not None for each in done) - parked
    without = len(done) - with_owner - parked
    counts = f"Open actions given to a new owner: {with_owner}, parked: {parked}, without an owner: {without}."
    return " ".join([counts, *(f"{now}: {', '.join(references)}." for now, references in by_person.items())])


def _show(form: LeavingForm, person: Person, open_actions: Sequence[OpenAction], role: Role | None) -> str:
    note_rows(len(open_actions))
    owner_fields = [form[_field(each)] for each in open_actions]
    return render_template("people/leaving.html", form=form, person=person, owner_fields=owner_fields, role=role)


LONGEST_ADDRESS = 254


class AddressForm(IdempotentForm):
    email = StringField(
        "New e-mail address",
        [InputRequired("Enter the new e-mail address"), Length(max=LONGEST_ADDRESS)],
        description="They will sign in with it and get their mail there.",
    )


class AnswerAddressForm(IdempotentForm):
    """A form without fields: only the button is pressed."""


@pages.route("/people/<int:person>/email", methods=["GET", "POST"])
@needs(Permission.CHANGE_ADDRESSES)
@shows(Shows.NOTHING)
@limit("address changes")
def change_address(person: int) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.CHANGE_ADDRESSES)
    found, _ = person_with_roles(read_session(), actor(), person)
    form, old, name = AddressForm(), found.email, found.name
    back = in_partnership("/reminders/addresses", partnership_id)

    def act(work: Unit) -> str:
        asked = ask_for_address(work, email=old, to=form.email.data or "")
        flash(f"{name} stays at {old} until {asked.email} and the old address are confirmed by the mails on their way.")
        return in_partnership(f"/people/{person}/email", partnership_id)

    def show() -> str:
        return render_template(
            "people/email.html",
            form=form,
            person_id=person,
            name=name,
            old=old,
            back=back,
            partnership_id=partnership_id,
            change=open_change_of(read_session(), person, now=app_context().clock.now()),
            is_closed=is_address_closed(read_session(), person),
        )

    return handle_form(form, act, show)


@pages.route("/people/<int:person>/email/<answer>", methods=["GET", "POST"])
@needs(Permission.CHANGE_ADDRESSES)
@shows(Shows.NOTHING)
def answer_address_change(person: int, answer: str) -> ResponseReturnValue:
    """Confirm a change in place of an old address that mail comes back from, or withdraw it."""
    partnership_id = partnership_for(Permission.CHANGE_ADDRESSES)
    found, _ = person_with_roles(read_session(), actor(), person)
    if answer not in ("confirm", "withdraw"):
        raise NotFound
    form, name = AnswerAddressForm(), found.name
    change = open_change_of(read_session(), person, now=app_context().clock.now())
    back = in_partnership(f"/people/{person}/email", partnership_id)

    def act(work: Unit) -> str:
        if change is None:
            raise NotFound
        if answer == "withdraw":
            withdraw_change(work, change.id)
            flash(f"The change is withdrawn. The address of {name} stays as it is.")
        else:
            made = confirm_for_old_address(work, change.id).ended_at is not None
            waits = f"Confirmed in place of the old address. {change.email} must confirm too."
            flash(f"{name} now gets mail, and signs in, at {change.email}." if made else waits)
        return back

    def show() -> str:
        if change is None:
            raise NotFound
        return render_template(
            "people/answer_address.html", form=form, name=name, change=change, back=back, answer=answer
        )

    return handle_form(form, act, show)


class RoleForm(IdempotentForm):
    """The fields of a role, for a new person or an existing one."""

    role = SelectField("Role", [InputRequired("Choose the role")])
    agency = SelectField("Agency", [InputRequired("Choose the agency")])
    job_title = StringField(
        "Job title", [InputRequired("Enter the job title"), Length(max=200)], description="As it appears in mails."
    )
    invite = BooleanField(
        "Send an invitation by mail",
        default=True,
        description="They choose a password by its link. You can also do this later.",
    )


class PersonForm(RoleForm):
    email = StringField(
        "E-mail address",
        [InputRequired("Enter the e-mail address"), Length(max=LONGEST_ADDRESS)],
        description="They will sign in with it and get mail there. Somebody who is known here keeps their name.",
    )
    name = StringField("Name", [InputRequired("Enter the name"), Length(max=200)])


@pages.route("/people/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
@require_fresh_proof(Purpose.ROLES)
def new_person() -> ResponseReturnValue:
    form = PersonForm()
    return _add(form, None, lambda: {"email": form.email.data or "", "name": form.name.data or ""})


@pages.route("/people/<int:person>/roles/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
@require_fresh_proof(Purpose.ROLES)
def add_role(person: int) -> ResponseReturnValue:
    """Give an existing person a further role, in the partnership named in the address."""
    found, _ = person_with_roles(read_session(), actor(), person)
    return _add(RoleForm(), found, lambda: {"email": found.email, "name": found.name})


def _add(form: RoleForm, existing: Person | None, who: Callable[[], Mapping[str, str]]) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_PEOPLE)
    present = agencies(read_session(), actor(), partnership_id)
    roles = {role.value: role.words for role in Role if actor().may_give(role, partnership_id)}
    form.role.choices = {"": "Choose a role", **roles}
    form.agency.choices = {"": "Choose an agency", **{str(key): name for key, name in present}}
    back = in_partnership("/people", partnership_id)

    def act(work: Unit) -> str:
        (agency,) = agencies_by_id(work.session, work.actor, partnership_id, [int(form.agency.data)])
        partnership = work.partnership(code_of(partnership_id))
        added = add_person(
            work,
            partnership,
            **who(),
            job_title=form.job_title.data or "",
            agency=agency,
            role=Role(form.role.data),
        )
        work.session.flush()
        given = name_given(work, added, partnership)
        comes_in = not given and has_way_in(work.session, partnership_id, added.id)
        invited = bool(form.invite.data) and not comes_in and not needs_second_person(actor(), Role(form.role.data))
        if invited:
            invite(work, partnership_id, added.id)
        flash(_role_added(given or added.name, added.email, Role(form.role.data), invited=invited, comes_in=comes_in))
        return back

    return handle_form(
        form,
        act,
        lambda: render_template(
            "people/new.html",
            form=form,
            second_person=_second_person(partnership_id),
            existing=existing,
            partnership=code_of(partnership_id),
            back=back,
        ),
    )


def _role_added(name: str, email: str, role: Role, *, invited: bool, comes_in: bool) -> str:
    if needs_second_person(actor(), role):
        return (
            f"{name} becomes {role.in_sentence} once a second person confirms it, within {WAITS_FOR.days} days. "
            "You are told by mail what becomes of it. They can be invited once it is confirmed."
        )
    sentence = f"{name} is now {role.in_sentence}."
    if invited:
        return f"{sentence} An invitation is on its way to {email}."
    if not comes_in:
        return f"{sentence} They cannot sign in yet: invite them when you want them to."
    return sentence


def _second_person(partnership_id: int) -> list[str]:
    """Name the roles this person may give that a second person must confirm."""
    return [role.in_sentence for role in Role if role in SECOND_PERSON and actor().may_give(role, partnership_id)]


ACCOUNT_STATES = {"open": "Open accounts", "disabled": "Disabled accounts"}


@pages.route("/people")
@needs(Permission.SEE_PEOPLE)
@shows(Shows.NOTHING)
def list_people() -> ResponseReturnValue:
    partnership_id, filters = partnership_asked(), _filters()
    page = paginate(
        lambda n: people_list(read_session(), actor(), partnership_id=partnership_id, filters=filters, number=n)
    )
    owner_ids = [row.person_id for row in page.rows]
    partnership_ids = {row.partnership_id for row in page.rows}
    now = app_context().clock.now()
    return render_template(
        "people/people.html",
        page=page,
        requests=role_requests(read_session(), actor(), now=app_context().clock.now(), partnership_id=partnership_id),
        me=actor().person_id,
        outstanding=outstanding_by_owner(read_session(), actor(), owner_ids, today=today()),
        invitations=invitation_states(read_session(), actor(), partnership_ids, owner_ids, now=now),
        invitation_states=INVITATION_STATES,
        filters=filters,
        roles={role.value: role.words for role in Role},
        agencies=agencies(read_session(), actor(), partnership_id, ended=True),
        account_states=ACCOUNT_STATES,
        may_change_address_in=set(actor().partnerships_with(Permission.CHANGE_ADDRESSES)),
        may_manage_in=set(actor().partnerships_with(Permission.MANAGE_PEOPLE)),
        partnerships=partnerships_with(Permission.SEE_PEOPLE),
        may_add_in=partnerships_with(Permission.MANAGE_PEOPLE),
    )


def _filters() -> PeopleFilter:
    return PeopleFilter(
        text=query_text("q"),
        role=query_choice("role", {role.value for role in Role}),
        agency_id=number("agency"),
        account_state=query_choice("standing", ACCOUNT_STATES),
    )
