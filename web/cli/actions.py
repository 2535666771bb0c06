"""Commands of the terminal that record something on an action."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from reviews.access.permissions import Actor
from reviews.actions import ratings
from reviews.actions.details import DETAIL_FIELDS, NAME_IS_SAFE, DetailField, detail_values, edit_details
from reviews.actions.evidence import withdraw_evidence as mark_evidence_withdrawn
from reviews.actions.extensions import snooze_action
from reviews.actions.list_queries import RATINGS, rating
from reviews.actions.parts import parts_as_data
from reviews.actions.step_handlers import record_step
from reviews.actions.steps import accept_step
from reviews.cases.late import action_lateness
from reviews.cases.responses import answered_by
from reviews.files.store import StoredFile
from reviews.models import Action, Evidence
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named, read_day
from web.cli.decide import decide
from web.cli.exports import export_plan
from web.cli.files import stored_from, taking_files
from web.cli.imports import import_tracker, start_plan_reminders, undo_import_run
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership
from web.core.app_context import AppContext
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.questions import Kind


def action_command(act: Callable[..., Action]) -> Callable[..., None]:
    """Make a command of a function of the open unit and the action; it prints the action as it is afterwards."""

    @click.argument("reference")
    @partnership
    @as_person
    @as_json
    @wraps(act)
    def command(reference: str, partnership: str, as_: str | None, json_: bool, **options: Any) -> None:
        app = open_app()
        person = acting(app.database, app.clock, as_)
        with (
            with_stored_file(app, person, options) as values,
            unit_of_work(app.database, person, app.clock) as unit,
        ):
            code = partnership_named(unit, partnership).code
            with looking_for(f"action {named(reference)} in {code}"):
                found = unit.action(reference, partnership=code)
            action = act(unit, found, **values)
            unit.session.flush()
            data = as_data(action) | shared_as_data(unit, action)
        emit(data, json_, lambda: f"{data['reference']}: {sentence(data['status']).lower()}, due {data['due_on']}")

    return command


def shared_as_data(unit: Unit, action: Action) -> dict[str, Any]:
    """Give how late it is, what it answers, its parts, its rating and its evidence, as the commands print them."""
    late = action_lateness(
        action.stage, action.due_on, action.done_on, unit.today, awaiting_status=action.awaiting_status
    )
    return {
        "late": late.is_late,
        **late.as_data(),
        "answers": [each.in_words for each in answered_by(unit.session, unit.actor, action)],
        "strands": parts_as_data(unit.session, [action.id]).get(action.id, []),
        "rating": unit.session.scalar(sa.select(rating(unit.today)).where(Action.id == action.id)),
        "evidence": [_evidence_as_data(row) for row in _evidence_of(unit, action)],
    }


def as_data(action: Action) -> dict[str, Any]:
    """Give the action as the commands print it."""
    return {
        "reference": action.reference,
        "text": action.text,
        "status": action.stage,
        "owner": action.owner.email if action.owner else None,
        "owner_text": action.owner_text,
        "awaiting_owner": action.awaiting_owner,
        "agency": action.lead_agency.name if action.lead_agency else None,
        "agency_text": action.lead_agency_text,
        "due_on": action.due_on,
        "due_precision": action.due_known_to if action.due_on else None,
        "due_text": action.due_text,
        "original_due_on": action.original_due_on,
        "done_on": action.done_on,
        "times_extended": action.times_extended,
        "expected_on": action.expected_on,
        "version": action.version,
        "deputy": action.deputy.email if action.deputy else None,
        **detail_values(action),
        "blocked_plan": action.blocked_plan,
        "awaiting_status": action.awaiting_status,
        "rating_reported": action.rating_reported,
        "self_rating": action.owner_rating,
        "chair_rating": action.chair_rating,
        "chair_rating_reason": action.chair_rating_reason,
    }


def _evidence_of(unit: Unit, action: Action) -> Sequence[Evidence]:
    return unit.session.scalars(sa.select(Evidence).where(Evidence.action_id == action.id).order_by(Evidence.id)).all()


def _evidence_as_data(row: Evidence) -> dict[str, Any]:
    """Give a piece of evidence; `actions withdraw-evidence` takes its number."""
    return {
        "number": row.id,
        "kind": row.kind,
        "text": row.text,
        "link": row.link,
        "file": row.file_name,
        "withdrawn_on": row.withdrawn_on,
        "withdrawn_reason": row.withdrawn_reason,
    }


NOTHING = "none"
COLOURS = click.Choice([*RATINGS, NOTHING], case_sensitive=False)


def detail_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each detail of an action."""
    for detail in reversed(DETAIL_FIELDS):
        kind = click.Choice([*detail.choices, NOTHING]) if detail.kind is Kind.CHOICE else None
        metavar = {Kind.DAY: "DATE", Kind.NUMBER: "NUMBER", Kind.WORDS: "TEXT"}.get(detail.kind)
        option = click.option(f"--{detail.option}", detail.name, type=kind, metavar=metavar, help=detail.option_help)
        command = option(command)
    return command


@click.command()
@click.option("--deputy", metavar="EMAIL", help="Who stands in for the owner; “none” for nobody.")
@click.option("--safe", is_flag=True, help="Nobody can be recognised by the new reference name.")
@detail_options
@action_command
def arrange(unit: Unit, action: Action, deputy: str | None, safe: bool, **texts: str | None) -> Action:
    """Change details of an action; what is not named stays."""
    details = {
        detail.name: _detail_value(detail, text) for detail in DETAIL_FIELDS if (text := texts[detail.name]) is not None
    }
    if deputy is not None:
        details["deputy"] = _or_empty(deputy)
    details[NAME_IS_SAFE] = safe
    return edit_details(unit, action, details)


def _detail_value(detail: DetailField, text: str) -> Any:
    text = _or_empty(text)
    match detail.kind:
        case Kind.CHOICE | Kind.WORDS:
            return text
        case Kind.DAY:
            return read_day(text) if text else None
        case _:
            return _whole_number(text) if text else None


def _whole_number(text: str) -> int:
    """Read a whole number as a person types it. Raises Refused."""
    if not text.strip().isdecimal():
        raise Refused(f"“{text[:40]}” is not a whole number.")
    return int(text)


@click.command()
@click.option("--own", type=COLOURS, help="How those who work on it see it; “none” removes it.")
@click.option("--override", type=click.Choice(RATINGS, case_sensitive=False), help="How the chair rates it.")
@click.option("--reason", default="", help="Why the chair rates it so.")
@click.option("--no-override", is_flag=True, help="Remove the chair's rating.")
@action_command
def rate(unit: Unit, action: Action, own: str | None, override: str | None, reason: str, no_override: bool) -> Action:
    """Rate an action, beside the rating that is worked out."""
    if sum((own is not None, override is not None, no_override)) != 1:
        raise Refused("Give one of --own, --override and --no-override.")
    if own is not None:
        return ratings.set_owner_rating(unit, action, rating=_or_empty(own))
    if override is not None:
        return ratings.set_chair_rating(unit, action, rating=override, reason=reason)
    return ratings.remove_chair_rating(unit, action)


@click.command()
@click.option("--reason", default="", help="What is in the way.")
@click.option("--plan", default="", help="What is done about it, and by whom.")
@action_command
def block(unit: Unit, action: Action, reason: str, plan: str) -> Action:
    """Report that an action is blocked."""
    return record_step(unit, action, "block", {"blocked_reason": reason, "blocked_plan": plan})


@click.command()
@click.option("--text", required=True, help="What is done about it, and by whom.")
@action_command
def plan(unit: Unit, action: Action, text: str) -> Action:
    """Say what is done about what is in the way of a blocked action."""
    return record_step(unit, action, "plan_unblocking", {"blocked_plan": text})


@click.command()
@action_command
def unblock(unit: Unit, action: Action) -> Action:
    """Report that a blocked action can go on."""
    return record_step(unit, action, "unblock", {})


@click.command("withdraw-evidence")
@click.option("--number", type=click.IntRange(1, 2**31 - 1), required=True, help="Its number, as --json shows it.")
@click.option("--reason", default="", help="Why it is withdrawn.")
@action_command
def withdraw_evidence(unit: Unit, action: Action, number: int, reason: str) -> Action:
    """Withdraw a piece of evidence, which stays listed."""
    with looking_for(f"evidence {number} of {action.reference}"):
        mark_evidence_withdrawn(unit, action, number, reason=reason)
    return action


def _or_empty(text: str) -> str:
    return "" if text.strip().lower() == NOTHING else text


@click.group()
def actions() -> None:
    """Import, assign and follow actions."""


actions.add_command(import_tracker)
actions.add_command(decide)
actions.add_command(export_plan)
actions.add_command(undo_import_run)
actions.add_command(start_plan_reminders)
for command in (arrange, rate, block, plan, unblock, withdraw_evidence):
    actions.add_command(command)


@actions.command()
@click.option("--owner", metavar="EMAIL", required=True)
@action_command
def assign(unit: Unit, action: Action, owner: str) -> Action:
    """Give an action to an owner."""
    return record_step(unit, action, "assign", {"owner_email": owner})


@actions.command()
@click.option("--text", required=True, help="What has been done.")
@click.option("--on", type=DAY, help="The day it happened; today when left out.")
@action_command
def progress(unit: Unit, action: Action, text: str, on: date | None) -> Action:
    """Report progress."""
    return record_step(unit, action, "progress", {"update": text}, happened_on=on)


@actions.command()
@click.option("--evidence", default="", help="What shows that it was done.")
@click.option("--link", default="", metavar="URL", help="Where what shows it is kept.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that shows it.")
@click.option("--on", type=DAY, help="The day it was done; today when left out.")
@action_command
def submit(unit: Unit, action: Action, evidence: str, link: str, file: StoredFile | None, on: date | None) -> Action:
    """Ask to close."""
    return record_step(unit, action, "submit", {"evidence": evidence, "link": link, "file": file}, happened_on=on)


@actions.command()
@click.option("--meeting", default="", help="Meeting that accepted it.")
@action_command
def accept(unit: Unit, action: Action, meeting: str) -> Action:
    """Accept what was submitted, and close."""
    return record_step(unit, action, accept_step(action), {"closure_meeting": meeting})


@actions.command("return")
@click.option("--reason", default="", help="What is still needed.")
@action_command
def return_(unit: Unit, action: Action, reason: str) -> Action:
    """Return what was submitted to its owner."""
    return record_step(unit, action, "return", {"return_reason": reason})


@actions.command()
@click.option("--to", type=DAY, required=True, metavar="DATE")
@click.option("--reason", required=True)
@click.option("--meanwhile", default="", help="What is done meanwhile.")
@action_command
def extend(unit: Unit, action: Action, to: date, reason: str, meanwhile: str) -> Action:
    """Give more time."""
    answers = {"new_due_on": to, "extension_reason": reason, "meanwhile": meanwhile}
    return record_step(unit, action, "extend", answers)


@actions.command()
@click.option("--days", type=int, required=True, help="How many days, 14 at most.")
@click.option("--reason", required=True, help="Why it can wait.")
@action_command
def snooze(unit: Unit, action: Action, days: int, reason: str) -> Action:
    """Send its owner no reminders of an action for some days; its date stays."""
    snooze_action(unit, action, days=days, reason=reason)
    return action


@actions.command("ask-extension")
@click.option("--to", type=DAY, required=True, metavar="DATE")
@click.option("--reason", required=True)
@click.option("--meanwhile", default="", help="What is done meanwhile.")
@action_command
def ask_extension(unit: Unit, action: Action, to: date, reason: str, meanwhile: str) -> Action:
    """Ask for more time."""
    answers = {"wanted_due_on": to, "extension_reason": reason, "meanwhile": meanwhile}
    return record_step(unit, action, "ask_extension", answers)


@actions.command("not-done-yet")
@click.option("--expected", type=DAY, required=True, metavar="DATE", help="When you expect it to be done.")
@click.option("--reason", required=True, help="Why it is not done yet.")
@action_command
def not_done_yet(unit: Unit, action: Action, expected: date, reason: str) -> Action:
    """Say of a late action that it is not done yet. It stays late."""
    return record_step(unit, action, "explain_delay", {"expected_on": expected, "delay_reason": reason})


@actions.command("undo-extension")
@click.option("--reason", required=True, help="Why the time is taken back.")
@action_command
def undo_extension(unit: Unit, action: Action, reason: str) -> Action:
    """Take back the time that was given last: the earlier date holds again."""
    return record_step(unit, action, "undo_extension", {"undone_reason": reason})


@actions.command("refuse-extension")
@click.option("--reason", required=True, help="Why the date stays.")
@action_command
def refuse_extension(unit: Unit, action: Action, reason: str) -> Action:
    """Refuse the more time that was asked for."""
    return record_step(unit, action, "refuse_extension", {"refusal_reason": reason})


@actions.command("set-date")
@click.option("--to", type=DAY, required=True, metavar="DATE")
@action_command
def set_date(unit: Unit, action: Action, to: date) -> Action:
    """Give an action its first date."""
    return record_step(unit, action, "set_date", {"new_due_on": to})


@actions.command()
@click.option("--reason", default="", help="Why it is no longer needed.")
@action_command
def withdraw(unit: Unit, action: Action, reason: str) -> Action:
    """Withdraw an action that is no longer needed."""
    return record_step(unit, action, "withdraw", {"dropped_reason": reason})


@contextmanager
def with_stored_file(app: AppContext, actor: Actor, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the arguments of a command with its `file` as stored: before the transaction, and removed if that fails."""
    path = options.get("file")
    with taking_files(app) as take:
        if isinstance(path, Path):
            yield {**options, "file": stored_from(take, path)}
        else:
            yield dict(options)
