"""Who may open this page? No view without a declared permission."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from reviews.access.permissions import NotAllowed, Permission
from reviews.people.accounts import hash_token, note_seen
from reviews.people.queries import actor_signed_in
from web.core.context import actor, close_reader, house, reader

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

SEEN_EVERY = timedelta(minutes=1)


def needs(permission: Permission) -> Callable[[View], View]:
    """Declare the permission a view needs; the walk over the routes finds every one that has none."""

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]  # read back by permission_of
        return view

    return declare


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    if endpoint == "static":
        return Permission.ANYBODY
    found: Permission | None = getattr(app.view_functions[endpoint], "permission", None)
    return found


def guard_every_request(app: Flask) -> None:
    """Let nobody past without the permission of the view; a view that declares none is open to nobody."""
    for endpoint in app.view_functions:
        if permission_of(app, endpoint) is None:
            raise LookupError(f"The view {endpoint} declares no permission.")
    app.before_request(_admit)


def _admit() -> ResponseReturnValue | None:
    g.actor = None
    if request.endpoint is None:
        return None
    permission = permission_of(current_app, request.endpoint)
    if permission is Permission.ANYBODY:
        return None
    _identify()
    if g.actor is None:
        return redirect(url_for("account.sign_in", next=_here()), 303)
    if permission is not None and permission is not Permission.SIGNED_IN and not actor().may(permission):
        raise NotAllowed("Your role does not open this page. Your business manager can tell you who may.")
    return None


def _identify() -> None:
    token = session.get("token", "")
    if not token:
        return
    now = house().clock.now()
    found = actor_signed_in(reader(), hash_token(token), now=now)
    if found is None:
        session.clear()
        return
    g.actor, seen_at = found
    if now - seen_at > SEEN_EVERY:
        close_reader()
        note_seen(house().database, house().clock, token=token)


def _here() -> str | None:
    """The address to come back to after signing in: only pages that are read, never the target of a form."""
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    return here if here not in ("", "/") else None


def is_local(address: Any) -> bool:
    """Whether an address given by a browser leads nowhere but to our own pages."""
    return (
        isinstance(address, str)
        and address.startswith("/")
        and not address.startswith("//")
        and "\\" not in address
        and address.isprintable()
    )
