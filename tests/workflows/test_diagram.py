"""Diagrams, documentation pages and data generated from the workflow definitions."""

import json
import re
from pathlib import Path

import pytest

from workflows.definitions import WORKFLOWS
from workflows.definitions.lcspr import LCSPR
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.diagrams.mermaid import PAGES, as_data, mermaid, page, role_matrix, write_pages

NAMES = sorted(WORKFLOWS)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_in_the_docs_is_the_definition_of_today(name: str) -> None:
    written = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert written == page(WORKFLOWS[name]), "Run `python -m workflows.diagrams.mermaid`."


def test_the_docs_hold_a_page_for_each_workflow_and_no_other() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == NAMES


def test_pages_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    write_pages(tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"{name}.md" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_shows_every_stage_of_every_track(name: str) -> None:
    picture = mermaid(WORKFLOWS[name])
    stages = [stage.value for track in WORKFLOWS[name].tracks for stage in track.stages]
    assert picture.startswith("stateDiagram-v2\n")
    assert all(re.search(rf'state ".+" as (\w+_)?{stage}$', picture, re.MULTILINE) for stage in stages)


def test_several_tracks_stand_side_by_side_in_one_picture() -> None:
    picture = mermaid(LCSPR)
    assert picture.count("stateDiagram-v2") == 1
    assert [f"as track_{track.name} {{" in picture for track in LCSPR.tracks] == [True, True, True]
    assert picture.count("{") == picture.count("}") == 3


def test_an_arrow_carries_the_title_of_its_step() -> None:
    assert "    gathering --> meeting_held : Record the meeting\n" in mermaid(RAPID_REVIEW)


@pytest.mark.parametrize("name", NAMES)
def test_no_label_holds_a_sign_that_ends_it(name: str) -> None:
    labels = [line.partition(" : ")[2] for line in mermaid(WORKFLOWS[name]).splitlines()]
    assert [label for label in labels if ":" in label or ";" in label or "#" in label] == []


def test_a_matrix_marks_who_records_a_step() -> None:
    rows = {row.split(" | ")[0].strip("| "): row for row in role_matrix(RAPID_REVIEW).splitlines()}
    heads = [head.strip() for head in rows["Step"].strip("|").split("|")]
    marks = [mark.strip() for mark in rows["sign"].strip("|").split("|")]
    assert [head for head, mark in zip(heads, marks, strict=True) if mark == "●"] == ["Safeguarding partner"]


def test_a_page_shows_each_guard_with_its_sentence_and_each_deadline_with_its_authority() -> None:
    text = page(RAPID_REVIEW)
    assert all(guard.sentence in text for step in RAPID_REVIEW.steps for guard in step.only_if)
    assert all(edition.sources in text for deadline in RAPID_REVIEW.deadlines for edition in deadline.editions)


@pytest.mark.parametrize("name", NAMES)
def test_the_data_survives_json(name: str) -> None:
    data = as_data(WORKFLOWS[name])
    assert json.loads(json.dumps(data)) == data


def test_the_data_of_a_step_says_from_where_to_where_by_whom_and_on_which_condition() -> None:
    step = next(step for step in as_data(RAPID_REVIEW)["steps"] if step["name"] == "withdraw")
    assert step["from"] == ["notified", "gathering", "meeting_held", "sign_off"]
    assert step["to"] == "withdrawn"
    assert step["roles"] == ["business_manager", "safeguarding_partner"]
    assert [guard["name"] for guard in step["guards"]] == ["criteria_found_not_met"]
    assert [asked["name"] for asked in step["asks"] if asked["kind"] == "day"] == ["panel_told_of_withdrawal_on"]


def test_page_and_data_say_what_a_step_joins_and_that_a_kind_has_ended() -> None:
    assert next(step for step in as_data(RAPID_REVIEW)["steps"] if step["name"] == "absorb")["joins"] == [
        *("thematic_review", "lcspr")
    ]
    assert "Absorbed; joins: Thematic review or LCSPR" in page(RAPID_REVIEW)
    assert as_data(WORKFLOWS["scr_legacy"])["last_opening_on"] == "2019-09-29"
    assert "No new case begins after 2019-09-29: older ones come in by import only." in page(WORKFLOWS["scr_legacy"])
    assert as_data(RAPID_REVIEW)["last_opening_on"] is None


def test_the_data_of_a_step_that_stays_leads_nowhere() -> None:
    assert next(step for step in as_data(RAPID_REVIEW)["steps"] if step["name"] == "ask_more_agencies")["to"] is None


def test_the_data_of_a_deadline_gives_the_newest_period_and_every_edition() -> None:
    review = next(one for one in as_data(RAPID_REVIEW)["deadlines"] if one["name"] == "rapid_review")
    assert (review["period"], review["unit"], review["rank"]) == (15, "working-days", "national expectation")
    assert review["authority"] == "Panel guidance, June 2025; Working Together 2026, chapter 5"
    assert [(edition["effective_from"], edition["counted_from"]) for edition in review["editions"]] == [
        ("2018-06-29", "la_aware_at"),
        ("2022-09-01", "submit_sin"),
        ("2025-06-01", "submit_sin"),
    ]


def test_the_data_of_the_action_carries_its_ladder() -> None:
    ladder = as_data(WORKFLOWS["action"])["ladders"][0]
    names = [rung["name"] for rung in ladder["rungs"]]
    assert names == ["due-30", "due-7", "due", "due+1", "due+14", "due+28", "due+60"]
    assert ladder["rungs"][3]["tells"] == ["agency_lead", "action_owner"]
