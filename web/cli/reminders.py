"""How is a round of reminders run from the terminal?"""

import logging
from dataclasses import asdict
from typing import Any

import click

from notifications.post import post_for
from notifications.relay import Delivered
from notifications.relay import deliver as hand_over
from notifications.reminders import plan_round
from notifications.rounds import ClockHeldBack, ClockItem, HeldBack, Item, Round
from notifications.scheduler import run
from reviews.commands.people import set_reminder_policy
from reviews.unit import unit_of_work
from web.cli.opening import acting, as_json, as_person, emit, open_house, partnership
from web.cli.tables import table
from web.cli.typed import partnership_named, read_instant
from web.state import House
from workflows.as_data import ladder_data
from workflows.definitions.ladders import POLICIES
from workflows.engine import Refused


@click.command()
@click.option("--as-of", metavar="MOMENT", help="Such as 2026-11-20T08:00 in Europe/London; now when left out.")
@click.option("--dry-run", is_flag=True, help="Say who would be told what, and write and send nothing.")
@as_json
def remind(as_of: str | None, dry_run: bool, json_: bool) -> None:
    """Run the round of one morning: decide, queue, and hand over. A second run says nothing new."""
    house = open_house()
    found, handed = run_round(house, as_of, dry_run=dry_run)
    data = found.as_json() | {"sent": handed.sent, "failed": handed.failed, "retry": handed.retry}
    emit(data, json_, lambda: in_words(found, handed))
    if found.failed_in:
        raise Refused(f"The reminders of {', '.join(found.failed_in)} could not be planned; the others were.")


def run_round(house: House, as_of: str | None, *, dry_run: bool = False) -> tuple[Round, Delivered]:
    """Plan the round of a moment and hand over everything that is queued."""
    moment = read_instant(as_of) if as_of else house.clock.now()
    post = post_for(house.settings.mail, house.settings.mail_from)
    found = plan_round(house.database, moment, base_url=house.settings.base_url, dry_run=dry_run)
    if dry_run:
        return found, Delivered()
    return found, hand_over(house.database, house.clock, post, ignore_waits=True)


def in_words(found: Round, handed: Delivered) -> str:
    rows = [
        (mail.to, mail.partnership, ", ".join(f"{_named(item)} ({item.rung})" for item in mail.items))
        for mail in found.mails
    ]
    mailed = table("Mails of the morning", ("To", "Partnership", "About"), rows) if rows else "No mail is due."
    held = [(_named(item), item.why) for item in found.held_back]
    parts = [
        found.note,
        mailed,
        table("Held back", ("Action or clock", "Why"), held) if held else "",
        delivery_words(handed),
    ]
    return "\n\n".join(part for part in parts if part)


def _named(item: Item | ClockItem | HeldBack | ClockHeldBack) -> str:
    return f"{item.case} {item.clock}" if isinstance(item, ClockItem | ClockHeldBack) else item.action


@click.command()
@as_json
def deliver(json_: bool) -> None:
    """Hand over the mails that are queued."""
    house = open_house()
    post = post_for(house.settings.mail, house.settings.mail_from)
    handed = hand_over(house.database, house.clock, post, ignore_waits=True)
    emit(asdict(handed), json_, lambda: delivery_words(handed))


def delivery_words(handed: Delivered) -> str:
    words = f"{handed.sent} sent, {handed.retry} to try again, {handed.failed} failed, {handed.uncertain} uncertain."
    return f"{words} The mail server could not be reached." if handed.unreachable else words


@click.group(invoke_without_command=True)
@click.pass_context
def reminders(context: click.Context) -> None:
    """Run the reminder process, or show and set a partnership's reminder policy."""
    if context.invoked_subcommand is None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        house = open_house()
        post = post_for(house.settings.mail, house.settings.mail_from)
        run(house.database, house.clock, post, base_url=house.settings.base_url)


@reminders.command()
@click.argument("name", required=False)
@partnership
@as_person
@as_json
def policy(name: str | None, partnership: str, as_: str | None, json_: bool) -> None:
    """Show the reminder policy of a partnership, or set it to NAME."""
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        if name is not None:
            set_reminder_policy(unit, place, policy=name)
        data: dict[str, Any] = {"partnership": place.code, "policy": place.reminder_policy}
    data["ladder"] = ladder_data(POLICIES[data["policy"]])
    emit(data, json_, lambda: f"{data['partnership']} follows the {data['policy']}.")
