"""The prompts that follow the death of a child who was notified as harmed."""

from datetime import date

from reviews.cases.history import CaseHistory, RecordedStep
from reviews.cases.prompts import DECIDING_STEPS, prompts_after_death
from workflows.core.days import Precision
from workflows.definitions import WORKFLOWS

RAPID_REVIEW = WORKFLOWS["rapid_review"]
BEFORE_ANY_DECISION = {track.name: str(track.initial) for track in RAPID_REVIEW.tracks}


def a_step(event_id: int, name: str) -> RecordedStep:
    step = RAPID_REVIEW.step(name)
    return RecordedStep(
        event_id=event_id,
        track=RAPID_REVIEW.tracks[0].name,
        step=name,
        from_stage="",
        to_stage=str(step.to),
        on=date(2026, 3, event_id),
        known_to=Precision.DAY,
        imported=False,
        form_edition=None,
        recorded_by="Morwenna Tate",
        rows=[event_id],
        facts_with=[event_id],
    )


def a_death(*after: str, nature="serious_harm", **answers):
    names = [RAPID_REVIEW.opening.name, "child_died", *after]
    record = CaseHistory([a_step(number, name) for number, name in enumerate(names, 1)])
    answered = {step.event_id: {} for step in record.steps} | {1: {"nature": nature}, 2: answers}
    return prompts_after_death(RAPID_REVIEW, record, answered, BEFORE_ANY_DECISION)


def test_the_panel_is_told_by_correcting_the_step_that_recorded_the_death():
    assert [(prompt.event_id, prompt.steps) for prompt in a_death()] == [(2, ())]


def test_nothing_is_left_once_the_panel_was_told():
    assert a_death(panel_told_of_death_on=date(2026, 3, 3)) == []


def test_a_death_that_was_notified_as_a_death_asks_for_nothing():
    assert a_death(nature="death") == []


def test_a_decision_that_may_change_is_looked_at_again_by_any_deciding_step():
    told = a_death(panel_told_of_death_on=date(2026, 3, 3), decision_affected=True)
    assert [(prompt.event_id, prompt.steps) for prompt in told] == [(None, DECIDING_STEPS)]


def test_a_decision_looked_at_since_the_death_is_not_asked_for_again():
    answers = {"panel_told_of_death_on": date(2026, 3, 3), "decision_affected": True}
    assert a_death("look_again", **answers) == []
