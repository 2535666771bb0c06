"""Agencies are renamed, merged and split: what is open goes on with the successor, what is closed keeps its name."""

from tests.builders import a_person
from tests.journeys.desk import CHAIR, MANAGER, Desk
from tests.journeys.story import Story, email_of
from workflows.core.vocabulary import Role

PLAN, NURSE = "SP-2026-01", "nurse@anyshire.example"
OLD, TRUST, NORTH, SOUTH = "Anyshire Hospitals", "Anyshire Health Trust", "North Trust", "South Trust"
SPLIT = (TRUST, "--into", NORTH, "--into", SOUTH)


def test_actions_follow_an_agency_through_its_changes(story: Story, desk: Desk) -> None:
    done, *actions = given_an_agency_with_a_finished_and_two_open_actions(story)
    when_it_is_renamed(story, desk)
    then_the_open_actions_go_on_with_it_and_the_closed_keeps_the_name(desk, done, actions)
    when_another_merges_into_it(story, desk)
    when_it_is_split_each_action_wants_a_choice(story, desk, actions)
    then_each_goes_where_it_was_said(desk, done, actions)


def given_an_agency_with_a_finished_and_two_open_actions(story):
    story.on("2026-03-02")
    with story.database.begin() as session:
        place = story.world.anyshire
        a_person(session, place.partnership, Role.ACTION_OWNER, place.agencies["Hospitals"], email=NURSE)
    story.case_is_opened(MANAGER, "strategy_plan", PLAN)
    actions = [story.action_is_agreed(PLAN, due_in=90, owner=NURSE, by=MANAGER) for _ in range(3)]
    story.action_is_submitted(NURSE, actions[0], "Register of attendance.")
    story.action_is_accepted(CHAIR, actions[0])
    return actions


def when_it_is_renamed(story, desk):
    story.on("2026-04-01")
    changed(desk, OLD, "--into", TRUST)


def then_the_open_actions_go_on_with_it_and_the_closed_keeps_the_name(desk, done, actions):
    assert [f"Lead agency {TRUST}" in desk.reads(MANAGER, address(each)) for each in actions] == [True, True]
    assert f"Lead agency {OLD}" in desk.reads(MANAGER, address(done))
    known = agencies(desk)
    assert (known[OLD]["ended_on"], known[OLD]["goes_on_as"]) == ("2026-04-01", [TRUST])
    assert (known[TRUST]["began_on"], known[TRUST]["outstanding"]) == ("2026-04-01", 2)


def when_another_merges_into_it(story, desk):
    story.on("2026-05-01")
    changed(desk, "Anyshire Integrated Care Board", "--into", TRUST)
    assert agencies(desk)["Anyshire Integrated Care Board"]["goes_on_as"] == [TRUST]


def when_it_is_split_each_action_wants_a_choice(story, desk, actions):
    story.on("2026-06-01")
    refused = desk.is_refused("agencies", "change", *SPLIT, *said(desk))
    assert "Choose one for everything that is open" in refused
    assert all(each in refused for each in actions)
    chosen = ("--action", f"{actions[0]}={NORTH}", "--action", f"{actions[1]}={SOUTH}", "--person", f"{NURSE}={SOUTH}")
    changed(desk, *SPLIT, *chosen, "--others", NORTH)


def then_each_goes_where_it_was_said(desk, done, actions):
    assert f"Lead agency {NORTH}" in desk.reads(MANAGER, address(actions[0]))
    assert f"Lead agency {SOUTH}" in desk.reads(MANAGER, address(actions[1]))
    assert f"Lead agency {OLD}" in desk.reads(MANAGER, address(done))
    known = agencies(desk)
    assert [known[name]["outstanding"] for name in (TRUST, NORTH, SOUTH)] == [0, 1, 1]
    assert TRUST in desk.reads(MANAGER, address(actions[0])).partition("History")[2]


def changed(desk, *words):
    return desk.runs("agencies", "change", *words, *said(desk))


def said(desk):
    return ("--on", desk.story.today().isoformat(), "--as", email_of(MANAGER))


def agencies(desk):
    return {each["name"]: each for each in desk.runs("agencies", "list", "--as", email_of(MANAGER))}


def address(action):
    return f"/actions/{action.replace('/', '.')}"
