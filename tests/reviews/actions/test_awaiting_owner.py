"""Actions whose owner has left await another; what a tracker says of its owner never marks one."""

import csv
from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.actions.details import assign_action
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.models import Action
from reviews.people.offboarding import disable_person
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_case, a_world, an_action
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

OLD_SENTENCE = "No owner of its own yet, before: Fergus Nightingale"


@pytest.fixture
def world(database):
    return a_world(database)


def listed_without_owner(database, world):
    chair = world.anyshire.actors[Role.SUBGROUP_CHAIR]
    no_owner = ActionFilter(group="no_owner")
    with database() as session:
        return [row.owner_text for row in action_list(session, chair, today=TODAY, wanted=no_owner).rows]


def test_a_tracker_that_says_what_we_once_wrote_leaves_its_action_with_its_owner(database, clock, world, tmp_path):
    path = tmp_path / "tracker.csv"
    with path.open("w", newline="") as file:
        rows = [("Ref", "Action", "Lead", "Due date")]
        rows += [("1", "Train the staff.", f"owner@anyshire.example; {OLD_SENTENCE}", "31/01/2027")]
        csv.writer(file).writerows(rows)
    with unit_of_work(database, BUILDER, clock) as unit:
        import_plan(unit, unit.partnership("ANYSHIRE"), reference="SP-1", plan=read_plan(path))
    with database() as session:
        action = session.scalars(sa.select(Action)).one()
        assert (action.owner_id, action.owner_text) == (world.anyshire.people[Role.ACTION_OWNER].id, OLD_SENTENCE)
        assert not action.awaiting_owner
    assert listed_without_owner(database, world) == []
    with pytest.raises(Refused) as refusal, unit_of_work(database, BUILDER, clock) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="owner@anyshire.example")
    assert refusal.value.sentence.endswith("owns this action already.")


def test_the_action_of_somebody_who_leaves_is_listed_without_an_owner_until_it_is_assigned(database, clock, world):
    place = world.anyshire
    with database.begin() as session:
        owned = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"]}
        action = an_action(session, a_case(session, place.partnership), due_on=TODAY + timedelta(days=90), **owned)
    assert listed_without_owner(database, world) == []
    with unit_of_work(database, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        disable_person(unit, email="owner@anyshire.example")
    assert listed_without_owner(database, world) == [f"Previously: {place.people[Role.ACTION_OWNER].name}"]
    with unit_of_work(database, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="agency-lead@anyshire.example")
    assert listed_without_owner(database, world) == []
