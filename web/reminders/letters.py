"""What does every mail look like, before anybody gets one?"""

from flask import Blueprint, Response, g, make_response, render_template
from flask.typing import ResponseReturnValue

from notifications.previews.samples import samples
from reviews.access.permissions import Permission
from reviews.transactions.unit_of_work import NotFound
from web.core.access import needs
from web.core.context import house, today
from web.reminders.presenter import tabs

pages = Blueprint("letters", __name__)

FRAMED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@pages.route("/reminders/letters")
@needs(Permission.SEE_REMINDERS)
def letters() -> ResponseReturnValue:
    g.frames_own = True
    shown = samples(house().settings.base_url, today())
    return render_template("reminders/letters.html", letters=shown, tabs=tabs())


@pages.route("/reminders/letters/<sample>/html")
@needs(Permission.SEE_REMINDERS)
def letter(sample: str) -> Response:
    """Give the HTML of one invented letter, to be shown inside the page of all."""
    found = next((said.html for each, said in samples(house().settings.base_url, today()) if each.name == sample), None)
    if found is None:
        raise NotFound
    answer = make_response(found)
    answer.headers["Content-Security-Policy"] = FRAMED
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer
