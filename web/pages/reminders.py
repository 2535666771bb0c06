"""What went to whom, and is the reminder process alive?"""

import re
from collections.abc import Sequence

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notifications.decided import NO_DATE
from notifications.models import LetterState
from notifications.queries import SORTS, LedgerFilters, LedgerItem, LedgerRow, last_seen, ledger
from notifications.ticks import SEEN_LATELY
from reviews.permissions import Permission
from reviews.queries.paging import Page
from web.access import needs
from web.lists import one_of, shown, word
from web.places import code_of, place_for, places_with
from web.state import actor, house, reader

pages = Blueprint("reminders", __name__)

STATES = {
    LetterState.QUEUED: ("Waiting", "grey"),
    LetterState.SENDING: ("Being sent", "blue"),
    LetterState.SENT: ("Sent", "green"),
    LetterState.FAILED: ("Failed", "red"),
    LetterState.SUPPRESSED: ("Stopped", "yellow"),
}
NEWS = {
    "assigned": "new to them",
    "returned": "returned to them",
    "extended": "more time given",
    "more-time": "more time asked for",
    "refused": "no more time given",
    "submitted": "waits for their check",
    NO_DATE: "without a date",
}


@pages.route("/reminders")
@needs(Permission.SEE_REMINDERS)
def reminders() -> ResponseReturnValue:
    place = place_for(Permission.SEE_REMINDERS)
    sort, state, to = one_of("sort", SORTS) or "-morning", one_of("state", STATES), word("to")
    filters = LedgerFilters(state=LetterState(state) if state else None, to=to)

    def fetch(number: int) -> Page[LedgerRow]:
        found = ledger(reader(), actor(), partnership_id=place, filters=filters, sort=sort, page=number)
        return Page(found.rows, number, found.total)

    tick = last_seen(reader())
    return render_template(
        "reminders/reminders.html",
        page=shown(fetch),
        sort=sort,
        state=state,
        to=to,
        states=STATES,
        rung=rung_in_words,
        counted=counted,
        tick=tick,
        is_late=tick is None or house().clock.now() - tick.seen_at > SEEN_LATELY,
        place=place,
        partnerships=places_with(Permission.SEE_REMINDERS),
        partnership=code_of(place),
    )


def rung_in_words(name: str) -> str:
    """Say why an action or a clock was brought up: `due+14` is `14 days after`."""
    found = re.fullmatch(r"due(?:([+-])(\d+))?", name)
    if found is None:
        return NEWS.get(name, name)
    if not found[2]:
        return "due that day"
    return f"{found[2]} {'day' if found[2] == '1' else 'days'} {'after' if found[1] == '+' else 'before'}"


def counted(items: Sequence[LedgerItem]) -> str:
    """Count what a mail spoke of: `1 clock and 2 actions`."""
    clocks = sum(1 for item in items if item.clock)
    numbers = {"clock": clocks, "action": len(items) - clocks}
    return " and ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in numbers.items() if n)
