"""What can be set for a partnership, and where?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from web.core.access import needs
from web.core.context import actor

pages = Blueprint("settings", __name__)

SECTIONS = (
    (
        "Local periods",
        "/settings/periods",
        "The periods and reminder ladders of the partnership's own, beside the national ones.",
        Permission.SET_LOCAL_RULES,
    ),
    (
        "Reminder policies",
        "/settings/reminders",
        "On which days before and after its date an action is brought up, with whom, and when the round begins.",
        Permission.SET_LOCAL_RULES,
    ),
    (
        "Bank holidays",
        "/settings/holidays",
        "Which are known and up to when, and the clocks that wait for approval before they move.",
        Permission.MOVE_CLOCKS,
    ),
)


@pages.route("/settings")
@needs(Permission.SEE_SETTINGS)
def settings() -> ResponseReturnValue:
    theirs = [(title, href, words) for title, href, words, permission in SECTIONS if actor().may(permission)]
    return render_template("settings/settings.html", sections=theirs)
