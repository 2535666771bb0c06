"""Pages on which a second person confirms or refuses a role."""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import NotAllowed, Permission
from reviews.people.invitations import has_way_in, invite
from reviews.people.role_requests import (
    NOT_THE_SECOND,
    RoleRequestLine,
    confirm_role,
    find_request,
    refuse_role,
    role_requests,
)
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, app_context, read_session
from web.core.on_record import Shows, shows
from web.core.urls import in_partnership
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("role_requests", __name__)


class ConfirmRoleForm(IdempotentForm):
    invite = BooleanField(
        "Send an invitation by mail",
        default=True,
        description="They choose a password by its link. You can also do this later.",
    )


class RefusalForm(IdempotentForm):
    reason = TextAreaField(
        "Why they do not get it",
        [InputRequired("Say why they do not get it"), Length(max=LONGEST_REASON)],
        description="Shown on the page of people. Whoever asked is told by mail that it was refused.",
    )


@pages.route("/people/roles/<int:number>/confirm", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def confirm(number: int) -> ResponseReturnValue:
    found, form = _waiting(number), ConfirmRoleForm()
    if found.answer is None and not found.may_confirm:
        raise NotAllowed(NOT_THE_SECOND)

    def act(work: Unit) -> str:
        request = confirm_role(work, find_request(work, number))
        work.session.flush()
        sentence, email = f"{request.name} is now {request.role.in_sentence}.", request.person.email
        if has_way_in(work.session, request.partnership_id, request.person_id):
            flash(f"{sentence} They and {request.asker.name} are told by mail.")
        elif form.invite.data:
            invite(work, request.partnership_id, request.person_id)
            flash(f"{sentence} An invitation is on its way to {email}. {request.asker.name} is told by mail.")
        else:
            flash(f"{sentence} They cannot sign in yet: invite them. {request.asker.name} is told by mail.")
        return in_partnership("/people", request.partnership_id)

    return handle_form(
        form, act, lambda: render_template("people/confirm_role.html", form=form, found=found, back=_back(found))
    )


@pages.route("/people/roles/<int:number>/refuse", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def refuse(number: int) -> ResponseReturnValue:
    found, form = _waiting(number), RefusalForm()

    def act(work: Unit) -> str:
        request = refuse_role(work, find_request(work, number), reason=form.reason.data or "")
        flash(f"{request.name} does not get the role {request.role.in_sentence}.")
        return in_partnership("/people", request.partnership_id)

    return handle_form(
        form, act, lambda: render_template("people/refuse_role.html", form=form, found=found, back=_back(found))
    )


def _waiting(number: int) -> RoleRequestLine:
    """Find the request as it is listed; one that was answered stays, so that a form sent again finds its page."""
    manages = actor().partnerships_with(Permission.MANAGE_PEOPLE)
    for line in role_requests(read_session(), actor(), now=app_context().clock.now()):
        if line.number == number and line.partnership_id in manages:
            return line
    raise NotFound


def _back(found: RoleRequestLine) -> str:
    return in_partnership("/people", found.partnership_id)
