"""How are agencies set up, renamed, merged and split from the terminal?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from reviews.actions.details import agency_named
from reviews.actions.workload import AgencyWorkload, workload_by_agency
from reviews.models import Agency, AgencyKind, Partnership
from reviews.people import accounts as commands
from reviews.people.agencies import Heir, Succession, outcome, plan_succession, succeed
from reviews.people.queries import AgencyLine, every_agency
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, named, pairs, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership, table
from workflows.core.engine import Refused

KINDS = click.Choice([kind.value for kind in AgencyKind])


@click.group()
def agencies() -> None:
    """Set up the agencies of a partnership, and say when one goes on as another."""


@agencies.command("add")
@click.argument("name")
@click.option("--kind", type=KINDS, default=AgencyKind.OTHER.value)
@partnership
@as_person
@as_json
def add_agency(name: str, kind: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Set up an agency; three kinds are the statutory safeguarding partners."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        made = commands.add_agency(unit, place, name=name, kind=AgencyKind(kind))
        data = {"name": made.name, "kind": made.kind.value, "partnership": place.code}
    emit(data, json_, lambda: f"{data['name']} is an agency of {data['partnership']}.")


@agencies.command("list")
@partnership
@as_person
@as_json
def list_agencies(partnership: str, as_: str | None, json_: bool) -> None:
    """List the agencies, with what is open of each, and those that go on in the place of others."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        found = every_agency(unit.session, unit.actor, partnership_id=place.id)
        workload = workload_by_agency(unit.session, unit.actor, [line.agency_id for line in found], today=unit.today)
    data = [_as_data(line, workload[line.agency_id]) for line in found]
    emit(data, json_, lambda: _in_table(place.code, found, workload))


@agencies.command("change")
@click.argument("old", nargs=-1, required=True)
@click.option("--into", multiple=True, required=True, metavar="NAME", help="Who goes on; once for each.")
@click.option("--kind", type=KINDS, help="Kind of a new agency; that of the old one when left out.")
@click.option("--on", type=DAY, required=True, metavar="DATE", help="The first day under the new name.")
@click.option("--action", "goes", multiple=True, metavar="REF=NAME", help="Where an action or request goes.")
@click.option("--person", "people", multiple=True, metavar="EMAIL=NAME", help="For whom a person works from now on.")
@click.option("--others", default="", metavar="NAME", help="Where all goes that you may not see.")
@click.option("--dry-run", is_flag=True, help="Say what would move, and write nothing.")
@partnership
@as_person
@as_json
def change(
    old: tuple[str, ...],
    into: tuple[str, ...],
    kind: str | None,
    on: date,
    goes: tuple[str, ...],
    people: tuple[str, ...],
    others: str,
    dry_run: bool,
    partnership: str,
    as_: str | None,
    json_: bool,
) -> None:
    """Rename, merge or split agencies: what is open follows, what is closed keeps the name."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        said: dict[str, Any] = {
            "old": [_agency(unit, place, name) for name in old],
            "new": [Heir(name, AgencyKind(kind) if kind else None) for name in into],
            "on": on,
            "chosen": {**pairs(goes), **pairs(people, lower=True)},
            "others": others,
        }
        done = outcome(plan_succession(unit, place, **said)) if dry_run else succeed(unit, place, **said)
    data = _changed(done, dry_run)
    emit(data, json_, lambda: _in_words(data))


def _agency(unit: Unit, place: Partnership, name: str) -> Agency:
    found = agency_named(unit, place.id, name)
    if found is None:
        raise Refused(f"{place.code} has no agency “{named(name)}”.")
    return found


def _as_data(line: AgencyLine, workload: AgencyWorkload) -> dict[str, Any]:
    return {
        "name": line.name,
        "kind": line.kind.value,
        "began_on": line.began_on,
        "ended_on": line.ended_on,
        "goes_on_as": list(line.heirs),
        "people": line.people,
        "outstanding": workload.outstanding,
        "overdue": workload.overdue,
    }


def _in_table(code: str, found: list[AgencyLine], workload: Mapping[int, AgencyWorkload]) -> str:
    rows = [
        (line.name, line.kind.value, _since(line), f"{line.people}", f"{workload[line.agency_id].outstanding}")
        for line in found
    ]
    return table(f"Agencies of {code}", ("Agency", "Kind", "Since", "People", "Outstanding"), rows)


def _since(line: AgencyLine) -> str:
    if line.ended_on is not None:
        return f"until {line.ended_on}: {', '.join(line.heirs)}"
    return f"since {line.began_on}" if line.began_on else ""


def _changed(done: Succession, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "old": list(done.old),
        "new": list(done.new),
        "on": done.on,
        "actions": [{"action": name, "agency": agency} for name, agency in done.actions],
        "requests": [{"case": name, "agency": agency} for name, agency in done.requests],
        "people": [{"email": name, "agency": agency} for name, agency in done.people],
    }


def _in_words(data: Mapping[str, Any]) -> str:
    begin = "Nothing was written. " if data["dry_run"] else ""
    verb = "would go on" if data["dry_run"] else "goes on"
    counts = ", ".join(f"{len(data[each])} {each}" for each in ("actions", "requests", "people"))
    first = f"{begin}{' and '.join(data['old'])} {verb} as {' and '.join(data['new'])} from {data['on']}: {counts}."
    moved = [
        (next(iter(each.values())), each["agency"]) for kind in ("actions", "requests", "people") for each in data[kind]
    ]
    return "\n".join([first, table("What moves", ("What", "To"), moved)] if moved else [first])
