"""The command that works out a date, with its steps."""

from collections.abc import Iterable
from datetime import date, datetime

import click

from web.cli.arguments import DAY, read_day, read_instant
from web.cli.runtime import as_json, emit, installed_calendar
from workflows.core.bank_holidays import DIVISION, Division
from workflows.core.engine import Refused
from workflows.core.working_days import DayCount, DayStep, Period, Sum, Unit, add, count_between

PROVISIONAL = "Provisional: the bank holidays of that year are not known here."


division = click.option(
    "--holidays",
    type=click.Choice([each.value for each in Division]),
    default=DIVISION.value,
    show_default=True,
    help="Whose bank holidays are no working days.",
)


@click.group()
def dates() -> None:
    """Work out statutory dates and counts of days, with the working shown."""


@dates.command("add")
@click.argument("start", metavar="DATE")
@click.argument("count", metavar="N", type=int)
@click.option("--unit", type=click.Choice([unit.value for unit in Unit]), required=True)
@click.option("--back", is_flag=True, help="Count backwards.")
@division
@as_json
def add_period(start: str, count: int, unit: str, back: bool, holidays: str, json_: bool) -> None:
    """Add N units to DATE (the trigger day, which is day 0)."""
    try:
        day = read_instant(start) if "T" in start else read_day(start)
        worked_out = add(day, Period(count, Unit(unit), back, Division(holidays)), installed_calendar())
    except ValueError as error:
        raise Refused(str(error)) from error
    emit(as_data(worked_out), json_, lambda: _words(worked_out))


@dates.command("count")
@click.argument("start", metavar="FROM", type=DAY)
@click.argument("end", metavar="TO", type=DAY)
@click.option("--unit", type=click.Choice([Unit.WORKING_DAYS.value, Unit.DAYS.value]), required=True)
@division
@as_json
def count_days(start: date, end: date, unit: str, holidays: str, json_: bool) -> None:
    """Count the days after FROM (day 0) up to and including TO, or back where TO is earlier."""
    found = count_between(start, end, Unit(unit), installed_calendar(), division=Division(holidays))
    data = {"days": found.days, "provisional": found.provisional, "steps": _steps(found.steps)}
    emit(data, json_, lambda: "\n".join([*_in_words(found.steps), *_count_in_words(found, Unit(unit))]))


def as_data(worked_out: Sum) -> dict[str, object]:
    due = worked_out.due_at or worked_out.due_on
    return {"due": due.isoformat(), "provisional": worked_out.provisional, "steps": _steps(worked_out.steps)}


def _steps(steps: Iterable[DayStep]) -> list[dict[str, object]]:
    return [{"date": step.on.isoformat(), "counts": step.counts, "why": step.why} for step in steps]


def _in_words(steps: Iterable[DayStep]) -> list[str]:
    return [f"{step.on:%a %-d %b %Y}  {'counts' if step.counts else '   -  '}  {step.why}" for step in steps]


def _words(worked_out: Sum) -> str:
    due = worked_out.due_at or worked_out.due_on
    due_words = f"Due {due:%A %-d %B %Y}" + (f" at {due:%H:%M}" if isinstance(due, datetime) else "")
    return "\n".join([*_in_words(worked_out.steps), due_words, *([PROVISIONAL] if worked_out.provisional else [])])


def _count_in_words(found: DayCount, unit: Unit) -> list[str]:
    return [str(Period(found.days, unit)), *([PROVISIONAL] if found.provisional else [])]
