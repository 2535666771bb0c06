"""How is the web application put together?"""

from datetime import date, datetime
from typing import Any

from flask import Flask, abort, current_app, g, request, session
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from reviews.actions.evidence import host_of
from reviews.actions.step_handlers import HANDLER_OF
from reviews.core.clock import LONDON
from reviews.core.secrets import secret_key
from reviews.core.settings import Settings
from web.blueprints import BLUEPRINTS
from web.core.access import guard_every_request
from web.core.context import House, close_reader
from web.core.errors import handle_errors
from web.core.govuk import equip
from web.core.headers import send_headers
from web.core.navigation import navigation, signed_in
from web.core.urls import action_address, case_address, in_partnership
from web.reminders.views_public import pages as links
from workflows.core.labels import mid_sentence, sentence
from workflows.core.ladders import rung_words, told_words

LARGEST_REQUEST = 1_000_000
LARGEST_SPREADSHEET = 10_100_000  # 10 MB, and what the form says beside it
LARGEST_NUMBER = 2**63 - 1
LARGEST_EVIDENCE = 25_200_000


def create_app(house: House) -> Flask:
    """Build the application on an open database, a clock and settings. Raises LookupError for an unguarded view."""
    app = Flask("web")
    app.extensions["house"] = house
    app.config.update(_config(house.settings))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters.update(day=_day, moment=day_and_time, words=sentence, in_sentence=mid_sentence, host=host_of)
    app.jinja_env.filters.update(rung_words=rung_words, told_words=told_words)
    app.jinja_env.globals.update(
        case_address=case_address, action_address=action_address, in_partnership=in_partnership
    )
    equip(app)
    app.before_request(_let_files_in)
    csrf = CSRFProtect(app)
    csrf.exempt(links)  # its forms check their token themselves, without the referrer, which its pages keep back
    send_headers(app, secure=house.settings.is_production)
    app.before_request(_refuse_nul)
    app.before_request(_know_no_such_number)
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
    guard_every_request(app)
    handle_errors(app)
    app.teardown_appcontext(close_reader)
    app.context_processor(_everywhere)
    return app


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": secret_key(settings),
        "SESSION_COOKIE_NAME": "__Host-followthrough" if settings.is_production else "followthrough",
        "SESSION_COOKIE_SECURE": settings.is_production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "MAX_FORM_PARTS": 200,
        "WTF_CSRF_TIME_LIMIT": None,
        "PREFERRED_URL_SCHEME": "https" if settings.is_production else "http",
        "ENV_NAME": settings.env.value,
    }


def _let_files_in() -> None:
    """Raise the limit for the few addresses to which files are sent, for somebody who is signed in."""
    if not session.get("token"):
        return
    step = HANDLER_OF.get((request.view_args or {}).get("step", ""))
    asks_to_close = request.endpoint == "actions_steps.take_step" and step is not None and "file" in step.fields
    if request.endpoint == "imports.upload":
        request.max_content_length = LARGEST_SPREADSHEET
    elif request.endpoint == "actions_evidence.add" or asks_to_close:
        request.max_content_length = LARGEST_EVIDENCE


def _refuse_nul() -> None:
    """Refuse what nobody types and PostgreSQL cannot keep: a NUL in a text."""
    typed = [text for texts in (request.args, request.form) for _, text in texts.items(multi=True)]
    if any("\0" in text for text in (request.path, *typed)):
        abort(400)


def _know_no_such_number() -> None:
    """Answer a number in an address that no database keeps as one that is not there."""
    if any(isinstance(part, int) and part > LARGEST_NUMBER for part in (request.view_args or {}).values()):
        abort(404)


def _everywhere() -> dict[str, Any]:
    """Give every template what the base page needs."""
    person = g.get("actor")
    return {
        "product_name": "Followthrough",
        "env_name": current_app.config["ENV_NAME"],
        "csp_nonce": g.get("csp_nonce", ""),
        "request_id": g.get("request_id", ""),
        "signed_in": signed_in(person) if person else None,
        "navigation": navigation(person, request.path) if person else [],
    }


def _day(value: date) -> str:
    return f"{value:%-d %B %Y}"


def day_and_time(value: datetime) -> str:
    local = value.astimezone(LONDON)
    return f"{local:%-d %B %Y} at {local:%-I:%M}{local:%p}".replace("AM", "am").replace("PM", "pm")
