"""Many people working at the same moment do not get in each other's way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from reviews.access.permissions import system
from reviews.actions.steps import record_progress
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import StoppedClock
from reviews.core.db import Database, engine_of, open_database
from reviews.models import Action, Case, Event, EventKind, ProgressUpdate
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import TO_THE_PANEL, TODAY, a_case, a_partnership, a_world, an_action, facts_for, take
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS
from workflows.definitions.rapid_review import RAPID_REVIEW

THREADS, ROUNDS = 8, 25


def test_a_commit_that_waits_in_vain_for_a_reader_leaves_no_lock_behind(tmp_path: Path, clock: StoppedClock) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'locked.db'}")
    with database.begin() as session:
        session.execute(sa.text("CREATE TABLE kept (number INTEGER)"))
    engine = engine_of(database)
    event.listen(engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout=1"))
    with database() as reader:
        reader.scalar(sa.text("SELECT count(*) FROM kept"))
        with pytest.raises(OperationalError), unit_of_work(database, system("counter"), clock) as unit:
            unit.session.execute(sa.text("INSERT INTO kept VALUES (1)"))
    for number in (2, 3):
        with database.begin() as session:
            session.execute(sa.text("INSERT INTO kept VALUES (:number)"), {"number": number})
    with database() as session:
        assert list(session.scalars(sa.text("SELECT number FROM kept ORDER BY number"))) == [2, 3]
    engine.dispose()


def test_no_change_is_lost_when_many_read_and_then_write(database: Database, clock: StoppedClock) -> None:
    with database.begin() as session:
        action = an_action(session, a_case(session, a_partnership(session)))

    def extend_often(_number: int) -> None:
        for _ in range(ROUNDS):
            with unit_of_work(database, system("counter"), clock) as unit:
                found = unit.action(action.reference)
                found.times_extended = found.times_extended + 1

    in_threads(extend_often)
    with reading(database) as session:
        stored = session.get_one(Action, action.id)
    assert stored.times_extended == THREADS * ROUNDS
    assert stored.version == action.version + THREADS * ROUNDS


def test_every_report_of_progress_and_its_history_row_are_kept(database: Database, clock: StoppedClock) -> None:
    place = a_world(database).anyshire
    owner = place.actors[Role.ACTION_OWNER]
    with database.begin() as session:
        action = an_action(session, a_case(session, place.partnership), owner=place.people[Role.ACTION_OWNER])

    def report_often(number: int) -> None:
        for turn in range(5):
            with unit_of_work(database, owner, clock) as unit:
                record_progress(unit, unit.action(action.reference), text=f"{number}.{turn}", happened_on=TODAY)

    in_threads(report_often)
    with reading(database) as session:
        texts = session.scalars(sa.select(ProgressUpdate.text)).all()
        recorded = sa.select(sa.func.count()).where(Event.kind == EventKind.ACTION_STEP_TAKEN)
        assert sorted(texts) == sorted(f"{number}.{turn}" for number in range(THREADS) for turn in range(5))
        assert session.scalar(recorded) == THREADS * 5


def test_cases_opened_at_once_get_numbers_of_their_own(database: Database, clock: StoppedClock) -> None:
    with database.begin() as session:
        a_partnership(session)
    opening = RAPID_REVIEW.opening
    assert opening is not None

    def open_one(_number: int) -> None:
        with unit_of_work(database, system("opener"), clock) as unit:
            here = unit.partnership("ANYSHIRE")
            open_case(unit, workflow="rapid_review", partnership=here, happened_on=TODAY, answers=facts_for(opening))

    in_threads(open_one)
    with reading(database) as session:
        references = session.scalars(sa.select(Case.reference).order_by(Case.reference)).all()
    assert references == [f"RR-2026-{number:02}" for number in range(1, THREADS + 1)]


def test_outcomes_confirmed_at_once_open_their_practice_reviews_without_waiting_for_ever(
    database: Database, clock: StoppedClock
) -> None:
    """Each has written to the history of the partnership before it asks for the partnership's next number."""
    with database.begin() as session:
        here = a_partnership(session)
        cases = [a_case(session, here) for _ in range(THREADS)]
        for case in cases:
            take(session, case, *TO_THE_PANEL, "panel_response")
    confirm = CASE_WORKFLOWS["rapid_review"].step("confirm_lcspr")
    assert confirm is not None

    def confirm_one(number: int) -> None:
        with unit_of_work(database, system("partner"), clock) as unit:
            case = unit.case(cases[number].reference)
            take_case_step(unit, case, "confirm_lcspr", happened_on=TODAY, answers=facts_for(confirm))

    in_threads(confirm_one)
    with reading(database) as session:
        opened = session.scalars(sa.select(Case.reference).where(Case.workflow == "lcspr").order_by(Case.id)).all()
    assert sorted(opened) == [f"LCSPR-2026-{number:02}" for number in range(1, THREADS + 1)]


def in_threads(work: Callable[[int], None]) -> None:
    """Let every thread begin at the same moment; an exception in any of them fails the test."""
    line = Barrier(THREADS)

    def begin(number: int) -> None:
        line.wait()
        work(number)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(begin, range(THREADS)))
