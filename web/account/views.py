"""Pages for signing in and out."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission
from reviews.core.hashing_slots import FOR_EVERYBODY
from reviews.people.sign_in import sign_in as begin
from reviews.people.sign_in import sign_out as end
from web.account.browser_names import browser_name
from web.account.device_cookie import device_tokens, with_known_device
from web.core.access import is_local, needs
from web.core.context import app_context
from web.core.limited_views import network

pages = Blueprint("account", __name__)

WRONG = (
    "The e-mail address or password is wrong, or the account is disabled. After five wrong tries you must wait a "
    "little before the next, after ten for fifteen minutes."
)


class SignInForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    email = StringField("E-mail address", [InputRequired("Enter your e-mail address"), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Enter your password"), Length(max=128)])


@pages.route("/sign-in", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
def sign_in() -> ResponseReturnValue:
    if request.method == "POST" and not device_tokens():
        FOR_EVERYBODY.require_room()  # before anything that costs more: this is what a flood of nonsense meets
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("account/sign_in.html", form=form), 422 if form.errors else 200
    token = begin(
        app_context().database,
        app_context().clock,
        email=form.email.data or "",
        password=form.password.data or "",
        browser=browser_name(request.user_agent.string),
        network=network(),
        devices=device_tokens(),
    )
    if token is None:
        form.form_errors.append(WRONG)
        return render_template("account/sign_in.html", form=form), 422
    session.clear()
    session["token"] = token
    target = request.args.get("next")
    answer = redirect(str(target) if is_local(target) else url_for("summary.home"), 303)
    return with_known_device(answer, session_token=token)


@pages.route("/sign-out", methods=["POST"])
@needs(Permission.ANYBODY)
def sign_out() -> ResponseReturnValue:
    end(app_context().database, app_context().clock, token=session.get("token", ""))
    session.clear()
    answer = redirect(url_for("account.sign_in"), 303)
    # not the cookies: that of the session is gone, and that of the known device is for the next time
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
