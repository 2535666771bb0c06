"""The tables that are keyed by step or by kind of event name every one of them."""

from datetime import date
from types import SimpleNamespace

import pytest

from reviews.actions.event_labels import EVENT_TITLES
from reviews.actions.step_handlers import HANDLER_OF, STEP_HANDLERS, fits, handler_of, may_be_filled_in
from reviews.models import EventKind
from reviews.transactions.unit_of_work import NotFound
from web.actions.labels import NEXT_STEPS
from web.actions.step_forms import FORM_OF, PREFILLED
from workflows.core.engine import Held, NotReady, WrongRole
from workflows.core.questions import Facts
from workflows.definitions.action import ACTION, OUTSTANDING
from workflows.guards.actions import evidence_there, strands_done

TODAY = date(2026, 11, 20)
STEPS = [step.name for step in ACTION.tracks[0].steps if step is not ACTION.opening]


def test_every_step_but_the_opening_one_has_one_handler_in_the_order_of_the_definition():
    assert [handler.step for handler in STEP_HANDLERS] == STEPS
    assert list(HANDLER_OF) == STEPS
    with pytest.raises(NotFound):
        handler_of("propose")


def test_every_handler_tells_the_person_what_was_recorded():
    assert all(handler.message.endswith(".") for handler in STEP_HANDLERS)


def test_every_set_of_fields_has_a_form():
    assert {handler.fields for handler in STEP_HANDLERS} == FORM_OF.keys()
    assert set(STEPS) > PREFILLED


def test_what_a_handler_supplies_is_read_by_a_guard_of_its_step():
    for handler in STEP_HANDLERS:
        step = ACTION.step(handler.step)
        assert handler.supplies <= {fact for guard in step.only_if for fact in guard.reads}


def test_every_kind_of_event_has_a_title_or_is_none_of_an_actions():
    assert EVENT_TITLES.keys() == set(EventKind)


def test_every_outstanding_stage_says_what_its_owner_does_next():
    assert NEXT_STEPS.keys() == OUTSTANDING


def test_only_one_of_the_two_ways_to_accept_fits():
    for measure, step in (("", "accept"), ("Fewer wait", "accept_awaiting_impact")):
        action = SimpleNamespace(success_measure=measure, requests=[], impact_checks=[])
        assert [name for name in ("accept", "accept_awaiting_impact") if fits(name, action, TODAY)] == [step]
        assert not fits("refuse_extension", action, TODAY)
        assert not fits("check_impact", action, TODAY)
        assert fits("withdraw", action, TODAY)


def test_a_form_may_be_opened_while_only_what_it_supplies_is_missing():
    evidence, parts = (Held(guard, tuple(guard.missing(NOTHING))) for guard in (evidence_there, strands_done))
    assert may_be_filled_in("accept", None)
    assert may_be_filled_in("submit", NotReady("Evidence must be there.", held=[evidence]))
    assert not may_be_filled_in("submit", NotReady("Evidence must be there.", held=[evidence, parts]))
    assert not may_be_filled_in("accept", NotReady("Evidence must be there.", held=[evidence]))
    assert not may_be_filled_in("accept", NotReady("Something else."))
    assert not may_be_filled_in("submit", WrongRole("Not theirs."))


NOTHING = Facts(known={}, stages={}, on=None)
