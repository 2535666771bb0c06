"""How is a round of reminders run from the terminal?"""

import logging
from dataclasses import asdict

import click

from notifications.base.summary_rhythm import SUMMARY
from notifications.letters.letterhead import Letterhead
from notifications.outbox.rate_limit import Pace
from notifications.process.plan_round import plan_round
from notifications.process.scheduler import run
from notifications.process.worker import Delivered
from notifications.process.worker import deliver as hand_over
from notifications.rounds.report import ClockHeldBack, ClockItem, HeldBack, Item, Round, SummaryHeldBack
from notifications.transports.choose import post_of
from web.cli.reminder_policy import policy
from web.cli.resending import replay_letter, resend_letter
from web.cli.runtime import as_json, emit, open_house
from web.cli.tables import table
from web.cli.typed import read_instant
from web.core.house import House
from workflows.core.engine import Refused

THE_SUMMARY = "the summary"


@click.command()
@click.option("--as-of", metavar="MOMENT", help="Such as 2026-11-20T08:00 in Europe/London; now when left out.")
@click.option("--dry-run", is_flag=True, help="Say who would be told what, and write and send nothing.")
@as_json
def remind(as_of: str | None, dry_run: bool, json_: bool) -> None:
    """Run the round of one morning: decide, queue, and hand over. A second run says nothing new.

    It needs no lead and may run beside the reminder process: each mail is written and handed over once.
    """
    house = open_house()
    found, handed = run_round(house, as_of, dry_run=dry_run)
    data = found.as_json() | {"sent": handed.sent, "failed": handed.failed, "retry": handed.retry}
    emit(data, json_, lambda: in_words(found, handed))
    if found.failed_in:
        raise Refused(f"The reminders of {', '.join(found.failed_in)} could not be planned; the others were.")


def run_round(house: House, as_of: str | None, *, dry_run: bool = False) -> tuple[Round, Delivered]:
    """Plan the round of a moment and hand over everything that is queued."""
    moment = read_instant(as_of) if as_of else house.clock.now()
    post = post_of(house.settings)
    found = plan_round(house.database, moment, letterhead=Letterhead.of(house.settings), dry_run=dry_run)
    if dry_run:
        return found, Delivered()
    return found, hand_over(house.database, house.clock, post, ignore_waits=True)


def in_words(found: Round, handed: Delivered) -> str:
    rows = [
        (
            mail.to,
            mail.partnership,
            ", ".join(f"{_named(item)} ({item.rung})" for item in mail.items) or _alone(mail.kind),
        )
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


def _alone(kind: str) -> str:
    return THE_SUMMARY if kind == SUMMARY else "addresses and owners to put right"


def _named(item: Item | ClockItem | HeldBack | ClockHeldBack | SummaryHeldBack) -> str:
    if isinstance(item, SummaryHeldBack):
        return f"{THE_SUMMARY} for {item.to}"
    return f"{item.case} {item.clock}" if isinstance(item, ClockItem | ClockHeldBack) else item.action


@click.command()
@click.option("--a-minute", type=click.IntRange(min=0), default=0, help="No more than so many a minute; 0: no limit.")
@as_json
def deliver(a_minute: int, json_: bool) -> None:
    """Hand over the mails that are queued, also those that were to wait.

    It needs no lead and may run beside the reminder process: each mail is in the hands of one of them.
    """
    house = open_house()
    post = post_of(house.settings)
    handed = hand_over(house.database, house.clock, post, ignore_waits=True, pace=Pace(a_minute))
    emit(asdict(handed), json_, lambda: delivery_words(handed))


def delivery_words(handed: Delivered) -> str:
    words = f"{handed.sent} sent, {handed.retry} to try again, {handed.failed} failed, {handed.uncertain} uncertain."
    return f"{words} The mail server could not be reached." if handed.unreachable else words


@click.group(invoke_without_command=True)
@click.pass_context
def reminders(context: click.Context) -> None:
    """Run the reminder process, send a mail again, or show and set a partnership's reminder policy.

    Any number of processes may run on one database: one of them leads, and another takes over within half a minute.
    """
    if context.invoked_subcommand is None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        house = open_house()
        post = post_of(house.settings)
        letterhead, pace = Letterhead.of(house.settings), house.settings.mails_a_minute
        run(house.database, house.clock, post, letterhead=letterhead, mails_a_minute=pace)


reminders.add_command(replay_letter)
reminders.add_command(resend_letter)
reminders.add_command(policy)
