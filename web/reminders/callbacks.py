"""What do others report to us, and may they? Not for browsers: who asks shows a token, and no session counts."""

from hmac import compare_digest

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from notifications.returns.callbacks import report_of
from notifications.returns.delivery_reports import hear
from notifications.transports.https import read_json
from reviews.access.permissions import Permission, system
from reviews.transactions.unit_of_work import unit_of_work
from web.core.access import needs
from web.core.context import house

pages = Blueprint("callbacks", __name__)


@pages.route("/notify/callback", methods=["POST"])
@needs(Permission.ANYBODY)
def notify() -> ResponseReturnValue:
    """Take in what became of a letter. Whoever has the token hears the same of every letter, known or not."""
    token = house().settings.notify_callback_token
    if token is None or not token.get_secret_value():
        return "", 404
    if not compare_digest(_shown().encode(), token.get_secret_value().encode()):
        return "", 401
    report = report_of(read_json(request.get_data(cache=False)))
    if report is not None:
        with unit_of_work(house().database, system("notify"), house().clock) as unit:
            hear(unit, report)
    return "", 204


def _shown() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
