"""Who will get what on the next working morning or another one, and what is held back?"""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notifications.ledger.forecast import Expected, foresee
from notifications.letters.letterhead import Letterhead
from reviews.access.permissions import Permission
from reviews.core.paging import SIZE, Page
from reviews.definitions.calendars import present_calendar
from web.core.access import needs
from web.core.context import actor, close_reader, house, reader, today
from web.core.places import code_of, place_for, places_with
from web.core.query import day, shown, word
from web.reminders.presenter import counted, rung_in_words, tabs

pages = Blueprint("next_morning", __name__)


@pages.route("/reminders/tomorrow")
@needs(Permission.SEE_REMINDERS)
def tomorrow() -> ResponseReturnValue:
    place = place_for(Permission.SEE_REMINDERS)
    following = _following()
    on, to = day("on") or following, word("to")
    around, code = tabs(place), code_of(place)
    close_reader()  # the round is planned in a session of its own
    letterhead = Letterhead.of(house().settings)
    found = foresee(house().database, actor(), partnership_id=place, code=code, on=on, letterhead=letterhead)
    chosen = _of_person(found.mails, to)
    return render_template(
        "reminders/tomorrow.html",
        found=found,
        page=shown(lambda number: Page(chosen[(number - 1) * SIZE : number * SIZE], number, len(chosen))),
        held=sum(len(each) for each in found.held_back.values()),
        on=on,
        following=following,
        to=to,
        rung=rung_in_words,
        counted=counted,
        place=place,
        partnerships=places_with(Permission.SEE_REMINDERS),
        partnership=code,
        tabs=around,
    )


def _following() -> date:
    """Give the first working day after today."""
    return present_calendar(reader()).next_working_day(today() + timedelta(days=1))


def _of_person(mails: Sequence[Expected], to: str) -> list[Expected]:
    wanted = to.casefold()
    return [each for each in mails if wanted in each.name.casefold() or wanted in each.email]
