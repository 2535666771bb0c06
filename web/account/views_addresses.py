"""The pages on which an address is changed: one's own, and what the links in both mails lead to.

Opening a page of a link changes nothing: mail scanners open every link. Pressing a button does.
"""

from flask import Blueprint, Response, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired, Length

from notifications.returns.address_problems import confirm_address, is_address_closed
from reviews.access.permissions import Permission, system
from reviews.models import AddressChange, LinkPurpose, Person, Through
from reviews.people.account_links import find_link
from reviews.people.address_changes import (
    ask_for_address,
    change_of_link,
    open_change_of,
    refuse_by_link,
    withdraw_change,
)
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from web.core.access import needs
from web.core.context import actor, app_context, close_read_session, read_session, today
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.engine import Refused

pages = Blueprint("addresses", __name__)

SIDES = {"old": LinkPurpose.ADDRESS_OLD, "new": LinkPurpose.ADDRESS_NEW}
YES, NO = "yes", "no"


class NewAddressForm(IdempotentForm):
    email = StringField(
        "New e-mail address",
        [InputRequired("Enter the new e-mail address"), Length(max=254)],
        description="You will sign in with it and get your mail there.",
    )


class KeepAddressForm(IdempotentForm):
    """A form without fields: only the button is pressed."""


class ConfirmForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    answer = StringField(validators=[AnyOf([YES, NO])])


@pages.after_request
def send_no_referrer(response: Response) -> Response:
    """Keep the address of a link from other pages."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.route("/account/address", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
@limit("address changes")
def new_address() -> ResponseReturnValue:
    form = NewAddressForm()

    def act(work: Unit) -> str:
        ask_for_address(work, email=actor().email, to=form.email.data or "")
        flash("Two mails are on their way, to the old and the new address. Open the link in each.")
        return "/account/address"

    def show() -> str:
        return render_template(
            "account/address.html",
            form=form,
            email=actor().email,
            change=_waiting(),
            is_closed=is_address_closed(read_session(), actor().person_id or 0),
        )

    return handle_form(form, act, show)


@pages.route("/account/address/withdraw", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def withdraw_address() -> ResponseReturnValue:
    form, change = KeepAddressForm(), _waiting()

    def act(work: Unit) -> str:
        if change is None:
            raise NotFound
        withdraw_change(work, change.id)
        flash("The change is withdrawn. Your address stays as it is.")
        return "/account/address"

    def show() -> str:
        if change is None:
            raise NotFound
        return render_template("account/withdraw_address.html", form=form, change=change)

    return handle_form(form, act, show)


@pages.route("/address/<side>/<token>", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING, through=Through.LINK)
@limit("invitations")
def confirm(side: str, token: str) -> ResponseReturnValue:
    purpose = SIDES.get(side)
    if purpose is None:
        raise NotFound
    link, person = find_link(read_session(), purpose, token, now=app_context().clock.now())
    change, form = change_of_link(read_session(), link), ConfirmForm()
    if form.validate_on_submit():
        try:
            return _answered(purpose, token, person, is_confirmed=form.answer.data == YES)
        except Refused as refusal:
            form.form_errors.append(refusal.sentence)
    if "csrf_token" in form.errors:
        raise CSRFError
    page = render_template(
        "account/confirm_address.html", form=form, side=side, person=person, change=change, yes=YES, no=NO
    )
    return page, 422 if form.is_submitted() else 200


def _answered(purpose: LinkPurpose, token: str, person: Person, *, is_confirmed: bool) -> ResponseReturnValue:
    # who reads the new address is nobody we know yet
    from_old = purpose is LinkPurpose.ADDRESS_OLD
    answering = actor_by_email(read_session(), person.email, today=today()) if from_old else system("link")
    is_made = False
    close_read_session()
    with unit_of_work(app_context().database, answering, app_context().clock) as work:
        link, holder = find_link(work.session, purpose, token, now=work.now, lock=True)
        if is_confirmed:
            is_made = confirm_address(work, link, holder).ended_at is not None
        else:
            refuse_by_link(work, link)
    if not is_confirmed:
        flash("The address stays as it is. Nothing was changed.")
    elif is_made:
        flash("The address is changed. Sign in with the new one.")
    else:
        flash("Confirmed. The address changes once the other one is confirmed too.")
    return redirect("/sign-in", 303)


def _waiting() -> AddressChange | None:
    return open_change_of(read_session(), actor().person_id or 0, now=app_context().clock.now())
