"""Parts of a shared action: each agency completes its own, and the action is done when all parts are."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.actions.parts import (
    add_action_part,
    end_action_part,
    find_action_part,
    parts_as_data,
    parts_of_action,
    reopen_part,
    shares,
)
from reviews.actions.steps import submit_action
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.imports.readers.plan import read_plan
from reviews.imports.readers.result import AgencyPart
from reviews.imports.store_rows import import_plan
from reviews.models import Action, ActionPart, PartState
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import BUILDER, TODAY, World, a_case, a_person, a_unit, a_world, actor_of, an_action
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role

DONE, NOT_NEEDED = PartState.DONE, PartState.NOT_NEEDED


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Session:
    with database() as opened:
        yield opened


def shared(session: Session, world: World, *bodies: str, kind: str = "rapid_review") -> tuple[Action, list[ActionPart]]:
    """An action owned by the owner of Anyshire, with a part for each body named."""
    place = world.anyshire
    owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
    action = an_action(
        session, a_case(session, place.partnership, kind), owner=owner, agency=council, evidence="Minutes"
    )
    return action, [add_action_part(a_unit(session), action, agency_text=body) for body in bodies]


def a_lead(session: Session, world: World, agency: str) -> Actor:
    place = world.anyshire
    return actor_of(session, a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies[agency]))


def seen(session: Session, actor: Actor) -> int:
    return action_list(session, actor, today=TODAY, wanted=ActionFilter()).total


def test_an_action_is_submitted_once_no_part_is_open(session: Session, world: World) -> None:
    action, (first, second) = shared(session, world, "Anyshire Police", "Parish councils")
    owner = a_unit(session, world.anyshire.actors[Role.ACTION_OWNER])
    action.stage = "in_progress"
    with pytest.raises(NotReady, match="Every agency's part") as refusal:
        submit_action(owner, action, evidence="", happened_on=TODAY)
    assert refusal.value.missing == ("the part of Anyshire Police", "the part of Parish councils")
    end_action_part(owner, action, first, state=DONE)
    end_action_part(owner, action, second, state=NOT_NEEDED, note="They have no premises.")
    session.flush()
    submit_action(owner, action, evidence="", happened_on=TODAY)
    assert action.stage == "submitted"


def test_five_of_nine_is_said_in_lists(session: Session, world: World) -> None:
    action, parts = shared(session, world, *(f"District {number}" for number in range(9)))
    for part in parts[:5]:
        end_action_part(a_unit(session), action, part, state=DONE)
    session.flush()
    line = action_list(session, world.anyshire.actors[Role.BUSINESS_MANAGER], today=TODAY, wanted=ActionFilter()).rows[
        0
    ]
    assert line.share is not None
    assert line.share.in_words == "5 of 9 agencies done"
    assert shares(session, [], TODAY) == {}


def test_each_part_is_late_by_its_own_day(session: Session, world: World) -> None:
    action, _ = shared(session, world)
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    add_action_part(a_unit(session), action, agency_text="Soon")
    late = add_action_part(a_unit(session), action, agency_text="Late", due_on=date(2026, 11, 17))
    lines = {line.name: line for line in parts_of_action(session, manager, action)}
    assert {name: line.lateness(TODAY).exact for name, line in lines.items()} == {"Late": 3, "Soon": 0}
    assert lines["Soon"].due_on == action.due_on
    said = {key: share.in_words for key, share in shares(session, [action.id], TODAY).items()}
    assert said == {action.id: "0 of 2 agencies done, 1 late"}
    end_action_part(a_unit(session), action, late, state=DONE)
    session.flush()
    assert sorted(line.lateness(TODAY).in_words for line in parts_of_action(session, manager, action)) == [
        "",
        "3 days late",
    ]


def test_the_lead_of_an_agency_with_a_part_sees_the_action_and_ends_that_part_alone(
    session: Session, world: World
) -> None:
    police, hospitals = a_lead(session, world, "Police"), a_lead(session, world, "Hospitals")
    assert seen(session, police) == 0
    action, (theirs, other) = shared(session, world, "Anyshire Police", "Another body")
    session.flush()
    assert (seen(session, police), seen(session, hospitals)) == (1, 0)
    with pytest.raises(NotAllowed):
        end_action_part(a_unit(session, police), action, other, state=DONE)
    with pytest.raises(NotAllowed):
        end_action_part(a_unit(session, hospitals), action, theirs, state=DONE)
    end_action_part(a_unit(session, police), action, theirs, state=DONE, note="All trained.")
    session.flush()
    reopen_part(a_unit(session, police), action, theirs, note="One station was left out.")
    assert (theirs.state, theirs.ended_on, theirs.note) == (PartState.OPEN, None, "One station was left out.")


def test_a_part_in_a_child_death_review_shows_it_to_no_lead(session: Session, world: World) -> None:
    police = a_lead(session, world, "Police")
    action, (part,) = shared(session, world, "Anyshire Police", kind="cdop_case")
    session.flush()
    assert seen(session, police) == 0
    with pytest.raises(NotFound):
        find_action_part(a_unit(session, police), action, part.id)
    manager = a_unit(session, world.anyshire.actors[Role.CDOP_MANAGER])
    end_action_part(manager, action, part, state=DONE)
    assert part.ended_on == TODAY


def test_another_partnerships_lead_sees_and_ends_nothing(session: Session, world: World) -> None:
    action, (part,) = shared(session, world, "Anyshire Police")
    session.flush()
    lead = world.midmarch.actors[Role.AGENCY_LEAD]
    assert seen(session, lead) == 0
    with pytest.raises(NotFound):
        find_action_part(a_unit(session, lead), action, part.id)
    with pytest.raises(NotAllowed):
        end_action_part(a_unit(session, lead), action, part, state=DONE)
    with pytest.raises(Refused, match="Choose an agency of this partnership"):
        add_action_part(a_unit(session), action, agency_id=world.midmarch.agencies["Police"].id)


@pytest.mark.parametrize("role", [Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.SUBGROUP_CHAIR])
def test_only_the_unit_gives_an_agency_a_part(session: Session, world: World, role: Role) -> None:
    action, _ = shared(session, world)
    with pytest.raises(NotAllowed):
        add_action_part(a_unit(session, world.anyshire.actors[role]), action, agency_text="Anyshire Police")


def test_a_body_called_as_an_agency_here_is_that_agency_and_has_one_part(session: Session, world: World) -> None:
    action, (part,) = shared(session, world, " anyshire police ")
    assert part.agency_id == world.anyshire.agencies["Police"].id
    for again in ({"agency_id": part.agency_id}, {"agency_text": "ANYSHIRE POLICE"}):
        with pytest.raises(Refused, match="already has a part of this action"):
            add_action_part(a_unit(session), action, **again)
    with pytest.raises(Refused, match="Choose an agency"):
        add_action_part(a_unit(session), action, agency_text="  ")


def test_a_part_that_is_not_needed_or_opened_again_says_why(session: Session, world: World) -> None:
    action, (part,) = shared(session, world, "A body")
    unit = a_unit(session)
    with pytest.raises(Refused, match="why this part is not needed"):
        end_action_part(unit, action, part, state=NOT_NEEDED)
    with pytest.raises(Refused, match="This part is already open"):
        reopen_part(unit, action, part, note="Why not")
    with pytest.raises(Refused):
        end_action_part(unit, action, part, state=DONE, ended_on=date(2026, 11, 21))
    end_action_part(unit, action, part, state=DONE)
    with pytest.raises(Refused, match="has already ended"):
        end_action_part(unit, action, part, state=DONE)
    with pytest.raises(Refused, match="why you open this part again"):
        reopen_part(unit, action, part, note=" ")


@pytest.mark.parametrize("stage", ["submitted", "closed_complete", "embedded", "superseded"])
def test_what_was_said_of_the_parts_stands_once_the_action_is_submitted(
    session: Session, world: World, stage: str
) -> None:
    action, (part,) = shared(session, world, "A body")
    action.stage = stage
    with pytest.raises(Refused, match="submitted or finished"):
        end_action_part(a_unit(session), action, part, state=DONE)
    with pytest.raises(Refused, match="submitted or finished"):
        add_action_part(a_unit(session), action, agency_text="One more")


SAMPLE = Path(__file__).parents[2] / "samples" / "S02_staffordshire_taxi_licensing_actions_jan2017.xlsx"


def test_the_bodies_on_another_sheet_of_a_tracker_get_their_parts_and_a_second_import_changes_nothing(
    database: Database, world: World, clock: StoppedClock
) -> None:
    for outcome in ((6, 0, 0), (0, 0, 6)):
        with unit_of_work(database, BUILDER, clock) as unit:
            place = unit.partnership("ANYSHIRE")
            done = import_plan(unit, place, reference="SP-1", plan=read_plan(SAMPLE))
        assert (done.created, done.updated, done.unchanged) == outcome
    with database() as session:
        parts = parts_as_data(session, session.scalars(sa.select(Action.id)))
    assert sorted(len(each) for each in parts.values()) == [9, 9]
    stafford = [each for several in parts.values() for each in several if each["name"] == "Stafford"]
    assert {(each["state"], each["note"]) for each in stafford} == {
        ("open", "60% of drivers have had the training"),
        ("open", "due to be adopted in early 2017"),
    }


def test_an_import_knows_the_agencies_and_leaves_alone_what_a_person_said(
    database: Database, world: World, clock: StoppedClock
) -> None:
    bring_in(database, clock, ("Anyshire Police", "Completed"), ("A district", "half of them"))
    with database.begin() as session:
        action = session.scalars(sa.select(Action)).one()
        police, district = session.scalars(sa.select(ActionPart).order_by(ActionPart.id))
        assert (police.agency_id, police.state) == (world.anyshire.agencies["Police"].id, DONE)
        end_action_part(a_unit(session), action, district, state=NOT_NEEDED, note="Merged.")
    done = bring_in(database, clock, ("Anyshire Police", "70%"), ("A district", "all of them"), ("A parish", "none"))
    assert (done.created, done.updated) == (0, 1)
    with database() as session:
        said = [(row.note, row.state.value) for row in session.scalars(sa.select(ActionPart).order_by(ActionPart.id))]
    assert said == [("Completed", "done"), ("Merged.", "not_needed"), ("none", "open")]


def bring_in(database: Database, clock: StoppedClock, *bodies: tuple[str, str]):
    agency_parts = tuple(AgencyPart(name, text, "Sheet 2", number) for number, (name, text) in enumerate(bodies))
    row = replace(read_plan(SAMPLE).rows[0], agency_parts=agency_parts)
    with unit_of_work(database, BUILDER, clock) as unit:
        plan = replace(read_plan(SAMPLE), rows=[row])
        return import_plan(unit, unit.partnership("ANYSHIRE"), reference="SP-1", plan=plan)
