"""What a request works with: settings, database, clock, definitions and the person signed in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from flask import current_app, g
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.core.clock import local_day
from reviews.core.db import open_read_session
from reviews.definitions.installed import catalogue_for
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.core.app_context import AppContext
from workflows.catalogue import Catalogue
from workflows.core.engine import Refused
from workflows.core.vocabulary import Workflow


def app_context() -> AppContext:
    found: AppContext = current_app.extensions["followthrough"]
    return found


def read_session() -> Session:
    """Give the session for reading in this request; there is one, and it is closed when the request ends."""
    if "db_session" not in g:
        g.db_session = open_read_session(app_context().database)
    session: Session = g.db_session
    return session


def catalogue() -> Catalogue:
    """Give every definition of the person's partnerships, and those of the product."""
    if "catalogue" not in g:
        g.catalogue = catalogue_for(read_session(), {assignment.partnership_id for assignment in actor().roles_held})
    found: Catalogue = g.catalogue
    return found


def kinds() -> Mapping[str, Workflow]:
    """Give the newest version of each kind of case in the catalogue, by name."""
    return catalogue().newest()


def close_read_session(_error: BaseException | None = None) -> None:
    if "db_session" in g:
        g.pop("db_session").close()


def actor() -> Actor:
    """Give the person signed in. For views that need a permission: before any other there may be nobody."""
    found: Actor = g.actor
    return found


def today() -> date:
    return local_day(app_context().clock.now())


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why the form of this request is only shown again, and with which code."""

    sentence: str
    code: int


class OnlyShown(Refused):
    """A view tried to act on a form that is only shown again."""


def not_taken() -> NotTaken | None:
    found: NotTaken | None = g.get("not_taken")
    return found


@contextmanager
def unit() -> Iterator[Unit]:
    """Open a unit of work for the person signed in; closes the session for reading, for which SQLite would wait.

    Raises OnlyShown where the form of this request must not take effect.
    """
    if (found := not_taken()) is not None:
        raise OnlyShown(found.sentence)
    close_read_session()
    with unit_of_work(app_context().database, actor(), app_context().clock) as work:
        yield work
