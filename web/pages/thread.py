"""How does the thread of a case run from finding to impact, as a page?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.permissions import Permission
from reviews.queries.case_file import find_case
from reviews.queries.thread import thread
from reviews.responses import RESPONSES
from web.access import needs
from web.lists import word
from web.state import actor, reader, today
from workflows.definitions.action import OPEN

pages = Blueprint("thread", __name__)

MOST_NAMED = 12
MOST_ACTIONS = 100
"""Beyond so many under one recommendation the list of actions takes over: a thread is read, not searched."""


@pages.route("/cases/<reference>/thread")
@needs(Permission.SEE_CASE)
def show(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    return render_template(
        "thread/thread.html",
        case=case,
        place=place,
        thread=thread(reader(), actor(), case, today=today()),
        responses=RESPONSES,
        open_stages=OPEN,
        most_named=MOST_NAMED,
        most_actions=MOST_ACTIONS,
        may_plan=actor().may(Permission.ADD_ACTION, place.id, case.realm),
        today=today(),
    )
