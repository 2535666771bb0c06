"""How are partnerships and people set up from the terminal, and how do people leave?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click
import sqlalchemy as sa

from notifications.returns.address_problems import give_address
from reviews.actions.details import agency_named
from reviews.core.secrets import hash_password
from reviews.models import Absence, Agency, Partnership, Person
from reviews.people import accounts as commands
from reviews.people import offboarding as leavers
from reviews.people.absences import absence_of, end_absence, record_absence
from reviews.people.offboarding import HandedOn
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, pairs, partnership_named
from web.cli.returned_mail import mail_works
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership, table
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role


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


handing_on = click.option(
    "--hand-on", multiple=True, metavar="REF=EMAIL", help="New owner of one open action; what is not named is parked."
)


@click.group()
def people() -> None:
    """Give people accounts, and shut them; say who is away."""


people.add_command(away)
people.add_command(back)


@people.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--job-title", required=True)
@click.option("--agency", required=True, help="Name of an agency of the partnership.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@partnership
@as_person
@as_json
def add_person(
    email: str, name: str, job_title: str, agency: str, role: str, partnership: str, as_: str | None, json_: bool
) -> None:
    """Give a person a role; somebody known already gets a further one."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        person = commands.add_person(
            unit,
            place,
            email=email,
            name=name,
            job_title=job_title,
            agency=_agency(unit, place, agency),
            role=Role(role),
        )
        data = {"email": person.email, "name": person.name, "role": role, "partnership": place.code}
    emit(data, json_, lambda: f"{data['name']} <{data['email']}> is {role} in {data['partnership']}.")


@people.command("password")
@click.argument("email")
def set_password(email: str) -> None:
    """Ask for a new password for a person, and set it."""
    password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    house = open_house()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(house.database, acting(house.database, house.clock, None), house.clock) as unit:
        commands.set_password(unit, email=email, password_hash=hash_password(password))
    click.echo(f"The password of {email} is set.")


@people.command("change-email")
@click.argument("old")
@click.argument("new")
@as_person
@as_json
def change_email(old: str, new: str, as_: str | None, json_: bool) -> None:
    """Let a person be written to, and sign in, at the address NEW; solves that mail to OLD comes back."""
    house = open_house()
    somebody = looking_for(f"person with the address {named(old)}")
    with somebody, unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        person = give_address(unit, old, new)
        data = {"email": person.email, "was": old.strip().lower(), "name": person.name}
    emit(data, json_, lambda: f"{data['name']} is written to, and signs in, at {data['email']}.")


@people.command("disable")
@click.argument("email")
@handing_on
@as_person
@as_json
def disable(email: str, hand_on: tuple[str, ...], as_: str | None, json_: bool) -> None:
    """Shut a person's account at once; each open action is handed on, or parked with the lead of its agency."""
    house = open_house()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        left = leavers.disable_person(unit, email=email, hand_on=pairs(hand_on))
    data = {"email": email.lower(), "disabled": True, **_left(left)}
    emit(data, json_, lambda: f"The account of {email} is shut. {_left_in_words(left)}")


@people.command("end-role")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@handing_on
@partnership
@as_person
@as_json
def end_role(email: str, role: str, hand_on: tuple[str, ...], partnership: str, as_: str | None, json_: bool) -> None:
    """End one role of a person in a partnership; with the last one, their open actions there go to others."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            left = leavers.end_role(unit, place, email=email, role=Role(role), hand_on=pairs(hand_on))
        data = {"email": email.lower(), "role": role, "partnership": place.code, **_left(left)}
    emit(data, json_, lambda: f"{email} is no longer {role} in {data['partnership']}. {_left_in_words(left)}")


people.add_command(mail_works)


@click.group()
def partnerships() -> None:
    """Set up partnerships."""


@partnerships.command("add")
@click.argument("code")
@click.option("--name", required=True)
def add_partnership(code: str, name: str) -> None:
    """Set up a partnership under a code such as ANYSHIRE."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, None), house.clock) as unit:
        if unit.session.scalar(sa.select(Partnership.id).where(Partnership.code == code.upper())):
            raise Refused(f"There is a partnership {code.upper()} already.")
        made = commands.add_partnership(unit, code=code, name=name)
        click.echo(f"{made.name} is set up as {made.code}.")


def _agency(unit: Unit, place: Partnership, name: str) -> Agency:
    found = agency_named(unit, place.id, name)
    if found is None:
        known = unit.session.scalars(sa.select(Agency.name).where(Agency.partnership_id == place.id)).all()
        raise Refused(f"{place.code} has no agency “{named(name)}”. It has: {', '.join(sorted(known)) or 'none yet'}.")
    return found


def _left(left: Sequence[HandedOn]) -> dict[str, Any]:
    return {
        "open_actions": [each.reference for each in left],
        "handed_on": [
            {"action": each.reference, "partnership": each.partnership, "to": each.to, "parked": each.parked}
            for each in left
        ],
    }


def _left_in_words(left: Sequence[HandedOn]) -> str:
    if not left:
        return "No open action is left behind."
    return table("Open actions", ("Action", "Went to"), [(each.reference, _to(each)) for each in left])


def _to(each: HandedOn) -> str:
    if each.to is None:
        return "nobody: its agency has no lead here, so it has no owner"
    return f"{each.to}, parked" if each.parked else each.to
