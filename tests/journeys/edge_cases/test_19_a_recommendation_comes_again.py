"""The same is asked for again: beside what is drafted stands what was done on its theme before."""

from tests.journeys.desk import CHAIR, MANAGER, OWNER, Desk
from tests.journeys.story import Story, email_of

EARLIER, NEW = "SP-2025-01", "RR-2026-01"
THEME, AGAIN = "Information sharing", "Share information across agencies before each discharge."
DRAFTED = f"/cases/{NEW}/recommendations/new"


def test_what_was_done_on_a_theme_stands_beside_what_is_drafted(story: Story, desk: Desk) -> None:
    given_an_earlier_recommendation_on_the_theme_with_an_action_done(story, desk)
    when_the_same_theme_is_drafted_in_another_review(story, desk)
    then_the_earlier_recommendation_and_its_actions_are_shown(desk)
    when_it_is_added_all_the_same(desk)
    then_the_theme_tells_that_it_came_again(desk)


def given_an_earlier_recommendation_on_the_theme_with_an_action_done(story, desk):
    story.on("2025-03-03")
    story.case_is_opened(MANAGER, "strategy_plan", EARLIER)
    action = story.action_is_agreed(EARLIER, due_in=60, owner=email_of(OWNER), by=MANAGER)
    assert desk.fills_in(MANAGER, f"/cases/{EARLIER}/recommendations/R1/themes", themes=[THEME])[0] == 303
    story.on("2025-04-01")
    story.action_is_submitted(email_of(OWNER), action, "Register of attendance.")
    story.action_is_accepted(CHAIR, action)


def when_the_same_theme_is_drafted_in_another_review(story, desk):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "rapid_review", NEW)


def then_the_earlier_recommendation_and_its_actions_are_shown(desk):
    visitor = desk.page(MANAGER, DRAFTED)
    assert visitor.send(DRAFTED, look="yes", text="Train the night staff.", themes=[THEME]) == 200
    said = visitor.said
    assert f"R1 of {EARLIER}" in said
    assert "Agencies should share what they know." in said
    assert "1 action: 1 closed" in said
    assert "Closed on 1 April 2025." in said
    assert THEME in said


def when_it_is_added_all_the_same(desk):
    code, said = desk.fills_in(MANAGER, DRAFTED, text=AGAIN, themes=[THEME])
    assert code == 303
    assert f"Themes {THEME}" in said
    assert f"R1 of {EARLIER}" in said


def then_the_theme_tells_that_it_came_again(desk):
    assert "was closed by 1 later recommendation" in desk.reads(CHAIR, f"/cases/{EARLIER}/recommendations/R1")
    page = desk.page(CHAIR, "/themes")
    [address] = [link for link in page.links if link.startswith("/themes/") and THEME in linked(page, link)]
    said = desk.reads(CHAIR, address)
    assert f"R1 of {EARLIER}" in said
    assert f"R1 of {NEW}" in said


def linked(page, address):
    """Give the words of a link."""
    return page.html.partition(f'href="{address}"')[2].partition(">")[2].partition("<")[0]
