"""What a view declares: the permission it needs, checked before every request, and the files it accepts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from reviews.access.permissions import NotAllowed, Permission
from reviews.people.queries import actor_awaiting_factor, actor_signed_in
from reviews.people.sign_in import hash_token, note_seen
from web.core.context import actor, app_context, close_read_session, read_session

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

SEEN_EVERY = timedelta(minutes=1)
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
    if request.endpoint is None:
        return None
    permission = permission_of(current_app, request.endpoint)
    if permission is Permission.ANYBODY:
        return None
    _identify()
    if g.awaits_factor and permission is not Permission.HALF_SIGNED_IN:
        g.actor = None
        return redirect(url_for("second_factor.prove", next=_return_address()), 303)
    if g.actor is None:
        return redirect(url_for("account.sign_in", next=_return_address()), 303)
    signed_in = (Permission.SIGNED_IN, Permission.HALF_SIGNED_IN)  # also for somebody without any role
    if permission is not None and permission not in signed_in and not actor().may(permission):
        raise NotAllowed("Your role cannot open this page. Ask your business manager who can.")
    return None


def _identify() -> None:
    token = session.get("token", "")
    if not token:
        return
    now = app_context().clock.now()
    found = actor_signed_in(read_session(), hash_token(token), now=now)
    if found is None:
        g.actor = actor_awaiting_factor(read_session(), hash_token(token), now=now)
        g.awaits_factor = g.actor is not None
        if not g.awaits_factor:
            session.clear()
        return
    g.actor, seen_at = found
    if now - seen_at > SEEN_EVERY:
        close_read_session()
        note_seen(app_context().database, app_context().clock, token=token)


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
