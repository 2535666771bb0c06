"""A case is notified and then found not to meet the criteria: it is withdrawn, the Panel told, and perhaps reviewed."""

from tests.journeys.desk import MANAGER, PARTNER, Desk
from tests.journeys.story import Story

REVIEW = "RR-2026-01"


def test_a_notification_is_withdrawn_and_the_case_becomes_a_learning_review(story: Story, desk: Desk) -> None:
    given_a_notified_case(story)
    then_it_is_not_withdrawn_without_the_finding_and_the_panel(story, desk)
    when_new_facts_show_that_the_criteria_are_not_met(story, desk)
    then_no_rapid_review_is_waited_for(desk)
    review = when_a_learning_review_is_proposed_instead(desk)
    then_the_two_are_linked_and_the_withdrawal_stands(desk, review)


def given_a_notified_case(story):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "rapid_review", REVIEW)
    story.step_is_taken(MANAGER, REVIEW, "convene_discussion")
    story.steps_are_taken(REVIEW, [(PARTNER, "decide_notify"), (MANAGER, "submit_sin")])


def then_it_is_not_withdrawn_without_the_finding_and_the_panel(story, desk):
    code, said = desk.records(PARTNER, REVIEW, "withdraw", notification_criteria_not_met="no")
    assert (code, "the finding that the notification criteria are not met" in said) == (409, True)
    code, said = desk.records(PARTNER, REVIEW, "withdraw", panel_told_of_withdrawal_on="")
    assert (code, "Answer “The Panel was told on”" in said) == (422, True)
    assert story.stages(REVIEW) == {"rapid_review": "notified"}


def when_new_facts_show_that_the_criteria_are_not_met(story, desk):
    story.on("2026-03-09")
    code, said = desk.records(PARTNER, REVIEW, "withdraw", withdrawal_reason="The injury was an accident.")
    assert (code, "Withdrawn since 9 March 2026" in said) == (303, True)


def then_no_rapid_review_is_waited_for(desk):
    assert set(desk.clocks(REVIEW)) == {"sin"}
    assert desk.clocks(REVIEW)["sin"]["met_on"] == "2026-03-02"
    assert (desk.case(REVIEW)["closed_on"], desk.summary()["clocks"]) == ("2026-03-09", [])
    assert "The Panel was told on: 9 March 2026" in desk.reads(MANAGER, f"/cases/{REVIEW}/history")


def when_a_learning_review_is_proposed_instead(desk):
    code, said = desk.records(MANAGER, REVIEW, "review_locally", consideration="learning_review")
    assert (code, "It opened a new case" in said) == (303, True)
    [(_, reference)] = desk.links(REVIEW)
    return reference


def then_the_two_are_linked_and_the_withdrawal_stands(desk, review):
    file = desk.case(review)
    assert (file["workflow"], file["tracks"][0]["stage"]) == ("learning_review", "proposed")
    assert f"Came from {REVIEW}" in desk.reads(MANAGER, f"/cases/{review}")
    assert desk.case(REVIEW)["closed_on"] == "2026-03-09"
    assert "Withdrawn since 9 March 2026" in desk.reads(MANAGER, f"/cases/{REVIEW}")
