"""How does a tracker come in from the terminal?"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from reviews.imports.import_storing import Source
from reviews.imports.mappings import remember_mapping
from reviews.imports.readers.outline import headings_of
from reviews.imports.readers.plan import chosen_among, plan_in
from reviews.imports.readers.sheets import read_sheets
from reviews.imports.store import Import, import_plan
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.import_columns import columns_for
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.tables import table
from web.cli.typed import partnership_named
from workflows.core.engine import Refused


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--plan", "plan_reference", metavar="REFERENCE", required=True, help="Case or plan; a new one is opened.")
@partnership
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="JSON file: our field to the heading in the file. Without it, what was remembered for these headings holds; "
    "with {} nothing does.",
)
@click.option("--save-mapping", is_flag=True, help="Remember what --mapping says for files with these headings.")
@click.option("--sheet", help="Read this sheet only.")
@click.option("--lenient", is_flag=True, help="Take the good rows although others are refused.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@as_person
@as_json
def import_tracker(
    file: Path,
    plan_reference: str,
    partnership: str,
    mapping: Path | None,
    save_mapping: bool,
    sheet: str | None,
    lenient: bool,
    dry_run: bool,
    as_: str | None,
    json_: bool,
) -> None:
    """Read a tracker kept in a spreadsheet (.xlsx, .xlsm, .csv) into a plan."""
    if save_mapping and mapping is None:
        raise Refused("--save-mapping remembers what --mapping says: name that file too.")
    sheets = read_sheets(file)
    source = Source(file.name, sha256(file.read_bytes()).hexdigest())
    headings = headings_of(chosen_among(sheets, sheet))
    house = open_house()
    actor = acting(house.database, house.clock, as_)
    columns = columns_for(house, actor, partnership, headings, mapping)
    plan = plan_in(sheets, mapping=columns.mapping, sheet=sheet)
    with unit_of_work(house.database, actor, house.clock) as unit:
        place = partnership_named(unit, partnership)
        with _progress(len(plan.rows), quiet=json_) as tick:
            done = import_plan(
                unit, place, reference=plan_reference, plan=plan, lenient=lenient, source=source, tick=tick
            )
        is_saved = save_mapping and not dry_run and (lenient or not done.refused)
        if is_saved:
            remember_mapping(unit, place.id, headings, columns.mapping)
        if dry_run:
            unit.session.rollback()
    told = {"mapping": columns.told, "mapping_saved": is_saved}
    emit(_as_data(done, dry_run) | told, json_, lambda: _in_words(done, dry_run))
    if done.refused and not lenient:
        raise Refused(f"{len(done.refused)} rows cannot be taken, so nothing was stored; --lenient takes the others.")


@contextmanager
def _progress(rows: int, *, quiet: bool) -> Iterator[Callable[[], object]]:
    """Show how far it is on a terminal, and nothing anywhere else."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=rows, label=f"{rows:,} rows", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _as_data(done: Import, dry_run: bool) -> dict[str, Any]:
    return {
        "plan": done.plan,
        "plan_created": done.plan_created,
        "run": None if dry_run else done.run,
        "dry_run": dry_run,
        "rows": done.rows,
        "created": done.created,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "actions": done.actions,
        "needs_decision": done.needs_decision,
        "refused": done.refused,
        "skipped": done.skipped,
    }


def _in_words(done: Import, dry_run: bool) -> str:
    opened = f"The plan {done.plan} did not exist and was opened as a strategy plan.\n" if done.plan_created else ""
    would = "Nothing was written. It would be: " if dry_run else ""
    counts = f"{would}{done.created} created, {done.updated} updated, {done.unchanged} unchanged of {done.rows} rows."
    rows = [(str(one["row"]), one["field"], one["text"], one["reason"]) for one in done.needs_decision]
    decide = table("For a person to decide", ("Row", "Field", "As it stands", "Why"), rows) if rows else ""
    lost = [(str(one["row"]), one["column"], one["reason"]) for one in done.refused]
    refused = table("Refused", ("Row", "Column", "Why"), lost) if lost else ""
    guesses = sum(len(one["guesses"]) for one in done.actions)
    guessed = (
        f"{guesses:,} references and recommendations are guesses; --json and the page name them." if guesses else ""
    )
    undo = f"To take it back: followthrough actions undo-import {done.run}" if done.run and not dry_run else ""
    return "\n".join(part for part in (f"{opened}{counts}", decide, refused, guessed, undo) if part)
