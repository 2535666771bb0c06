"""A trial holds the report back: the review and its actions go on, and the hold is looked at again every month."""

from datetime import date

from tests.journeys.desk import CHAIR, MANAGER, OWNER, PARTNER, Desk
from tests.journeys.story import Story, email_of

REVIEW = "LCSPR-2026-01"
CHECKED = ("manager", REVIEW, "hold_review", "due")
LATER = {"hold_expected_end_on": date(2026, 12, 1)}


def test_a_trial_holds_back_the_report_and_nothing_else(story: Story, desk: Desk) -> None:
    given_a_practice_review_whose_case_goes_to_trial(story, desk)
    then_the_page_says_why_and_until_when(desk)
    action = when_review_and_plan_go_on(story)
    then_the_owner_is_reminded_all_the_same(story, action)
    then_the_hold_is_looked_at_again_every_month(story)
    then_past_six_months_the_panel_must_have_been_told(story, desk)
    when_the_trial_ends_publication_goes_on(story, desk)


def given_a_practice_review_whose_case_goes_to_trial(story, desk):
    story.on("2026-01-12")
    story.case_is_opened(PARTNER, "lcspr", REVIEW)
    story.steps_are_taken(REVIEW, [(PARTNER, "commission"), (CHAIR, "begin_scoping"), (CHAIR, "agree_tor")])
    assert desk.clocks(REVIEW)["publication"]["due"] == "2026-07-12"
    story.on("2026-02-02")
    told = {"hold_reason": "criminal_proceedings", "hold_review_on": date(2026, 3, 2)} | LATER
    story.step_is_taken(PARTNER, REVIEW, "place_hold", **told)


def then_the_page_says_why_and_until_when(desk):
    said = desk.reads(CHAIR, f"/cases/{REVIEW}")
    assert "Publication is on hold: criminal proceedings" in said
    assert "It will be reviewed on 2 March 2026, expected to end on 1 December 2026." in said


def when_review_and_plan_go_on(story):
    story.on("2026-02-16")
    action = story.action_is_agreed(REVIEW, due_in=10, owner=email_of(OWNER), by=MANAGER)
    steps = [(MANAGER, "draft_plan"), (CHAIR, "agree_plan"), (MANAGER, "monitor_plan"), (MANAGER, "submit_draft")]
    story.steps_are_taken(REVIEW, steps)
    assert story.stages(REVIEW) == {"review": "draft", "publication": "on_hold", "action_plan": "monitoring"}
    return action


def then_the_owner_is_reminded_all_the_same(story, action):
    heard = story.mornings("2026-02-17", "2026-02-28", action)
    assert [rung for _, who, rung in heard if who == "owner"] == ["due-30", "due-7", "due", "due+1"]


def then_the_hold_is_looked_at_again_every_month(story):
    for day, again in ("2026-03-02", date(2026, 4, 2)), ("2026-04-02", date(2026, 5, 5)):
        assert CHECKED in story.clocks_told_of(day)
        story.step_is_taken(PARTNER, REVIEW, "review_hold", hold_review_on=again, **LATER)
        assert CHECKED not in story.clocks_told_of(day)
    assert CHECKED in story.clocks_told_of("2026-05-05")


def then_past_six_months_the_panel_must_have_been_told(story, desk):
    story.on("2026-07-10")
    assert desk.records(MANAGER, REVIEW, "review_hold", hold_review_on="2026-07-13")[0] == 303
    story.on("2026-07-13")
    again = {"hold_review_on": "2026-08-13", "hold_expected_end_on": "2026-12-01"}
    code, said = desk.records(MANAGER, REVIEW, "review_hold", **again)
    assert (code, "the Panel and the Secretary of State must have been told why" in said) == (409, True)
    assert desk.records(MANAGER, REVIEW, "review_hold", **again, national_told_on="2026-07-13")[0] == 303
    assert (desk.clocks(REVIEW)["publication"]["due"], desk.clocks(REVIEW)["publication"]["met_on"]) == (
        "2026-07-12",
        None,
    )


def when_the_trial_ends_publication_goes_on(story, desk):
    story.on("2026-08-03")
    story.step_is_taken(PARTNER, REVIEW, "lift_hold")
    assert story.stages(REVIEW)["publication"] == "not_ready"
    assert "is on hold" not in desk.reads(CHAIR, f"/cases/{REVIEW}")
