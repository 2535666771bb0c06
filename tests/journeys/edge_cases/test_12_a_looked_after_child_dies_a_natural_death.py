"""A looked after child dies a natural death: it is notified, the Panel does not consider it, and no review is due."""

from tests.journeys.desk import MANAGER, PARTNER, Desk
from tests.journeys.story import Story

CASE = "RR-2026-01"


def test_the_natural_death_of_a_looked_after_child_is_notified_only(story: Story, desk: Desk) -> None:
    given_a_looked_after_child_died_without_abuse(story)
    then_no_review_may_follow(desk)
    when_the_death_is_notified(story, desk)
    then_the_case_is_over_and_no_clock_of_a_review_ran(desk)
    then_nobody_is_reminded_of_a_review(story)


def given_a_looked_after_child_died_without_abuse(story):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "rapid_review", CASE)
    story.step_is_taken(MANAGER, CASE, "convene_discussion")
    story.step_is_taken(PARTNER, CASE, "decide_notify", nature="looked_after_death", abuse_or_neglect=False)


def then_no_review_may_follow(desk):
    code, said = desk.records(MANAGER, CASE, "submit_sin")
    assert code == 409
    assert (
        "The death of a looked after child or care leaver without abuse is only notified: no rapid review follows."
        in said
    )


def when_the_death_is_notified(story, desk):
    story.on("2026-03-05")
    code, said = desk.records(MANAGER, CASE, "notify_only")
    assert (code, "Notified only since 5 March 2026" in said) == (303, True)


def then_the_case_is_over_and_no_clock_of_a_review_ran(desk):
    file = desk.case(CASE)
    assert file["closed_on"] == "2026-03-05"
    assert [(clock["name"], clock["met_on"]) for clock in file["clocks"]] == [("sin", "2026-03-05")]
    assert file["steps"]["open"] == []
    assert (desk.summary()["cases"], desk.summary()["clocks"]) == ({}, [])


def then_nobody_is_reminded_of_a_review(story):
    for day in "2026-03-06", "2026-03-09", "2026-03-26", "2026-03-27":
        assert story.clocks_told_of(day) == []
