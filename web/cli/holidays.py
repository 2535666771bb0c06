"""The command that loads bank holidays."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from reviews.access.permissions import system
from reviews.cases.due_date_changes import DueDateChange, HolidayChanges, load_holidays
from reviews.definitions.bank_holidays import read_feed
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.runtime import as_json, emit, open_app, operator, table


@click.group()
def holidays() -> None:
    """Load bank holidays."""


@holidays.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change and which clocks would move; write nothing.")
@click.option("--leave-clocks", is_flag=True, help="Load the days; clocks wait for approval by their partnership.")
@as_json
def load(file: Path, dry_run: bool, leave_clocks: bool, json_: bool) -> None:
    """Load the bank holidays of England and Wales from a file in the format of GOV.UK."""
    listed = read_feed(file)
    app = open_app()
    with unit_of_work(app.database, system(operator()), app.clock) as unit:
        changes = load_holidays(unit, listed, source=file.name[:200], leave_clocks=leave_clocks)
        unit.session.flush()
        if dry_run:
            unit.session.rollback()
    data = _as_data(changes, dry_run, leave_clocks)
    emit(data, json_, lambda: _in_words(data))


def _as_data(changes: HolidayChanges, dry_run: bool, clocks_wait: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "clocks_wait": clocks_wait,
        "known_to": changes.known_to,
        "changed": [{"date": day, "was": was, "now": now} for day, (was, now) in changes.changed.items()],
        "added": [{"date": day, "title": title} for day, title in changes.added.items()],
        "dropped": [{"date": day, "title": title} for day, title in changes.dropped.items()],
        "stay": [{"date": day, "title": title} for day, title in changes.stay.items()],
        "clocks": [_clock(clock) for clock in changes.clocks],
    }


def _clock(clock: DueDateChange) -> dict[str, Any]:
    return {
        "partnership": clock.partnership,
        "case": clock.case,
        "clock": clock.clock,
        "title": clock.title,
        "was": clock.was,
        "now": clock.now,
        "target_was": clock.target_was,
        "target_now": clock.target_now,
        "provisional": clock.provisional,
        "because": clock.because,
    }


def _in_words(data: Mapping[str, Any]) -> str:
    parts = [f"{'Nothing was written. ' if data['dry_run'] else ''}Bank holidays are known to {data['known_to']}."]
    days = [
        *((str(day["date"]), day["title"], "added") for day in data["added"]),
        *((str(day["date"]), f"{day['was']} → {day['now']}", "changed") for day in data["changed"]),
        *((str(day["date"]), day["title"], "dropped") for day in data["dropped"]),
        *((str(day["date"]), day["title"], "no longer listed, but past: it stays") for day in data["stay"]),
    ]
    parts.append(table("Days", ("Day", "Bank holiday", ""), days) if days else "No day changes.")
    rows = [
        (
            f"{day['partnership']} {day['case']}",
            day["title"],
            _dates(day["was"], day["target_was"]),
            _dates(day["now"], day["target_now"]),
            day["because"],
        )
        for day in data["clocks"]
    ]
    what = "Clocks that wait for approval" if data["clocks_wait"] else "Clocks"
    parts.append(table(what, ("Case", "Clock", "Was", "Now", "Because"), rows) if rows else "No clock moves.")
    return "\n".join(parts)


def _dates(due_on: date, target_on: date | None) -> str:
    return f"{due_on}, target {target_on}" if target_on else str(due_on)
