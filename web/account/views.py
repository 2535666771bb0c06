"""Pages for signing in and out, for confirming who one is, and for staying signed in."""

from dataclasses import replace

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission
from reviews.people.saved_forms import has_saved_form
from reviews.people.sign_in import hash_token, note_seen
from reviews.people.sign_in import sign_in as begin
from reviews.people.sign_in import sign_out as end
from web.core.access import Purpose, is_local, needs, session_end
from web.core.context import actor, app_context, close_read_session, not_taken, read_session
from web.core.times import time_in_words
from web.core.typed_text import SAVED_FORMS

pages = Blueprint("account", __name__)

WRONG_PASSWORD = "The password is wrong. After ten wrong tries you must wait fifteen minutes."  # noqa: S105  # a sentence
WRONG = (
    "The e-mail address or password is wrong, or the account is disabled. After ten wrong tries you must wait "
    "fifteen minutes."
)


class SignInForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    email = StringField("E-mail address", [InputRequired("Enter your e-mail address"), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Enter your password"), Length(max=128)])


@pages.route("/sign-in", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("account/sign_in.html", form=form), 422 if form.errors else 200
    token = begin(
        app_context().database, app_context().clock, email=form.email.data or "", password=form.password.data or ""
    )
    if token is None:
        form.form_errors.append(WRONG)
        return render_template("account/sign_in.html", form=form), 422
    return enter(token)


def enter(token: str) -> ResponseReturnValue:
    """Take up a session that was just begun, and lead to what was asked for, or first to what was typed before."""
    session.clear()
    session["token"] = token
    target = str(request.args.get("next"))
    if not target.startswith(SAVED_FORMS) and has_saved_form(
        read_session(), hash_token(token), now=app_context().clock.now()
    ):
        return redirect(SAVED_FORMS, 303)
    return redirect(target if is_local(target) else url_for("summary.home"), 303)


class ConfirmForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    password = PasswordField("Password", [InputRequired("Enter your password"), Length(max=128)])


@pages.route("/confirm-it-is-you", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
def confirm() -> ResponseReturnValue:
    """Ask for the password again, which begins another session in place of this one."""
    form, purpose = ConfirmForm(), Purpose.__members__.get(request.args.get("to", "").upper())
    if form.validate_on_submit() and not_taken() is None:
        close_read_session()
        context, email = app_context(), actor().email
        token = begin(context.database, context.clock, email=email, password=form.password.data or "")
        if token is not None:
            end(context.database, context.clock, token=session["token"])
            session["token"] = token
            target = request.args.get("next")
            return redirect(str(target) if is_local(target) else url_for("summary.home"), 303)
        form.password.errors = [WRONG_PASSWORD]
    is_saved = request.args.get("next", "").startswith(SAVED_FORMS)
    page = render_template("account/confirm.html", form=form, purpose=purpose, is_saved=is_saved)
    return page, 422 if form.is_submitted() else 200


@pages.route("/stay-signed-in", methods=["POST"])
@needs(Permission.SIGNED_IN)
def stay() -> ResponseReturnValue:
    """Keep the session, and say until when; asked by the notice before its end."""
    close_read_session()
    note_seen(app_context().database, app_context().clock, token=session["token"])
    g.session = replace(g.session, seen_at=app_context().clock.now())
    found = session_end()
    return {"until": time_in_words(found.at), "seconds": found.seconds, "final": found.is_final} if found else {}


@pages.route("/sign-out", methods=["POST"])
@needs(Permission.ANYBODY)
def sign_out() -> ResponseReturnValue:
    end(app_context().database, app_context().clock, token=session.get("token", ""))
    session.clear()
    answer = redirect(url_for("account.sign_in"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer
