"""A child dies after the review of its harm: what was notified stays, a child death review opens, the rest is asked."""

from tests.journeys.desk import CDOP, CHAIR, MANAGER, PARTNER, Desk
from tests.journeys.story import Story

REVIEW, CHILD = "RR-2026-01", "Child Kestrel"
TELL_PANEL = "Tell the national Panel of the death, and record the day."
LOOK_AGAIN = "What is known now may change the decision on a practice review: look at it again."


def test_a_child_dies_after_a_review_of_its_serious_harm(story: Story, desk: Desk) -> None:
    given_a_review_of_serious_harm_that_led_to_no_other(story, desk)
    said = when_the_child_dies_and_it_is_recorded(story, desk)
    then_the_page_asks_for_the_panel_and_for_the_decision(said)
    then_what_was_notified_stays_beside_the_death(desk)
    then_a_child_death_review_is_open(desk)
    then_no_second_notification_is_sent(desk)
    when_the_panel_is_told_and_the_decision_looked_at_again(story, desk)
    then_the_page_asks_no_more_and_a_practice_review_may_follow(story, desk)


def given_a_review_of_serious_harm_that_led_to_no_other(story, desk):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "rapid_review", REVIEW)
    story.review_is_answered(REVIEW, decision="no_further_review", nature="serious_harm")
    story.step_is_taken(PARTNER, REVIEW, "confirm_no_further_review")
    assert desk.case(REVIEW)["closed_on"] == "2026-03-02"


def when_the_child_dies_and_it_is_recorded(story, desk):
    story.on("2026-05-11")
    said = desk.reads(MANAGER, f"/cases/{REVIEW}/steps/child_died")
    assert "No second notification is sent unless advised." in said
    code, said = desk.records(MANAGER, REVIEW, "child_died", child_concerned=CHILD, decision_affected="yes")
    assert code == 303
    return said


def then_the_page_asks_for_the_panel_and_for_the_decision(said):
    assert TELL_PANEL in said
    assert LOOK_AGAIN in said


def then_what_was_notified_stays_beside_the_death(desk):
    assert f"{CHILD} Serious harm 11 May 2026" in desk.reads(MANAGER, f"/cases/{REVIEW}/children")
    assert "What happened to the child: The child was seriously harmed" in desk.reads(
        MANAGER, f"/cases/{REVIEW}/history"
    )


def then_a_child_death_review_is_open(desk):
    [(_, death)] = desk.links(REVIEW)
    file = desk.case(death, CDOP)
    assert (file["workflow"], file["children"]) == ("cdop_case", [CHILD])
    assert desk.clocks(death)["ncmd"]["counted_from"] == "2026-05-11"


def then_no_second_notification_is_sent(desk):
    file = desk.case(REVIEW)
    assert "submit_sin" not in {step["name"] for step in file["steps"]["open"]}
    assert [event["what"] for event in file["history"]].count("submit_sin") == 1


def when_the_panel_is_told_and_the_decision_looked_at_again(story, desk):
    story.on("2026-05-12")
    page = desk.page(MANAGER, f"/cases/{REVIEW}")
    address = max((link for link in page.links if link.endswith("/correct")), key=lambda link: int(link.split("/")[-2]))
    form = {"happened_on": "2026-05-11", "child_concerned": CHILD, "panel_told_of_death_on": "2026-05-12"}
    code, said = desk.corrects(MANAGER, REVIEW, address, "child_died", **form, decision_affected="yes", reason="Told.")
    assert (code, TELL_PANEL in desk.reads(MANAGER, f"/cases/{REVIEW}")) == (303, False), said
    code, said = desk.records(CHAIR, REVIEW, "look_again")
    assert code == 303


def then_the_page_asks_no_more_and_a_practice_review_may_follow(story, desk):
    page = desk.reads(MANAGER, f"/cases/{REVIEW}")
    assert "Reconsidering" in page
    assert LOOK_AGAIN not in page
    story.on("2026-05-20")
    review = story.step_is_taken(PARTNER, REVIEW, "confirm_lcspr")
    assert desk.clocks(review)["publication"]["due"] == "2026-11-20"
