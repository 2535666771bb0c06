"""Who may not take a step because it decides on what is their own: named by every definition, and judged first."""

import pytest

from tests.workflows.example import example, line_of
from workflows.catalogue import BUILT_IN
from workflows.checks import faults
from workflows.core.bars import barred_from
from workflows.core.engine import ConflictOfInterest, take_step
from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Facts
from workflows.core.vocabulary import UNOPENED
from workflows.definitions import WORKFLOWS
from workflows.definitions.action import ACTION
from workflows.files.plain_data import as_data
from workflows.files.read import NotADefinition, read_workflow
from workflows.files.write import write_workflow

STEPS = [
    (workflow, track, step) for workflow in WORKFLOWS.values() for track in workflow.tracks for step in track.steps
]
TIME, WORK = {Involvement.OWNER, Involvement.ASKER}, {Involvement.OWNER, Involvement.SUBMITTER}
OF_ACTIONS = {
    "extend": TIME,
    "undo_extension": TIME,
    "refuse_extension": TIME,
    "reject": {Involvement.OWNER},
    "return": WORK,
    "accept": WORK,
    "accept_awaiting_impact": WORK,
    "check_impact": WORK,
    "confirm_impact": WORK,
    "impact_not_seen": WORK,
    "supersede": WORK,
    "transfer": WORK,
    "withdraw": WORK,
}


def test_every_step_of_actions_and_cases_names_who_is_barred_or_says_nobody() -> None:
    assert [f"{workflow.name} {step.name}" for workflow, _, step in STEPS if step.barred is None] == []


def test_more_time_acceptance_and_every_end_of_an_action_are_barred_to_its_own() -> None:
    assert {step.name: set(step.barred or ()) for step in ACTION.steps if step.barred} == OF_ACTIONS
    ends = {step.name for step in ACTION.steps if step.to in ACTION.tracks[0].finished}
    assert ends <= OF_ACTIONS.keys()


def test_whoever_is_barred_is_refused_with_a_sentence_whatever_their_roles() -> None:
    for _, track, step in STEPS:
        for involvement in step.barred or ():
            facts = Facts({}, involved_as=frozenset({involvement}))
            with pytest.raises(ConflictOfInterest) as refusal:
                take_step(track, step, stage=str(step.source[0]), facts=facts, roles=step.by)
            sentence = f"“{step.title}” is for somebody else to record. It is not open to: {involvement.words}."
            assert str(refusal.value) == sentence


def test_versions_of_before_bar_the_reviewer_from_ending_their_review_and_the_agency_from_giving_itself_time() -> None:
    for versions in BUILT_IN.versions.values():
        for workflow in versions.values():
            for track in workflow.tracks:
                for step in (step for step in track.steps if UNOPENED in step.source):
                    assert barred_from(track, step) == NOBODY
    earlier = BUILT_IN.version("lcspr", 1)
    track = earlier.tracks[0]
    quality, pause, event = (earlier.step(name) for name in ("quality_assure", "discontinue", "practitioner_event"))
    assert Involvement.LEAD_REVIEWER in barred_from(track, quality)
    assert Involvement.LEAD_REVIEWER in barred_from(track, pause)
    assert barred_from(track, event) == NOBODY
    request = WORKFLOWS["information_request"]
    unnamed = read_workflow(without_bars(write_workflow(request)), "request.yaml")
    given = {step.name for step in unnamed.steps if barred_from(unnamed.tracks[0], step)}
    assert given == {"give_more_time", "call_off"}


def without_bars(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "barred:" not in line)


def test_files_and_data_say_who_is_barred() -> None:
    written = write_workflow(ACTION)
    assert "barred: nobody" in written
    assert {step.name: step.barred for step in read_workflow(written, "action.yaml").steps} == {
        step.name: step.barred for step in ACTION.steps
    }
    data = {step["name"]: step["barred"] for step in as_data(ACTION)["steps"]}
    assert (data["extend"], data["start"]) == (["asker", "owner"], [])


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ("the_chair", "the_chair"),
        ("[nobody, submitter]", "names nobody, and somebody too"),
        ("owner", "bars the owner and their deputy, whom there is not here"),
        ("agency_asked", "whom there is not here"),
    ],
)
def test_a_file_that_bars_who_cannot_be_there_is_refused_with_its_line(named: str, complaint: str) -> None:
    text = example().replace("to: in_progress\n", f"to: in_progress\n        barred: {named}\n", 1)
    with pytest.raises(NotADefinition) as refusal:
        read_workflow(text, "mine.yaml", WORKFLOWS.values())
    assert complaint in str(refusal.value)
    assert f"{line_of(text, 'barred:')}" in str(refusal.value) or "names nobody" in complaint


def test_the_built_in_definitions_are_sound() -> None:
    assert [fault for workflow in WORKFLOWS.values() for fault in faults(workflow)] == []
