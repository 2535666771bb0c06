"""Which steps of a workflow can still be reached from a stage."""

import pytest

from workflows.core.engine import can_still_come
from workflows.core.vocabulary import UNOPENED
from workflows.definitions import CASE_WORKFLOWS


@pytest.mark.parametrize(
    ("workflow", "stage", "step", "can"),
    [
        ("rapid_review", "referred", "sign_off", True),
        ("rapid_review", "sent_to_panel", "hold_meeting", False),
        ("rapid_review", "withdrawn", "transfer", False),
        ("lcspr", "on_hold", "publish", True),
        ("lcspr", "published", "place_hold", False),
        ("cdop_case", "closed", "review", True),
        ("cdop_case", "out_of_scope", "review", False),
    ],
)
def test_a_step_can_come_where_steps_lead_to_it(workflow, stage, step, can):
    definition = CASE_WORKFLOWS[workflow]
    found = definition.step(step)
    assert can_still_come(definition.track_of(found), stage, found) is can


@pytest.mark.parametrize("workflow", CASE_WORKFLOWS.values(), ids=lambda workflow: workflow.name)
def test_from_the_opening_every_step_can_come(workflow):
    for track in workflow.tracks:
        start = UNOPENED if track is workflow.tracks[0] else track.initial
        assert [step.name for step in track.steps if not can_still_come(track, start, step)] == []
