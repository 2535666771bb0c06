"""The commands that start the web pages, with or without the reminder process, and that prepare the database."""

import logging
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from waitress import serve as listen

from reviews.core.schema_version import migrate as to_newest
from reviews.core.settings import Settings
from web.app import create_app
from web.cli.database import grant_again
from web.cli.production import only_process, refuse_unsafe
from web.cli.runtime import as_json, database_of, emit, open_app, require_known_driver
from web.core.access import permission_of

host_option = click.option("--host", default="127.0.0.1", show_default=True)
port_option = click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)

THREADS = 8
GRACE = 10
MOST_CONNECTIONS = 4000
OTHER_FILES = 200
"""Open files that are no connections: the database, the log, files of evidence."""


@click.command()
@host_option
@port_option
def serve(host: str, port: int) -> None:
    """Serve the web pages, with the reminder process beside them."""
    context = open_app()
    app = create_app(context)
    refuse_unsafe(context)
    with only_process(context), reminder_process():
        answer(app, host, port)


@click.command()
@host_option
@port_option
def web(host: str, port: int) -> None:
    """Serve the web pages alone."""
    context = open_app()
    app = create_app(context)
    refuse_unsafe(context)
    with only_process(context):
        answer(app, host, port)


@click.command()
def migrate() -> None:
    """Bring the database to the newest version."""
    settings = Settings()
    require_known_driver(settings)
    to_newest(settings.database)
    roles = grant_again(database_of(settings))
    rights = f" Rights on them were given again to {', '.join(roles.values())}." if roles else ""
    click.echo(f"The database has the newest tables.{rights}")


@click.command()
@as_json
def routes(json_: bool) -> None:
    """List every address with its methods and the permission it needs."""
    app = create_app(open_app())
    rows = sorted(_routes(app), key=lambda row: str(row["address"]))
    emit(rows, json_, lambda: "\n".join(f"{row['address']:50} {row['permission']}" for row in rows))


def answer(app: Flask, host: str, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM, both of which let the caller clean up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("transitions").setLevel(logging.WARNING)  # two lines a step, which is in the history
    listen(
        app,
        host=host,
        port=port,
        threads=THREADS,
        ident="",
        connection_limit=_connections_possible(),
        channel_timeout=20,
        asyncore_use_poll=True,  # select() knows a thousand connections at most
        clear_untrusted_proxy_headers=False,  # web/core/proxies.py looks whom to believe
    )


@contextmanager
def reminder_process(environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run the reminder process beside this one, and end it when this one ends."""
    process = subprocess.Popen([sys.executable, "-m", "notifications"], env=environment)  # our own module
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            # it hangs while sending a letter, which is sent again later under the same Message-ID
            process.kill()
            process.wait()


def _connections_possible() -> int:
    """Raise how many files this process may open as far as it may, so that many idle browsers keep nobody out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed - OTHER_FILES


def _routes(app: Flask) -> Iterator[dict[str, object]]:
    for rule in app.url_map.iter_rules():
        permission = permission_of(app, rule.endpoint)
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        yield {"address": rule.rule, "methods": methods, "permission": permission.value if permission else None}
