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

_idle: dict[str, Database] = {}


def a_copy(request: pytest.FixtureRequest, sqlite: str, postgresql: str) -> Iterator[str]:
    """Give the URL of a test's own copy: of the file, or on the server, that the fixture of that name keeps."""
    if request.param == "sqlite":
        template = request.getfixturevalue(sqlite)
        with TemporaryDirectory(dir=template.parent) as folder:
            yield f"sqlite:///{shutil.copy(template, folder)}"
    else:
        server = request.getfixturevalue(postgresql)
        url = server.fresh()
        yield url
        server.drop_later(url)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a copy by way of the engine that the test before had: it has compiled most statements already."""
    kind = sa.make_url(url).get_backend_name()
    database = _idle.pop(kind, None) or _that_can_be_moved(url)
    engine_of(database).url = sa.make_url(url)
    yield database
    engine_of(database).dispose()
    _idle[kind] = database


def _that_can_be_moved(url: str) -> Database:
    """Open a database whose engine connects to whatever its URL names by then."""
    database = open_database(url)
    engine = engine_of(database)

    def connect(_dialect: object, _record: object, positional: list[Any], named: dict[str, Any]) -> None:
        if positional:
            positional[0] = engine.url.database
        else:
            named["dbname"] = engine.url.database

    event.listen(engine, "do_connect", connect)
    return database
