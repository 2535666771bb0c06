"""The commands about returned mail."""

import sys
from dataclasses import asdict

import click

from notifications.returns.address_problems import solve_address
from notifications.returns.bounces import LARGEST, Returned, reports_of, take_mail
from notifications.returns.dsn_mailbox import Mailbox, read_mailbox
from notifications.returns.sending_faults import end_sending_faults, fault_words, open_faults
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.cli.arguments import looking_for, named
from web.cli.runtime import acting, as_json, as_person, emit, open_app
from web.core.app_context import AppContext
from workflows.core.engine import Refused


@click.command()
@click.option("--imap", is_flag=True, help="Read the mailbox of FOLLOWTHROUGH_BOUNCES_URL instead.")
@as_json
def bounces(imap: bool, json_: bool) -> None:
    """Read returned mail: one message from standard input, or the unread messages of a mailbox.

    A message that is no report on one of our mails changes nothing, and is not an error. One that names a mail of ours
    and cannot be understood is shown to the business manager.
    """
    app = open_app()
    found = _from_mailbox(app) if imap else take_mail(app.database, app.clock, _piped())
    with reading(app.database) as session:
        for fault in open_faults(session):
            click.echo(fault_words(fault), err=True)
    emit(asdict(found), json_, lambda: _in_words(found))


@click.command("mail-works")
@click.argument("email")
@click.option("--because", default="The address works again.", show_default=True, help="What was done, in one line.")
@as_person
@as_json
def mail_works(email: str, because: str, as_: str | None, json_: bool) -> None:
    """Record that an address works again, after mail to it came back."""
    app = open_app()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        was_troubled = solve_address(unit, email, because)
    data = {"email": email.lower(), "was_troubled": was_troubled}
    done = f"Mails to {email} will be sent again." if was_troubled else f"No mail to {email} came back."
    emit(data, json_, lambda: done)


@click.command("sending-works")
@click.option("--because", required=True, help="What was put right, in one line.")
@click.option("--addresses-are-wrong", is_flag=True, help="The addresses do not exist after all: close them.")
@as_json
def sending_works(because: str, addresses_are_wrong: bool, json_: bool) -> None:
    """Record that mail is sent properly again, after so much came back that our sending was at fault."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        ended = end_sending_faults(unit, because, addresses_are_wrong=addresses_are_wrong)
    done = "It is no longer shown as a fault." if ended else "There was no such fault."
    emit({"ended": ended}, json_, lambda: done)


def _piped() -> bytes:
    """Return the beginning of standard input, and read the rest: a mail server reports a broken pipe as a fault."""
    beginning = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):
        pass
    return beginning


def _from_mailbox(app: AppContext) -> Returned:
    if app.settings.bounces_url is None:
        raise Refused("FOLLOWTHROUGH_BOUNCES_URL is missing: set it to the address of the mailbox for returned mail.")
    found = [Returned()]

    def take(mail: bytes) -> bool:
        found[0] += take_mail(app.database, app.clock, mail)
        return bool(reports_of(mail))

    read_mailbox(Mailbox.of(app.settings.bounces_url.get_secret_value()), take)
    return found[0]


def _in_words(found: Returned) -> str:
    return (
        f"{found.read} read: {found.bounced} came back, {found.delivered} arrived, {found.delayed} are late, "
        f"{found.unclear} could not be understood, {found.ignored} changed nothing."
    )
