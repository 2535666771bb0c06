"""Commands that list, set and clear the local periods and ladders of a partnership."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import click

from reviews.models import LocalRule, Partnership
from reviews.settings.local_periods import PeriodLine, clear_local_period, local_periods, set_local_period
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from workflows.core.engine import Refused
from workflows.core.working_days import Period
from workflows.core.working_days import Unit as PeriodUnit

from_day = click.option("--from", "from_", type=DAY, required=True, help="For clocks that start from this day on.")
agreed = click.option("--authority", metavar="TEXT", required=True, help="Who agreed it, and when.")
dry = click.option("--dry-run", is_flag=True, help="Check whether it can be set, and write nothing.")


@click.group()
def periods() -> None:
    """Show and set the local periods and ladders of a partnership."""


@periods.command("list")
@partnership
@as_person
@as_json
def list_periods(partnership: str, as_: str | None, json_: bool) -> None:
    """List each deadline with its national or customary period, and what is set locally."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        lines = local_periods(unit.session, unit.actor, partnership_id=partnership_row.id, today=unit.today)
        deadlines = [_line(line, unit.today) for line in lines]
    emit({"partnership": partnership_row.code, "deadlines": deadlines}, json_, lambda: _in_words(deadlines))


@periods.command("set")
@click.argument("workflow")
@click.argument("deadline")
@partnership
@from_day
@click.option("--period", metavar="N", type=int, help="How long, in the unit given.")
@click.option("--unit", "unit_", type=click.Choice([unit.value for unit in PeriodUnit]), help="What it is counted in.")
@click.option("--ladder", metavar="NAME", help="The ladder of its reminders here.")
@click.option("--counted-from", metavar="RULE", help="What it is counted from, such as awareness or notification.")
@agreed
@as_person
@dry
@as_json
def set_period(
    workflow: str,
    deadline: str,
    partnership: str,
    from_: date,
    period: int | None,
    unit_: str | None,
    ladder: str | None,
    counted_from: str | None,
    authority: str,
    as_: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Set a period, a ladder, or what is counted from, for clocks that start from a day on; running clocks stay."""
    local_period = _period(period, unit_)

    def act(unit: Unit, partnership: Partnership) -> LocalRule:
        return set_local_period(
            unit,
            partnership,
            workflow=workflow,
            deadline=deadline,
            effective_from=from_,
            period=local_period,
            ladder=ladder,
            counted_from=counted_from,
            authority=authority,
        )

    _write(act, f"deadline {named(deadline)} of {named(workflow)}", partnership, as_, dry_run, json_)


@periods.command("clear")
@click.argument("workflow")
@click.argument("deadline")
@partnership
@from_day
@agreed
@as_person
@dry
@as_json
def clear_period(
    workflow: str,
    deadline: str,
    partnership: str,
    from_: date,
    authority: str,
    as_: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Clear what was set, for clocks that start from a day on."""

    def act(unit: Unit, partnership: Partnership) -> LocalRule:
        return clear_local_period(
            unit, partnership, workflow=workflow, deadline=deadline, effective_from=from_, authority=authority
        )

    _write(act, f"deadline {named(deadline)} of {named(workflow)}", partnership, as_, dry_run, json_)


def _write(
    act: Callable[[Unit, Partnership], LocalRule], what: str, code: str, as_: str | None, dry_run: bool, json_: bool
) -> None:
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, code)
        with looking_for(what):
            rule = act(unit, partnership_row)
        data = {
            "dry_run": dry_run,
            "partnership": partnership_row.code,
            "workflow": rule.workflow,
            "deadline": rule.deadline,
        }
        data |= _rule(rule)
        if dry_run:
            unit.session.rollback()
    emit(data, json_, lambda: f"{'Nothing was written. ' if dry_run else ''}{_rule_words(data)}")


def _period(count: int | None, unit: str | None) -> Period | None:
    if (count is None) != (unit is None):
        raise Refused("Use --period and --unit together.")
    if count is None or unit is None:
        return None
    try:
        return Period(count, PeriodUnit(unit))
    except ValueError as error:
        raise Refused(str(error)) from error


def _line(line: PeriodLine, today: date) -> dict[str, Any]:
    edition = line.edition
    return {
        "workflow": line.kind.name,
        "kind": line.kind.title,
        "deadline": line.deadline.name,
        "title": line.deadline.title,
        "period": edition.period.count,
        "unit": edition.period.unit.value,
        "back": edition.period.back,
        "rank": edition.rank.value,
        "counted_from": edition.counted_from or line.deadline.counted_from,
        "starts": [{"name": name, "rule": rule} for name, rule in line.deadline.starts],
        "authority": edition.authority_on(today),
        "ladder": line.deadline.ladder.name if line.deadline.ladder else None,
        "local": _rule(line.in_force) if line.in_force else None,
        "rules": [_rule(rule) for rule in line.rules],
    }


def _rule(rule: LocalRule) -> dict[str, Any]:
    """Describe one rule; one that sets nothing cleared an earlier one."""
    return {
        "effective_from": rule.effective_from,
        "period": rule.period,
        "unit": rule.unit.value if rule.unit else None,
        "ladder": rule.ladder,
        "counted_from": rule.counted_from,
        "authority": rule.authority,
        "set_by": rule.set_by,
        "set_at": rule.set_at.isoformat(),
    }


def _in_words(lines: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            f"{line['workflow']} {line['deadline']}",
            str(Period(line["period"], PeriodUnit(line["unit"]), line["back"])),
            line["rank"],
            _local_words(line["local"]) if line["local"] else "",
        )
        for line in lines
    ]
    return table("Periods", ("Deadline", "Period", "How binding", "Here"), rows) if rows else "There is no deadline."


def _local_words(rule: Mapping[str, Any]) -> str:
    period = str(Period(rule["period"], PeriodUnit(rule["unit"]))) if rule["unit"] else ""
    start = f"counted from {rule['counted_from']}" if rule["counted_from"] else ""
    parts = ", ".join(part for part in (period, rule["ladder"], start) if part)
    return f"{parts} from {rule['effective_from']}"


def _rule_words(data: Mapping[str, Any]) -> str:
    name = f"{data['partnership']}, {data['workflow']} {data['deadline']}"
    if data["unit"] is None and data["ladder"] is None and data["counted_from"] is None:
        return f"{name}: nothing set locally from {data['effective_from']}."
    return f"{name}: {_local_words(data)}."
