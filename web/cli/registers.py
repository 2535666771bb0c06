"""Commands that write registers to files."""

import click

from reviews.exports.registers import REGISTERS, write_register
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.arguments import partnership_named
from web.cli.exports import write_file
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership


@click.group()
def registers() -> None:
    """Write a register to a file."""


@registers.command("export")
@click.argument("name", type=click.Choice(list(REGISTERS)))
@partnership
@click.option("--format", "into", type=click.Choice(["xlsx", "csv"]), required=True)
@click.option("--out", metavar="FILE", required=True, help="File to write, replaced if it is there.")
@as_person
@as_json
def export_register(name: str, partnership: str, into: str, out: str, as_: str | None, json_: bool) -> None:
    """Write the register NAME of a partnership as it is today."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        found = partnership_named(unit, partnership)
        code = found.code
        rows, content = write_register(name, unit.session, unit.actor, found.id, today=unit.today, into=into)
    write_file(out, content)
    data = {"register": name, "partnership": code, "format": into, "file": out, "rows": rows, "bytes": len(content)}
    emit(data, json_, lambda: f"{rows} row{'' if rows == 1 else 's'} of {name} of {code} written to {out}.")
