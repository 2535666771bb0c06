"""Pages on which one person asks for somebody's second factor to be reset, and another confirms it."""

from collections.abc import Sequence

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from notifications.factor_letters import SUBJECT_TO_CONFIRM, write_about_factor
from notifications.letters.links import Letterhead
from reviews.access.permissions import Permission
from reviews.people.factor_resets import (
    LONGEST_RESET_REASON,
    ask_for_reset,
    confirm_reset,
    open_reset_of,
    open_resets,
    stop_reset,
    who_may_confirm,
)
from reviews.people.factors import factors_of
from reviews.people.offboarding import person_with_roles
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, app_context, read_session
from web.core.on_record import Shows, shows
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("factor_resets", __name__)

HERE = "/people/second-factor"


class FactorResetForm(IdempotentForm):
    reason = StringField(
        "Why",
        [InputRequired("Enter why"), Length(max=LONGEST_RESET_REASON)],
        description="For example, lost her phone and has no recovery code. They are told.",
    )


@pages.route(HERE)
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def resets() -> ResponseReturnValue:
    return _show_list(IdempotentForm())


def _show_list(form: IdempotentForm) -> str:
    found = open_resets(read_session(), actor())
    return render_template("people/factor_resets.html", resets=found, me=actor().person_id, form=form)


@pages.route("/people/<int:person>/second-factor", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def ask(person: int) -> ResponseReturnValue:
    found, _ = person_with_roles(read_session(), actor(), person)
    form, name, email = FactorResetForm(), found.name, found.email

    def act(work: Unit) -> str:
        reset = ask_for_reset(work, person, reason=form.reason.data or "")
        asked = f"{work.actor.name} asks that the second factor of {name} be removed, as they lost it."
        for other in who_may_confirm(work, person):
            paragraphs = [asked, "Speak to both, and confirm it or stop it on this page."]
            _write(work, other.id, paragraphs, page=HERE, subject=SUBJECT_TO_CONFIRM)
        _write(work, reset.person_id, [asked, "If you did not ask for this, sign in and stop it."], page=ACCOUNT_PAGE)
        flash(f"You have asked for it. Another person who manages people has to confirm that {name} starts anew.")
        return HERE

    def show() -> str:
        return render_template(
            "people/factor_reset.html",
            form=form,
            name=name,
            email=email,
            has_one=bool(factors_of(read_session(), person)),
            is_asked=open_reset_of(read_session(), person) is not None,
        )

    return handle_form(form, act, show)


@pages.route(f"{HERE}/<int:reset>/confirm", methods=["POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def confirm(reset: int) -> ResponseReturnValue:
    form = IdempotentForm()

    def act(work: Unit) -> str:
        confirmed = confirm_reset(work, reset)
        paragraphs = [
            f"{work.actor.name} confirmed that your second factor be removed. "
            "It is removed when you sign in after a day. Then you set up a new one.",
            "If you did not ask for this, sign in with your second factor and stop it.",
        ]
        _write(work, confirmed.person_id, paragraphs, page=ACCOUNT_PAGE)
        flash("Confirmed. It takes effect after a day, and the person is told by mail.")
        return HERE

    return handle_form(form, act, lambda: _show_list(form))


@pages.route(f"{HERE}/<int:reset>/stop", methods=["POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def stop(reset: int) -> ResponseReturnValue:
    form = IdempotentForm()

    def act(work: Unit) -> str:
        stopped = stop_reset(work, reset)
        _write(
            work, stopped.person_id, [f"{work.actor.name} stopped the reset of your second factor."], page=ACCOUNT_PAGE
        )
        flash("Stopped. Their second factor stays as it is.")
        return HERE

    return handle_form(form, act, lambda: _show_list(form))


ACCOUNT_PAGE = "/account/second-factor"


def _write(work: Unit, person_id: int, paragraphs: Sequence[str], *, page: str, subject: str = "") -> None:
    more = {"subject": subject} if subject else {}
    write_about_factor(work, person_id, paragraphs, page=page, letterhead=Letterhead.of(app_context().settings), **more)
