"""How is an import taken back from the terminal?"""

from dataclasses import asdict

import click

from reviews.imports.undo import Undo, undo_import
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.tables import table
from web.cli.typed import looking_for, partnership_named


@click.command("undo-import")
@click.argument("run", type=click.IntRange(1, 999_999_999))
@partnership
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@as_person
@as_json
def undo_import_run(run: int, partnership: str, dry_run: bool, as_: str | None, json_: bool) -> None:
    """Take an import back; RUN is the number that it printed. What was done since is kept and named."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        code = partnership_named(unit, partnership).code
        with looking_for(f"import {run} in {code}"):
            undo = undo_import(unit, run, partnership=code)
        if dry_run:
            unit.session.rollback()
    emit({**asdict(undo), "dry_run": dry_run}, json_, lambda: _in_words(undo, dry_run))


def _in_words(undo: Undo, dry_run: bool) -> str:
    would = "Nothing was written. It would be: " if dry_run else ""
    counts = (
        f"{would}import {undo.run} into {undo.plan}: {len(undo.ended)} actions ended as no longer needed, "
        f"{len(undo.restored)} with their words of before."
    )
    rows = [(one["reference"], one["why"]) for one in undo.kept]
    return "\n".join(part for part in (counts, table("Kept", ("Action", "Why"), rows) if rows else "") if part)
