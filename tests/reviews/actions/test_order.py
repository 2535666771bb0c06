"""The order of the actions of a recommendation, in its plan, its page and its export."""

import json

import pytest

from reviews.actions.details import edit_details
from reviews.actions.event_labels import EventNames, event_details
from reviews.actions.list_queries import actions_answering
from reviews.actions.thread import thread
from reviews.exports.formats import FORMATS
from reviews.models import Event, EventKind
from tests.builders import BUILDER, TODAY, a_case, a_recommendation, a_unit, a_world, an_action
from tests.reviews.exports.plans import exported
from workflows.core.engine import Refused


@pytest.fixture
def session(database):
    world = a_world(database)
    with database() as opened:
        opened.info["world"] = world
        yield opened


@pytest.fixture
def plan(session):
    """A recommendation with four actions: the third comes first, the first second, and the others have no order."""
    case = a_case(session, session.info["world"].anyshire.partnership)
    asked = a_recommendation(session, case)
    actions = [an_action(session, case, recommendation=asked, text=text) for text in ("One", "Two", "Three", "Four")]
    actions[2].order, actions[0].order = 1, 2
    session.flush()
    return case, asked, actions


IN_ORDER = ["Three", "One", "Two", "Four"]


def test_plan_and_page_of_the_recommendation_follow_the_order(session, plan):
    case, asked, _ = plan
    (finding,) = thread(session, BUILDER, case, today=TODAY).findings
    assert [action.title for action in finding.recommendations[0].actions] == IN_ORDER
    assert [line.title for line in actions_answering(session, BUILDER, asked, today=TODAY)] == IN_ORDER


def test_an_export_follows_the_order_and_says_it(session, plan):
    case, _, _ = plan
    actions = json.loads(FORMATS["json"].write(exported(session, BUILDER, case.reference)))["actions"]
    assert [(each["cells"]["Action"], each["order"]) for each in actions] == list(
        zip(IN_ORDER, [1, 2, None, None], strict=True)
    )


def test_the_order_is_edited_with_the_other_details_and_the_history_says_so(session, plan):
    _, _, (first, *_) = plan
    edit_details(a_unit(session), first, {"order": 4})
    session.flush()
    event = session.query(Event).filter(Event.kind == EventKind.ACTION_CHANGED).one()
    assert (first.order, event_details(event, EventNames())) == (4, [("Order", "4 (before: 2)")])
    edit_details(a_unit(session), first, {"order": None})
    assert first.order is None


@pytest.mark.parametrize("order", [0, -1, 10_000])
def test_an_order_is_a_whole_number_from_one(session, plan, order):
    _, _, (first, *_) = plan
    with pytest.raises(Refused, match="“Order” must be a whole number from 1 to 9,999"):
        edit_details(a_unit(session), first, {"order": order})
