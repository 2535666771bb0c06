"""The way to an organisation that signs people in with its own accounts, and the way back."""

import logging

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission, system
from reviews.core.secrets import secret_key
from reviews.models import SignInProvider
from reviews.people.providers import (
    ProvenAccount,
    client_secret_of,
    come_in,
    link_to_actor,
    live_provider,
    provider_session,
)
from reviews.people.sign_in import hash_token, sign_out
from reviews.transactions.unit_of_work import unit_of_work
from web.account.browser_names import browser_name
from web.account.openid import Client, Proof, ProviderFault, Providers, Way
from web.account.session_start import enter
from web.account.sign_in_notes import note_failed, note_signed_in
from web.core.access import Purpose, identify, is_local, needs, require_fresh_proof
from web.core.context import app_context, close_read_session, read_session, unit
from web.core.on_record import Shows, shows
from workflows.core.engine import Refused

LOG = logging.getLogger("followthrough.web")

pages = Blueprint("account_providers", __name__)

NOT_SIGNED_IN = (
    "You could not be signed in with your {title}. Nothing was changed. Try again, or sign in with a password."
)


@pages.route("/sign-in/with/<name>")
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
def sign_in(name: str) -> ResponseReturnValue:
    return _start(name, own=False)


@pages.route("/account/with/<name>")
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
@require_fresh_proof(Purpose.ACCOUNT)
def link(name: str) -> ResponseReturnValue:
    """Show that an account at a provider is one's own as well; from then on one signs in with it."""
    return _start(name, own=True)


def _start(name: str, *, own: bool) -> ResponseReturnValue:
    """Go to a provider. What must come back is in the browser's cookie, so nobody else can bring it."""
    client, _ = _client(name)
    now = app_context().clock.now()
    try:
        address, way = _providers().start(client, again="again" in request.args, now=now)
    except ProviderFault as fault:
        return _failed(name, fault)
    target = request.args.get("next", "")
    session["way"] = {
        "provider": name,
        "state": way.state,
        "nonce": way.nonce,
        "verifier": way.verifier,
        "next": target if is_local(target) else "",
        "own": "yes" if own else "",
    }
    return redirect(address, 303)


@pages.route("/sign-in/with/<name>/return")
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
def finish(name: str) -> ResponseReturnValue:
    """Come back from a provider with a code. What the browser took along counts once."""
    client, provider = _client(name)
    taken: dict[str, str] = session.pop("way", {})
    if taken.get("provider") != name or not taken.get("state") or request.args.get("state") != taken["state"]:
        return _failed(name, ProviderFault("The browser did not begin this sign-in."))
    if "code" not in request.args:
        return _failed(name, ProviderFault("The provider sent no code."))
    if request.args.get("iss", client.issuer) != client.issuer:
        return _failed(name, ProviderFault("The code is of another issuer."))
    vouches = provider.vouches_for_addresses
    close_read_session()
    way = Way(state=taken["state"], nonce=taken["nonce"], verifier=taken["verifier"])
    try:
        proof = _providers().finish(client, way, code=request.args["code"], now=app_context().clock.now())
    except ProviderFault as fault:
        return _failed(name, fault)
    proven = _proven(proof, vouches=vouches)
    if taken.get("own"):
        return _link(name, proven)
    return _come_in(name, proven, taken.get("next", ""))


def _come_in(name: str, proven: ProvenAccount, target: str) -> ResponseReturnValue:
    invitation = session.pop("invitation", "")
    try:
        with unit_of_work(app_context().database, system("sign-in"), app_context().clock) as work:
            token = come_in(
                work,
                live_provider(work.session, name),
                proven,
                invitation=invitation,
                browser=browser_name(request.user_agent.string),
                secret=secret_key(app_context().settings),
            )
    except Refused as refusal:
        note_failed(f"account of {name}", email=proven.confirmed_email)
        return render_template("account/not_let_in.html", sentence=refusal.sentence), 403
    if before := session.get("token", ""):
        sign_out(app_context().database, app_context().clock, token=before)
    note_signed_in(token, f"account of {name}")
    return enter(token, target)


def _link(name: str, proven: ProvenAccount) -> ResponseReturnValue:
    identify()
    if g.actor is None:
        return redirect(url_for("account.sign_in"), 303)
    try:
        with unit() as work:
            provider = live_provider(work.session, name)
            link_to_actor(work, provider, proven)
            flash(f"You can sign in with your {provider.title} now.")
    except Refused as refusal:
        return render_template("account/not_let_in.html", sentence=refusal.sentence), 409
    return redirect(url_for("account_page.account"), 303)


def sign_out_address(token: str) -> tuple[str, str] | None:
    """Give the title of the provider that a session began at, and where it is ended there ("" where it cannot be)."""
    found = provider_session(read_session(), hash_token(token), secret=secret_key(app_context().settings))
    if found is None:
        return None
    provider, id_token = found
    home = f"{app_context().settings.base_url.rstrip('/')}/sign-in"
    now = app_context().clock.now()
    client = _client_of(provider)
    return provider.title, _providers().sign_out_address(client, id_token=id_token, home=home, now=now)


def _proven(proof: Proof, *, vouches: bool) -> ProvenAccount:
    """Keep the address only where the provider says that it is confirmed, or is trusted and says nothing of it."""
    is_confirmed = proof.confirmed or (proof.confirmed is None and vouches)
    return ProvenAccount(
        subject=proof.subject,
        confirmed_email=proof.email if is_confirmed else "",
        tenant_id=proof.tenant_id,
        object_id=proof.object_id,
        id_token=proof.id_token,
    )


def _client(name: str) -> tuple[Client, SignInProvider]:
    provider = live_provider(read_session(), name)
    return _client_of(provider), provider


def _client_of(provider: SignInProvider) -> Client:
    base = app_context().settings.base_url.rstrip("/")
    return Client(
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=client_secret_of(provider, secret=secret_key(app_context().settings)),
        return_to=f"{base}/sign-in/with/{provider.name}/return",
    )


def _providers() -> Providers:
    """Give what providers publish, as this process has read it."""
    found: Providers = current_app.extensions.setdefault(
        "followthrough_providers", Providers(production=app_context().settings.is_production)
    )
    return found


def _failed(name: str, fault: ProviderFault) -> ResponseReturnValue:
    """Answer alike whatever was wrong; the technician reads the reason in the log."""
    note_failed(f"account of {name}", email="")
    LOG.warning("Sign-in with %s: %s", name, fault)
    title = live_provider(read_session(), name).title
    return render_template("account/not_let_in.html", sentence=NOT_SIGNED_IN.format(title=title)), 400
