"""What a request works with: settings, database, clock, definitions and the person signed in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from flask import current_app, g
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.core.clock import Clock, local_day
from reviews.core.db import Database, open_reader
from reviews.core.settings import Settings
from reviews.definitions.catalogue import catalogue_for
from reviews.transactions.unit_of_work import Unit, unit_of_work
from workflows.catalogue import Catalogue
from workflows.core.vocabulary import Workflow


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    database: Database
    clock: Clock


def house() -> House:
    found: House = current_app.extensions["followthrough"]
    return found


def reader() -> Session:
    """Give the session for reading in this request; there is one, and it is closed when the request ends."""
    if "db_session" not in g:
        g.db_session = open_reader(house().database)
    session: Session = g.db_session
    return session


def catalogue() -> Catalogue:
    """Give every definition of the person's partnerships, and those of the product."""
    if "catalogue" not in g:
        g.catalogue = catalogue_for(reader(), {assignment.partnership_id for assignment in actor().posts})
    found: Catalogue = g.catalogue
    return found


def kinds() -> Mapping[str, Workflow]:
    """Give the newest version of each kind of case in the catalogue, by name."""
    return catalogue().newest()


def close_reader(_error: BaseException | None = None) -> None:
    if "db_session" in g:
        g.pop("db_session").close()


def actor() -> Actor:
    """Give the person signed in. For views that need a permission: before any other there may be nobody."""
    found: Actor = g.actor
    return found


def today() -> date:
    return local_day(house().clock.now())


@contextmanager
def unit() -> Iterator[Unit]:
    """Open a unit of work for the person signed in; closes the session for reading, for which SQLite would wait."""
    close_reader()
    with unit_of_work(house().database, actor(), house().clock) as work:
        yield work
