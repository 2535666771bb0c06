"""What follows when a session was just begun, by whatever means."""

from flask import redirect, session, url_for
from werkzeug.wrappers import Response

from reviews.people.saved_forms import has_saved_form
from reviews.people.sign_in import hash_token
from web.core.access import is_local
from web.core.context import app_context, read_session
from web.core.typed_text import SAVED_FORMS


def enter(token: str, target: str) -> Response:
    """Take up a session, and lead to what was asked for, or first to what was typed before."""
    session.clear()
    session["token"] = token
    now = app_context().clock.now()
    has_saved = has_saved_form(read_session(), hash_token(token), now=now)
    if has_saved and not target.startswith(SAVED_FORMS):
        return redirect(SAVED_FORMS, 303)
    return redirect(target if is_local(target) else url_for("home.home"), 303)
