"""Pages for signing in and out, for confirming who one is, and for staying signed in."""

from dataclasses import replace

from flask import Blueprint, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission
from reviews.core.clock import time_in_words
from reviews.core.hashing_slots import FOR_EVERYBODY
from reviews.people.limits import Limited
from reviews.people.providers import linked_to, live_providers
from reviews.people.sign_in import note_seen
from reviews.people.sign_in import sign_in as begin
from reviews.people.sign_in import sign_out as end
from web.account.browser_names import browser_name
from web.account.device_cookie import device_tokens, with_known_device
from web.account.session_start import enter
from web.account.sign_in_notes import note_failed, note_locked_out, note_signed_in, note_signed_out
from web.account.views_providers import sign_out_address
from web.core.access import Purpose, is_local, needs, session_end
from web.core.context import actor, app_context, close_read_session, not_taken, read_session
from web.core.limited_views import network
from web.core.on_record import Shows, shows
from web.core.typed_text import SAVED_FORMS

pages = Blueprint("account", __name__)

WRONG_PASSWORD = "The password is wrong. After five wrong tries you must wait a little, after ten for fifteen minutes."  # noqa: S105  # a sentence
WRONG = (
    "The e-mail address or password is wrong, or the account is disabled. After five wrong tries you must wait a "
    "little before the next, after ten for fifteen minutes."
)


class SignInForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    email = StringField("E-mail address", [InputRequired("Enter your e-mail address"), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Enter your password"), Length(max=128)])


@pages.route("/sign-in", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
def sign_in() -> ResponseReturnValue:
    if request.method == "POST" and not device_tokens():
        FOR_EVERYBODY.require_room()  # before anything that costs more: this is what a flood of nonsense meets
    form = SignInForm()
    if not form.validate_on_submit():
        return _page(form), 422 if form.errors else 200
    token = _begin(form.email.data or "", form.password.data or "", way="password")
    if token is None:
        form.form_errors.append(WRONG)
        return _page(form), 422
    return with_known_device(enter(token, str(request.args.get("next", ""))), session_token=token)


def _begin(email: str, password: str, *, way: str) -> str | None:
    """Begin a session with a password, and have it put on record whatever becomes of it. Raises Limited, Busy."""
    try:
        token = begin(
            app_context().database,
            app_context().clock,
            email=email,
            password=password,
            browser=browser_name(request.user_agent.string),
            network=network(),
            devices=device_tokens(),
        )
    except Limited:
        note_locked_out(way, email=email)
        raise
    if token is None:
        note_failed(way, email=email)
    else:
        note_signed_in(token, way)
    return token


class ConfirmIdentityForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    password = PasswordField("Password", [InputRequired("Enter your password"), Length(max=128)])


@pages.route("/confirm-it-is-you", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def confirm() -> ResponseReturnValue:
    """Ask for the password again, which begins another session in place of this one."""
    form, purpose = ConfirmIdentityForm(), Purpose.__members__.get(request.args.get("to", "").upper())
    if form.validate_on_submit() and not_taken() is None:
        close_read_session()
        token = _begin(actor().email, form.password.data or "", way="password again")
        if token is not None:
            close_read_session()
            end(app_context().database, app_context().clock, token=session["token"])
            session["token"] = token
            target = request.args.get("next")
            return redirect(str(target) if is_local(target) else url_for("home.home"), 303)
        form.password.errors = [WRONG_PASSWORD]
    linked = linked_to(read_session(), actor().person_id or 0)
    providers = [each for each in live_providers(read_session()) if each[0] in linked]
    page = render_template(
        "account/confirm.html", form=form, purpose=purpose, is_saved=_is_saved(), providers=providers, after=_after()
    )
    return page, 422 if form.is_submitted() else 200


@pages.route("/stay-signed-in", methods=["POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def stay() -> ResponseReturnValue:
    """Keep the session, and say until when; asked by the notice before its end."""
    close_read_session()
    note_seen(app_context().database, app_context().clock, token=session["token"])
    g.session = replace(g.session, seen_at=app_context().clock.now())
    found = session_end()
    return {"until": time_in_words(found.at), "seconds": found.seconds, "final": found.is_final} if found else {}


def _page(form: SignInForm) -> str:
    providers = live_providers(read_session())
    return render_template("account/sign_in.html", form=form, providers=providers, after=_after(), is_saved=_is_saved())


def _is_saved() -> bool:
    """Whether what somebody typed waits for them behind this page."""
    return request.args.get("next", "").startswith(SAVED_FORMS)


def _after() -> dict[str, str]:
    """Give what the way to a provider takes along: where to go afterwards."""
    target = request.args.get("next", "")
    return {"next": target} if is_local(target) else {}


@pages.route("/sign-out", methods=["POST"])
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
def sign_out() -> ResponseReturnValue:
    token = session.get("token", "")
    elsewhere = sign_out_address(token)
    note_signed_out()
    close_read_session()
    end(app_context().database, app_context().clock, token=token)
    session.clear()
    if elsewhere is None:
        answer = redirect(url_for("account.sign_in"), 303)
    else:  # a form may not lead to another site: the person presses a link
        title, address = elsewhere
        answer = make_response(render_template("account/signed_out.html", title=title, address=address))
    # not the cookies: that of the session is gone, and that of the known device is for the next time
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
