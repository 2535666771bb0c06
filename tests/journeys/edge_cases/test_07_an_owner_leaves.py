"""The owner of actions leaves: they are listed, kept by the agency's lead, and handed on."""

from tests.journeys.desk import CHAIR, LEAD, MANAGER, OWNER, Desk
from tests.journeys.story import Story, email_of

PLAN, LEAVER = "SP-2026-01", email_of(OWNER)


def test_the_actions_of_an_owner_who_leaves_are_kept_and_handed_on(story: Story, desk: Desk) -> None:
    done, *actions = given_an_owner_with_a_finished_and_two_open_actions(story)
    when_the_account_is_shut_the_open_ones_are_listed(story, desk, actions)
    then_the_agencys_lead_keeps_them_and_is_told(story, desk, actions)
    then_they_are_flagged_as_without_an_owner(desk, actions)
    then_what_was_done_keeps_its_owner(story, desk, done)
    when_one_is_given_to_somebody_its_flag_is_gone(desk, actions)
    then_its_history_tells_of_all_its_owners(story, desk, actions)


def given_an_owner_with_a_finished_and_two_open_actions(story):
    story.on("2026-09-01")
    story.case_is_opened(MANAGER, "strategy_plan", PLAN)
    actions = [story.action_is_agreed(PLAN, due_in=40, owner=LEAVER, by=MANAGER) for _ in range(3)]
    story.action_is_submitted(LEAVER, actions[0], "Register of attendance.")
    story.action_is_accepted(CHAIR, actions[0])
    return actions


def when_the_account_is_shut_the_open_ones_are_listed(story, desk, actions):
    story.on("2026-09-07")
    found = desk.runs("people", "disable", LEAVER, "--as", email_of(MANAGER), partnership=None)
    assert found["open_actions"] == actions
    assert found["handed_on"] == [
        {"action": each, "partnership": "ANYSHIRE", "to": email_of(LEAD), "parked": True} for each in actions
    ]


def then_the_agencys_lead_keeps_them_and_is_told(story, desk, actions):
    [mail] = story.morning("2026-09-08").mails
    assert (mail.to, {item.action for item in mail.items}) == (email_of(LEAD), set(actions))
    mine = desk.reads(LEAD, "/actions/mine")
    assert all(each in mine for each in actions)


def then_they_are_flagged_as_without_an_owner(desk, actions):
    assert desk.summary(CHAIR)["no_owner"] == 2
    listed = desk.reads(CHAIR, "/actions?group=no_owner")
    assert all(each in listed for each in actions)
    assert "No owner of its own yet. Previously: Action owner" in desk.reads(MANAGER, address(actions[0]))


def then_what_was_done_keeps_its_owner(story, desk, done):
    owner = story.world.anyshire.people[OWNER].name
    said = desk.reads(MANAGER, address(done))
    assert f"Owner {owner}" in said
    assert "No owner of its own yet" not in said


def when_one_is_given_to_somebody_its_flag_is_gone(desk, actions):
    desk.runs("actions", "assign", actions[0], "--owner", "member@anyshire.example", "--as", email_of(MANAGER))
    assert desk.summary(CHAIR)["no_owner"] == 1
    assert "No owner of its own yet" not in desk.reads(MANAGER, address(actions[0])).partition("History")[0]


def then_its_history_tells_of_all_its_owners(story, desk, actions):
    history = desk.reads(MANAGER, address(actions[0])).partition("History")[2]
    people = story.world.anyshire.people
    names = [people[role].name for role in (OWNER, LEAD)]
    assert all(name in history for name in names)


def address(action):
    return f"/actions/{action.replace('/', '.')}"
