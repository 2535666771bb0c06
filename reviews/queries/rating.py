"""Which colour does an action have today?"""

from datetime import date, timedelta
from functools import lru_cache

import sqlalchemy as sa

from reviews.db import written_out
from reviews.models import Action
from workflows.definitions.action import OPEN, A

RATINGS = ("Red", "Amber", "Green", "Blue", "Grey")
BLUE = ("embedded", "closed_complete")
NOT_RATED = ("proposed", "agreed_no_date", "rejected", "superseded", "transferred", "no_longer_needed")
NEAR = timedelta(days=14)
LAST_GREEN_EXTENSION = 0
LAST_AMBER_EXTENSION = 2


@lru_cache(maxsize=8)
def rating(today: date) -> sa.ColumnElement[str]:
    """Work the colour out by the default rule table: there is no national standard, so the words stand beside it.

    Blue: done and the evidence accepted. Grey: not due to start, no date yet, or dropped. Red: past due, or extended
    more than twice. Amber: due within 14 days, extended, or blocked. Green: everything else.
    """
    is_open = Action.stage.in_(sorted(OPEN))
    table = sa.case(
        (Action.stage.in_(BLUE), "Blue"),
        (Action.stage.in_(NOT_RATED), "Grey"),
        (is_open & ((Action.due_on < today) | (Action.times_extended > LAST_AMBER_EXTENSION)), "Red"),
        (
            is_open
            & (
                (Action.due_on <= today + NEAR)
                | (Action.times_extended > LAST_GREEN_EXTENSION)
                | (Action.stage == "blocked")
            ),
            "Amber",
        ),
        else_="Green",
    )
    return written_out(table)


def because(colour: str, *, stage: str, due_on: date | None, times_extended: int, today: date) -> str:
    """Say which line of the table gave an action its colour."""
    match colour:
        case "Blue":
            return "its impact was seen" if stage == A.EMBEDDED else "done and accepted"
        case "Grey":
            return {A.PROPOSED: "not agreed yet", A.AGREED_NO_DATE: "no date yet"}.get(A(stage), "not to be done")
        case "Red":
            return "past its due date" if due_on and due_on < today else "extended more than twice"
        case "Amber":
            return _worrying(stage, due_on, times_extended, today)
        case _:
            return _going_well(stage)


def _worrying(stage: str, due_on: date | None, times_extended: int, today: date) -> str:
    reasons = (
        (stage == A.BLOCKED, "blocked"),
        (due_on is not None and due_on <= today + NEAR, f"due within {NEAR.days} days"),
        (times_extended > LAST_GREEN_EXTENSION, "extended once" if times_extended == 1 else "extended twice"),
    )
    return ", ".join(words for holds, words in reasons if holds)


def _going_well(stage: str) -> str:
    return {A.SUBMITTED: "waiting for sign-off", A.AWAITING_IMPACT: "done, its impact still to be seen"}.get(
        A(stage), "on track"
    )
