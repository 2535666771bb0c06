"""The cookie by which a browser is known to those who have signed in with it."""

from typing import TypeVar

from flask import current_app, request
from werkzeug.wrappers import Response

from reviews.access.permissions import system
from reviews.people.known_devices import MOST_IN_A_BROWSER, remember_device
from reviews.people.sign_in import holder_of
from reviews.people.sign_in_tries import KNOWN_FOR
from reviews.transactions.unit_of_work import unit_of_work
from web.account.browser_names import browser_name
from web.core.context import app_context, close_read_session

Answer = TypeVar("Answer", bound=Response)

LONGEST_TOKEN = 64


def device_tokens() -> list[str]:
    """Give the tokens of the browser's cookie, one for each person who has signed in with it lately."""
    tokens = request.cookies.get(_cookie_name(), "").split(".")[:MOST_IN_A_BROWSER]
    return [token for token in tokens if token and len(token) <= LONGEST_TOKEN]


def with_known_device(answer: Answer, *, person_id: int | None = None, session_token: str = "") -> Answer:
    """Make the browser known to somebody who has shown who they are, or to the person of a session that begins."""
    close_read_session()  # SQLite would wait for it
    with unit_of_work(app_context().database, system("sign-in"), app_context().clock) as unit:
        person_id = person_id or holder_of(unit.session, session_token)
        tokens = remember_device(unit, person_id, device_tokens(), name=browser_name(request.user_agent.string))
    answer.set_cookie(
        _cookie_name(),
        ".".join(tokens),
        max_age=KNOWN_FOR,
        secure=app_context().settings.is_production,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _cookie_name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"
