"""Writing a workflow definition to a file that reads back as the same definition."""

from dataclasses import replace
from datetime import date

import pytest

from tests.workflows.example import example
from workflows.catalogue import BUILT_IN, FOLDER
from workflows.checks import faults, require_sound
from workflows.core.bank_holidays import Division
from workflows.core.vocabulary import RenamedStage, Workflow
from workflows.definitions import WORKFLOWS
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.files.plain_data import as_data
from workflows.files.read import read_workflow
from workflows.files.write import write_workflow

EVERY = [*BUILT_IN.every(), WORKFLOWS["action"]]


@pytest.mark.parametrize("workflow", EVERY, ids=lambda workflow: f"{workflow.name}-{workflow.version}")
def test_a_definition_of_the_product_reads_back_as_it_was_written(workflow: Workflow) -> None:
    text = write_workflow(workflow)
    again = read_workflow(text, "it", EVERY)
    assert as_data(again) == as_data(workflow)
    assert write_workflow(again) == text


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_earlier_version_is_kept_as_it_would_be_written_and_is_named_after_it(path) -> None:
    text = path.read_text(encoding="utf-8")
    workflow = read_workflow(text, path.name)
    assert write_workflow(workflow) == text
    assert path.stem == f"{workflow.name}-{workflow.version}"
    assert workflow.version < WORKFLOWS[workflow.name].version


def test_every_version_the_product_brings_is_sound_among_the_others() -> None:
    require_sound(EVERY)
    assert [fault for workflow in EVERY for fault in faults(workflow, EVERY)] == []


def test_the_first_rapid_review_runs_until_the_guidance_of_june_2025() -> None:
    first, second = (
        BUILT_IN.current("rapid_review", date(2025, 5, 31)),
        BUILT_IN.current("rapid_review", date(2025, 6, 1)),
    )
    assert first is not None
    assert second is not None
    assert (first.version, second.version) == (1, 2)
    assert first.step("return_received") is not None
    assert "context_considered" not in first.questions
    step = second.step("submit_for_signoff")
    assert step is not None
    assert [asked.required for asked in step.questions if asked.name == "context_considered"] == [True]


def test_what_is_as_usual_is_left_out_and_a_guard_is_explained() -> None:
    text = write_workflow(RAPID_REVIEW)
    assert "inside:" not in text
    assert "required: yes" not in text
    assert all(f"{guard.name}  # {guard.sentence}" in text for step in RAPID_REVIEW.steps for guard in step.only_if)


def test_words_that_yaml_would_misread_are_put_in_quotation_marks() -> None:
    strange = [
        "a: b",
        "- a",
        "# a",
        "a #b",
        "'a'",
        '"a"',
        "a\\b",
        "é",
        "“a”",
        "@",
        "[a",
        "a:",
        "?",
        "&a",
        "*",
        "!a",
        "a  b",
    ]
    for word in strange:
        titled = replace(RAPID_REVIEW, title=word)
        assert read_workflow(write_workflow(titled), "it").title == word


def test_moved_stages_and_the_last_day_are_written() -> None:
    moved = replace(
        RAPID_REVIEW,
        last_opening_on=date(2027, 1, 1),
        moved=(RenamedStage("rapid_review", "heard", "meeting_held"),),
    )
    again = read_workflow(write_workflow(moved), "it")
    assert (again.last_opening_on, again.moved) == (moved.last_opening_on, moved.moved)


def test_the_example_of_the_documentation_is_nearly_as_it_would_be_written() -> None:
    written = write_workflow(read_workflow(example(), "it"))
    assert [line for line in example().split("\n")[1:] if line not in written.split("\n")] == []


def test_an_edition_may_name_the_bank_holidays_of_scotland() -> None:
    deadline = RAPID_REVIEW.deadlines[0]
    period = replace(deadline.editions[0].period, bank_holidays=Division.SCOTLAND)
    edition = replace(deadline.editions[0], period=period)
    changed = replace(RAPID_REVIEW, deadlines=(replace(deadline, editions=(edition,)), *RAPID_REVIEW.deadlines[1:]))
    text = write_workflow(changed)
    assert text.count("bank_holidays: scotland") == 1
    assert read_workflow(text, "it", EVERY).deadlines[0].editions[0].period == period
