"""How does the thread of a case run from finding to impact, as a page?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.actions.thread import thread
from reviews.actions.thread_pages import loose, pages_of, sections, thread_page
from reviews.cases.page_queries import find_case
from reviews.models.recommendations import RESPONSES
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import shown, word

pages = Blueprint("thread", __name__)

MOST_NAMED = 12
"""Of what is broken in the same way so many are named, and the others counted."""


@pages.route("/cases/<reference>/thread")
@needs(Permission.SEE_CASE)
def show(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    whole = thread(reader(), actor(), case, today=today())
    page = shown(lambda number: thread_page(whole, number))
    return render_template(
        "thread/thread.html",
        case=case,
        place=place,
        thread=whole,
        page=page,
        pages=pages_of(whole),
        sections=sections(page.rows),
        loose=loose(page.rows),
        unseen=sum(not one.is_seen for one in whole.loose),
        responses=RESPONSES,
        most_named=MOST_NAMED,
        may_plan=actor().may(Permission.ADD_ACTION, place.id, case.realm),
        today=today(),
    )
