"""How are actions imported and moved from the terminal?"""

from datetime import date
from pathlib import Path

import click

from reviews.actions import more_time
from reviews.actions import steps as action_steps
from reviews.actions.details import assign_action
from reviews.actions.extensions import snooze_action
from reviews.files.store import Stored
from reviews.models import Action
from reviews.transactions.unit_of_work import Unit
from web.cli.action_moving import moving
from web.cli.action_particulars import arrange, block, plan, rate, unblock, withdraw_evidence
from web.cli.exports import export_plan
from web.cli.imports import import_tracker
from web.cli.typed import DAY
from web.cli.undo_import import undo_import_run


@click.group()
def actions() -> None:
    """Import, assign and follow actions."""


actions.add_command(import_tracker)
actions.add_command(export_plan)
actions.add_command(undo_import_run)
for command in (arrange, rate, block, plan, unblock, withdraw_evidence):
    actions.add_command(command)


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


@actions.command()
@click.option("--days", type=int, required=True, help="How many days, 14 at most.")
@click.option("--reason", required=True, help="Why it can wait.")
@moving
def snooze(unit: Unit, action: Action, days: int, reason: str) -> Action:
    """Say nothing of an action for some days; its date stays what it is."""
    snooze_action(unit, action, days=days, reason=reason)
    return action


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
