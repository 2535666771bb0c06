"""An import that is taken back: what it made ends, what it changed says what it said, what came later stays."""

import csv
from datetime import date
from itertools import count

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.actions.details import assign_action
from reviews.actions.steps import record_progress
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.imports.undo_import import undo_import
from reviews.models import Action, Event, EventKind, ImportChange, ImportRun
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import BUILDER, TODAY, a_world
from tests.changes import changes_of, nothing_changes
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

HEADINGS = ("Ref", "Recommendation", "Action", "Lead", "Due date", "Progress", "Evidence")
TRAIN = ("1.1", "Share what is known.", "Train the staff.", "", "31/03/2027", "", "")
AUDIT = ("1.2", "Share what is known.", "Audit thirty files.", "", "", "Ten files done.", "The first ten.")


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def bring_in(database, clock, tmp_path, world):
    """Write rows into a file as a tracker has them, import it, and give the number of the import."""
    numbers = count(1)

    def act(*rows, plan="SP-1"):
        path = tmp_path / f"tracker-{next(numbers)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *rows])
        with unit_of_work(database, BUILDER, clock) as unit:
            done = import_plan(unit, unit.partnership("ANYSHIRE"), reference=plan, plan=read_plan(path))
        return done.run

    return act


@pytest.fixture
def take_back(database, clock):
    def act(run, actor=BUILDER, partnership="ANYSHIRE"):
        with unit_of_work(database, actor, clock) as unit:
            return undo_import(unit, run, partnership=partnership)

    return act


def actions(database):
    with database() as session:
        return {row.reference: row for row in session.scalars(sa.select(Action).order_by(Action.id))}


def change(database, clock, reference, act):
    with unit_of_work(database, BUILDER, clock) as unit:
        act(unit, unit.action(reference))


def test_an_import_leaves_its_run_and_what_each_row_did(database, bring_in):
    run = bring_in(TRAIN, AUDIT)
    with database() as session:
        kept = session.scalars(sa.select(ImportRun)).one()
        rows = session.scalars(sa.select(ImportChange).order_by(ImportChange.id)).all()

    assert (kept.id, kept.imported_by, kept.undone_at) == (run, "builder", None)
    assert [(row.row, row.before) for row in rows] == [(2, None), (3, None)]


def test_the_same_file_again_is_no_run(database, bring_in):
    bring_in(TRAIN)
    with nothing_changes(database):
        assert bring_in(TRAIN) is None


def test_what_it_made_ends_as_no_longer_needed_and_nothing_is_deleted(database, bring_in, take_back):
    run = bring_in(TRAIN, AUDIT)
    with changes_of(database) as changes:
        undo = take_back(run)
    with database() as session:
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.IMPORT_UNDONE)).all()

    assert (undo.ended, undo.restored, undo.unchanged) == (["SP-1/1.1", "SP-1/1.2"], [], [])
    assert {(row.stage, row.ended_on) for row in actions(database).values()} == {("no_longer_needed", TODAY)}
    assert (changes.added, changes.gone) == ({"events": 2}, {})
    assert {event.details["dropped_reason"] for event in events} == {"The import that created it was undone."}
    assert [event.from_stage for event in events] == ["not_started", "agreed_no_date"]


def test_an_action_somebody_has_worked_on_is_kept_and_named(database, clock, bring_in, take_back, world):
    run = bring_in(TRAIN, AUDIT, ("1.3", "", "Ask the young.", "", "", "", ""))
    change(database, clock, "SP-1/1.1", lambda unit, row: record_progress(unit, row, text="x", happened_on=TODAY))
    owner = world.anyshire.people[Role.ACTION_OWNER].email
    change(database, clock, "SP-1/1.2", lambda unit, row: assign_action(unit, row, owner_email=owner))
    undo = take_back(run)

    assert undo.ended == ["SP-1/1.3"]
    assert [(one["reference"], one["why"]) for one in undo.unchanged] == [
        ("SP-1/1.1", "Somebody has worked on it since the import."),
        ("SP-1/1.2", "Somebody has worked on it since the import."),
    ]
    assert actions(database)["SP-1/1.1"].stage == "in_progress"


def test_what_it_changed_says_again_what_it_said(database, bring_in, take_back):
    bring_in(TRAIN, AUDIT)
    before = actions(database)
    run = bring_in(
        ("1.1", "Share what is known.", "Train everybody.", "", "31/03/2027", "", ""),
        ("1.2", "Share what is known.", "Audit thirty files.", "owner@anyshire.example", "30/06/2027", "All done.", ""),
    )
    assert actions(database)["SP-1/1.2"].due_on == date(2027, 6, 30)
    undo = take_back(run)
    after = actions(database)

    assert undo.ended == undo.unchanged == []
    assert [one["reference"] for one in undo.restored] == ["SP-1/1.1", "SP-1/1.2"]
    columns = ("text", "title", "due_on", "original_due_on", "due_text", "stage", "owner_id", "lead_agency_id")
    for reference, row in before.items():
        assert [getattr(after[reference], name) for name in columns] == [getattr(row, name) for name in columns]


def test_a_field_that_was_changed_since_stays(database, clock, bring_in, take_back, world):
    bring_in(TRAIN, AUDIT)
    run = bring_in(("1.2", "Share what is known.", "Audit all.", "owner@anyshire.example", "", "Ten files done.", ""))
    lead = world.anyshire.people[Role.AGENCY_LEAD]
    change(database, clock, "SP-1/1.2", lambda unit, row: assign_action(unit, row, owner_email=lead.email))
    undo = take_back(run)
    row = actions(database)["SP-1/1.2"]

    assert (row.text, row.owner_id) == ("Audit thirty files.", lead.id)
    assert undo.unchanged == [{"reference": "SP-1/1.2", "why": "It has been changed since the import."}]


def test_it_is_undone_once(database, bring_in, take_back):
    run = bring_in(TRAIN)
    take_back(run)
    with nothing_changes(database), pytest.raises(Refused, match="already been undone"):
        take_back(run)


def test_after_an_undo_the_same_rows_come_in_anew_under_their_references(database, bring_in, take_back):
    take_back(bring_in(TRAIN, AUDIT))
    again = bring_in(TRAIN, AUDIT)
    found = actions(database)

    assert [(key, row.stage, row.ended_on) for key, row in found.items()] == [
        ("SP-1/1.1", "not_started", None),
        ("SP-1/1.2", "agreed_no_date", None),
    ]
    assert take_back(again).ended == list(found)


def test_an_import_is_undone_by_those_who_may_import_in_that_partnership(database, bring_in, take_back, world):
    run = bring_in(TRAIN)
    with nothing_changes(database):
        with pytest.raises(NotAllowed):
            take_back(run, world.anyshire.actors[Role.SUBGROUP_CHAIR])
        for role in (Role.BUSINESS_MANAGER, Role.CDOP_MANAGER):
            with pytest.raises(NotFound):
                take_back(run, world.midmarch.actors[role])
        with pytest.raises(NotFound):
            take_back(run, world.anyshire.actors[Role.CDOP_MANAGER])
    assert take_back(run, world.anyshire.actors[Role.BUSINESS_MANAGER]).ended == ["SP-1/1.1"]


def test_an_import_of_another_partnership_is_not_there(bring_in, take_back):
    run = bring_in(TRAIN)
    for number, partnership in ((run, "MIDMARCH"), (run + 1, "ANYSHIRE")):
        with pytest.raises(NotFound):
            take_back(number, partnership=partnership)
