"""The web application: its settings, hooks and template variables."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from reviews.access.shown import begin_noting
from reviews.actions.evidence import host_of
from reviews.actions.list_queries import reported_colour
from reviews.core.clock import moment_in_words, time_in_words
from reviews.core.secrets import secret_key
from reviews.core.settings import Settings
from web.account.views import pages as account
from web.account.views_account import pages as account_page
from web.account.views_addresses import pages as addresses
from web.account.views_calendars import pages as calendars
from web.account.views_devices import pages as devices
from web.account.views_invitations import pages as account_links
from web.account.views_providers import pages as account_providers
from web.account.views_saved_forms import pages as saved_forms
from web.account.views_second_factor import pages as second_factor
from web.actions.views import pages as actions
from web.actions.views_bulk import pages as actions_bulk
from web.actions.views_edit import pages as actions_edit
from web.actions.views_evidence import pages as actions_evidence
from web.actions.views_steps import pages as actions_steps
from web.audit.views import pages as audit
from web.cases.views import pages as cases
from web.cases.views_access import pages as cases_access
from web.cases.views_child_cases import pages as cases_child_cases
from web.cases.views_details import pages as cases_details
from web.cases.views_files import pages as cases_files
from web.cases.views_identities import pages as cases_identities
from web.cases.views_partners import pages as cases_partners
from web.cases.views_put_right import pages as cases_edit
from web.cases.views_steps import pages as cases_steps
from web.core.access import guard_every_request, raise_size_limit, session_end
from web.core.app_context import AppContext
from web.core.context import close_read_session
from web.core.errors import handle_errors
from web.core.govuk import equip
from web.core.headers import send_headers
from web.core.health import pages as health
from web.core.navigation import navigation, personal_pages, signed_in
from web.core.on_record import record_every_answer
from web.core.proxies import BehindProxies, networks_of
from web.core.typed_text import settle_answer
from web.core.urls import action_address, case_address, in_partnership
from web.home.views import pages as home
from web.imports.views import pages as imports
from web.imports.views_questions import pages as import_questions
from web.people.views import pages as people
from web.people.views_absences import pages as people_absences
from web.people.views_agencies import pages as people_agencies
from web.people.views_factor_resets import pages as factor_resets
from web.people.views_invite import pages as people_invite
from web.people.views_role_requests import pages as role_requests
from web.recommendations.views import pages as recommendations
from web.recommendations.views_themes import pages as recommendations_themes
from web.reminders.presenter import sending_faults
from web.reminders.views import pages as reminders
from web.reminders.views_public import pages as public
from web.reminders.views_system import damaged_file_count
from web.reminders.views_system import pages as system
from web.requests.views import pages as requests
from web.retention.views import pages as retention
from web.settings.views import pages as settings
from web.summary.views import pages as summary
from web.workflows.views import pages as workflows
from workflows.core.days import day_in_words
from workflows.core.labels import mid_sentence, sentence
from workflows.core.ladders import recipients_in_words, rung_words

BLUEPRINTS: tuple[Blueprint, ...] = (
    account,
    account_links,
    account_providers,
    account_page,
    addresses,
    calendars,
    saved_forms,
    devices,
    actions,
    actions_bulk,
    actions_edit,
    actions_evidence,
    actions_steps,
    audit,
    cases,
    cases_child_cases,
    cases_details,
    cases_edit,
    cases_files,
    cases_access,
    cases_identities,
    cases_partners,
    cases_steps,
    factor_resets,
    health,
    home,
    imports,
    import_questions,
    people,
    people_absences,
    people_agencies,
    people_invite,
    role_requests,
    recommendations,
    recommendations_themes,
    requests,
    reminders,
    public,
    retention,
    second_factor,
    settings,
    summary,
    system,
    workflows,
)


WITHOUT_REFERRER = (public, account_links)
"""Pages whose address is a key: they send no referrer, and their forms check their token themselves."""
LARGEST_REQUEST = 1_000_000
LARGEST_NUMBER = 2**63 - 1


def create_app(context: AppContext) -> Flask:
    """Build the application on an open database, a clock and settings. Raises LookupError for an unguarded view."""
    app = Flask("web")
    move_into(app, context)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters.update(
        day=day_in_words,
        moment=moment_in_words,
        time=time_in_words,
        words=sentence,
        in_sentence=mid_sentence,
        host=host_of,
    )
    app.jinja_env.filters.update(rung_words=rung_words, recipients_in_words=recipients_in_words)
    app.jinja_env.globals.update(
        case_address=case_address,
        action_address=action_address,
        in_partnership=in_partnership,
        reported_colour=reported_colour,
        sending_faults=sending_faults,
        damaged_file_count=damaged_file_count,
    )
    equip(app)
    app.before_request(begin_noting)
    app.before_request(raise_size_limit)
    CSRFProtect(app)
    send_headers(app, secure=context.settings.is_production)
    app.before_request(_refuse_nul)
    app.before_request(_refuse_json)
    app.before_request(_refuse_too_large_numbers)
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
    record_every_answer(app)
    guard_every_request(app)
    handle_errors(app)
    app.after_request(settle_answer)
    app.teardown_appcontext(close_read_session)
    networks_of(context.settings.trusted_proxies)  # a wrong one stops the start
    app.wsgi_app = BehindProxies(app.wsgi_app, lambda: app.extensions["followthrough"].settings.trusted_proxies)  # type: ignore[method-assign]  # as Flask documents it
    app.context_processor(_base_variables)
    return app


def move_into(app: Flask, context: AppContext) -> None:
    """Give an application its database, clock and settings, in place of those it has."""
    app.extensions["followthrough"] = context
    app.config.update(_config(context.settings))


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
        "WTF_CSRF_CHECK_DEFAULT": False,  # guard_every_request checks it, once it knows who is there
        "TOKENS_OF_THEIR_OWN": {each.name for each in WITHOUT_REFERRER},
        "TRUSTED_HOSTS": _trusted_hosts(settings),
        "PREFERRED_URL_SCHEME": "https" if settings.is_production else "http",
        "ENV_NAME": settings.env.value,
    }


def _trusted_hosts(settings: Settings) -> list[str] | None:
    """Give the names under which production answers: its own, and those by which the machine reaches itself."""
    host = urlsplit(settings.base_url).hostname
    return [*([host] if host else []), "localhost", "127.0.0.1"] if settings.is_production else None


def _refuse_nul() -> None:
    """Answer 400 to a text with a NUL in it: nobody types one, and PostgreSQL cannot store it."""
    typed = [text for texts in (request.args, request.form) for _, text in texts.items(multi=True)]
    if any("\0" in text for text in (request.path, *typed)):
        abort(400)


def _refuse_json() -> None:
    """Our forms send no JSON, and the library would take it as a form, with values that are no texts."""
    if request.is_json and request.endpoint != "public.notify_callback":
        abort(415)


def _refuse_too_large_numbers() -> None:
    """Answer 404 to a number in an address that is larger than any row's."""
    if any(isinstance(part, int) and part > LARGEST_NUMBER for part in (request.view_args or {}).values()):
        abort(404)


def _base_variables() -> dict[str, Any]:
    """Give every template the variables of base.html."""
    person = None if g.get("awaits_factor") else g.get("actor")
    return {
        "product_name": "Followthrough",
        "env_name": current_app.config["ENV_NAME"],
        "csp_nonce": g.get("csp_nonce", ""),
        "request_id": g.get("request_id", ""),
        "signed_in": signed_in(person) if person else None,
        "half_signed_in": g.actor.name if g.get("awaits_factor") else "",
        "navigation": navigation(person, request.path) if person else [],
        "personal_pages": personal_pages(person) if person else [],
        "session_end": session_end(),
    }
