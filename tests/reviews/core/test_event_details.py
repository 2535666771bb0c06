"""Each kind of event has its keys, and no event is recorded with others."""

import pytest

from reviews.models import Event, EventKind
from reviews.models.event_details import (
    DETAILS,
    KEYS,
    ActionExtended,
    ActionStepTaken,
    ExtensionAsked,
    check_details,
    details_of,
)
from workflows.definitions.action import ACTION

OF_STEPS = {
    "ask_extension": EventKind.EXTENSION_ASKED,
    "extend": EventKind.ACTION_EXTENDED,
    "explain_delay": EventKind.DELAY_EXPLAINED,
    "undo_extension": EventKind.EXTENSION_UNDONE,
    "refuse_extension": EventKind.EXTENSION_REFUSED,
    "submit": EventKind.ACTION_SUBMITTED,
    "impact_not_seen": EventKind.ACTION_RETURNED,
}
"""The steps of an action that are recorded as another kind than ACTION_STEP_TAKEN alone."""


def test_every_kind_of_event_has_its_keys() -> None:
    assert set(DETAILS) == set(EventKind)


@pytest.mark.parametrize("step", ACTION.steps, ids=lambda step: str(step.name))
def test_the_facts_of_each_step_of_an_action_are_among_the_keys_of_its_event(step) -> None:
    kind = OF_STEPS.get(step.name, EventKind.ACTION_STEP_TAKEN)
    assert {asked.name for asked in step.questions} <= KEYS[kind]


def test_a_key_of_another_kind_is_no_key() -> None:
    check_details(EventKind.ACTION_EXTENDED, {"new_due_on": "2026-12-01"})
    with pytest.raises(ValueError, match="The details of action_extended have no owner, update"):
        check_details(EventKind.ACTION_EXTENDED, {"update": "Done.", "owner": 1})


def test_details_are_read_in_the_shape_of_their_kind() -> None:
    event = Event(kind=EventKind.ACTION_EXTENDED, details={"previous": "2026-11-20"})
    assert details_of(event, ActionExtended)["previous"] == "2026-11-20"
    with pytest.raises(TypeError, match="are ActionExtended, not ActionStepTaken"):
        details_of(event, ActionStepTaken)


def test_two_kinds_may_share_a_shape() -> None:
    event = Event(kind=EventKind.EXTENSION_ASKED_AGAIN, details={"wanted_due_on": "2027-01-04"})
    assert details_of(event, ExtensionAsked)["wanted_due_on"] == "2027-01-04"
