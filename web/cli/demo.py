"""What does the demonstration do, all by itself?"""

import os
import threading
from contextlib import ExitStack

import click
from pydantic import SecretStr
from waitress.server import create_server

from notifications.catcher import MailCatcher
from reviews.clock import LONDON, local_day
from reviews.passwords import hash_password
from reviews.seeds import seed
from reviews.seeds.people import PLACES, SIGN_IN_NAMES
from reviews.settings import Settings
from web.app import create_app
from web.cli.opening import acting, open_house
from web.cli.reminders import in_words, run_round
from web.cli.serve import answer, reminder_process
from web.cli.summary import in_words as summary_words
from web.cli.summary import read_summary
from web.cli.tables import table
from web.mail_page import create_mail_page
from web.state import House
from workflows.engine import Refused
from workflows.working_days import previous_working_day

PASSWORD = "followthrough-demo"  # noqa: S105  # the demonstration's own, printed for everybody
MAIL_PAGE, MAIL_SERVER = 1, 25
"""Added to the port of the web pages."""


@click.command()
@click.option("--once", is_flag=True, help="Stop after printing.")
@click.option("--port", default=8000, show_default=True)
def demo(once: bool, port: int) -> None:
    """Load the invented partnerships, run the morning's reminders, print what came of it, and serve the pages."""
    settings = _settings(port)
    with ExitStack() as stack:
        if "FOLLOWTHROUGH_MAIL_URL" not in os.environ:
            stack.enter_context(MailCatcher(settings.home / "mail", port + MAIL_SERVER))
        house = open_house(settings)
        seed(house.database, house.clock, password_hash=hash_password(PASSWORD))
        _print(house)
        if not once:
            _serve(stack, house, port)


def _settings(port: int) -> Settings:
    """Take the environment's settings; where it is silent, mail goes to the catcher and links lead to this port."""
    settings = Settings()
    if settings.is_production:
        raise Refused("The demonstration does not run where FOLLOWTHROUGH_ENV is production.")
    os.environ.setdefault("FOLLOWTHROUGH_BASE_URL", f"http://127.0.0.1:{port}")
    mail_url = os.environ.get("FOLLOWTHROUGH_MAIL_URL", f"smtp://127.0.0.1:{port + MAIL_SERVER}")
    return Settings(mail_url=SecretStr(mail_url))


def _print(house: House) -> None:
    today = local_day(house.clock.now())
    for place in PLACES:
        chair = acting(house.database, house.clock, f"chair@{place.domain}")
        click.echo(summary_words(read_summary(house, chair, place.code, today), place.code, today))
    morning = previous_working_day(today)
    click.echo(f"\nReminders of {morning:%A %-d %B %Y}, 08:00 ({LONDON.key})")
    found, handed = run_round(house, f"{morning.isoformat()}T08:00")
    click.echo(in_words(found, handed))
    rows = [
        (role.words, f"{word}@{PLACES[0].domain}", f"{word}@{PLACES[1].domain}") for word, role in SIGN_IN_NAMES.items()
    ]
    click.echo(table(f"Sign-in names, all with the password {PASSWORD}", ("Role", *(p.code for p in PLACES)), rows))


def _serve(stack: ExitStack, house: House, port: int) -> None:
    mails = create_server(create_mail_page(house.settings.home / "mail"), host="127.0.0.1", port=port + MAIL_PAGE)
    threading.Thread(target=mails.run, daemon=True).start()
    stack.callback(mails.close)
    mail_url = house.settings.mail
    stack.enter_context(reminder_process({**os.environ, "FOLLOWTHROUGH_MAIL_URL": mail_url}))
    click.echo(f"\nThe pages are at {house.settings.base_url}, the mails at http://127.0.0.1:{port + MAIL_PAGE}.")
    click.echo("Ctrl-C ends the demonstration; what it stored is kept.")
    answer(create_app(house), "127.0.0.1", port)
