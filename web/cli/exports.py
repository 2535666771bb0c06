"""The command `actions export`."""

from pathlib import Path
from typing import Any

import click

from reviews.exports.formats import FORMATS, record_export
from reviews.exports.plan_rows import ExportedPlan, exported_plan, find_plan
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.cli.arguments import looking_for, named
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, put_on_record
from workflows.core.engine import Refused

STANDARD_OUTPUT = "-"


@click.command("export")
@click.option("--plan", "reference", metavar="REFERENCE", required=True, help="Case or plan.")
@click.option("--format", "into", type=click.Choice(list(FORMATS)), required=True)
@click.option(
    "--out", metavar="FILE", required=True, help="File to write, replaced if it is there; - prints csv, json."
)
@any_partnership
@as_person
@as_json
def export_plan(reference: str, into: str, out: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Write a plan as Excel, CSV, JSON, Word or PDF: every action that the person may see."""
    export_format = FORMATS[into]
    if out == STANDARD_OUTPUT and (json_ or not export_format.is_text):
        raise Refused("Only csv and json can be printed, and only without --json. Name a file for the others.")
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with reading(app.database) as session, looking_for(f"plan {named(reference)}"):
        case, sees_case = find_plan(session, actor, reference, partnership=partnership)
        plan = exported_plan(session, actor, case, sees_case=sees_case, now=app.clock.now())
        content = export_format.write(plan)
    with unit_of_work(app.database, actor, app.clock) as unit:
        record_export(unit, plan, into=into)
        write_file(out, content)
    if out != STANDARD_OUTPUT:
        data = _as_data(plan, into, out, len(content))
        emit(data, json_, lambda: f"{data['actions']} actions of {data['plan']} written to {out}.")


def write_file(out: str, content: bytes) -> None:
    """Write the file next to the old one and replace it when it is complete, once it is on record. Raises Refused."""
    put_on_record()
    if out == STANDARD_OUTPUT:
        click.echo(content, nl=False)
        return
    path = Path(out)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as fault:
        unfinished.unlink(missing_ok=True)
        raise Refused(f"{named(out)} cannot be written: {fault.strerror}.") from fault


def _as_data(plan: ExportedPlan, into: str, out: str, size: int) -> dict[str, Any]:
    return {
        "plan": plan.reference,
        "partnership": plan.partnership_code,
        "format": into,
        "file": out,
        "actions": len(plan.actions),
        "bytes": size,
    }
