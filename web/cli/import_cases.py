"""How do past cases come in from the terminal?"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from reviews.cases.page_queries import clocks_of
from reviews.core.clock import local_day
from reviews.definitions.catalogue import catalogue_for
from reviews.imports.import_cases import CaseImport, ImportedCase, Outcome, import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.cli.clocks import clock_as_data
from web.cli.import_columns import read_mapping
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.tables import table
from web.cli.typed import ids_of, named, partnership_named
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.vocabulary import Workflow


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--workflow", "kind", metavar="NAME", required=True, help="Kind of case the file lists.")
@partnership
@click.option("--mapping", type=click.Path(path_type=Path), help="JSON file: our column to the heading in the file.")
@click.option("--lenient", is_flag=True, help="Take the good rows although others are refused.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@as_person
@as_json
def import_histories(
    file: Path,
    kind: str,
    partnership: str,
    mapping: Path | None,
    lenient: bool,
    dry_run: bool,
    as_: str | None,
    json_: bool,
) -> None:
    """Read a list of past cases (.xlsx, .xlsm, .csv), with the days things happened and nothing of any child."""
    house = open_house()
    today = local_day(house.clock.now())
    with reading(house.database) as session:
        workflow = _kind(session, kind, partnership, today)
    histories = read_histories(file, workflow=workflow, today=today, mapping=read_mapping(mapping))
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        done = import_cases(unit, place, workflow, histories, lenient=lenient)
        unit.session.flush()
        data = {**_counts(done, dry_run), "ignored": list(histories.ignored)}
        data["cases"] = [_case(unit.session, one) | {"clocks": _clocks(unit.session, one, today)} for one in done.cases]
        if dry_run:
            unit.session.rollback()
    emit(data, json_, lambda: _in_words(data))
    if done.refused and not lenient:
        raise Refused(f"{_rows(done)} cannot be taken, so nothing was stored; --lenient takes the others.")


def _kind(session: Session, name: str, partnership: str, today: date) -> Workflow:
    known = catalogue_for(session, ids_of(session, partnership))
    found = known.current(name, today)
    if found is None:
        raise Refused(f"There is no kind of case called {named(name)}; there are {', '.join(known.versions)}.")
    return found


def _counts(done: CaseImport, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "rows": done.rows,
        **{outcome.value: done.count(outcome) for outcome in Outcome},
        "refused": [{"row": one.row, "column": one.column, "reason": one.reason} for one in done.refused],
    }


def _case(session: Session, one: ImportedCase) -> dict[str, Any]:
    case = one.case
    return {
        "row": one.row,
        "reference": case.reference,
        "workflow": case.workflow,
        "outcome": one.outcome.value,
        "stage": case.tracks[0].stage,
        "tracks": [{"name": track.name, "stage": track.stage} for track in case.tracks],
    }


def _clocks(session: Session, one: ImportedCase, today: Any) -> list[dict[str, Any]]:
    return [clock_as_data(clock, today) for clock in clocks_of(session, one.case)]


def _rows(done: CaseImport) -> str:
    number = len({one.row for one in done.refused})
    return "1 row" if number == 1 else f"{number} rows"


def _in_words(data: Mapping[str, Any]) -> str:
    would = "Nothing was written. It would be: " if data["dry_run"] else ""
    counts = f"{data['created']} created, {data['updated']} updated, {data['unchanged']} unchanged"
    parts = [f"{would}{counts}, from {data['rows']} rows."]
    if data["ignored"]:
        parts.append(f"Columns not read: {', '.join(data['ignored'])}.")
    if lost := [(str(one["row"]), one["column"], one["reason"]) for one in data["refused"]]:
        parts.append(table("Refused", ("Row", "Column", "Why"), lost))
    if cases := [(one["reference"], sentence(one["stage"]), one["outcome"]) for one in data["cases"]]:
        parts.append(table("Cases", ("Reference", "Stage", ""), cases))
    return "\n".join(parts)
