"""Somebody leaves: the lead of the agency is told and keeps their actions until somebody takes them over."""

from reviews.core.clock import read_moment
from tests.builders import a_person
from tests.journeys.story import Story, email_of
from workflows.core.vocabulary import Role

LEAVER, SUCCESSOR = email_of(Role.ACTION_OWNER), "successor@anyshire.example"
PLAN = "SP-2026-01"
LEAD = email_of(Role.AGENCY_LEAD)


def test_a_leavers_actions_are_handed_on(story: Story, doors) -> None:
    actions = given_two_actions_of_one_owner(story)
    when_the_owner_leaves(story, doors, actions)
    then_the_agency_lead_is_told_and_keeps_them(story, actions)
    when_one_is_given_to_a_successor(story, actions[0])
    then_the_successor_begins_where_it_stands(story, actions)


def given_two_actions_of_one_owner(story):
    story.on("2026-09-01")
    with story.database.begin() as session:
        place = story.world.anyshire
        a_person(session, place.partnership, agency=place.agencies["Police"], email=SUCCESSOR)
    story.case_is_opened(Role.BUSINESS_MANAGER, "strategy_plan", PLAN)
    near, far = (story.action_is_agreed(PLAN, due_in=days, owner=LEAVER, by=Role.BUSINESS_MANAGER) for days in (10, 40))
    assert [rung for _, _, rung in story.mornings("2026-09-02", "2026-09-04", near)] == ["due-30", "due-7"]
    return near, far


def when_the_owner_leaves(story, doors, actions):
    story.on("2026-09-07")
    visitor = doors.visitor(LEAVER)
    assert visitor.open("/actions/mine") == 200
    assert story.person_leaves(LEAVER) == dict.fromkeys(actions, LEAD)
    assert visitor.open("/actions/mine") == 303


def then_the_agency_lead_is_told_and_keeps_them(story, actions):
    story.on("2026-09-08", "08:00")
    found = story.morning("2026-09-08")
    assert found.held_back == []
    (mail,) = found.mails
    assert mail.to == LEAD
    assert {(item.action, item.rung) for item in mail.items} == {(actions[0], "due-7"), (actions[1], "parked")}
    assert {story.action(each).owner_text for each in actions} == {story.action(actions[0]).owner_text}
    assert story.action(actions[0]).awaiting_owner
    assert story.action(actions[0]).owner_text.startswith("Previously: ")


def when_one_is_given_to_a_successor(story, action):
    story.on("2026-09-14")
    story.action_is_given_to(SUCCESSOR, action)
    assert story.action(action).lead_agency_id == story.world.anyshire.agencies["Police"].id


def then_the_successor_begins_where_it_stands(story, actions):
    near, far = actions
    heard = story.mornings("2026-09-15", "2026-10-31", near)
    again = [("09-25", "due+14"), ("10-09", "due+28"), ("10-23", "due+42")]
    assert [(day, rung) for day, who, rung in heard if who == "successor"] == [("09-15", "due+1"), *again]
    assert [rung for _, who, rung in heard if who == "manager"] == ["due+14"]
    assert {who for _, who, _ in story.mornings("2026-11-02", "2026-11-02", far)} <= {"agency-lead", "manager"}
    heard = [mail["Subject"] for mail in story.server.mails if mail["To"] == LEAVER and sent_after(mail, "2026-09-07")]
    assert heard == ["Your account for Followthrough is disabled"]


def sent_after(mail, day):
    return mail["Date"].datetime > read_moment(day)
