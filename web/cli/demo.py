"""The command `demo`: loads the invented partnerships, runs the reminders of a morning and serves the pages."""

import os
import threading
from collections import Counter
from contextlib import ExitStack
from typing import IO, Any

import click
from pydantic import SecretStr
from waitress.server import create_server

from notifications.letters.wording import rung_label
from notifications.process.worker import Delivered
from notifications.rounds.report import ClockItem, Round
from notifications.transports.catcher import MailCatcher
from reviews.audit.seal_rows import seal_rows
from reviews.core.clock import LONDON, local_day
from reviews.core.keyring import keyring_of
from reviews.core.secrets import hash_password
from reviews.core.settings import Settings
from reviews.demo.people import DEMO_PASSWORD, PARTNERSHIPS, SIGN_IN_NAMES
from reviews.demo.seed import seed
from reviews.files.store import StoredFile, folder_of, store
from web.app import create_app
from web.cli.demo_mail import create_mail_page
from web.cli.reminders import about_without_items, delivery_words, in_words, label_of, run_round
from web.cli.runtime import acting, open_app
from web.cli.serve import answer, reminder_process
from web.cli.summary import in_six_lines, read_summary
from web.cli.summary import in_words as summary_words
from web.core.app_context import AppContext
from web.reminders.presenter import KINDS
from workflows.core.bank_holidays import BUNDLED
from workflows.core.engine import Refused

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
        app = open_app(_filled(settings, port, prints_only=prints_only))
        if settings.mail_url is None and not prints_only:
            stack.enter_context(MailCatcher(settings.home / "mail", port + MAIL_SERVER))
        folder, keyring = folder_of(settings.home), keyring_of(settings)

        def store_file(stream: IO[bytes], name: str) -> StoredFile:
            return store(folder, stream, name, keyring)

        seed(app.database, app.clock, password_hash=hash_password(DEMO_PASSWORD), store_file=store_file)
        _print(app, port)
        if not prints_only:
            _serve(stack, app, port)


def _filled(settings: Settings, port: int, *, prints_only: bool) -> Settings:
    """Send mail to the catcher and links to this port, where the settings do not say otherwise.

    What only prints needs no port: its mails go into the folder from which the catcher's are shown.
    """
    filled: dict[str, Any] = {}
    if settings.mail_url is None and not prints_only:
        filled["mail_url"] = SecretStr(f"smtp://127.0.0.1:{port + MAIL_SERVER}")
    if "base_url" not in settings.model_fields_set:
        filled["base_url"] = f"http://127.0.0.1:{port}"
    return settings.model_copy(update=filled)


REST = "demo.txt"
"""In HOME: the summaries, mails and what was held back, in full."""


def _print(app: AppContext, port: int) -> None:
    """Print the address, the accounts, the summaries and mails in short, and the address again: 40 lines at most."""
    today = local_day(app.clock.now())
    pages = f"The pages: {app.settings.base_url}   The mails: http://127.0.0.1:{port + MAIL_PAGE}"
    click.echo(f"{pages}\nSign-in names, all with the password {DEMO_PASSWORD}")
    for word, role in SIGN_IN_NAMES.items():
        accounts = (f"{word}@{partnership.domain}" for partnership in PARTNERSHIPS)
        click.echo(f"  {role.words:<26}{''.join(f'{account:<36}' for account in accounts)}".rstrip())
    rest = []
    for partnership in PARTNERSHIPS:
        chair = acting(app.database, app.clock, f"chair@{partnership.domain}")
        found = read_summary(app, chair, partnership.code, today)
        click.echo(f"\n{in_six_lines(found, partnership.code, today)}")
        rest.append(summary_words(found, partnership.code, today))
    morning = BUNDLED.previous_working_day(today)
    title = f"Reminders of {morning:%A %-d %B %Y}, 08:00 ({LONDON.key})"
    reminded, handed = run_round(app, f"{morning.isoformat()}T08:00")
    click.echo(f"\n{title}\n{_round_in_short(reminded, handed)}")
    seal_rows(app.database, keyring_of(app.settings), app.clock)
    file = app.settings.home / REST
    file.write_text("\n\n".join((*rest, title, in_words(reminded, handed))) + "\n", encoding="utf-8")
    click.echo(f"\nThe rest is in {file}\n{pages}")


FIRST = 2


def _round_in_short(found: Round, delivered: Delivered) -> str:
    """Say a round in six lines: mails by kind, what they are about, the first mails, what was held back."""
    kinds = Counter(KINDS[mail.kind] for mail in found.mails)
    rungs = Counter(
        "clocks" if isinstance(item, ClockItem) else rung_label(item.rung)
        for mail in found.mails
        for item in mail.items
    )
    mails = f"  Mails of the morning: {len(found.mails)} ({_counted(kinds)})\n    {_counted(rungs)}"
    first = [
        f"    {mail.to}: {', '.join(map(label_of, mail.items[:FIRST])) or about_without_items(mail.kind)}"
        f"{f' and {len(mail.items) - FIRST} more' if len(mail.items) > FIRST else ''}"
        for mail in found.mails[:FIRST]
    ]
    held = f"  Held back: {len(found.held_back)}. {delivery_words(delivered)}"
    return "\n".join((mails, *first, held) if found.mails else (found.note or "  No mail is due.", held))


def _counted(numbers: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.most_common())


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
