"""The steps the engine opens for each stage and role, compared with a naive reading of the definition's data."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from workflows.core.engine import why_not
from workflows.core.guard_registry import GUARDS
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import UNOPENED, Role, Workflow
from workflows.definitions import WORKFLOWS
from workflows.files.plain_data import as_data

NAMES = sorted(WORKFLOWS)
ON = date(2025, 6, 18)
LONG_AGO = date(2020, 1, 6)
ENOUGH: dict[str, Value] = {
    "plan_actions": 3,
    "evidence": 1,
    "owner": "Somebody",
    "due_on": ON,
    "granted_by_partner": True,
}

Open = tuple[str, str, str, str, frozenset[str]]
"""What is known, the track, its stage, the role, and the steps that are open to it then."""


def situations(workflow: Workflow) -> dict[str, Facts]:
    """Give a case of which nothing is known, one in which all was done long ago, and one with all left undone."""
    stages = {track.name: str(track.initial) for track in workflow.tracks}
    happened = {step.name: LONG_AGO for step in workflow.steps}
    last = {track.name: sorted(map(str, track.finished))[-1] for track in workflow.tracks}
    undone: dict[str, Value] = {
        "open_actions": ("A1",),
        "recommendations_without_response": ("R1",),
        "recommendations_not_signed_off": ("R1",),
        "returns_outstanding": ("Anyshire Police",),
    }
    return {
        "nothing": Facts({}, stages, {}, ON),
        "all done": Facts(ENOUGH, last, happened, ON),
        "all undone": Facts(undone, stages, happened, ON),
    }


def by_the_engine(workflow: Workflow) -> Iterator[Open]:
    for known, facts in situations(workflow).items():
        for track in workflow.tracks:
            for stage in (UNOPENED, *(stage.value for stage in track.stages)):
                for role in Role:
                    asked = {"stage": stage, "facts": facts, "roles": frozenset({role})}
                    steps = frozenset(step.name for step in track.steps if why_not(track, step, **asked) is None)
                    yield known, track.name, stage, role.value, steps


def by_the_data(data: dict[str, Any], workflow: Workflow) -> Iterator[Open]:
    """Read it a second time, naively: no engine, no library, only lists of names; guards by their name."""
    for known, facts in situations(workflow).items():
        holding = {name for name, guard in GUARDS.items() if list(guard.missing(facts))}
        for track in data["tracks"]:
            for stage in (UNOPENED, *track["stages"]):
                for role in Role:
                    steps = [
                        step["name"]
                        for step in data["steps"]
                        if step["track"] == track["name"] and stage in step["from"] and role.value in step["roles"]
                        if not any(
                            guard["name"] in holding and _is_judged_before(guard, step) for guard in step["guards"]
                        )
                    ]
                    yield known, track["name"], stage, role.value, frozenset(steps)


def _is_judged_before(guard: dict[str, Any], step: dict[str, Any]) -> bool:
    """A guard that reads what the step itself asks is judged once that is answered."""
    return not set(guard["reads"]) & {asked["name"] for asked in step["asks"]}


@pytest.mark.parametrize("name", NAMES)
def test_b2_for_every_stage_and_role_exactly_the_steps_of_the_definition_are_open(name: str) -> None:
    workflow = WORKFLOWS[name]
    engine, data = list(by_the_engine(workflow)), list(by_the_data(as_data(workflow), workflow))
    assert len(engine) == len(data) > 0
    assert [line for line in engine if line not in set(data)] == []
    assert any(steps for *_, steps in engine)


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_that_is_read_otherwise_in_one_place_shows(name: str) -> None:
    """Each change of one step (a role more, a stage less) must show, or the comparison above could not fail."""
    workflow = WORKFLOWS[name]
    engine = set(by_the_engine(workflow))
    for number, step in enumerate(as_data(workflow)["steps"]):
        if not step["guards"]:
            for change in (_a_role_less, _a_stage_less):
                changed = deepcopy(as_data(workflow))
                change(changed["steps"][number])
                assert set(by_the_data(changed, workflow)) != engine, step["name"]


def _a_role_less(step: dict[str, Any]) -> None:
    step["roles"].pop()


def _a_stage_less(step: dict[str, Any]) -> None:
    step["from"].pop()
