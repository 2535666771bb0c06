"""The pages that links in mails about accounts lead to, and the one that asks for such a link.

Opening a page spends nothing: mail scanners open every link. Pressing its button does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission, system
from reviews.actions.workload import outstanding_by_owner
from reviews.core.secrets import LONGEST_PASSWORD
from reviews.models import AccountLink, LinkPurpose, Person, Through
from reviews.people.account_links import find_link
from reviews.people.accounts import address_of
from reviews.people.invitations import accept_invitation, invitation_of, note_opened
from reviews.people.passwords import ask_for_reset, give_password, hash_new_password
from reviews.people.providers import live_providers
from reviews.people.queries import actor_by_email
from reviews.people.sign_in import begin_session
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.account.browser_names import browser_name
from web.account.device_cookie import with_known_device
from web.account.sign_in_notes import note_signed_in
from web.core.access import needs
from web.core.context import app_context, close_read_session, read_session, today
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from workflows.core.engine import Refused

pages = Blueprint("account_links", __name__)

CHOOSE_PASSWORD = [
    InputRequired("Choose a password"),
    Length(max=LONGEST_PASSWORD, message=f"The password must have at most {LONGEST_PASSWORD} characters"),
]
PASSWORD_HINT = "12 characters or more. Three words that only you would put together are good."  # noqa: S105  # a hint
ASKED = "If there is an account with this address, a mail with a link is on its way. The link works for one hour."


class InvitationForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    name = StringField("Your name, as others see it", [InputRequired("Enter your name"), Length(max=200)])
    password = PasswordField("New password", CHOOSE_PASSWORD, description=PASSWORD_HINT)


class ResetForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    password = PasswordField("New password", CHOOSE_PASSWORD, description=PASSWORD_HINT)


class AskForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    email = StringField(
        "E-mail address",
        [InputRequired("Enter your e-mail address"), Length(max=254)],
        description="The one at which you get mail from Followthrough.",
    )


@pages.after_request
def send_no_referrer(response: Response) -> Response:
    """Keep the address from other pages, because whoever has it can set the password."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.route("/invitation/<token>", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING, through=Through.LINK)
@limit("invitations")
def invitation(token: str) -> ResponseReturnValue:
    link, person = _find(LinkPurpose.INVITATION, token)
    form = InvitationForm(name=person.name)
    if form.validate_on_submit():
        try:
            session_token = _come_in(token, person, form)
        except Refused as refusal:
            _refuse(form, refusal)
        else:
            session.clear()
            session["token"] = session_token
            note_signed_in(session_token, "invitation")
            flash("Your password is set.")
            return with_known_device(redirect("/", 303), person_id=person.id)
    _refuse_forged(form)
    return _show_invitation(form, link, person, token)


def _come_in(token: str, person: Person, form: InvitationForm) -> str:
    name = form.name.data or ""
    hashed = hash_new_password(form.password.data or "", email=person.email, name=name)
    with _acting_as(person) as work:
        accepted = accept_invitation(work, token, name=name)
        give_password(work, accepted, hashed)
        return begin_session(work, accepted, browser=browser_name(request.user_agent.string))


def _show_invitation(form: InvitationForm, link: AccountLink, person: Person, token: str) -> ResponseReturnValue:
    session["invitation"] = token  # for whoever comes in with an account at a provider
    found, partnership = invitation_of(read_session(), link)
    holder = actor_by_email(read_session(), person.email, today=today())
    counts = outstanding_by_owner(read_session(), holder, [person.id], today=today())
    page = render_template(
        "account/invitation.html",
        form=form,
        person=person,
        invited_by=found.invited_by,
        partnership=partnership,
        providers=live_providers(read_session()),
        actions=sum(counts.values()),
        expires_at=link.expires_at,
    )
    # HEAD, and what a browser fetches in case it is wanted, are nobody's looking
    if found.opened_at is None and request.method == "GET" and "Sec-Purpose" not in request.headers:
        close_read_session()
        with unit_of_work(app_context().database, system("link"), app_context().clock) as work:
            note_opened(work, token)
    return page, 422 if form.is_submitted() else 200


@pages.route("/reset", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
@limit("resets")
def ask() -> ResponseReturnValue:
    """Ask for a link that sets a password. Whether there is an account is found out later, by the reminder process."""
    form = AskForm()
    if form.validate_on_submit():
        try:
            address = address_of(form.email.data or "")
        except Refused as refusal:
            form.email.errors = [refusal.sentence]
        else:
            with unit_of_work(app_context().database, system("reset"), app_context().clock) as work:
                ask_for_reset(work, email=address)
            flash(ASKED)
            return redirect(url_for("account.sign_in"), 303)
    _refuse_forged(form)
    return render_template("account/ask_reset.html", form=form), 422 if form.is_submitted() else 200


@pages.route("/reset/<token>", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING, through=Through.LINK)
@limit("invitations")
def reset(token: str) -> ResponseReturnValue:
    _, person = _find(LinkPurpose.RESET, token)
    form = ResetForm()
    if form.validate_on_submit():
        try:
            hashed = hash_new_password(form.password.data or "", email=person.email, name=person.name)
        except Refused as refusal:
            _refuse(form, refusal)
        else:
            with _acting_as(person) as work:
                _, holder = find_link(work.session, LinkPurpose.RESET, token, now=work.now, lock=True)
                give_password(work, holder, hashed)
            session.clear()
            flash("Your password is set. Sign in with it.")
            # known from now on, so that they get in at once though others have tried here
            return with_known_device(redirect(url_for("account.sign_in"), 303), person_id=person.id)
    _refuse_forged(form)
    return render_template("account/reset.html", form=form, person=person), 422 if form.is_submitted() else 200


def _find(purpose: LinkPurpose, token: str) -> tuple[AccountLink, Person]:
    return find_link(read_session(), purpose, token, now=app_context().clock.now())


@contextmanager
def _acting_as(person: Person) -> Iterator[Unit]:
    """Open a unit of work for the person whose link it is."""
    holder = actor_by_email(read_session(), person.email, today=today())
    close_read_session()
    with unit_of_work(app_context().database, holder, app_context().clock) as work:
        yield work


def _refuse(form: FlaskForm, refusal: Refused) -> None:
    if refusal.field in form:
        form[refusal.field].errors = [refusal.sentence]
    else:
        form.form_errors.append(refusal.sentence)


def _refuse_forged(form: FlaskForm) -> None:
    """Respond with 400 to a form that did not come from our page."""
    if "csrf_token" in form.errors:
        raise CSRFError
