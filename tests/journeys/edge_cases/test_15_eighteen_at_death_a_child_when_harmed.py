"""Somebody dies at eighteen of what was done to the child: the case is taken all the same, and it is said why."""

from tests.journeys.desk import CHAIR, MANAGER, Desk
from tests.journeys.story import Story
from tests.web.visitor import typed

WHY = "A child when the events began, and eighteen at death."
REFERENCES = {"learning_review": "LR-2026-01", "rapid_review": "RR-2026-01"}
CHILD = "Child Kestrel"
WANTED = "Answer “Why the case is taken although the child is not under 18”"


def test_a_case_of_somebody_of_eighteen_is_taken_with_its_reason(story: Story, desk: Desk) -> None:
    story.on("2026-03-02")
    for kind, title in ("learning_review", "Local learning review"), ("rapid_review", "Rapid review"):
        when_it_is_logged_without_a_reason_it_is_refused(story, desk, kind)
        then_it_is_taken_with_one(story, desk, kind, title)
    then_the_learning_review_goes_on(story)
    then_a_child_death_review_is_none_of_it(story, desk)


def when_it_is_logged_without_a_reason_it_is_refused(story, desk, kind):
    code, said = desk.fills_in(MANAGER, f"/cases/new?kind={kind}", **opening(story, kind))
    assert (code, WANTED in said) == (422, True)


def then_it_is_taken_with_one(story, desk, kind, title):
    code, said = desk.fills_in(MANAGER, f"/cases/new?kind={kind}", **opening(story, kind), age_reason=WHY)
    assert (code, f"{title} {REFERENCES[kind]} is open." in said) == (303, True)
    said = desk.reads(MANAGER, f"/cases/{REFERENCES[kind]}/history")
    assert f"Why the case is taken although the child is not under 18: {WHY}" in said


def then_the_learning_review_goes_on(story):
    story.step_is_taken(CHAIR, REFERENCES["learning_review"], "agree", consideration="learning_review")
    assert story.stages(REFERENCES["learning_review"]) == {"review": "agreed"}


def then_a_child_death_review_is_none_of_it(story, desk):
    """A child death review is of those under eighteen alone, whatever the reason."""
    code, said = desk.records(MANAGER, REFERENCES["rapid_review"], "child_died", child_concerned=CHILD, under_18="no")
    assert (code, "The child must have been under 18." in said) == (409, True)


def opening(story, kind):
    step = {"learning_review": "propose", "rapid_review": "receive_referral"}[kind]
    return typed(kind, step, on=story.today()) | {"under_18": "no", "pseudonyms": CHILD}
