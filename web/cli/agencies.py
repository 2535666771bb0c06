"""Commands that list, add, rename, merge and split agencies."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from reviews.actions.details import agency_named
from reviews.actions.workload import AgencyWorkload, workload_by_agency
from reviews.models import Agency, AgencyKind, Partnership
from reviews.people import accounts as commands
from reviews.people.agencies import AgencyChange, Successor, merge_or_split_agency, plan_agency_change, planned_change
from reviews.people.queries import AgencyLine, every_agency
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, named, pairs, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from workflows.core.engine import Refused

KINDS = click.Choice([kind.value for kind in AgencyKind])


@click.group()
def agencies() -> None:
    """Add agencies to a partnership, and rename, merge or split them."""


@agencies.command("add")
@click.argument("name")
@click.option("--kind", type=KINDS, default=AgencyKind.OTHER.value)
@partnership
@as_person
@as_json
def add_agency(name: str, kind: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Add an agency; three kinds are the statutory safeguarding partners."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        made = commands.add_agency(unit, partnership_row, name=name, kind=AgencyKind(kind))
        data = {"name": made.name, "kind": made.kind.value, "partnership": partnership_row.code}
    emit(data, json_, lambda: f"{data['name']} is an agency of {data['partnership']}.")


@agencies.command("list")
@partnership
@as_person
@as_json
def list_agencies(partnership: str, as_: str | None, json_: bool) -> None:
    """List the agencies, the number of their open actions, and which ones replaced others."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        found = every_agency(unit.session, unit.actor, partnership_id=partnership_row.id)
        workload = workload_by_agency(unit.session, unit.actor, [line.agency_id for line in found], today=unit.today)
    data = [_as_data(line, workload[line.agency_id]) for line in found]
    emit(data, json_, lambda: _in_table(partnership_row.code, found, workload))


@agencies.command("change")
@click.argument("old", nargs=-1, required=True)
@click.option("--into", multiple=True, required=True, metavar="NAME", help="Agency that replaces it; repeat for each.")
@click.option("--kind", type=KINDS, help="Kind of a new agency; default: that of the old one.")
@click.option("--on", type=DAY, required=True, metavar="DATE", help="The first day under the new name.")
@click.option("--action", "chosen", multiple=True, metavar="REF=NAME", help="New agency of an action or request.")
@click.option("--person", "people", multiple=True, metavar="EMAIL=NAME", help="New agency of a person.")
@click.option("--others", default="", metavar="NAME", help="New agency of everything you may not see.")
@click.option("--dry-run", is_flag=True, help="Show what would move, and write nothing.")
@partnership
@as_person
@as_json
def change(
    old: tuple[str, ...],
    into: tuple[str, ...],
    kind: str | None,
    on: date,
    chosen: tuple[str, ...],
    people: tuple[str, ...],
    others: str,
    dry_run: bool,
    partnership: str,
    as_: str | None,
    json_: bool,
) -> None:
    """Rename, merge or split agencies: what is open moves, what is closed keeps the old name."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        asked_for: dict[str, Any] = {
            "old": [_agency(unit, partnership_row, name) for name in old],
            "new": [Successor(name, AgencyKind(kind) if kind else None) for name in into],
            "on": on,
            "chosen": {**pairs(chosen), **pairs(people, lower=True)},
            "others": others,
        }
        if dry_run:
            done = planned_change(plan_agency_change(unit, partnership_row, **asked_for))
        else:
            done = merge_or_split_agency(unit, partnership_row, **asked_for)
    data = _changed(done, dry_run)
    emit(data, json_, lambda: _in_words(data))


def _agency(unit: Unit, partnership: Partnership, name: str) -> Agency:
    found = agency_named(unit, partnership.id, name)
    if found is None:
        raise Refused(f"{partnership.code} has no agency “{named(name)}”.")
    return found


def _as_data(line: AgencyLine, workload: AgencyWorkload) -> dict[str, Any]:
    return {
        "name": line.name,
        "kind": line.kind.value,
        "began_on": line.began_on,
        "ended_on": line.ended_on,
        "goes_on_as": list(line.successors),
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
        return f"until {line.ended_on}: {', '.join(line.successors)}"
    return f"since {line.began_on}" if line.began_on else ""


def _changed(done: AgencyChange, dry_run: bool) -> dict[str, Any]:
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
    verb = "would become" if data["dry_run"] else "became"
    counts = ", ".join(f"{len(data[each])} {each}" for each in ("actions", "requests", "people"))
    first = f"{begin}{' and '.join(data['old'])} {verb} {' and '.join(data['new'])} on {data['on']}: {counts}."
    moved = [
        (next(iter(each.values())), each["agency"]) for kind in ("actions", "requests", "people") for each in data[kind]
    ]
    return "\n".join([first, table("What moves", ("What", "To"), moved)] if moved else [first])
