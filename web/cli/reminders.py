"""The commands about reminders: run a round, deliver, send again, and the reminder policy."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from notifications.base.summary_rhythm import SUMMARY
from notifications.ledger.resend import replay, send_again
from notifications.letters.links import Letterhead
from notifications.models import SEALS, Letter
from notifications.outbox.held_letters import release_letters
from notifications.outbox.rate_limit import RateLimit
from notifications.process.plan_round import plan_round
from notifications.process.scheduler import run
from notifications.process.sealing import Sealing
from notifications.process.worker import Delivered
from notifications.process.worker import deliver as hand_over
from notifications.rounds.report import ClockHeldBack, ClockItem, HeldBack, Item, Round, SummaryHeldBack
from notifications.transports.configured import transport_of
from reviews.access.shown import note_rows
from reviews.backups.generations import HELD
from reviews.core.clock import local_day
from reviews.core.settings import Settings
from reviews.models import Partnership
from reviews.settings.partnership_settings import set_mail_sender
from reviews.settings.reminder_policies import (
    USUAL_HOUR,
    available_policies,
    choose_reminder_policy,
    hour_of,
    require_available_policy,
    retire_reminder_policy,
    save_reminder_policy,
)
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import looking_for, partnership_named, read_instant
from web.cli.production import refuse_unsafe
from web.cli.returned_mail import sending_works
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from web.core.app_context import AppContext
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.ladders import recipients_in_words, rung_words
from workflows.core.vocabulary import Ladder
from workflows.files.plain_data import ladder_data
from workflows.files.policy_files import read_policy, write_policy
from workflows.files.read import read_file


@click.command()
@click.argument("name", required=False)
@click.option("--file", type=click.Path(path_type=Path), help="Add the policy of this YAML file, or replace it.")
@click.option("--export", is_flag=True, help="Print the policy, or the policy NAME, as a YAML file.")
@click.option("--retire", metavar="POLICY", help="Retire a local policy that nobody follows.")
@partnership
@as_person
@as_json
def policy(
    name: str | None,
    file: Path | None,
    export: bool,
    retire: str | None,
    partnership: str,
    as_: str | None,
    json_: bool,
) -> None:
    """Show the reminder policy of a partnership, or set it to NAME. Add a local policy from a file, or print one."""
    if export and (file is not None or json_):
        raise Refused("You cannot use --export with --file or --json.")
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        row = partnership_named(unit, partnership)
        written = _write(unit, row, file) if file is not None else None
        if name is not None and not export:
            choose_reminder_policy(unit, row, policy=name)
        if retire is not None:
            retire_reminder_policy(unit, row, name=retire)
        chosen = (name if export else None) or row.reminder_policy
        require_available_policy(unit, row.id, chosen)
        ladder, begins = available_policies(unit.session, row.id)[chosen], hour_of(unit.session, row.id, chosen)
        data: dict[str, Any] = {"partnership": row.code, "policy": row.reminder_policy, "begins": begins}
        data["written"] = written
    if export:
        click.echo(write_policy(ladder, begins), nl=False)
    else:
        emit(data | {"ladder": ladder_data(ladder)}, json_, lambda: _in_words(data, ladder))


def _write(unit: Unit, row: Partnership, file: Path) -> str:
    ladder, begins = read_policy(read_file(file), file.name)
    save_reminder_policy(
        unit, row, name=ladder.name, title=ladder.title, rungs=ladder.rungs, begins=begins or USUAL_HOUR
    )
    return ladder.name


def _in_words(data: dict[str, Any], ladder: Ladder) -> str:
    rows = [(rung.name, sentence(rung_words(rung)), sentence(recipients_in_words(rung))) for rung in ladder.rungs]
    written = f"Written: {data['written']}. " if data["written"] else ""
    text = f"{written}{data['partnership']} follows the {data['policy']}. Its round begins at {data['begins']}."
    return f"{text}\n\n{table(ladder.title, ('Rung', 'When', 'Who is told'), rows)}"


@click.command()
@click.option("--name", help="The name under which its mails go out; empty for that of the installation.")
@click.option("--reply-to", help="The address for answers; empty for none.")
@click.option("--notify-id", help="The id of that address at GOV.UK Notify.")
@partnership
@as_person
@as_json
def sender(
    name: str | None, reply_to: str | None, notify_id: str | None, partnership: str, as_: str | None, json_: bool
) -> None:
    """Show the sender's name and Reply-To of a partnership's mails, or set those that are given."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        row = partnership_named(unit, partnership)
        if (name, reply_to, notify_id) != (None, None, None):
            set_mail_sender(
                unit,
                row,
                sender_name=row.sender_name if name is None else name,
                reply_to=row.reply_to if reply_to is None else reply_to,
                notify_reply_to_id=row.notify_reply_to_id if notify_id is None else notify_id,
            )
        data = {
            "partnership": row.code,
            "sender_name": row.sender_name,
            "reply_to": row.reply_to,
            "notify_reply_to_id": row.notify_reply_to_id,
        }
    words = f"Mails of {data['partnership']} come from {data['sender_name'] or 'the name of the installation'}"
    emit(data, json_, lambda: f"{words}; answers go to {data['reply_to'] or 'the address of the installation'}.")


number = click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))


@click.command("replay")
@number
@as_person
@as_json
def replay_letter(number: int, as_: str | None, json_: bool) -> None:
    """Put mail ID, which failed or is uncertain, back into the queue."""
    app = open_app()
    with (
        unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit,
        looking_for(f"mail {number}"),
    ):
        letter = replay(unit, number)
    emit(_data(letter), json_, lambda: f"Mail {letter.id} is waiting to be handed over again.")


@click.command("resend")
@number
@as_person
@as_json
def resend_letter(number: int, as_: str | None, json_: bool) -> None:
    """Send a copy of mail ID, which was handed over, as a new mail."""
    app = open_app()
    letterhead = Letterhead.of(app.settings)
    with (
        unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit,
        looking_for(f"mail {number}"),
    ):
        letter = send_again(unit, number, letterhead=letterhead)
    emit(
        _data(letter),
        json_,
        lambda: f"Mail {letter.id}, a copy of mail {letter.again_of_id}, is waiting to be handed over.",
    )


def _data(letter: Letter) -> dict[str, object]:
    return {"id": letter.id, "state": letter.state, "copy_of": letter.again_of_id}


THE_SUMMARY = "the summary"


@click.command()
@click.option("--as-of", metavar="MOMENT", help="For example 2026-11-20T08:00 in Europe/London. Default: now.")
@click.option("--dry-run", is_flag=True, help="Show who would get which mail, without writing or sending anything.")
@as_json
def remind(as_of: str | None, dry_run: bool, json_: bool) -> None:
    """Run the round of one morning: plan, queue and hand over the mails. A second run sends nothing new.

    It may run beside the reminder process: each mail is written and handed over once.
    """
    app = open_app(Settings().of_reminders)
    found, delivered = run_round(app, as_of, dry_run=dry_run)
    note_rows(sum(len(mail.items) for mail in found.mails))
    data = found.as_json() | {"sent": delivered.sent, "failed": delivered.failed, "retry": delivered.retry}
    emit(data, json_, lambda: in_words(found, delivered))
    if found.failed_in:
        raise Refused(f"The reminders of {', '.join(found.failed_in)} could not be planned. The others were planned.")


def run_round(app: AppContext, as_of: str | None, *, dry_run: bool = False) -> tuple[Round, Delivered]:
    """Plan the round of a moment (Europe/London; now if None) and hand over everything that is queued."""
    moment = read_instant(as_of) if as_of else app.clock.now()
    transport, letterhead = transport_of(app.settings), Letterhead.of(app.settings)
    found = plan_round(app.database, moment, letterhead=letterhead, dry_run=dry_run)
    if dry_run:
        return found, Delivered()
    day = local_day(moment)
    return found, hand_over(app.database, app.clock, transport, letterhead=letterhead, ignore_waits=True, today=day)


def in_words(found: Round, delivered: Delivered) -> str:
    rows = [
        (
            mail.to,
            mail.partnership,
            ", ".join(f"{label_of(item)} ({item.rung})" for item in mail.items) or about_without_items(mail.kind),
        )
        for mail in found.mails
    ]
    mailed = table("Mails of the morning", ("To", "Partnership", "About"), rows) if rows else "No mail is due."
    held = [(label_of(item), item.why) for item in found.held_back]
    moved = [(each.case, each.step, each.reason) for each in found.moved]
    parts = [
        found.note,
        mailed,
        table("Recorded because nobody acted", ("Case", "Step", "Reason"), moved) if moved else "",
        table("Held back", ("Action or clock", "Why"), held) if held else "",
        delivery_words(delivered),
    ]
    return "\n\n".join(part for part in parts if part)


def about_without_items(kind: str) -> str:
    return {SUMMARY: THE_SUMMARY, SEALS: "the seals of the record"}.get(kind, "addresses and owners to put right")


def label_of(item: Item | ClockItem | HeldBack | ClockHeldBack | SummaryHeldBack) -> str:
    if isinstance(item, SummaryHeldBack):
        return f"{THE_SUMMARY} for {item.to}"
    return f"{item.case} {item.clock}" if isinstance(item, ClockItem | ClockHeldBack) else item.action


@click.command()
@click.option("--a-minute", type=click.IntRange(min=0), default=0, help="The most mails a minute; 0 for no limit.")
@as_json
def deliver(a_minute: int, json_: bool) -> None:
    """Hand over the mails that are queued, including those that wait for another try.

    It may run beside the reminder process: each mail is handed over by one of them.
    """
    app = open_app(Settings().of_reminders)
    transport = transport_of(app.settings)
    delivered = hand_over(
        app.database,
        app.clock,
        transport,
        letterhead=Letterhead.of(app.settings),
        ignore_waits=True,
        rate_limit=RateLimit(a_minute),
    )
    emit(asdict(delivered), json_, lambda: delivery_words(delivered))


def delivery_words(delivered: Delivered) -> str:
    numbers = (delivered.sent, delivered.retry, delivered.failed, delivered.uncertain)
    if delivered.is_held:
        return f"{HELD}: followthrough reminders release."
    words = "{} sent, {} to try again, {} failed, {} uncertain.".format(*numbers)
    return f"{words} The mail server could not be reached." if delivered.unreachable else words


@click.group(invoke_without_command=True)
@click.pass_context
def reminders(context: click.Context) -> None:
    """Run the reminder process, send a mail again, or show and set a partnership's reminder policy.

    Any number of processes may run on one database: one leads, and another takes over within half a minute.
    """
    if context.invoked_subcommand is None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        app = open_app(Settings().of_reminders)
        refuse_unsafe(app)
        transport = transport_of(app.settings)
        letterhead, rate_limit = Letterhead.of(app.settings), app.settings.mails_a_minute
        sealing = Sealing.of(app.settings)
        run(app.database, app.clock, transport, letterhead=letterhead, mails_a_minute=rate_limit, sealing=sealing)


@click.command("release")
@as_json
def release_mails(json_: bool) -> None:
    """Send mails again after a restore, those first that were waiting when the backup was made."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        waiting = release_letters(unit)
    words = f"Mails are sent again; {waiting} were waiting in the backup. Their links work."
    emit({"released": True, "waiting": waiting}, json_, lambda: words)


reminders.add_command(release_mails)
reminders.add_command(replay_letter)
reminders.add_command(resend_letter)
reminders.add_command(policy)
reminders.add_command(sending_works)
reminders.add_command(sender)
