"""A database for each test: a copy of one that was made once a run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from reviews.core.db import Database, engine_of, open_database
from tests.postgres import POOL

_idle: dict[str, Database] = {}


def a_copy(request: pytest.FixtureRequest, sqlite: str, postgresql: str, *, rows: bool = False) -> Iterator[str]:
    """Give the URL of a test's own copy: of the file, or on the server, that the fixture of that name keeps.

    One without rows is the test's own for its time only: it is emptied for the next.
    """
    if request.param == "sqlite":
        template = request.getfixturevalue(sqlite)
        with TemporaryDirectory(dir=template.parent) as folder:
            yield f"sqlite:///{shutil.copy(template, folder)}"
    else:
        server = request.getfixturevalue(postgresql)
        url = server.fresh() if rows else server.empty()
        yield url
        (server.drop_later if rows else server.give_back)(url)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a copy by way of the engine that the test before had: it has compiled most statements already."""
    there = sa.make_url(url)
    kind = there.get_backend_name()
    database = _idle.pop(kind, None) or _that_can_be_moved(url)
    engine = engine_of(database)
    if engine.url != there:
        engine.dispose()
        engine.url = there
    yield database
    if kind == "sqlite":
        engine.dispose()
    _idle[kind] = database


def _that_can_be_moved(url: str) -> Database:
    """Open a database whose engine connects to whatever its URL names by then."""
    database = open_database(url)
    engine = engine_of(database)

    def connect(_dialect: object, _record: object, positional: list[Any], named: dict[str, Any]) -> None:
        if positional:
            positional[0] = engine.url.database
        else:
            named |= {"dbname": engine.url.database, "application_name": POOL}

    event.listen(engine, "do_connect", connect)
    return database
