"""The command that tries the mail server."""

from secrets import token_hex

import click

from notifications.transports.configured import transport_of
from notifications.transports.envelope import NotSent, Outgoing, Unknown, Unreachable, address_of
from reviews.core.settings import Settings
from web.cli.runtime import as_json, clock_of, emit
from workflows.core.engine import Refused

SUBJECT = "A test of Followthrough"
BODY = (
    "This is a test of the mail server of Followthrough, which somebody asked for at the terminal of its server.\n"
    "There is nothing to do. If you did not expect it, tell the technician who looks after Followthrough.\n"
)


@click.group()
def mail() -> None:
    """Try the mail server."""


@mail.command("test")
@click.option("--to", metavar="EMAIL", required=True, help="Who gets the test.")
@as_json
def test_(to: str, json_: bool) -> None:
    """Hand one mail over to the mail server, and print that it took it, or why not."""
    settings = Settings()
    transport = transport_of(settings)
    sender = address_of(settings.mail_from)
    letter = Outgoing(
        to=to,
        subject=SUBJECT,
        body=BODY,
        message_id=f"<test-{token_hex(12)}@{sender.rpartition('@')[2] or 'localhost'}>",
        at=clock_of(settings).now(),
    )
    try:
        transport.send(letter)
    except NotSent as fault:
        raise Refused(_why(fault)) from None
    finally:
        transport.close()
    emit(
        {"handed_over": True, "to": to},
        json_,
        lambda: f"The mail server took a test for {to}. Now look whether it came.",
    )


def _why(fault: NotSent) -> str:
    match fault:
        case Unreachable():
            return (
                f"The mail server could not be reached, or let nobody in ({fault.code}). Check FOLLOWTHROUGH_MAIL_URL."
            )
        case Unknown():
            return f"The connection broke after the test was handed over ({fault.code}): it may have arrived."
        case _:
            return f"The mail server refused the test ({fault.code})."
