"""How does a test open pages? A client that is signed in as one of the people of `tests.builders`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import unescape
from itertools import count
from pathlib import Path
from re import DOTALL, findall, search, sub
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from reviews.core.clock import StoppedClock
from reviews.core.db import Database, engine_of
from reviews.core.settings import Environment, Settings
from reviews.models import Person, SignIn
from reviews.people.sign_in import hash_token
from tests.builders import TODAY, facts_for
from web.app import create_app, move_into
from web.core.app_context import AppContext
from workflows.catalogue import BUILT_IN
from workflows.core.questions import Kind, Value
from workflows.definitions import CASE_WORKFLOWS

_tokens = count(1)
_applications: list[Flask] = []


class Visitor:
    """Somebody's browser. `open` and `send` give back the code and remember the page's words in `said`."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.html = ""
        self.location = ""

    @property
    def said(self) -> str:
        """Give the words of the main part of the page, with single spaces and none before a stop."""
        main = search(r"<main.*?</main>", self.html, DOTALL)
        words = " ".join(unescape(sub(r"<[^>]+>", " ", main[0] if main else self.html)).split())
        return sub(r" ([.,:;])", r"\1", words)

    @property
    def links(self) -> list[str]:
        return [unescape(href) for href in findall(r'href="([^"]*)"', self.html)]

    def open(self, address: str) -> int:
        return self._take(self.client.get(address))

    def send(self, address: str, **typed: object) -> int:
        return self._take(self.client.post(address, data=typed))

    def follow(self) -> int:
        return self.open(self.location)

    def hidden(self, name: str) -> str:
        """Give the value of a hidden field of the page that is open."""
        found = search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', self.html)
        assert found is not None, name
        return unescape(found[1])

    def _take(self, response) -> int:
        self.html = response.get_data(as_text=True)
        self.location = response.headers.get("Location", "")
        return response.status_code


class Doors:
    """The application over one database, and who may be sent through it."""

    def __init__(self, database: Database, clock: StoppedClock, home: Path) -> None:
        self.database, self.clock = database, clock
        self.app = _application(AppContext(Settings(home=home, env=Environment.TEST), database, clock))

    def visitor(self, email: str = "") -> Visitor:
        """Give a browser, signed in unless no address is given."""
        client = self.app.test_client()
        if email:
            with client.session_transaction() as session:
                session["token"] = self._sign_in(email)
        return Visitor(client)

    def _sign_in(self, email: str) -> str:
        token = f"token {next(_tokens)}"
        now = self.clock.now()
        with self.database.begin() as session:
            person_id = session.scalars(sa.select(Person.id).where(Person.email == email)).one()
            session.add(SignIn(token_hash=hash_token(token), person_id=person_id, started_at=now, seen_at=now))
        return token


def _application(house: AppContext) -> Flask:
    """Move the one application of this process: to build it and compile its templates takes longer than most tests."""
    if not _applications:
        _applications.append(create_app(house))
    (app,) = _applications
    move_into(app, house)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def rows(database: Database, table: type[Any], *conditions: sa.ColumnElement[bool]) -> int:
    """Count the rows there are."""
    with database() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect what is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        asked.append(statement)

    event.listen(engine_of(database), "before_cursor_execute", note)
    yield asked
    event.remove(engine_of(database), "before_cursor_execute", note)


def typed(
    workflow: str, step: str, on: date = TODAY, *, by_version: int | None = None, **more: object
) -> dict[str, Any]:
    """Give what a browser sends for a step: everything it must be given, by the newest version or an earlier one."""
    found = (BUILT_IN.version(workflow, by_version) if by_version else CASE_WORKFLOWS[workflow]).step(step)
    assert found is not None, step
    kinds = {asked.name: asked.kind for asked in found.questions}
    words = {name: _typed(kinds[name], value) for name, value in facts_for(found, on=on).items()}
    return {"happened_on": on.isoformat(), **words} | more


def _typed(kind: Kind, value: Value) -> Any:
    if kind is Kind.YES_NO:
        return "yes" if value else "no"
    if kind in (Kind.AGENCIES, Kind.PARTNERS):
        return list(value)
    return value.isoformat() if isinstance(value, date) else str(value)
