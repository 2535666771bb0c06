"""What does a request work with: the database, the clock, the person signed in?"""

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
    """Give the one reading session of this request; it is closed when the request ends."""
    if "db_session" not in g:
        g.db_session = open_reader(house().database)
    session: Session = g.db_session
    return session


def catalogue() -> Catalogue:
    """Give every definition that is known in the person's partnerships."""
    if "catalogue" not in g:
        g.catalogue = catalogue_for(reader(), {assignment.partnership_id for assignment in actor().posts})
    found: Catalogue = g.catalogue
    return found


def kinds() -> Mapping[str, Workflow]:
    """Give the newest version of every kind of case that is known in the person's partnerships, by name."""
    return catalogue().newest()


def close_reader(_error: BaseException | None = None) -> None:
    if "db_session" in g:
        g.pop("db_session").close()


def actor() -> Actor:
    """Give the person signed in; only views that need a permission may ask."""
    found: Actor = g.actor
    return found


def today() -> date:
    return local_day(house().clock.now())


@contextmanager
def unit() -> Iterator[Unit]:
    """Open the unit of work of this request, after the reading session has let go of the database."""
    close_reader()
    with unit_of_work(house().database, actor(), house().clock) as work:
        yield work
