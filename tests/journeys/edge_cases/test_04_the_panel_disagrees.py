"""The Panel disagrees that no practice review is held: both decisions stay with their days, and a reply goes out."""

from tests.journeys.desk import CHAIR, MANAGER, PARTNER, Desk
from tests.journeys.story import Story

REVIEW = "RR-2026-01"


def test_the_panel_disagrees_and_the_decision_is_reversed(story: Story, desk: Desk) -> None:
    given_the_panel_disagrees_with_a_decision_against_a_review(story)
    when_the_decision_is_reconsidered(story, desk)
    then_the_case_does_not_close_before_a_reply_is_sent(story, desk)
    review = when_it_is_reversed_with_a_reply(story)
    then_both_decisions_are_kept_with_their_days(desk)
    then_the_practice_review_counts_from_the_new_decision(desk, review)


def given_the_panel_disagrees_with_a_decision_against_a_review(story):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "rapid_review", REVIEW)
    story.review_is_answered(REVIEW, decision="no_further_review", panel_view="disagrees")


def when_the_decision_is_reconsidered(story, desk):
    story.on("2026-03-16")
    code, said = desk.records(CHAIR, REVIEW, "reconsider", reply_wanted_on="2026-03-30")
    assert (code, "Reconsidering since 16 March 2026" in said) == (303, True)
    assert desk.clocks(REVIEW)["panel_question"]["due"] == "2026-03-30"


def then_the_case_does_not_close_before_a_reply_is_sent(story, desk):
    story.on("2026-03-26")
    for outcome in "confirm_no_further_review", "confirm_lcspr":
        code, said = desk.records(PARTNER, REVIEW, outcome)
        assert (code, "a reply must have been sent before the case closes" in said) == (409, True)
    assert desk.case(REVIEW)["closed_on"] is None


def when_it_is_reversed_with_a_reply(story):
    day = story.today()
    return story.step_is_taken(PARTNER, REVIEW, "confirm_lcspr", panel_reply_on=day, reg11_panel_view=True)


def then_both_decisions_are_kept_with_their_days(desk):
    days = {event["what"]: event["on"] for event in desk.case(REVIEW)["history"]}
    assert (days["submit_for_signoff"], days["confirm_lcspr"]) == ("2026-03-02", "2026-03-26")
    said = desk.reads(MANAGER, f"/cases/{REVIEW}/history")
    for words in (
        "Decision in the report: No further review",
        "What the Panel says of the decision: Disagrees",
        "Confirm a practice review",
        "Reply sent to the Panel on: 26 March 2026",
        "The Panel thinks that a local review fits better (reg 11): Yes",
    ):
        assert words in said


def then_the_practice_review_counts_from_the_new_decision(desk, review):
    file, clock = desk.case(review), desk.clocks(review)["publication"]
    assert (file["workflow"], file["opened_on"]) == ("lcspr", "2026-03-26")
    assert (clock["counted_from"], clock["due"]) == ("2026-03-26", "2026-09-26")
    assert desk.links(REVIEW) == [("led_to", review)]
