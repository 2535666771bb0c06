"""An action climbs the ladder, is submitted, returned, submitted again, and closed by the chair, never by its owner."""

import pytest

from tests.journeys.story import Story, email_of
from workflows.core.engine import NotReady, WrongRole
from workflows.core.vocabulary import Role

OWNER = email_of(Role.ACTION_OWNER)
PLAN = "SP-2026-01"


def test_an_action_from_its_first_mail_to_its_acceptance(story: Story) -> None:
    action = given_an_action_due_in_forty_five_days(story)
    then_the_ladder_is_climbed_rung_by_rung(story, action)
    when_the_owner_submits_it_the_manager_is_told(story, action)
    then_the_owner_cannot_accept_it(story, action)
    when_it_is_returned_the_owner_is_told(story, action)
    when_it_is_submitted_again_the_chair_accepts(story, action)
    then_nothing_more_is_said_of_it(story, action)


def given_an_action_due_in_forty_five_days(story):
    story.on("2026-09-01")
    story.case_is_opened(Role.BUSINESS_MANAGER, "strategy_plan", PLAN)
    return story.action_is_agreed(PLAN, due_in=45, owner=OWNER, by=Role.BUSINESS_MANAGER)


def then_the_ladder_is_climbed_rung_by_rung(story, action):
    assert story.mornings("2026-09-02", "2026-10-18", action) == [
        ("09-02", "owner", "assigned"),
        ("09-16", "owner", "due-30"),
        ("10-09", "owner", "due-7"),
        ("10-16", "owner", "due"),
    ]
    monday = story.mornings("2026-10-19", "2026-10-19", action)
    assert sorted(monday) == [("10-19", "agency-lead", "due+1"), ("10-19", "owner", "due+1")]


def when_the_owner_submits_it_the_manager_is_told(story, action):
    story.progress_is_reported(OWNER, action, "All but the night shift are trained.")
    with pytest.raises(NotReady):
        story.action_is_submitted(OWNER, action, "")
    story.action_is_submitted(OWNER, action, "Register of attendance, folder 4.")
    heard = story.mornings("2026-10-20", "2026-10-20", action)
    assert sorted(heard) == [("10-20", "chair", "submitted"), ("10-20", "manager", "submitted")]


def then_the_owner_cannot_accept_it(story, action):
    with pytest.raises(WrongRole):
        story.action_is_accepted(OWNER, action)
    assert story.action(action).stage == "submitted"


def when_it_is_returned_the_owner_is_told(story, action):
    story.action_is_returned(Role.BUSINESS_MANAGER, action, "The night shift is missing.")
    assert story.mornings("2026-10-21", "2026-10-22", action) == [("10-21", "owner", "returned")]


def when_it_is_submitted_again_the_chair_accepts(story, action):
    story.action_is_submitted(OWNER, action, "Register of the night shift.")
    story.action_is_accepted(Role.SUBGROUP_CHAIR, action)
    closed = story.action(action)
    assert (closed.stage, closed.ended_on.isoformat()) == ("closed_complete", "2026-10-22")


def then_nothing_more_is_said_of_it(story, action):
    assert story.mornings("2026-10-23", "2026-12-31", action) == []


def test_nobody_is_mailed_twice_on_a_morning_or_on_a_day_without_work(story: Story) -> None:
    given_an_action_due_in_forty_five_days(story)
    first = story.morning("2026-09-02")
    again = story.morning("2026-09-02")
    saturday = story.morning("2026-09-05")
    bank_holiday = story.morning("2026-12-25")

    assert len(first.mails) == 1
    assert (again.mails, saturday.mails, bank_holiday.mails) == ([], [], [])
    assert len(story.server.received) == 1
