"""What went to whom, and is the reminder process alive?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notifications.ledger.filters import LedgerFilters
from notifications.ledger.queries import SORTS, LedgerRow, last_seen, ledger
from notifications.ledger.resend import GIVEN_UP, given_up
from notifications.models import LetterState
from notifications.process.heartbeat import SEEN_LATELY, process_standing
from reviews.access.permissions import Permission
from reviews.core.paging import Page
from web.core.access import needs
from web.core.context import actor, house, reader
from web.core.places import code_of, place_for, places_with
from web.core.query import day, one_of, shown, word
from web.reminders.presenter import KINDS, STATES, counted, kind_words, rung_in_words, tabs

pages = Blueprint("reminders", __name__)


@pages.route("/reminders")
@needs(Permission.SEE_REMINDERS)
def reminders() -> ResponseReturnValue:
    place = place_for(Permission.SEE_REMINDERS)
    sort, filters = one_of("sort", SORTS) or "-morning", filters_asked()

    def fetch(number: int) -> Page[LedgerRow]:
        found = ledger(reader(), actor(), partnership_id=place, filters=filters, sort=sort, page=number)
        return Page(found.rows, number, found.total)

    tick, may_send = last_seen(reader()), actor().may(Permission.SEND_AGAIN, place)
    asked_for = may_send and filters.state in (None, *GIVEN_UP)
    return render_template(
        "reminders/reminders.html",
        page=shown(fetch),
        sort=sort,
        filters=filters,
        states=STATES,
        kinds=KINDS,
        kind_words=kind_words,
        rung=rung_in_words,
        counted=counted,
        tick=tick,
        is_late=tick is None or house().clock.now() - tick.seen_at > SEEN_LATELY,
        given_up=given_up(reader(), actor(), place, filters)[1] if asked_for else 0,
        place=place,
        partnerships=places_with(Permission.SEE_REMINDERS),
        partnership=code_of(place),
        tabs=tabs(place),
    )


@pages.route("/reminders/process")
@needs(Permission.SEE_REMINDERS)
def process() -> ResponseReturnValue:
    standing = process_standing(reader())
    now, tick = house().clock.now(), standing.tick
    is_late = tick is None or now - tick.seen_at > SEEN_LATELY
    return render_template("reminders/process.html", standing=standing, is_late=is_late, tabs=tabs())


def filters_asked() -> LedgerFilters:
    """Read what the address narrows the ledger to."""
    state = one_of("state", STATES)
    return LedgerFilters(
        state=LetterState(state) if state else None,
        to=word("to"),
        kind=one_of("kind", KINDS),
        about=word("about"),
        since_on=day("since"),
        until_on=day("until"),
    )
