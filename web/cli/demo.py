"""The command `demo`: loads the invented partnerships, runs the reminders of a morning and serves the pages."""

import os
import threading
from contextlib import ExitStack
from typing import Any

import click
from pydantic import SecretStr
from waitress.server import create_server

from notifications.transports.catcher import MailCatcher
from reviews.core.clock import LONDON, local_day
from reviews.core.secrets import hash_password
from reviews.core.settings import Settings
from reviews.demo.people import PARTNERSHIPS, SIGN_IN_NAMES
from reviews.demo.seed import seed
from reviews.files.store import folder_of
from web.app import create_app
from web.cli.demo_mail import create_mail_page
from web.cli.reminders import in_words, run_round
from web.cli.runtime import acting, open_app, table
from web.cli.serve import answer, reminder_process
from web.cli.summary import in_words as summary_words
from web.cli.summary import read_summary
from web.core.app_context import AppContext
from workflows.core.bank_holidays import BUNDLED
from workflows.core.engine import Refused

PASSWORD = "followthrough-demo"  # noqa: S105  # the demonstration's own, printed for everybody
MAIL_PAGE, MAIL_SERVER = 1, 25
"""Added to the port of the web pages."""


@click.command()
@click.option("--once", "prints_only", is_flag=True, help="Stop after printing.")
@click.option("--port", type=click.IntRange(1, 65535 - MAIL_SERVER), default=8000, show_default=True)
def demo(prints_only: bool, port: int) -> None:
    """Load the invented partnerships, run the morning's reminders, print what came of it, and serve the pages."""
    settings = Settings()
    if settings.is_production:
        raise Refused("The demonstration does not run where FOLLOWTHROUGH_ENV is production.")
    with ExitStack() as stack:
        app = open_app(_filled(settings, port))
        if settings.mail_url is None:
            stack.enter_context(MailCatcher(settings.home / "mail", port + MAIL_SERVER))
        files = folder_of(settings.home)
        seed(app.database, app.clock, password_hash=hash_password(PASSWORD), files=files)
        _print(app, port)
        if not prints_only:
            _serve(stack, app, port)


def _filled(settings: Settings, port: int) -> Settings:
    """Send mail to the catcher and links to this port, where the settings do not say otherwise."""
    filled: dict[str, Any] = {}
    if settings.mail_url is None:
        filled["mail_url"] = SecretStr(f"smtp://127.0.0.1:{port + MAIL_SERVER}")
    if "base_url" not in settings.model_fields_set:
        filled["base_url"] = f"http://127.0.0.1:{port}"
    return settings.model_copy(update=filled)


def _print(app: AppContext, port: int) -> None:
    today = local_day(app.clock.now())
    for partnership in PARTNERSHIPS:
        chair = acting(app.database, app.clock, f"chair@{partnership.domain}")
        click.echo(summary_words(read_summary(app, chair, partnership.code, today), partnership.code, today) + "\n")
    morning = BUNDLED.previous_working_day(today)
    click.echo(f"Reminders of {morning:%A %-d %B %Y}, 08:00 ({LONDON.key})")
    found, handed = run_round(app, f"{morning.isoformat()}T08:00")
    click.echo(f"{in_words(found, handed)}\n")
    rows = [
        (role.words, f"{word}@{PARTNERSHIPS[0].domain}", f"{word}@{PARTNERSHIPS[1].domain}")
        for word, role in SIGN_IN_NAMES.items()
    ]
    click.echo(
        table(f"Sign-in names, all with the password {PASSWORD}", ("Role", *(p.code for p in PARTNERSHIPS)), rows)
    )
    click.echo(f"\nThe pages: {app.settings.base_url}   The mails: http://127.0.0.1:{port + MAIL_PAGE}")


def _serve(stack: ExitStack, app: AppContext, port: int) -> None:
    mails = create_server(create_mail_page(app.settings.home / "mail"), host="127.0.0.1", port=port + MAIL_PAGE)
    threading.Thread(target=mails.run, daemon=True).start()
    stack.callback(mails.close)
    stack.enter_context(reminder_process(_environment(app.settings)))
    click.echo("Press Ctrl-C to end the demonstration. Its data stays.")
    answer(create_app(app), "127.0.0.1", port)


def _environment(settings: Settings) -> dict[str, str]:
    ours = {"FOLLOWTHROUGH_MAIL_URL": settings.mail, "FOLLOWTHROUGH_BASE_URL": settings.base_url}
    return {**os.environ, **ours}
