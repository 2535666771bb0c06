"""Done is not yet different for children: an action is accepted, its impact is not seen, and it opens again."""

from tests.journeys.desk import CHAIR, MANAGER, OWNER, Desk
from tests.journeys.story import Story, email_of

PLAN = "SP-2026-01"


def test_an_action_without_impact_opens_again_and_ends_when_the_change_holds(story: Story, desk: Desk) -> None:
    action = given_an_action_accepted_as_done(story)
    page = f"/actions/{action.replace('/', '.')}"
    when_its_impact_is_asked_about_three_months_later(story, desk, action, page)
    then_not_seen_opens_it_and_its_recommendation_again(story, desk, action, page)
    then_the_owner_is_told_and_it_is_done_anew(story, desk, action)
    then_it_ends_once_the_change_is_seen_to_hold(story, desk, action, page)


def given_an_action_accepted_as_done(story):
    story.on("2026-09-01")
    story.case_is_opened(MANAGER, "strategy_plan", PLAN)
    action = story.action_is_agreed(PLAN, due_in=300, owner=email_of(OWNER), by=MANAGER, success="Babies sleep safely.")
    story.morning("2026-09-02")
    story.action_is_submitted(email_of(OWNER), action, "Register of attendance.")
    story.action_is_accepted(CHAIR, action)
    assert story.action(action).stage == "complete_awaiting_impact"
    return action


def when_its_impact_is_asked_about_three_months_later(story, desk, action, page):
    story.on("2026-12-01")
    assert "done, impact not yet checked" in desk.reads(MANAGER, f"/cases/{PLAN}/thread").lower()
    assert action not in desk.reads(CHAIR, "/actions?group=impact_due")
    story.on("2026-12-02")
    assert action in desk.reads(CHAIR, "/actions?group=impact_due")
    assert "1 Impact to be checked" in desk.reads(CHAIR, "/summary")
    assert "To be asked on 2 December 2026" in desk.reads(CHAIR, page)


def then_not_seen_opens_it_and_its_recommendation_again(story, desk, action, page):
    missing = {"impact_missing": "Visits show the same as before.", "happened_on": "2026-12-02"}
    code, said = desk.fills_in(CHAIR, f"{page}/impact_not_seen", **missing)
    assert (code, "Visits show the same as before." in said) == (303, True)
    assert story.action(action).stage == "in_progress"
    assert "open again: impact not seen" in desk.reads(MANAGER, f"/cases/{PLAN}/thread").lower()
    assert "Recommendation R1 reopened: no impact of" in desk.reads(MANAGER, f"/cases/{PLAN}")


def then_the_owner_is_told_and_it_is_done_anew(story, desk, action):
    assert story.mornings("2026-12-03", "2026-12-03", action) == [("12-03", "owner", "returned")]
    story.action_is_submitted(email_of(OWNER), action, "Visits were changed.")
    story.action_is_accepted(CHAIR, action)


def then_it_ends_once_the_change_is_seen_to_hold(story, desk, action, page):
    seen = {"impact_statement": "Seen at every visit."}
    story.on("2027-03-03")
    partly = seen | {"impact_result": "partly", "happened_on": "2027-03-03"}
    assert desk.fills_in(CHAIR, f"{page}/check_impact", **partly)[0] == 303
    story.on("2027-09-03")
    code, _ = desk.fills_in(CHAIR, f"{page}/check_impact", **seen, impact_result="embedded", happened_on="2027-09-03")
    assert (code, story.action(action).stage) == (303, "embedded")
    assert "open again" not in desk.reads(MANAGER, f"/cases/{PLAN}/thread").lower()
