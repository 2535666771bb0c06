"""Several rapid reviews are taken into one joint review, which counts its six months from its own decision."""

from tests.journeys.desk import MANAGER, PARTNER, Desk
from tests.journeys.story import Story

REVIEWS = ("RR-2026-01", "RR-2026-02", "RR-2026-03")
THEME, PRACTICE = "TR-2026-01", "LCSPR-2026-01"


def test_several_rapid_reviews_become_one_joint_review(story: Story, desk: Desk) -> None:
    given_three_rapid_reviews_the_panel_has_answered(story)
    when_a_thematic_and_a_practice_review_are_decided(story)
    then_each_rapid_review_closes_as_taken_into_the_joint_one(story, desk)
    when_one_of_them_is_taken_into_the_other_too(story, desk)
    then_each_names_all_the_others(desk)
    then_the_joint_reviews_count_from_their_own_decisions(desk)


def given_three_rapid_reviews_the_panel_has_answered(story):
    story.on("2026-03-02")
    for review in REVIEWS:
        story.case_is_opened(MANAGER, "rapid_review", review)
        story.review_is_answered(review, decision="lcspr")


def when_a_thematic_and_a_practice_review_are_decided(story):
    story.on("2026-04-13")
    story.case_is_opened(PARTNER, "thematic_review", THEME)
    story.on("2026-04-20")
    story.case_is_opened(PARTNER, "lcspr", PRACTICE)


def then_each_rapid_review_closes_as_taken_into_the_joint_one(story, desk):
    story.on("2026-04-21")
    for review in REVIEWS:
        code, said = desk.records(PARTNER, review, "absorb", joined_reference=THEME)
        assert (code, f"Taken into {THEME}" in said) == (303, True)
        assert (story.stages(review), desk.case(review)["closed_on"]) == ({"rapid_review": "absorbed"}, "2026-04-21")


def when_one_of_them_is_taken_into_the_other_too(story, desk):
    story.on("2026-05-05")
    code, said = desk.records(PARTNER, REVIEWS[0], "absorb", joined_reference=THEME)
    assert (code, f"{REVIEWS[0]} is already linked to {THEME}." in said) == (422, True)
    code, said = desk.records(PARTNER, REVIEWS[0], "absorb", joined_reference=PRACTICE)
    assert (code, f"Taken into {PRACTICE}" in said) == (303, True)
    assert desk.case(REVIEWS[0])["closed_on"] == "2026-04-21"


def then_each_names_all_the_others(desk):
    assert desk.links(REVIEWS[0]) == [("absorbed_into", THEME), ("absorbed_into", PRACTICE)]
    assert desk.links(THEME) == [("absorbed_into", review) for review in REVIEWS]
    assert desk.links(PRACTICE) == [("absorbed_into", REVIEWS[0])]
    said = desk.reads(MANAGER, f"/cases/{THEME}")
    assert all(f"Took in {review}" in said for review in REVIEWS)


def then_the_joint_reviews_count_from_their_own_decisions(desk):
    counted = {"summary": desk.clocks(THEME)["summary"], "publication": desk.clocks(PRACTICE)["publication"]}
    assert {name: (clock["counted_from"], clock["due"]) for name, clock in counted.items()} == {
        "summary": ("2026-04-13", "2026-10-13"),
        "publication": ("2026-04-20", "2026-10-20"),
    }
    assert not any(clock["met_on"] is None for review in REVIEWS for clock in desk.clocks(review).values())
