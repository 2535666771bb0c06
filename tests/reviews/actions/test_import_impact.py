"""Impact checks of actions that were imported as complete with their impact still to be seen."""

import csv
from datetime import date
from itertools import count

import pytest
import sqlalchemy as sa

from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.imports.undo_import import undo_import
from reviews.models import Action, Case, ImpactCheck, PlanRules
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_world
from tests.changes import nothing_changes

HEADINGS = ("Ref", "Action", "Due date", "Status", "Date completed")
KNOWN = ("1", "Train the staff.", "31/01/2026", "Complete, awaiting impact", "15/02/2026")
UNKNOWN = ("2", "Audit thirty files.", "31/01/2026", "Completed - awaiting evidence of impact", "last winter")
DONE = ("3", "Ask the young.", "31/01/2026", "Complete", "15/02/2026")
FUTURE = ("4", "Write it down.", "31/01/2026", "Complete", "15/02/2031")


@pytest.fixture
def bring_in(database, clock, tmp_path):
    a_world(database)
    numbers = count(1)

    def act(*rows):
        path = tmp_path / f"tracker-{next(numbers)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *rows])
        with unit_of_work(database, BUILDER, clock) as unit:
            return import_plan(unit, unit.partnership("ANYSHIRE"), reference="SP-1", plan=read_plan(path))

    return act


def checks(database):
    query = sa.select(Action.source_reference, ImpactCheck.months, ImpactCheck.due_on).join(
        Action, Action.id == ImpactCheck.action_id
    )
    with database() as session:
        return [tuple(row) for row in session.execute(query.order_by(ImpactCheck.id))]


def stages(database):
    with database() as session:
        return {row.source_reference: (row.stage, row.ended_on) for row in session.scalars(sa.select(Action))}


def test_it_is_asked_about_three_and_nine_months_after_the_day_it_was_accepted(database, bring_in):
    done = bring_in(KNOWN)

    assert stages(database) == {"1": ("complete_awaiting_impact", None)}
    assert checks(database) == [("1", 3, date(2026, 5, 15)), ("1", 9, date(2026, 11, 15))]
    assert {one["field"] for one in done.needs_decision} == {"owner"}


def test_where_the_day_is_not_known_it_is_counted_from_the_import_and_a_person_is_told(database, bring_in):
    done = bring_in(UNKNOWN)
    (told,) = (one for one in done.needs_decision if one["field"] == "completed_on")

    assert [(months, on > TODAY) for _, months, on in checks(database)] == [(3, True), (9, True)]
    assert (told["row"], told["text"]) == (2, "last winter")
    assert "counted from the day of this import" in told["reason"]


def test_the_rules_of_the_plan_hold(database, bring_in):
    bring_in(DONE)
    with database.begin() as session:
        case_id = session.scalars(sa.select(Case.id).where(Case.reference == "SP-1")).one()
        session.add(PlanRules(case_id=case_id, first_impact_months=2, second_impact_months=6))
    bring_in(KNOWN)

    assert checks(database) == [("1", 2, date(2026, 4, 15)), ("1", 6, date(2026, 8, 15))]


def test_what_is_simply_complete_ended_on_its_day_and_has_no_check(database, bring_in):
    bring_in(DONE, FUTURE)

    assert stages(database) == {
        "3": ("closed_complete", date(2026, 2, 15)),
        "4": ("closed_complete", TODAY),
    }
    assert checks(database) == []


def test_the_same_file_again_changes_nothing(database, bring_in):
    bring_in(KNOWN, UNKNOWN, DONE)
    with nothing_changes(database):
        assert bring_in(KNOWN, UNKNOWN, DONE).unchanged == 3


def test_an_open_action_is_not_accepted_by_a_file(database, bring_in):
    bring_in((*KNOWN[:3], "In progress", ""))
    again = bring_in(KNOWN)

    assert stages(database)["1"] == ("in_progress", None)
    assert checks(database) == []
    assert [one["reason"] for one in again.needs_decision if one["field"] == "status"] == [
        "The action is still open. It is accepted when it is signed off."
    ]


def test_an_import_that_is_undone_asks_no_more_and_comes_back_with_its_checks(database, clock, bring_in):
    run = bring_in(KNOWN).run
    with unit_of_work(database, BUILDER, clock) as unit:
        undo_import(unit, run)
    assert checks(database) == []
    bring_in(KNOWN)
    assert stages(database) == {"1": ("complete_awaiting_impact", None)}
    assert [months for _, months, _ in checks(database)] == [3, 9]


@pytest.mark.parametrize("text", ["Nearly complete awaiting impact", "Awaiting impact", "Complete awaiting sign off"])
def test_what_does_not_say_so_plainly_stays_open(database, bring_in, text):
    bring_in((*KNOWN[:3], text, ""))

    assert stages(database)["1"][0] == "not_started"
    assert checks(database) == []
