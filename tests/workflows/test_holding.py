"""Tracks that can be put on hold, and faults in the definition of a hold."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from workflows.checks import faults
from workflows.core.engine import can_still_come
from workflows.core.vocabulary import BACK, OnHold, Step, Workflow
from workflows.definitions import CASE_WORKFLOWS
from workflows.definitions.lcspr import LCSPR
from workflows.definitions.shared.holding import REASONS

PAUSED = LCSPR.track("review")


def broken(name: str, change: Callable[[Step], Step | None]) -> Workflow:
    """Give the practice review with one step of its review changed, or left out."""
    steps = [change(step) if step.name == name else step for step in PAUSED.steps]
    track = replace(PAUSED, steps=tuple(step for step in steps if step is not None))
    return replace(LCSPR, tracks=(track, *LCSPR.tracks[1:]))


def without(step: Step, fact: str) -> Step:
    return replace(step, questions=tuple(asked for asked in step.questions if asked.name != fact))


def test_these_tracks_can_be_held_and_a_rapid_review_cannot() -> None:
    held = {
        (workflow.name, track.name)
        for workflow in CASE_WORKFLOWS.values()
        for track in workflow.tracks
        if any(step.hold for step in track.steps)
    }
    assert held == {
        ("lcspr", "review"),
        ("lcspr", "publication"),
        ("learning_review", "review"),
        ("thematic_review", "review"),
    }


@pytest.mark.parametrize("workflow", CASE_WORKFLOWS.values(), ids=lambda workflow: workflow.name)
def test_a_track_that_can_be_held_has_all_three_steps_and_a_clock_that_reminds(workflow: Workflow) -> None:
    for track in workflow.tracks:
        steps = {step.hold: step for step in track.steps if step.hold}
        if steps:
            assert set(steps) == set(OnHold)
            assert steps[OnHold.LIFT].to == BACK
            met = {steps[OnHold.REVIEW].name, steps[OnHold.LIFT].name}
            (clock,) = [deadline for deadline in workflow.deadlines if set(deadline.met_by) == met]
            assert clock.ladder is not None


def test_publication_may_be_held_for_every_reason_of_the_field() -> None:
    assert [code for code, _ in REASONS] == [
        *("criminal_proceedings", "parallel_investigation", "inquest", "family_court", "other_review"),
        *("family_identifiable_or_welfare", "awaiting_panel_comment", "pre_election", "resource"),
    ]
    assert LCSPR.questions["hold_reason"].choices == REASONS


def test_what_follows_a_hold_can_still_come_from_it_and_nothing_of_an_end() -> None:
    submit = next(step for step in PAUSED.steps if step.name == "submit_draft")
    assert can_still_come(PAUSED, "on_hold", submit)
    assert not can_still_come(PAUSED, "discontinued", submit)


@pytest.mark.parametrize(
    ("workflow", "fault"),
    [
        (
            broken("resume", lambda step: replace(step, hold=None)),
            "step resume must both lift a hold and lead back to where the track was, or neither.",
        ),
        (
            broken("submit_draft", lambda step: replace(step, to=BACK)),
            "step submit_draft must both lift a hold and lead back to where the track was, or neither.",
        ),
        (
            broken("pause", lambda step: without(step, "pause_review_on")),
            "step pause of a hold must ask for the day it is looked at again, such as hold_review_on.",
        ),
        (
            broken("pause", lambda step: without(step, "pause_reason")),
            "step pause places a hold without asking for pause_reason, a choice.",
        ),
        (broken("pause", lambda step: None), "step resume lifts a hold that no step of review places."),
    ],
)
def test_a_broken_hold_is_named(workflow: Workflow, fault: str) -> None:
    assert f"lcspr: {fault}" in faults(workflow)
