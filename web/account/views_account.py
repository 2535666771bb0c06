"""The pages on which a person looks after their own account: name, password, sessions."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, render_template, request, session
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission
from reviews.core.secrets import LONGEST_PASSWORD, is_password
from reviews.models import Person
from reviews.people.accounts import change_name
from reviews.people.address_changes import open_change_of
from reviews.people.factors import factors_of
from reviews.people.open_sessions import end_other_sessions, end_session, open_sessions
from reviews.people.passwords import change_password, hash_new_password
from reviews.people.providers import linked_to, live_providers
from reviews.people.recovery_codes import codes_left
from reviews.people.sign_in import hash_token
from reviews.transactions.unit_of_work import Unit
from web.account.browser_names import browser_name
from web.account.views_invitations import CHOOSE_PASSWORD, PASSWORD_HINT
from web.core.access import needs, session_limits
from web.core.context import actor, app_context, read_session
from web.core.on_record import Shows, shows
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.engine import Refused

pages = Blueprint("account_page", __name__)

OTHERS = "others"
"""What the button sends that ends all sessions but this one."""


@pages.route("/account", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def account() -> ResponseReturnValue:
    """Show what is stored of the person, and end sessions."""
    form, token = IdempotentForm(), session["token"]

    def act(work: Unit) -> str:
        which = request.form.get("end", "")
        if which == OTHERS:
            ended = end_other_sessions(work, hash_token(token))
            flash(f"{ended} other {'session is' if ended == 1 else 'sessions are'} ended.")
        else:
            end_session(work, which)
            flash("The session is ended.")
        return "/account"

    def show() -> str:
        return render_template(
            "account/account.html",
            form=form,
            person=_person(),
            change=open_change_of(read_session(), _person().id, now=app_context().clock.now()),
            factors=factors_of(read_session(), _person().id),
            codes_left=codes_left(read_session(), _person().id),
            providers=live_providers(read_session()),
            linked=linked_to(read_session(), _person().id),
            roles=actor().roles_held,
            sessions=open_sessions(read_session(), _person().id, app_context().clock.now(), limits=session_limits()),
            present=hash_token(token),
            others=OTHERS,
        )

    return handle_form(form, act, show)


class NameForm(IdempotentForm):
    name = StringField("Your name, as others see it", [InputRequired("Enter your name"), Length(max=200)])


@pages.route("/account/name", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def name() -> ResponseReturnValue:
    form = NameForm(name=_person().name)

    def act(work: Unit) -> str:
        changed = change_name(work, name=form.name.data or "")
        flash(f"You are {changed.name} now. What was recorded before has your old name.")
        return "/account"

    return handle_form(form, act, lambda: render_template("account/name.html", form=form))


class PasswordForm(IdempotentForm):
    """The old password is checked here, so that the slow checks of both are over before anything is written."""

    old_password = PasswordField(
        "Present password", [InputRequired("Enter your present password"), Length(max=LONGEST_PASSWORD)]
    )
    password = PasswordField("New password", CHOOSE_PASSWORD, description=PASSWORD_HINT)
    new_hash = ""

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        if not super().validate(extra_validators):
            return False
        person = _person()
        if not is_password(self.old_password.data or "", person.password_hash):
            self.old_password.errors = ["This is not your present password"]
            return False
        try:
            self.new_hash = hash_new_password(self.password.data or "", email=person.email, name=person.name)
        except Refused as refusal:
            self.password.errors = [refusal.sentence]
            return False
        return True


@pages.route("/account/password", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def password() -> ResponseReturnValue:
    form, old_hash = PasswordForm(), _person().password_hash
    begun: list[str] = []

    def act(work: Unit) -> str:
        browser = browser_name(request.user_agent.string)
        begun.append(change_password(work, old_hash=old_hash, new_hash=form.new_hash, browser=browser))
        return "/account"

    def show() -> str:
        return render_template("account/password.html", form=form, person=_person())

    answer = handle_form(form, act, show)
    if begun:
        session["token"] = begun[0]
        flash("Your password is changed. Every other session has ended.")
    return answer


def _person() -> Person:
    return read_session().get_one(Person, actor().person_id)
