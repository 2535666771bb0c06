"""The pages for what is refused, unknown or broken."""

import logging
from datetime import timedelta

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from reviews.access.permissions import NotAllowed
from reviews.core.hashing_slots import Busy
from reviews.people.limits import Limited
from reviews.transactions.unit_of_work import Gone, NotFound, Stale
from web.core.on_record import FORGED, TRANSITION, note_refusal
from web.core.stored_files import FileNotSent
from workflows.core.engine import Refused

LOG = logging.getLogger("followthrough.web")

WORDED = (400, 403, 404, 409, 410, 413, 422, 429, 500, 503)
STALE = (
    "Somebody else changed this while you had it open. Go back and reload the page to see what it says now, "
    "then make your change again."
)


def handle_errors(app: Flask) -> None:
    app.register_error_handler(NotFound, lambda _error: _page(404))
    app.register_error_handler(Gone, _gone)
    app.register_error_handler(NotAllowed, lambda error: _page(403, str(error)))
    app.register_error_handler(Stale, lambda _error: _page(409, STALE))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Limited, lambda error: _later(429, error.in_words, error.seconds))
    app.register_error_handler(FileNotSent, _not_sent)
    app.register_error_handler(Busy, lambda error: _later(503, str(error), error.seconds))
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, lambda error: _page(error.code or 500))
    app.register_error_handler(Exception, _fault)


def _gone(_error: Gone) -> tuple[str, int]:
    note_refusal(410)
    return render_template("account/link_over.html"), 410


def _refused(error: Refused) -> tuple[str, int]:
    page = _page(409, " ".join([str(error), *error.missing]))
    note_refusal(409, TRANSITION)
    return page


def _forged(_error: CSRFError) -> tuple[str, int]:
    note_refusal(400, FORGED)
    return _page(400)


def _not_sent(error: FileNotSent) -> tuple[str, int]:
    note_refusal(error.code, error.on_record)
    return _page(error.code, str(error))


def _fault(error: Exception) -> ResponseReturnValue:
    """Log the type of a fault and where it arose, never its values; the page shows the number of the request."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown"
    rule = request.url_rule.rule if request.url_rule else "no route"
    LOG.error("%s at %s in %s %s, request %s", type(error).__name__, where, request.method, rule, g.get("request_id"))
    g.actor = None
    return _page(500)


def _page(code: int, sentence: str | None = None) -> tuple[str, int]:
    note_refusal(code)
    words = {"sentence": sentence} if sentence else {}
    return render_template("errors/page.html", code=code if code in WORDED else _nearest(code), **words), code


def _later(code: int, sentence: str, seconds: int) -> ResponseReturnValue:
    """Say when to come back, in words and for programs, and note in the log that somebody came too often."""
    rule = request.url_rule.rule if request.url_rule else "no route"
    LOG.warning("%s in %s %s, request %s", code, request.method, rule, g.get("request_id"))
    page, _ = _page(code, sentence)
    note_refusal(code, lasts=timedelta(seconds=seconds))
    return page, code, {"Retry-After": str(seconds)}


def _nearest(code: int) -> int:
    """Give the code whose page fits one that has no page."""
    return 404 if code in (401, 405) else 400 if code < 500 else 500
