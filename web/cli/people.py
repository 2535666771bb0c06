"""Commands for partnerships and for people: accounts, roles, absences, addresses, leaving."""

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
from reviews.people import offboarding
from reviews.people.absences import absence_of, end_absence, record_absence
from reviews.people.address_changes import ask_for_address
from reviews.people.invitations import invite
from reviews.people.memberships import name_given
from reviews.people.offboarding import ReassignedAction
from reviews.people.passwords import refuse_guessable
from reviews.settings.partnership_settings import set_email_domains
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, pairs, partnership_named
from web.cli.people_access import invite_person, reset, sessions
from web.cli.returned_mail import mail_works
from web.cli.role_requests import confirm_role, list_role_requests, refuse_role
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from web.cli.second_factor import factor_rule, reset_factor
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role


@click.command("away")
@click.argument("email")
@click.option("--from", "from_on", type=DAY, metavar="DATE", required=True, help="First day away.")
@click.option("--until", "until_on", type=DAY, metavar="DATE", required=True, help="Last day away.")
@click.option("--deputy", metavar="EMAIL", required=True, help="Who gets their reminders meanwhile.")
@partnership
@as_person
@as_json
def away(
    email: str, from_on: date, until_on: date, deputy: str, partnership: str, as_: str | None, json_: bool
) -> None:
    """Record that a person is away, and who stands in for them."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            absence = record_absence(
                unit, partnership_row, email=email, deputy_email=deputy, from_on=from_on, until_on=until_on
            )
        data = _as_data(unit, absence, partnership_row.code)
    emit(data, json_, lambda: f"{data['email']} is away {_span(data)}. {data['deputy']} stands in.")


@click.command("back")
@click.argument("email")
@partnership
@as_person
@as_json
def back(email: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Record that a person is back, or cancel their next absence."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            absence = absence_of(unit, partnership_row, email)
        end_absence(unit, absence)
        data = _as_data(unit, absence, partnership_row.code) | {"ended": True}
    emit(data, json_, lambda: f"{data['email']} is back: the absence {_span(data)} has ended.")


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


hand_on_option = click.option(
    "--hand-on", multiple=True, metavar="REF=EMAIL", help="New owner of one open action; actions not named are parked."
)


@click.group()
def people() -> None:
    """Add people and their roles, disable accounts, record absences."""


people.add_command(away)
people.add_command(back)


@people.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--job-title", required=True)
@click.option("--agency", required=True, help="Name of an agency of the partnership.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--invite", "is_invited", is_flag=True, help="Mail them a link with which they choose a password.")
@partnership
@as_person
@as_json
def add_person(
    email: str,
    name: str,
    job_title: str,
    agency: str,
    role: str,
    is_invited: bool,
    partnership: str,
    as_: str | None,
    json_: bool,
) -> None:
    """Give a person a role; somebody who has an account gets a further one."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        person = commands.add_person(
            unit,
            partnership_row,
            email=email,
            name=name,
            job_title=job_title,
            agency=_agency(unit, partnership_row, agency),
            role=Role(role),
        )
        unit.session.flush()
        called = name_given(unit, person, partnership_row)
        invited = is_invited and (bool(called) or person.password_hash is None)
        if invited:
            invite(unit, partnership_row.id, person.id)
        data = {
            "email": person.email,
            "name": called or person.name,
            "role": role,
            "partnership": partnership_row.code,
            "invited": invited,
        }
    sentence = " An invitation is on its way." if invited else ""
    emit(data, json_, lambda: f"{data['name']} <{data['email']}> is {role} in {data['partnership']}.{sentence}")


@people.command("password")
@click.argument("email")
def set_password(email: str) -> None:
    """Ask for a new password for a person, and set it: for yourself, or where no mail can be sent."""
    password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    app = open_app()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        person = commands.set_password(unit, email=email, password_hash=hash_password(password))
        refuse_guessable(password, email=person.email, name=person.name)
    click.echo(f"The password of {email} is set.")


@people.command("change-email")
@click.argument("old")
@click.argument("new")
@as_person
@as_json
def change_email(old: str, new: str, as_: str | None, json_: bool) -> None:
    """Change the address of a person at once; with --as, ask for it, to be confirmed from both addresses."""
    app = open_app()
    somebody = looking_for(f"person with the address {named(old)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        if as_:
            asked = ask_for_address(unit, email=old, to=new)
            data = {"email": asked.was, "asked_for": asked.email, "changed": False}
        else:
            person = give_address(unit, old, new)
            data = {"email": person.email, "was": old.strip().lower(), "name": person.name, "changed": True}
    if as_:
        waits = f"{data['email']} stays until {data['asked_for']} and the old address are confirmed by mail."
        emit(data, json_, lambda: waits)
    else:
        emit(data, json_, lambda: f"{data['name']} now gets mail, and signs in, at {data['email']}.")


@people.command("domains")
@click.argument("domains", nargs=-1)
@click.option("--any", "is_any", is_flag=True, help="Allow any domain again.")
@partnership
@as_person
@as_json
def set_domains(domains: tuple[str, ...], is_any: bool, partnership: str, as_: str | None, json_: bool) -> None:
    """Set the DOMAINS that new addresses of a partnership's people must end in; with none named, list them."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        row = partnership_named(unit, partnership)
        if domains or is_any:
            set_email_domains(unit, row, () if is_any else domains)
        data = {"partnership": row.code, "domains": row.email_domains}
    emit(data, json_, lambda: "\n".join(row.email_domains) or f"{row.code} allows addresses of any domain.")


@people.command("disable")
@click.argument("email")
@hand_on_option
@as_person
@as_json
def disable(email: str, hand_on: tuple[str, ...], as_: str | None, json_: bool) -> None:
    """Disable an account at once; its open actions get new owners, or the agency's lead or the manager keeps them."""
    app = open_app()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        reassigned = offboarding.disable_person(unit, email=email, hand_on=pairs(hand_on))
    data = {"email": email.lower(), "disabled": True, **_reassigned_data(reassigned)}
    emit(data, json_, lambda: f"The account of {email} is disabled. {_reassigned_in_words(reassigned)}")


@people.command("end-role")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@hand_on_option
@partnership
@as_person
@as_json
def end_role(email: str, role: str, hand_on: tuple[str, ...], partnership: str, as_: str | None, json_: bool) -> None:
    """End one role of a person; with their last one in a partnership, their open actions there get new owners."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            reassigned = offboarding.end_role(
                unit, partnership_row, email=email, role=Role(role), hand_on=pairs(hand_on)
            )
        data = {
            "email": email.lower(),
            "role": role,
            "partnership": partnership_row.code,
            **_reassigned_data(reassigned),
        }
    emit(
        data, json_, lambda: f"{email} is no longer {role} in {data['partnership']}. {_reassigned_in_words(reassigned)}"
    )


people.add_command(mail_works)
people.add_command(invite_person)
people.add_command(reset)
people.add_command(sessions)
people.add_command(reset_factor)
people.add_command(confirm_role)
people.add_command(refuse_role)
people.add_command(list_role_requests)


@click.group()
def partnerships() -> None:
    """Add partnerships, and say who in them must have a second factor."""


partnerships.add_command(factor_rule)


@partnerships.command("add")
@click.argument("code")
@click.option("--name", required=True)
def add_partnership(code: str, name: str) -> None:
    """Add a partnership under a code such as ANYSHIRE."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        if unit.session.scalar(sa.select(Partnership.id).where(Partnership.code == code.upper())):
            raise Refused(f"There is already a partnership {code.upper()}.")
        made = commands.add_partnership(unit, code=code, name=name)
        click.echo(f"{made.name} is added as {made.code}.")


def _agency(unit: Unit, partnership: Partnership, name: str) -> Agency:
    found = agency_named(unit, partnership.id, name)
    if found is None:
        names = unit.session.scalars(sa.select(Agency.name).where(Agency.partnership_id == partnership.id)).all()
        agencies = ", ".join(sorted(names)) or "none yet"
        raise Refused(f"{partnership.code} has no agency “{named(name)}”. Its agencies are: {agencies}.")
    return found


def _reassigned_data(reassigned: Sequence[ReassignedAction]) -> dict[str, Any]:
    return {
        "open_actions": [each.reference for each in reassigned],
        "handed_on": [
            {"action": each.reference, "partnership": each.partnership, "to": each.to, "parked": each.parked}
            for each in reassigned
        ],
    }


def _reassigned_in_words(reassigned: Sequence[ReassignedAction]) -> str:
    if not reassigned:
        return "They had no open actions."
    return table("Open actions", ("Action", "New owner"), [(each.reference, _to(each)) for each in reassigned])


def _to(each: ReassignedAction) -> str:
    if each.to is None:
        return "nobody: it waits for an owner. Give somebody a role that looks after it, with followthrough people add"
    return f"{each.to}, parked" if each.parked else each.to
