"""What a view declares (permission, files it accepts, a fresh proof), and what is checked before every request."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect

from reviews.access.permissions import NotAllowed, Permission
from reviews.people.queries import SessionLimits, actor_awaiting_factor, actor_signed_in
from reviews.people.sign_in import hash_token, note_seen
from reviews.transactions.unit_of_work import NotFound
from web.core.context import actor, app_context, close_read_session, not_taken, read_session
from web.core.on_record import note_refusal
from web.core.query import partnership_asked, query_text
from web.core.typed_text import (
    SESSION_CHANGED,
    name_person_in_tokens,
    person_of_form,
    save_typed,
    show_again,
    show_saved,
    shows_form,
)

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

SEEN_EVERY = timedelta(minutes=1)
FRESH = timedelta(minutes=10)
"""Since somebody signed in, for what needs a fresh proof."""
LARGEST_SPREADSHEET = 10_100_000  # 10 MB, and what the form says beside it
LARGEST_EVIDENCE = 25_200_000  # 25 MB, and what the form says beside it


def needs(permission: Permission) -> Callable[[View], View]:
    """Declare the permission a view needs. The application does not start with a view that declares none."""

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]  # read back by permission_of
        return view

    return declare


def accepts_files(largest: int, **only: str) -> Callable[[View], View]:
    """Let a view take requests of up to so many bytes; with `only`, where its arguments have these values."""

    def declare(view: View) -> View:
        view.accepted = (largest, only)  # type: ignore[attr-defined]  # read back by raise_size_limit
        return view

    return declare


class Purpose(StrEnum):
    """What somebody proves again for, in the words of the page that asks."""

    ROLES = "give or end a role"
    EXPORT = "take out the actions of a whole partnership"
    DISCLOSURE = "disclose what the audit log has"
    DISPOSAL = "approve a disposal"
    ACCOUNT = "let another account sign in as you"
    IDENTITY = "open or remove the identity of a child"


def require_fresh_proof(purpose: Purpose, *, asked: str = "") -> Callable[[View], View]:
    """Have a view ask whoever signed in more than ten minutes ago to confirm that it is them.

    With `asked`, only where the query has a value of this name.
    """

    def declare(view: View) -> View:
        view.proof = (purpose, asked)  # type: ignore[attr-defined]  # read back by _ask_for_proof
        return view

    return declare


def raise_size_limit() -> None:
    """Raise the size limit of a request to a view that accepts files, for somebody who is signed in."""
    if request.endpoint is None or not session.get("token"):
        return
    largest, only = getattr(current_app.view_functions[request.endpoint], "accepted", (None, {}))
    if largest is not None and only.items() <= (request.view_args or {}).items():
        request.max_content_length = largest


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    if endpoint == "static":
        return Permission.ANYBODY
    found: Permission | None = getattr(app.view_functions[endpoint], "permission", None)
    return found


def guard_every_request(app: Flask) -> None:
    """Check the permission of the view before every request. Raises LookupError for a view that declares none."""
    for endpoint in app.view_functions:
        if permission_of(app, endpoint) is None:
            raise LookupError(f"The view {endpoint} declares no permission.")
    app.before_request(_admit)


def _admit() -> ResponseReturnValue | None:
    g.actor, g.awaits_factor = None, False
    _refuse_other_sites()
    if request.endpoint is None:
        return None
    permission = permission_of(current_app, request.endpoint)
    fault = _fault_of_token()
    if permission is Permission.ANYBODY:
        if fault is not None:
            raise fault
        return None
    person_id = person_of_form() if request.method == "POST" else None
    identify()
    if g.awaits_factor and permission is not Permission.HALF_SIGNED_IN:
        g.actor = None
        return redirect(url_for("second_factor.prove", next=_return_address()), 303)
    if g.actor is None:
        return _to_sign_in(person_id, fault)
    if fault is not None:
        _show_form_again(person_id, fault)
    _require_allowed(permission)
    show_saved()
    return _ask_for_proof()


def _require_allowed(permission: Permission | None) -> None:
    """Require the permission of a view, and for a form the partnership that is asked for. NotAllowed, NotFound."""
    signed_in = (Permission.SIGNED_IN, Permission.HALF_SIGNED_IN)  # also for somebody without any role
    if permission is not None and permission not in signed_in and not actor().may(permission):
        raise NotAllowed("Your role cannot open this page. Ask your business manager who can.")
    # what is asked for in a partnership that is not theirs, or is none, is not done in theirs instead
    if request.method == "POST" and query_text("partnership") and partnership_asked() is None:
        raise NotFound


def _refuse_other_sites() -> None:
    """Refuse what another site's page sends, also with the right token.

    Pages that send no referrer send “Origin: null” with their own forms: the public ones, whose link is the key.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    sent_from, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if sent_from not in (None, "same-origin", "none"):
        raise CSRFError
    is_key = request.blueprint in current_app.config["TOKENS_OF_THEIR_OWN"]
    if origin is None or (origin == "null" and (sent_from == "same-origin" or is_key)):
        return
    ours = [urlsplit(app_context().settings.base_url), urlsplit(request.host_url)]
    if origin not in [f"{each.scheme}://{each.netloc}" for each in ours]:
        raise CSRFError


def _fault_of_token() -> CSRFError | None:
    """Check the token of a form, where the view does not do it; gives the fault."""
    token_of_view = request.blueprint in current_app.config["TOKENS_OF_THEIR_OWN"]
    if request.method != "POST" or token_of_view or not current_app.config["WTF_CSRF_ENABLED"]:
        return None
    protection: CSRFProtect = current_app.extensions["csrf"]
    try:
        protection.protect()
    except CSRFError as fault:
        return fault
    return None


def _to_sign_in(person_id: int | None, fault: CSRFError | None) -> ResponseReturnValue:
    """Ask to sign in; what was typed in a page that we made for somebody waits for them."""
    if person_id is None and fault is not None:
        raise fault
    back = save_typed(person_id) if person_id is not None else ""
    note_refusal(303, "auth.required")
    return redirect(url_for("account.sign_in", next=back or _return_address()), 303)


def _show_form_again(person_id: int | None, fault: CSRFError) -> None:
    """Show the form of another session of this person again; that of somebody else waits for them alone."""
    if person_id == actor().person_id and shows_form():
        show_again(SESSION_CHANGED)
        return
    if person_id is not None:
        save_typed(person_id)
    raise fault


def _ask_for_proof() -> ResponseReturnValue | None:
    """Send somebody who signed in a while ago to confirm that it is them, and keep what they typed meanwhile."""
    purpose, asked = getattr(current_app.view_functions[request.endpoint or ""], "proof", (None, ""))
    if purpose is None or (asked and not request.values.get(asked)) or not_taken() is not None:
        return None
    if app_context().clock.now() - (g.session.proved_at or g.session.started_at) <= FRESH:
        return None
    back = save_typed(actor().person_id or 0) if request.method == "POST" else _return_address()
    return redirect(url_for("account.confirm", to=purpose.name.lower(), next=back or None), 303)


def identify() -> None:
    """Set the person whose session the browser has, if it has one that lasts."""
    token = session.get("token", "")
    if not token:
        return
    now, limits = app_context().clock.now(), session_limits()
    found = actor_signed_in(read_session(), hash_token(token), now=now, limits=limits)
    if found is None:
        g.actor = actor_awaiting_factor(read_session(), hash_token(token), now=now)
        g.awaits_factor = g.actor is not None
        if not g.awaits_factor:
            session.clear()
        return
    g.actor, g.session = found.actor, found
    name_person_in_tokens()
    if now - found.seen_at > SEEN_EVERY:
        close_read_session()
        note_seen(app_context().database, app_context().clock, token=token)
        g.session = replace(found, seen_at=now)


def session_limits() -> SessionLimits:
    settings = app_context().settings
    return SessionLimits(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours))


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """When a session ends if no other page is opened; `is_final` where none could keep it longer."""

    at: datetime
    seconds: int
    is_final: bool


def session_end() -> SessionEnd | None:
    """Give the end of the session of this request; None where nobody is signed in."""
    if g.get("actor") is None or g.awaits_factor:
        return None
    limits = session_limits()
    idle, longest = g.session.seen_at + limits.idle, g.session.started_at + limits.longest
    at = min(idle, longest)
    return SessionEnd(at, int((at - app_context().clock.now()).total_seconds()), longest <= idle)


def _return_address() -> str | None:
    """Give the address to come back to after signing in: that of a page, never the target of a form."""
    address = request.full_path.rstrip("?") if request.method == "GET" else ""
    return address if address not in ("", "/") else None


def is_local(address: Any) -> bool:
    """Whether an address that came with a request leads to a page of this application."""
    return (
        isinstance(address, str)
        and address.startswith("/")
        and not address.startswith("//")
        and "\\" not in address
        and address.isprintable()
    )
