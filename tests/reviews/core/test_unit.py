"""A unit of work is stored whole or not at all, and finds only what the actor may see."""

from datetime import UTC, date, datetime

import pytest

from reviews.access.permissions import system
from reviews.actions.steps import record_progress
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Action, Event, EventKind
from reviews.transactions.unit_of_work import NotFound, Stale, reading, unit_of_work
from tests.builders import NOW, TODAY, World, a_case, a_world, an_action
from tests.changes import changes_of, nothing_changes
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def action(database: Database, world: World) -> Action:
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-07")
        return an_action(session, case, owner=world.anyshire.people[Role.ACTION_OWNER])


def test_everything_of_a_unit_is_kept_together(
    database: Database, clock: StoppedClock, world: World, action: Action
) -> None:
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    with changes_of(database) as changes, unit_of_work(database, owner, clock) as unit:
        record_progress(unit, unit.action(action.reference), text="Half the staff are trained.", happened_on=TODAY)
    assert changes.added == {"progress_updates": 1, "events": 1}
    assert changes.changed == {"actions": {"stage", "last_progress_on", "version"}}


def test_nothing_of_a_unit_is_kept_when_it_ends_in_an_exception(
    database: Database, clock: StoppedClock, world: World, action: Action
) -> None:
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    with nothing_changes(database), pytest.raises(ZeroDivisionError), unit_of_work(database, owner, clock) as unit:
        record_progress(unit, unit.action(action.reference), text="Half the staff.", happened_on=TODAY)
        unit.session.flush()
        raise ZeroDivisionError


def test_a_form_filled_in_against_an_older_version_is_stale(
    database: Database, clock: StoppedClock, world: World, action: Action
) -> None:
    seen = action.version
    with unit_of_work(database, system("first editor"), clock) as unit:
        unit.action(action.reference, version=seen).status_text = "first"
    with pytest.raises(Stale), unit_of_work(database, system("second editor"), clock) as unit:
        unit.action(action.reference, version=seen)


def test_a_row_that_was_read_before_somebody_else_changed_it_cannot_be_written(
    database: Database, clock: StoppedClock, action: Action
) -> None:
    with reading(database) as session:
        read_before = session.get_one(Action, action.id)
    with unit_of_work(database, system("first editor"), clock) as unit:
        unit.action(action.reference).status_text = "first"
    second = system("second editor")
    with nothing_changes(database), pytest.raises(Stale), unit_of_work(database, second, clock) as unit:
        unit.session.add(read_before)
        read_before.status_text = "second"


def test_the_history_row_says_who_recorded_it_and_when(
    database: Database, clock: StoppedClock, world: World, action: Action
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with unit_of_work(database, manager, clock) as unit:
        event = unit.record(EventKind.ACTION_CHANGED, partnership_id=action.partnership_id, action_id=action.id)
    with reading(database) as session:
        stored = session.get_one(Event, event.id)
    assert stored.recorded_by == "Business manager " + manager.name.rpartition(" ")[2] + " <manager@anyshire.example>"
    assert (stored.recorded_at, stored.happened_on) == (NOW, TODAY)


def test_today_is_the_day_in_london(database: Database) -> None:
    late_on_a_summer_evening = StoppedClock(datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    with unit_of_work(database, system("clock"), late_on_a_summer_evening) as unit:
        assert unit.today == date(2026, 7, 1)


def test_another_partnerships_action_does_not_exist(
    database: Database, clock: StoppedClock, world: World, action: Action
) -> None:
    for actor in world.midmarch.actors.values():
        with pytest.raises(NotFound), unit_of_work(database, actor, clock) as unit:
            unit.action(action.reference)


def test_another_partnerships_case_does_not_exist(
    database: Database, clock: StoppedClock, world: World, action: Action
) -> None:
    for actor in world.midmarch.actors.values():
        with pytest.raises(NotFound), unit_of_work(database, actor, clock) as unit:
            unit.case("RR-2026-07")


def test_another_partnership_does_not_exist(database: Database, clock: StoppedClock, world: World) -> None:
    with unit_of_work(database, world.anyshire.actors[Role.ACTION_OWNER], clock) as unit:
        assert unit.partnership("anyshire").code == "ANYSHIRE"
        with pytest.raises(NotFound):
            unit.partnership("MIDMARCH")
        with pytest.raises(NotFound):
            unit.partnership("NOWHERE")


def test_an_action_is_found_by_its_reference_and_by_its_address(
    database: Database, clock: StoppedClock, action: Action
) -> None:
    with unit_of_work(database, system("finder"), clock) as unit:
        assert unit.action("RR-2026-07/A1").id == unit.action("RR-2026-07.A1").id == action.id
        with pytest.raises(NotFound):
            unit.action("RR-2026-07/A2")


def test_the_same_reference_in_two_partnerships_is_told_apart_by_the_partnership(
    database: Database, clock: StoppedClock, world: World, action: Action
) -> None:
    with database.begin() as session:
        twin = an_action(session, a_case(session, world.midmarch.partnership, reference="RR-2026-07"))
    assert twin.reference == action.reference
    with unit_of_work(database, system("finder"), clock) as unit:
        assert unit.action(twin.reference, partnership="midmarch").id == twin.id
        assert unit.action(twin.reference, partnership="ANYSHIRE").id == action.id
        assert unit.case("RR-2026-07", partnership="MIDMARCH").id == twin.case_id
