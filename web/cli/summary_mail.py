"""How is it chosen at the terminal on which mornings somebody has the summary by mail?"""

from datetime import date
from typing import Any

import click

from notifications.base.summary_rhythm import WEEKDAYS, Rhythm, Wish
from notifications.summaries.choose import NEVER, choose_summary
from notifications.summaries.letters import rhythm_words
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.typed import DAY, looking_for, named, partnership_named


@click.command("mail")
@click.argument("email")
@click.option(
    "--rhythm", type=click.Choice([*(each.value for each in Rhythm), NEVER]), required=True, help="How often it comes."
)
@click.option("--weekday", type=click.Choice(WEEKDAYS), default=WEEKDAYS[0], show_default=True, help="For weekly.")
@click.option("--meeting", type=DAY, metavar="DATE", help="Day of the meeting it is wanted before.")
@partnership
@as_person
@as_json
def mail(
    email: str, rhythm: str, weekday: str, meeting: date | None, partnership: str, as_: str | None, json_: bool
) -> None:
    """Choose when somebody has the summary of a partnership by mail: weekly, monthly, before a meeting, or never."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            wish = choose_summary(unit, place, email=email, rhythm=rhythm, weekday=weekday, meeting_on=meeting)
        next_on = wish.next_on(unit.calendar, unit.today) if wish else None
        data = _as_data(email, place.code, wish, next_on)
    emit(data, json_, lambda: _in_words(data, wish))


def _as_data(email: str, code: str, wish: Wish | None, next_on: date | None) -> dict[str, Any]:
    weekly = wish is not None and wish.rhythm is Rhythm.WEEKLY
    return {
        "email": wish.email if wish else email.strip().lower(),
        "partnership": code,
        "rhythm": wish.rhythm.value if wish else NEVER,
        "weekday": WEEKDAYS[wish.weekday] if wish and weekly else None,
        "meeting_on": wish.meeting_on if wish else None,
        "next_on": next_on,
    }


def _in_words(data: dict[str, Any], wish: Wish | None) -> str:
    if wish is None:
        return f"{data['email']} has no summary of {data['partnership']} by mail."
    words = rhythm_words(wish.rhythm, wish.weekday, wish.meeting_on)
    return f"{data['email']} has the summary of {data['partnership']} {words}, next on {data['next_on']}."
