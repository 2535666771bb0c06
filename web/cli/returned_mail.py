"""How is returned mail taken in from the terminal?"""

import sys
from dataclasses import asdict

import click

from notifications.returns.address_problems import solve_address
from notifications.returns.delivery_reports import LARGEST, Returned, reports_of, take_mail
from notifications.returns.dsn_mailbox import Mailbox, read_mailbox
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.arguments import looking_for, named
from web.cli.runtime import acting, as_json, as_person, emit, open_house
from web.core.context import House
from workflows.core.engine import Refused


@click.command()
@click.option("--imap", is_flag=True, help="Read the mailbox of FOLLOWTHROUGH_BOUNCES_URL instead.")
@as_json
def bounces(imap: bool, json_: bool) -> None:
    """Take in mail that came back: one message from standard input, or what is unread in a mailbox.

    What is no report on a letter of ours changes nothing, and is no fault.
    """
    house = open_house()
    found = _from_mailbox(house) if imap else take_mail(house.database, house.clock, _piped())
    emit(asdict(found), json_, lambda: _in_words(found))


@click.command("mail-works")
@click.argument("email")
@click.option("--because", default="The address works again.", show_default=True, help="What was done, in one line.")
@as_person
@as_json
def mail_works(email: str, because: str, as_: str | None, json_: bool) -> None:
    """Say that mail reaches an address again, after it came back."""
    house = open_house()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        was_troubled = solve_address(unit, email, because)
    data = {"email": email.lower(), "was_troubled": was_troubled}
    emit(data, json_, lambda: f"{email} is written to again." if was_troubled else f"No mail to {email} came back.")


def _piped() -> bytes:
    """Give the beginning of what is piped in, and let the rest pass: a mail server minds a pipe that breaks."""
    beginning = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):
        pass
    return beginning


def _from_mailbox(house: House) -> Returned:
    if house.settings.bounces_url is None:
        raise Refused("FOLLOWTHROUGH_BOUNCES_URL is missing: it names the mailbox to which mail comes back.")
    found = [Returned()]

    def take(mail: bytes) -> bool:
        found[0] += take_mail(house.database, house.clock, mail)
        return bool(reports_of(mail))

    read_mailbox(Mailbox.of(house.settings.bounces_url.get_secret_value()), take)
    return found[0]


def _in_words(found: Returned) -> str:
    return (
        f"{found.read} read: {found.bounced} came back, {found.delivered} arrived, {found.delayed} are late, "
        f"{found.ignored} changed nothing."
    )
