"""Pages of the second factor: proving it, setting it up, and what somebody has.

They open in half a session too, as far as it needs them: who has a factor can only prove it, who has none can only set
one up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import segno
from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from notifications.factor_letters import write_about_factor
from notifications.letters.links import Letterhead
from reviews.access.permissions import Permission
from reviews.core.secrets import secret_key
from reviews.models import FactorKind
from reviews.people.authenticator_apps import confirm_app, secret_of, set_up_address, start_app, unfinished_app
from reviews.people.factor_resets import open_reset_of, stop_reset
from reviews.people.factor_sessions import (
    continue_session,
    is_freshly_proved,
    password_matches,
    proof_of,
    prove_by_code,
    prove_by_passkey,
    prove_by_password,
    prove_by_recovery_code,
)
from reviews.people.factors import (
    LONGEST_FACTOR_NAME,
    factors_of,
    find_factor,
    has_factor,
    must_have_factor,
    remove_factor,
    rename_factor,
)
from reviews.people.open_sessions import end_other_sessions
from reviews.people.passkeys import (
    AskedChallenge,
    PasskeySite,
    add_passkey,
    ask_for_new_passkey,
    ask_for_passkey,
    passkey_site,
    pop_challenge,
)
from reviews.people.recovery_codes import codes_left, make_codes
from reviews.people.sign_in import hash_token
from reviews.transactions.unit_of_work import NotFound, Unit
from web.account.sign_in_notes import note_signed_in, note_unproved
from web.core.access import is_local, needs
from web.core.context import actor, app_context, close_read_session, read_session, unit
from web.core.on_record import Shows, shows
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.engine import Refused

pages = Blueprint("second_factor", __name__)

HERE = "/account/second-factor"
WRONG_CODE = "The code is wrong or has been used. Enter the code that the app shows now."
WRONG_RECOVERY_CODE = "The recovery code is wrong or has been used. Enter another one."
WRONG_PASSKEY = "The passkey was not accepted. Try again, or use another way."
WRONG_PASSWORD = "The password is wrong."  # noqa: S105  # a sentence
OVER = "There were too many wrong tries. Sign in again."
ANOTHER_NAME = "Passkeys work only where Followthrough has a name and https. Whoever runs it can say at which address."
MADE = {FactorKind.PASSKEY: "A passkey", FactorKind.APP: "An app that shows codes"}


class CodeForm(IdempotentForm):
    code = StringField(
        "Code", [InputRequired("Enter the code"), Length(max=20)], description="It changes every 30 seconds."
    )


class RecoveryCodeForm(IdempotentForm):
    code = StringField(
        "Recovery code",
        [InputRequired("Enter a recovery code"), Length(max=40)],
        description="Sixteen letters and figures in four groups. Each works a single time.",
    )


class PasswordAgainForm(IdempotentForm):
    password = PasswordField("Password", [InputRequired("Enter your password"), Length(max=128)])


class PasskeyForm(IdempotentForm):
    """What the browser made of the question, as JSON."""

    answer = HiddenField()


class FactorNameForm(IdempotentForm):
    name = StringField(
        "Name",
        [InputRequired("Enter a name, such as “my phone”"), Length(max=LONGEST_FACTOR_NAME)],
        description="For example, my phone. You will know it by this name.",
    )


class NewPasskeyForm(FactorNameForm):
    answer = HiddenField()


class NewAppForm(FactorNameForm):
    code = StringField(
        "Code that the app shows",
        [
            InputRequired("Enter the code that the app shows"),
            Length(max=20),
        ],
        description="Six figures. They change every 30 seconds.",
    )


@pages.route("/second-factor", methods=["GET", "POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def prove() -> ResponseReturnValue:
    """Ask for the code or passkey; or for the password again, of whoever has no factor and need not have one."""
    _remember_target()
    if not has_factor(read_session(), _person_id()):
        return redirect(HERE, 303) if g.awaits_factor else _prove_by_password()
    form = CodeForm()

    def take(work: Unit) -> str | None:
        return prove_by_code(work, _token_hash(), form.code.data or "", secret_key=_secret_key())

    return _handle_proof(form, take, WRONG_CODE, lambda: _show_prove(form), way="second factor: app")


@pages.route("/second-factor/recovery-code", methods=["GET", "POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def prove_recovery_code() -> ResponseReturnValue:
    form = RecoveryCodeForm()

    def take(work: Unit) -> str | None:
        token = prove_by_recovery_code(work, _token_hash(), form.code.data or "")
        if token is not None:
            left = codes_left(work.session, _person_id())
            _tell(work, f"A recovery code was used to sign in to your account. {left} are left.")
            flash(f"You used a recovery code. You have {left} left. If you lost your phone, remove it below.")
        return token

    def show() -> str:
        return render_template("second_factor/recovery_code.html", form=form)

    return _handle_proof(form, take, WRONG_RECOVERY_CODE, show, way="second factor: recovery code", leads_to=HERE)


@pages.route("/second-factor/passkey", methods=["POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def prove_passkey() -> ResponseReturnValue:
    form, site = PasskeyForm(), _site()
    asked = _asked()
    return _handle_proof(
        form,
        lambda work: prove_by_passkey(work, _token_hash(), asked, form.answer.data or "", site=site),
        WRONG_PASSKEY,
        lambda: _show_prove(CodeForm(formdata=None), *form.form_errors),
        way="second factor: passkey",
    )


@pages.route("/second-factor/passkey/options", methods=["POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def passkey_options() -> ResponseReturnValue:
    site = _site()
    with unit() as work:
        return ask_for_passkey(work, _token_hash(), site), {"Content-Type": "application/json"}


@pages.route(HERE)
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def factors() -> ResponseReturnValue:
    """List what somebody has; in half a session, what they can set up."""
    if g.awaits_factor and has_factor(read_session(), _person_id()):
        return _to_proof()
    return _show_list(IdempotentForm())


def _show_list(form: IdempotentForm) -> str:
    return render_template(
        "second_factor/factors.html",
        lines=factors_of(read_session(), _person_id()),
        kinds=FactorKind,
        left=codes_left(read_session(), _person_id()),
        must=must_have_factor(read_session(), _person_id()),
        reset=open_reset_of(read_session(), _person_id()),
        host=site.host if (site := _present_site()) else "",
        another_name=ANOTHER_NAME,
        is_half=g.awaits_factor,
        form=form,
    )


@pages.route(f"{HERE}/apps", methods=["POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def new_app() -> ResponseReturnValue:
    if not _may_change():
        return _to_proof()
    form = IdempotentForm()
    return handle_form(
        form,
        lambda work: f"{HERE}/apps/{start_app(work, secret_key=_secret_key())}",
        lambda: _show_list(form),
    )


@pages.route(f"{HERE}/apps/<int:app>", methods=["GET", "POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def set_up_app(app: int) -> ResponseReturnValue:
    """Show the picture and the key of an app, and take its first code."""
    if not _may_change():
        return _to_proof()
    form = NewAppForm()

    def make(work: Unit) -> None:
        confirm_app(work, app, form.code.data or "", name=form.name.data or "", secret_key=_secret_key())

    def show() -> str:
        reading = Unit(read_session(), actor(), app_context().clock.now())
        secret = secret_of(unfinished_app(reading, app), secret_key=_secret_key())
        picture = segno.make(set_up_address(secret, actor().email), error="m")
        return render_template(
            "second_factor/app.html",
            form=form,
            picture=picture.svg_data_uri(scale=5, light="#fff", border=3),
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            back=HERE,
        )

    return _handle_new(form, make, FactorKind.APP, show)


@pages.route(f"{HERE}/passkeys", methods=["GET", "POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def new_passkey() -> ResponseReturnValue:
    if not _may_change():
        return _to_proof()
    form, site = NewPasskeyForm(), _site()
    asked = _asked() if form.is_submitted() else None

    def make(work: Unit) -> None:
        add_passkey(work, asked, form.answer.data or "", name=form.name.data or "", site=site)

    def show() -> str:
        form.answer.data = ""
        return render_template("second_factor/passkey.html", form=form, host=site.host, back=HERE)

    return _handle_new(form, make, FactorKind.PASSKEY, show)


@pages.route(f"{HERE}/passkeys/options", methods=["POST"])
@needs(Permission.HALF_SIGNED_IN)
@shows(Shows.NOTHING)
def new_passkey_options() -> ResponseReturnValue:
    if not _may_change():
        raise NotFound
    site = _site()
    with unit() as work:
        return ask_for_new_passkey(work, _token_hash(), site), {"Content-Type": "application/json"}


@pages.route(f"{HERE}/<factor_kind>/<int:factor>", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def rename(factor_kind: str, factor: int) -> ResponseReturnValue:
    if not _may_change():
        return _to_proof()
    kind = _kind(factor_kind)
    line = find_factor(read_session(), _person_id(), kind, factor)
    form = FactorNameForm(data={"name": line.name})

    def act(work: Unit) -> str:
        rename_factor(work, kind, factor, name=form.name.data or "")
        flash("The name is changed.")
        return HERE

    return handle_form(
        form, act, lambda: render_template("second_factor/rename.html", form=form, name=line.name, back=HERE)
    )


@pages.route(f"{HERE}/<factor_kind>/<int:factor>/remove", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def remove(factor_kind: str, factor: int) -> ResponseReturnValue:
    if not _may_change():
        return _to_proof()
    kind, form = _kind(factor_kind), IdempotentForm()
    lines = factors_of(read_session(), _person_id())

    def act(work: Unit) -> str:
        line = remove_factor(work, kind, factor)
        end_other_sessions(work, _token_hash())
        _tell(work, f"{MADE[kind]} was removed from your account.")
        flash(f"“{line.name}” is removed. You are signed out everywhere else.")
        return HERE

    def show() -> str:
        line = next((each for each in lines if (each.kind, each.id) == (kind, factor)), None)
        if line is None:
            raise NotFound
        return render_template(
            "second_factor/remove.html", form=form, name=line.name, is_last=len(lines) == 1, back=HERE
        )

    return handle_form(form, act, show)


@pages.route(f"{HERE}/recovery-codes", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def new_recovery_codes() -> ResponseReturnValue:
    """Make ten new codes; who came in by a recovery code proves a passkey or an app first."""
    if not _may_change(by_device=True):
        return _to_proof()
    form, made = IdempotentForm(), list[str]()

    def act(work: Unit) -> str:
        made.extend(make_codes(work))
        _tell(work, "New recovery codes were made for your account. The earlier ones no longer work.")
        return HERE

    answer = handle_form(
        form, act, lambda: render_template("second_factor/new_recovery_codes.html", form=form, back=HERE)
    )
    return _show_codes(made, HERE) if made else answer


@pages.route(f"{HERE}/reset/stop", methods=["POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def stop() -> ResponseReturnValue:
    """Stop what others asked for: whoever signs in with the factor has not lost it."""
    form = IdempotentForm()

    def act(work: Unit) -> str:
        reset = open_reset_of(work.session, _person_id())
        if reset is None:
            raise Refused("There is nothing to stop any more.")
        stop_reset(work, reset.id)
        flash("Stopped. Your second factor stays as it is.")
        return HERE

    return handle_form(form, act, lambda: _show_list(form))


@dataclass(slots=True)
class _NewFactor:
    """What comes of a factor that was made: the session goes on under another token, and there may be first codes."""

    token: str = ""
    codes: tuple[str, ...] = ()


def _handle_new(
    form: FactorNameForm, make: Callable[[Unit], None], kind: FactorKind, show: Callable[[], str]
) -> ResponseReturnValue:
    """Make a factor, end the person's other sessions, and show the recovery codes that come with the first one."""
    new = _NewFactor()

    def act(work: Unit) -> str:
        make(work)
        new.codes = tuple(make_codes(work)) if not codes_left(work.session, _person_id()) else ()
        new.token = continue_session(work, _token_hash(), kind)
        end_other_sessions(work, hash_token(new.token))
        _tell(work, f"{MADE[kind]} was added to your account as a second factor.")
        return HERE

    answer = handle_form(form, act, show)
    if not new.token:
        return answer
    _go_on_with(new.token)
    if g.awaits_factor:
        note_signed_in(new.token, f"new second factor: {kind.value.replace('_', ' ')}")
    if new.codes:
        return _show_codes(new.codes, session.pop("target", url_for("home.home") if g.awaits_factor else HERE))
    flash(f"“{form.name.data}” is added. You are signed out everywhere else.")
    return answer


def _handle_proof(
    form: IdempotentForm,
    take: Callable[[Unit], str | None],
    wrong: str,
    show: Callable[[], str],
    *,
    way: str,
    leads_to: str = "",
) -> ResponseReturnValue:
    """Let a session pass with the right answer. A wrong one is stored as one, and the fifth ends the session."""
    if not form.validate_on_submit():
        return show(), 422 if form.is_submitted() else 200
    try:
        with unit() as work:
            token = take(work)
    except Refused as refusal:
        note_unproved(way, is_over=True)
        form.form_errors.append(refusal.sentence)
        return show(), 422
    if token is not None:
        _go_on_with(token)
        note_signed_in(token, way)
        return redirect(leads_to or session.pop("target", url_for("home.home")), 303)
    is_over = proof_of(read_session(), _token_hash()).is_over
    note_unproved(way, is_over=is_over)
    if is_over:
        session.clear()
        flash(OVER, "warning")
        return redirect(url_for("account.sign_in"), 303)
    form.form_errors.append(wrong)
    return show(), 422


def _prove_by_password() -> ResponseReturnValue:
    form, matches = PasswordAgainForm(), False
    if form.validate_on_submit():
        close_read_session()
        matches = password_matches(app_context().database, app_context().clock, _person_id(), form.password.data or "")
    return _handle_proof(
        form,
        lambda work: prove_by_password(work, _token_hash(), matches=matches),
        WRONG_PASSWORD,
        lambda: render_template("second_factor/password.html", form=form),
        way="password again",
    )


def _show_prove(form: CodeForm, *faults: str) -> str:
    form.form_errors.extend(faults)
    lines, site = factors_of(read_session(), _person_id()), _present_site()
    return render_template(
        "second_factor/prove.html",
        form=form,
        name=actor().name,
        has_app=any(line.kind is FactorKind.APP for line in lines),
        has_passkey=any(line.kind is FactorKind.PASSKEY and site and line.host == site.host for line in lines),
        passkey_form=PasskeyForm(formdata=None),
        is_half=g.awaits_factor,
    )


def _show_codes(codes: list[str] | tuple[str, ...], leads_to: str) -> str:
    """Show the codes in the answer itself: no page that can be opened again has them."""
    return render_template("second_factor/recovery_codes.html", codes=codes, leads_to=leads_to)


def _may_change(*, by_device: bool = False) -> bool:
    """Whether factors may be changed here: proved in the last ten minutes, or none there yet in half a session."""
    if g.awaits_factor:
        return not has_factor(read_session(), _person_id())
    now = app_context().clock.now()
    return is_freshly_proved(read_session(), _token_hash(), now=now, by_device=by_device)


def _to_proof() -> ResponseReturnValue:
    back = request.path if request.method == "GET" else HERE
    return redirect(url_for("second_factor.prove", next=back), 303)


def _remember_target() -> None:
    """Keep where somebody was going, through the pages of proof and set-up."""
    if is_local(target := request.args.get("next")):
        session["target"] = target


def _go_on_with(token: str) -> None:
    """Give the browser the new token, and with it a new token of forms."""
    session["token"] = token
    session.pop("csrf_token", None)


def _tell(work: Unit, sentence: str) -> None:
    """Write to the person themself what has changed, whoever did it."""
    paragraphs = [
        sentence,
        "If this was not you, sign in, look at your second factors, and tell your business manager.",
    ]
    letterhead = Letterhead.of(app_context().settings)
    write_about_factor(work, _person_id(), paragraphs, page=HERE, letterhead=letterhead)


def _asked() -> AskedChallenge | None:
    """Take the challenge out of its store, in a transaction of its own: a replayed answer finds none."""
    with unit() as work:
        return pop_challenge(work, _token_hash())


def _present_site() -> PasskeySite | None:
    return passkey_site(app_context().settings.base_url)


def _site() -> PasskeySite:
    site = _present_site()
    if site is None:
        raise Refused(ANOTHER_NAME)
    return site


def _kind(text: str) -> FactorKind:
    if text not in (FactorKind.PASSKEY, FactorKind.APP):
        raise NotFound
    return FactorKind(text)


def _person_id() -> int:
    found = actor().person_id
    if found is None:
        raise NotFound
    return found


def _token_hash() -> str:
    return hash_token(session.get("token", ""))


def _secret_key() -> str:
    return secret_key(app_context().settings)
