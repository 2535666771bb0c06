"""Pages for signing in and out."""

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission
from reviews.people.providers import live_providers
from reviews.people.sign_in import sign_in as begin
from reviews.people.sign_in import sign_out as end
from web.account.browser_names import browser_name
from web.account.views_providers import sign_out_address
from web.core.access import is_local, needs
from web.core.context import app_context, close_read_session, read_session

pages = Blueprint("account", __name__)

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
        return _page(form), 422 if form.errors else 200
    token = begin(
        app_context().database,
        app_context().clock,
        email=form.email.data or "",
        password=form.password.data or "",
        browser=browser_name(request.user_agent.string),
    )
    if token is None:
        form.form_errors.append(WRONG)
        return _page(form), 422
    session.clear()
    session["token"] = token
    target = request.args.get("next")
    return redirect(str(target) if is_local(target) else url_for("summary.home"), 303)


def _page(form: SignInForm) -> str:
    target = request.args.get("next")
    after = {"next": target} if is_local(target) else {}
    return render_template("account/sign_in.html", form=form, providers=live_providers(read_session()), after=after)


@pages.route("/sign-out", methods=["POST"])
@needs(Permission.ANYBODY)
def sign_out() -> ResponseReturnValue:
    token = session.get("token", "")
    elsewhere = sign_out_address(token)
    close_read_session()
    end(app_context().database, app_context().clock, token=token)
    session.clear()
    if elsewhere is None:
        answer = redirect(url_for("account.sign_in"), 303)
    else:  # a form may not lead to another site: the person presses a link
        title, address = elsewhere
        answer = make_response(render_template("account/signed_out.html", title=title, address=address))
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer
