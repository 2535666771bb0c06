"""How are partnerships, agencies and people set up from the terminal?"""

import click
import sqlalchemy as sa

from reviews.commands import people as commands
from reviews.commands.actions import agency_named
from reviews.models import Agency, AgencyKind, Partnership
from reviews.passwords import hash_password
from reviews.unit import Unit, unit_of_work
from web.cli.opening import acting, as_json, as_person, emit, open_house, partnership
from web.cli.typed import looking_for, named, partnership_named
from workflows.engine import Refused
from workflows.vocabulary import Role


@click.group()
def people() -> None:
    """Give people accounts, and shut them."""


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


@people.command("disable")
@click.argument("email")
@as_person
@as_json
def disable(email: str, as_: str | None, json_: bool) -> None:
    """Shut a person's account at once, and list the open actions it leaves behind."""
    house = open_house()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        left = commands.disable_person(unit, email=email)
    data = {"email": email.lower(), "disabled": True, "open_actions": left}
    words = f" Open actions to hand on: {', '.join(left)}." if left else " No open action is left behind."
    emit(data, json_, lambda: f"The account of {email} is shut.{words}")


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


@click.group()
def agencies() -> None:
    """Set up the agencies of a partnership."""


@agencies.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice([kind.value for kind in AgencyKind]), default=AgencyKind.OTHER.value)
@partnership
def add_agency(name: str, kind: str, partnership: str) -> None:
    """Set up an agency; three kinds are the statutory safeguarding partners."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, None), house.clock) as unit:
        place = partnership_named(unit, partnership)
        if agency_named(unit, place.id, name) is not None:
            raise Refused(f"{place.code} has an agency of that name already.")
        made = commands.add_agency(unit, place, name=name, kind=AgencyKind(kind))
        click.echo(f"{made.name} is an agency of {place.code}.")


def _agency(unit: Unit, place: Partnership, name: str) -> Agency:
    found = agency_named(unit, place.id, name)
    if found is None:
        known = unit.session.scalars(sa.select(Agency.name).where(Agency.partnership_id == place.id)).all()
        raise Refused(f"{place.code} has no agency “{named(name)}”. It has: {', '.join(sorted(known)) or 'none yet'}.")
    return found
