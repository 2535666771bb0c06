"""Commands that list and name the safeguarding partners of a partnership."""

from datetime import date
from typing import Any

import click

from reviews.actions.details import agency_named
from reviews.people.partners import PartnerLine, not_named, partner_list, set_partner
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.arguments import DAY, named, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from workflows.core.engine import Refused


@click.group()
def partners() -> None:
    """Name the safeguarding partners of a partnership, with their days."""


@partners.command("list")
@partnership
@as_person
@as_json
def list_partners(partnership: str, as_: str | None, json_: bool) -> None:
    """List the partners, statutory and local, and the statutory ones that are not named."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        found = partnership_named(unit, partnership)
        lines = partner_list(unit.session, unit.actor, partnership_id=found.id)
        missing = not_named([line for line in lines if line.holds_on(unit.today)])
        code = found.code
    data = {"partners": [_as_data(line) for line in lines], "not_named": missing}
    emit(data, json_, lambda: _in_words(code, lines, missing))


@partners.command("set")
@click.argument("agency")
@click.option("--from", "from_on", type=DAY, metavar="DATE", help="First day as a partner; default: it always was.")
@click.option("--until", "until_on", type=DAY, metavar="DATE", help="Last day as a partner; default: it still is.")
@partnership
@as_person
@as_json
def set_(
    agency: str, from_on: date | None, until_on: date | None, partnership: str, as_: str | None, json_: bool
) -> None:
    """Make an agency a safeguarding partner between two days, or change its days.

    A local authority, integrated care board or police force is a statutory partner, any other agency a local one.
    """
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        found = partnership_named(unit, partnership)
        row = agency_named(unit, found.id, agency)
        if row is None:
            raise Refused(f"{found.code} has no agency “{named(agency)}”. Add it first: followthrough agencies add")
        made = set_partner(unit, found, row, from_on=from_on, until_on=until_on)
        line = PartnerLine(row.id, row.name, row.kind, made.from_on, made.until_on)
        code = found.code
    emit(_as_data(line), json_, lambda: f"{line.name} is a partner of {code}{_days(line)}.")


def _as_data(line: PartnerLine) -> dict[str, Any]:
    return {
        "agency": line.name,
        "kind": line.kind.value,
        "statutory": line.is_statutory,
        "from": line.from_on,
        "until": line.until_on,
    }


def _in_words(code: str, lines: list[PartnerLine], missing: list[str]) -> str:
    rows = [
        (line.name, "statutory" if line.is_statutory else "local", str(line.from_on or ""), str(line.until_on or ""))
        for line in lines
    ]
    text = table(f"Partners of {code}", ("Partner", "Kind", "From", "Until"), rows)
    return f"{text}\nNot named: {', '.join(missing)}" if missing else text


def _days(line: PartnerLine) -> str:
    return (f" from {line.from_on}" if line.from_on else "") + (f" until {line.until_on}" if line.until_on else "")
