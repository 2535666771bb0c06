"""A plan is agreed with its dates to be set: its actions are nudged for a date every month, and none of them is Red."""

from tests.journeys.desk import CHAIR, MANAGER, OWNER, Desk
from tests.journeys.story import Story, email_of

PLAN = "SP-2026-01"


def test_an_action_agreed_without_a_date_is_nudged_and_never_red(story: Story, desk: Desk) -> None:
    action = given_a_plan_agreed_with_its_dates_to_be_set(story)
    then_it_waits_for_its_date_and_is_not_red(desk, action)
    then_its_owner_is_asked_for_a_date_every_month(story, action)
    then_years_later_it_is_still_neither_overdue_nor_red(story, desk)
    when_the_date_is_set_it_climbs_the_ladder(story, desk, action)


def given_a_plan_agreed_with_its_dates_to_be_set(story):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "strategy_plan", PLAN)
    return story.action_is_agreed(PLAN, due_in=None, owner=email_of(OWNER), by=MANAGER)


def then_it_waits_for_its_date_and_is_not_red(desk, action):
    said = desk.reads(MANAGER, f"/actions/{action.replace('/', '.')}")
    assert "Agreed no date" in said
    assert "Grey" in said
    assert "no date yet" in said
    assert action in desk.reads(CHAIR, "/actions?group=no_date")


def then_its_owner_is_asked_for_a_date_every_month(story, action):
    heard = story.mornings("2026-03-03", "2026-06-05", action)
    assert heard == [(day, "owner", "no-date") for day in ("03-03", "04-01", "05-01", "06-01")]


def then_years_later_it_is_still_neither_overdue_nor_red(story, desk):
    story.on("2028-03-02")
    summary = desk.summary(CHAIR)
    assert (summary["no_date"], summary["outstanding"], summary["overdue"]) == (1, 1, 0)
    assert (summary["by_rating"]["Grey"], summary["by_rating"]["Red"]) == (1, 0)


def when_the_date_is_set_it_climbs_the_ladder(story, desk, action):
    story.on("2028-03-03")
    desk.runs("actions", "set-date", action, "--to", "2028-03-10")
    assert desk.summary(CHAIR)["no_date"] == 0
    heard = story.mornings("2028-03-06", "2028-03-13", action)
    assert [rung for _, who, rung in heard if who == "owner"] == ["due-7", "due", "due+1"]
    assert desk.summary(CHAIR)["by_rating"]["Red"] == 1
