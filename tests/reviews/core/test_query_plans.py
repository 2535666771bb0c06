"""The pages find their rows by an index, whatever other partnerships have.

SQLite keeps no statistics: it plans alike for an empty table and for a nation. PostgreSQL is left to the benchmark.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from notifications.rounds.escalation import Escalation, policies_of
from notifications.rounds.snapshot import list_partnerships, read_snapshot
from reviews.access.permissions import Actor
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.cases.list_queries import CaseFilter, tracker
from reviews.core.db import Base, Database, engine_of, open_database
from reviews.people.queries import actor_signed_in
from reviews.summary.queries import chair_summary
from reviews.transactions.unit_of_work import NotFound, Unit
from tests.builders import NOW, TODAY, Place, a_world
from workflows.catalogue import BUILT_IN
from workflows.core.bank_holidays import BUNDLED
from workflows.core.vocabulary import Role

Page = Callable[[Session, Place], object]

GROWING = set(Base.metadata.tables) - {"partnerships", "bank_holidays", "added_definitions", "sending_faults"}
"""A round of reminders begins with the list of all partnerships: it is for all of them. Faults in sending are few."""


def overdue(session: Session, place: Place) -> object:
    return _actions(session, place, Role.BUSINESS_MANAGER, ActionFilter(group="overdue"))


def all_actions(session: Session, place: Place) -> object:
    return _actions(session, place, Role.BUSINESS_MANAGER, ActionFilter())


def overdue_of_owner(session: Session, place: Place) -> object:
    owner = place.people[Role.ACTION_OWNER].id
    return _actions(session, place, Role.ACTION_OWNER, ActionFilter(group="overdue", owner_id=owner))


def outstanding_of_agency(session: Session, place: Place) -> object:
    return _actions(session, place, Role.AGENCY_LEAD, ActionFilter(group="outstanding"))


def outstanding_of_owner(session: Session, place: Place) -> object:
    wanted = ActionFilter(group="outstanding", done_by_id=place.people[Role.ACTION_OWNER].id)
    return action_list(session, place.actors[Role.ACTION_OWNER], today=TODAY, wanted=wanted, sort="mine")


def summary(session: Session, place: Place) -> object:
    chair = place.actors[Role.SUBGROUP_CHAIR]
    return chair_summary(session, chair, partnership_id=place.partnership.id, today=TODAY)


def cases(session: Session, place: Place) -> object:
    manager = place.actors[Role.CDOP_MANAGER]
    return tracker(session, manager, today=TODAY, near=TODAY + timedelta(days=14), filters=CaseFilter())


def identity(session: Session, _place: Place) -> object:
    return actor_signed_in(session, "0" * 64, now=NOW)


def morning(session: Session, _place: Place) -> object:
    first = list_partnerships(session)[0]
    stairs = Escalation(policies_of(session, first.id), BUNDLED, TODAY)
    return read_snapshot(session, first, stairs, BUILT_IN)


def step(session: Session, place: Place) -> None:
    unit = Unit(session, place.actors[Role.BUSINESS_MANAGER], NOW)
    with pytest.raises(NotFound):
        unit.action("RR-2026-01.A1")


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}")
    yield opened
    engine_of(opened).dispose()


@pytest.mark.parametrize(
    "page", [overdue, overdue_of_owner, outstanding_of_agency, outstanding_of_owner, summary, morning]
)
def test_live_actions_are_found_by_an_index_that_holds_no_others(database: Database, page: Page) -> None:
    used = [line for line in plan(database, page) if line.startswith("SEARCH actions")]
    assert used
    assert all("_live (" in line or "INTEGER PRIMARY KEY" in line for line in used), used


@pytest.mark.parametrize(
    "page",
    [
        overdue,
        all_actions,
        overdue_of_owner,
        outstanding_of_agency,
        outstanding_of_owner,
        summary,
        cases,
        identity,
        morning,
        step,
    ],
)
def test_no_page_reads_a_table_that_others_fill_from_end_to_end(database: Database, page: Page) -> None:
    scanned = [line.split()[1] for line in plan(database, page) if line.startswith("SCAN ")]
    assert GROWING.isdisjoint(scanned), scanned


def plan(database: Database, page: Page) -> list[str]:
    """Give what SQLite says it would do for every statement of a page."""
    place = a_world(database).anyshire
    asked: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    with database() as session:
        event.listen(engine_of(database), "before_cursor_execute", keep)
        page(session, place)
        event.remove(engine_of(database), "before_cursor_execute", keep)
        return [line for statement, values in asked if statement.startswith("SELECT") for line in
                _explained(session, statement, values)]  # fmt: skip


def _explained(session: Session, statement: str, values: Any) -> list[str]:
    rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    return [row[3] for row in rows]


def _actions(session: Session, place: Place, role: Role, wanted: ActionFilter) -> object:
    actor: Actor = place.actors[role]
    return action_list(session, actor, today=TODAY, partnership_id=place.partnership.id, wanted=wanted)
