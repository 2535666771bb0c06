"""How does somebody say at the terminal that a person is away, or back?"""

from datetime import date
from typing import Any

import click

from reviews.models import Absence, Person
from reviews.people.absences import absence_of, end_absence, record_absence
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.typed import DAY, looking_for, named, partnership_named


@click.command("away")
@click.argument("email")
@click.option("--from", "from_on", type=DAY, metavar="DATE", required=True, help="First day away.")
@click.option("--until", "until_on", type=DAY, metavar="DATE", required=True, help="Last day away.")
@click.option("--deputy", metavar="EMAIL", required=True, help="Who hears of their actions meanwhile.")
@partnership
@as_person
@as_json
def away(
    email: str, from_on: date, until_on: date, deputy: str, partnership: str, as_: str | None, json_: bool
) -> None:
    """Say that a person is away, and who stands in for them."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            absence = record_absence(unit, place, email=email, deputy_email=deputy, from_on=from_on, until_on=until_on)
        data = _as_data(unit, absence, place.code)
    emit(data, json_, lambda: f"{data['email']} is away {_span(data)}. {data['deputy']} stands in.")


@click.command("back")
@click.argument("email")
@partnership
@as_person
@as_json
def back(email: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Say that a person is back, or call off the absence that comes next."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            absence = absence_of(unit, place, email)
        end_absence(unit, absence)
        data = _as_data(unit, absence, place.code) | {"ended": True}
    emit(data, json_, lambda: f"{data['email']} is not away any more: the absence {_span(data)} has ended.")


def _as_data(unit: Unit, absence: Absence, code: str) -> dict[str, Any]:
    person, deputy = (unit.session.get_one(Person, each) for each in (absence.person_id, absence.deputy_id))
    return {
        "email": person.email,
        "deputy": deputy.email,
        "from_on": absence.from_on,
        "until_on": absence.until_on,
        "partnership": code,
    }


def _span(data: dict[str, Any]) -> str:
    return f"from {data['from_on']} to {data['until_on']}"
