"""How is one of the two programs served? ``python -m tests.bench.serve ours|floor URL PORT``; both by waitress."""

import sys
from typing import Any

from pydantic import SecretStr

from reviews.core.clock import StoppedClock
from reviews.core.db import Database, open_database
from reviews.core.settings import Environment, Settings
from tests.bench.floor import floor_app
from tests.bench.nation import NOW
from tests.bench.raw import Pool
from web.app import create_app
from web.cli.serve import answer
from web.core.app_context import AppContext

SECRET = SecretStr("a key for signing that is long enough")


def serve(which: str, url: str, port: int) -> None:
    app: Any = floor_app(Pool(url)) if which == "floor" else our_app(url, open_database(url))
    answer(app, "127.0.0.1", port)


def our_app(url: str, database: Database) -> Any:
    settings = Settings(database_url=SecretStr(url), secret_key=SECRET, env=Environment.TEST)
    return create_app(AppContext(settings, database, StoppedClock(NOW)))


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
