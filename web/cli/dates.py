"""The command that works out a date, with its steps."""

from datetime import datetime

import click

from web.cli.arguments import read_day, read_instant
from web.cli.runtime import as_json, emit, installed_calendar
from workflows.core.engine import Refused
from workflows.core.working_days import Period, Sum, Unit, add


@click.group()
def dates() -> None:
    """Work out statutory dates, with the working shown."""


@dates.command("add")
@click.argument("start", metavar="DATE")
@click.argument("count", metavar="N", type=int)
@click.option("--unit", type=click.Choice([unit.value for unit in Unit]), required=True)
@click.option("--back", is_flag=True, help="Count backwards.")
@as_json
def add_period(start: str, count: int, unit: str, back: bool, json_: bool) -> None:
    """Add N units to DATE (the trigger day, which is day 0)."""
    try:
        day = read_instant(start) if "T" in start else read_day(start)
        worked_out = add(day, Period(count, Unit(unit), back), installed_calendar())
    except ValueError as error:
        raise Refused(str(error)) from error
    emit(as_data(worked_out), json_, lambda: _words(worked_out))


def as_data(worked_out: Sum) -> dict[str, object]:
    due = worked_out.due_at or worked_out.due_on
    steps = [{"date": step.on.isoformat(), "counts": step.counts, "why": step.why} for step in worked_out.steps]
    return {"due": due.isoformat(), "provisional": worked_out.provisional, "steps": steps}


def _words(worked_out: Sum) -> str:
    lines = [
        f"{step.on:%a %-d %b %Y}  {'counts' if step.counts else '   -  '}  {step.why}" for step in worked_out.steps
    ]
    due = worked_out.due_at or worked_out.due_on
    lines.append(f"Due {due:%A %-d %B %Y}" + (f" at {due:%H:%M}" if isinstance(due, datetime) else ""))
    if worked_out.provisional:
        lines.append("Provisional: the bank holidays of that year are not loaded yet.")
    return "\n".join(lines)
