"""What is outstanding? The chair's numbers, each of which opens the list behind it."""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.actions.action_groups import AGES, GROUPS, WAITING
from reviews.actions.rating import RATINGS
from reviews.cases.waiting_moves import moves_to_mention
from reviews.summary.queries import MOST_CLOCKS, NEAR, chair_summary
from web.actions.labels import STAGES
from web.core.access import needs
from web.core.context import actor, house, kinds, reader, today
from web.core.places import code_of, place_for, places_with
from web.core.query import as_of, word

pages = Blueprint("summary", __name__)

KINDS = {"overdue": "late", "due_soon": "near"}


@pages.route("/summary")
@needs(Permission.SEE_SUMMARY)
def summary() -> ResponseReturnValue:
    place, on = place_for(Permission.SEE_SUMMARY), as_of()
    return render_template(
        "summary/summary.html",
        numbers=chair_summary(reader(), actor(), partnership_id=place, today=on),
        name=places_with(Permission.SEE_SUMMARY)[code_of(place)],
        partnerships=places_with(Permission.SEE_SUMMARY),
        on=on,
        is_today=on == today(),
        behind=_behind("/actions", place),
        cases_behind=_behind("/cases", place),
        groups=GROUPS,
        waiting=WAITING,
        ages=AGES,
        ratings=RATINGS,
        kinds=KINDS,
        stages=STAGES,
        workflows=kinds(),
        place=place,
        near=NEAR,
        most_clocks=MOST_CLOCKS,
        moves=moves_to_mention(reader(), actor(), partnership_id=place, now=house().clock.now()),
    )


def _behind(path: str, place: int) -> Callable[..., str]:
    """Make what gives the address of the list behind a number: of this partnership alone, judged on the same day."""
    day = {"as-of": word("as-of")} if as_of() != today() else {}
    always = urlencode({"partnership": code_of(place), **day})

    def behind(**words: object) -> str:
        said = urlencode({name: str(value) for name, value in words.items() if value})
        return f"{path}?{said}&{always}" if said else f"{path}?{always}"

    return behind
