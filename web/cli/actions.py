"""How are actions imported and moved from the terminal?"""

from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

import click

from reviews.commands import action_steps, more_time
from reviews.commands.actions import assign_action
from reviews.files import Stored
from reviews.models import Action
from reviews.queries.answering import answered_by
from reviews.queries.strands import strands_as_data
from reviews.unit import Unit, unit_of_work
from web.cli.export_plan import export_plan
from web.cli.given_file import with_file_kept
from web.cli.import_tracker import import_tracker
from web.cli.opening import acting, as_json, as_person, emit, open_house, partnership
from web.cli.typed import DAY, looking_for, named, partnership_named
from web.cli.undo_import import undo_import_run
from workflows.words import sentence


@click.group()
def actions() -> None:
    """Import, assign and follow actions."""


actions.add_command(import_tracker)
actions.add_command(export_plan)
actions.add_command(undo_import_run)


def moving(act: Callable[..., Action]) -> Callable[..., None]:
    """Make a command of a move: it gets the open unit and the action, and says how the action stands afterwards."""

    @click.argument("reference")
    @partnership
    @as_person
    @as_json
    @wraps(act)
    def command(reference: str, partnership: str, as_: str | None, json_: bool, **given: Any) -> None:
        house = open_house()
        person = acting(house.database, house.clock, as_)
        with with_file_kept(house, given) as kept, unit_of_work(house.database, person, house.clock) as unit:
            code = partnership_named(unit, partnership).code
            with looking_for(f"action {named(reference)} in {code}"):
                found = unit.action(reference, partnership=code)
            action = act(unit, found, **kept)
            unit.session.flush()
            data = as_data(action) | shared_as_data(unit, action)
        emit(data, json_, lambda: f"{data['reference']}: {sentence(data['status']).lower()}, due {data['due_on']}")

    return command


@actions.command()
@click.option("--owner", metavar="EMAIL", required=True)
@moving
def assign(unit: Unit, action: Action, owner: str) -> Action:
    """Give an action to an owner."""
    return assign_action(unit, action, owner_email=owner)


@actions.command()
@click.option("--text", required=True, help="What has been done.")
@click.option("--on", type=DAY, help="The day it happened; today when left out.")
@moving
def progress(unit: Unit, action: Action, text: str, on: date | None) -> Action:
    """Report progress."""
    return action_steps.record_progress(unit, action, text=text, happened_on=on or unit.today)


@actions.command()
@click.option("--evidence", default="", help="What shows that it was done.")
@click.option("--link", default="", metavar="URL", help="Where what shows it is kept.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that shows it.")
@moving
def submit(unit: Unit, action: Action, evidence: str, link: str, file: Stored | None) -> Action:
    """Ask to close."""
    return action_steps.submit_action(unit, action, evidence=evidence, link=link, file=file, happened_on=unit.today)


@actions.command()
@click.option("--meeting", default="", help="Meeting that accepted it.")
@moving
def accept(unit: Unit, action: Action, meeting: str) -> Action:
    """Accept what was submitted, and close."""
    return action_steps.accept_action(unit, action, meeting=meeting, happened_on=unit.today)


@actions.command("return")
@click.option("--reason", default="", help="What is still wanted.")
@moving
def return_(unit: Unit, action: Action, reason: str) -> Action:
    """Return what was submitted to its owner."""
    return action_steps.return_action(unit, action, reason=reason, happened_on=unit.today)


@actions.command()
@click.option("--to", type=DAY, required=True, metavar="DATE")
@click.option("--reason", required=True)
@click.option("--meanwhile", default="", help="What is done meanwhile.")
@moving
def extend(unit: Unit, action: Action, to: date, reason: str, meanwhile: str) -> Action:
    """Give more time."""
    return action_steps.extend_action(
        unit, action, new_due_on=to, reason=reason, meanwhile=meanwhile, happened_on=unit.today
    )


@actions.command("ask-extension")
@click.option("--to", type=DAY, required=True, metavar="DATE")
@click.option("--reason", required=True)
@click.option("--meanwhile", default="", help="What is done meanwhile.")
@moving
def ask_extension(unit: Unit, action: Action, to: date, reason: str, meanwhile: str) -> Action:
    """Ask for more time."""
    return more_time.ask_extension(
        unit, action, wanted_due_on=to, reason=reason, meanwhile=meanwhile, happened_on=unit.today
    )


@actions.command("refuse-extension")
@click.option("--reason", required=True, help="Why the date stays.")
@moving
def refuse_extension(unit: Unit, action: Action, reason: str) -> Action:
    """Refuse the more time that was asked for."""
    return more_time.refuse_extension(unit, action, reason=reason, happened_on=unit.today)


@actions.command("set-date")
@click.option("--to", type=DAY, required=True, metavar="DATE")
@moving
def set_date(unit: Unit, action: Action, to: date) -> Action:
    """Give an action its first date."""
    return action_steps.set_due_date(unit, action, due_on=to, happened_on=unit.today)


@actions.command()
@click.option("--reason", default="", help="Why it is no longer needed.")
@moving
def withdraw(unit: Unit, action: Action, reason: str) -> Action:
    """Withdraw an action that is no longer needed."""
    return action_steps.move_action(unit, action, "withdraw", given={"dropped_reason": reason}, happened_on=unit.today)


def shared_as_data(unit: Unit, action: Action) -> dict[str, Any]:
    """Write what an action answers and who shares it."""
    return {
        "answers": [each.in_words for each in answered_by(unit.session, unit.actor, action)],
        "strands": strands_as_data(unit.session, [action.id]).get(action.id, []),
    }


def as_data(action: Action) -> dict[str, Any]:
    """Write an action as the commands print it."""
    return {
        "reference": action.reference,
        "text": action.text,
        "status": action.stage,
        "owner": action.owner.email if action.owner else None,
        "owner_text": action.owner_text,
        "agency": action.lead_agency.name if action.lead_agency else None,
        "due_on": action.due_on,
        "original_due_on": action.original_due_on,
        "times_extended": action.times_extended,
        "version": action.version,
    }
