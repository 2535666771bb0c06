"""The plan for unblocking a blocked action, cleared when the action is no longer blocked."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.actions.extensions import ask_extension
from reviews.actions.step_handlers import record_plain_step
from reviews.actions.steps import record_progress
from reviews.core.db import Database
from reviews.models import Action, Event
from tests.builders import TODAY, World, a_case, a_unit, a_world, an_action
from workflows.core.engine import NotReady, WrongRole, WrongStage
from workflows.core.vocabulary import Role

WHY = {"blocked_reason": "No trainer"}


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Session:
    with database() as opened:
        yield opened


@pytest.fixture
def action(session: Session, world: World) -> Action:
    place = world.anyshire
    owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
    return an_action(session, a_case(session, place.partnership), owner=owner, agency=council, stage="in_progress")


def test_the_plan_is_said_at_once_or_later_and_ends_with_what_was_in_the_way(session, world, action) -> None:
    owner = a_unit(session, world.anyshire.actors[Role.ACTION_OWNER])
    record_plain_step(owner, action, "block", answers=WHY | {"blocked_plan": " Jo asks the board "}, happened_on=TODAY)
    assert (action.stage, action.blocked_plan) == ("blocked", "Jo asks the board")
    record_plain_step(
        owner, action, "plan_unblocking", answers={"blocked_plan": "The board lends one"}, happened_on=TODAY
    )
    assert (action.stage, action.blocked_plan) == ("blocked", "The board lends one")
    record_progress(owner, action, text="Still none", happened_on=TODAY)
    ask_extension(owner, action, wanted_due_on=TODAY.replace(year=2027), reason="No trainer", happened_on=TODAY)
    assert action.blocked_plan == "The board lends one"
    record_plain_step(owner, action, "unblock", answers={}, happened_on=TODAY)
    assert (action.stage, action.blocked_plan) == ("in_progress", "")
    record_plain_step(owner, action, "block", answers=WHY, happened_on=TODAY)
    assert (action.stage, action.blocked_plan) == ("blocked", "")
    session.flush()
    kept = [event.details.get("blocked_plan") for event in session.scalars(sa.select(Event).order_by(Event.id))]
    assert [plan for plan in kept if plan] == ["Jo asks the board", "The board lends one"]


def test_a_plan_needs_its_words_and_something_in_the_way(session, world, action) -> None:
    owner = a_unit(session, world.anyshire.actors[Role.ACTION_OWNER])
    with pytest.raises(WrongStage):
        record_plain_step(owner, action, "plan_unblocking", answers={"blocked_plan": "x"}, happened_on=TODAY)
    record_plain_step(owner, action, "block", answers=WHY, happened_on=TODAY)
    with pytest.raises(NotReady):
        record_plain_step(owner, action, "plan_unblocking", answers={"blocked_plan": " "}, happened_on=TODAY)
    with pytest.raises(WrongRole):
        chair = a_unit(session, world.anyshire.actors[Role.SUBGROUP_CHAIR])
        record_plain_step(chair, action, "plan_unblocking", answers={"blocked_plan": "x"}, happened_on=TODAY)


def test_a_blocked_action_that_is_withdrawn_has_no_plan_left(session, world, action) -> None:
    owner = a_unit(session, world.anyshire.actors[Role.ACTION_OWNER])
    record_plain_step(owner, action, "block", answers=WHY | {"blocked_plan": "Jo asks"}, happened_on=TODAY)
    chair = a_unit(session, world.anyshire.actors[Role.SUBGROUP_CHAIR])
    record_plain_step(chair, action, "withdraw", answers={"dropped_reason": "Done by the trust"}, happened_on=TODAY)
    assert (action.stage, action.blocked_plan) == ("no_longer_needed", "")
