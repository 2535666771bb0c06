"""An action is for nine authorities: one leads it, each has its part, and it is done when all of them are."""

from datetime import date

from tests.journeys.desk import LEAD, MANAGER, OWNER, Desk
from tests.journeys.story import Story, email_of

PLAN = "SP-2026-01"
DISTRICTS = tuple(f"District {letter}" for letter in "ABCDEFGHI")
LATE = "District A"


def test_an_action_shared_by_nine_authorities_is_done_when_all_are(story: Story, desk: Desk) -> None:
    action = given_an_action_that_nine_authorities_share(story, desk)
    then_it_has_one_lead_and_shows_how_many_are_done(desk, action)
    when_the_day_of_one_part_has_passed(story)
    then_that_part_alone_is_overdue(story, desk, action)
    when_eight_have_done_theirs_it_is_not_submitted(desk, action)
    then_it_is_with_the_ninth(desk, action)


def given_an_action_that_nine_authorities_share(story, desk):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "strategy_plan", PLAN)
    action = story.action_is_agreed(PLAN, due_in=60, owner=email_of(OWNER), by=MANAGER)
    for name in DISTRICTS:
        day = date(2026, 3, 20) if name == LATE else None
        code, _ = desk.fills_in(MANAGER, f"{address(action)}/strands/new", agency_text=name, due_on=day or "")
        assert code == 303
    return action


def then_it_has_one_lead_and_shows_how_many_are_done(desk, action):
    said = desk.reads(MANAGER, address(action))
    assert "Lead agency Anyshire Council" in said
    assert "Agencies with a part in it: 0 of 9 done" in said
    assert "0 of 9 agencies done" in desk.reads(MANAGER, "/actions")


def when_the_day_of_one_part_has_passed(story):
    story.on("2026-03-25")


def then_that_part_alone_is_overdue(story, desk, action):
    said = desk.reads(LEAD, address(action)).partition("Parts of the agencies")[2]
    assert "District A (not an agency here) Open 20 March 2026 5 days late" in said
    assert said.count("days late") == 1
    assert desk.summary()["overdue"] == 0


def when_eight_have_done_theirs_it_is_not_submitted(desk, action):
    for number in parts(desk, action)[:8]:
        code, _ = desk.fills_in(OWNER, f"{address(action)}/strands/{number}", state="done", ended_on="2026-03-25")
        assert code == 303
    assert "Agencies with a part in it: 8 of 9 done" in desk.reads(OWNER, address(action))
    code, said = desk.fills_in(OWNER, f"{address(action)}/submit", evidence="Minutes.", happened_on="2026-03-25")
    assert code == 409
    assert "District I" in said


def then_it_is_with_the_ninth(desk, action):
    [number] = parts(desk, action)
    refused, _ = desk.fills_in(OWNER, f"{address(action)}/strands/{number}", state="not_needed")
    assert refused == 422
    why = {"state": "not_needed", "note": "It has no licensing of its own.", "ended_on": "2026-03-25"}
    code, said = desk.fills_in(OWNER, f"{address(action)}/strands/{number}", **why)
    assert (code, "Agencies with a part in it: 9 of 9 done" in said) == (303, True)
    code, said = desk.fills_in(OWNER, f"{address(action)}/submit", evidence="Minutes.", happened_on="2026-03-25")
    assert code == 303, said


def parts(desk, action):
    """Give the numbers of the parts whose owner may still say how they stand, by the links of the page."""
    page = desk.page(OWNER, address(action))
    links = [link for link in page.links if "/strands/" in link and not link.endswith("new")]
    open_parts = page.said.partition("Parts of the agencies")[2].count("Say how it stands")
    return [link.rpartition("/")[2].partition("?")[0] for link in links][:open_parts]


def address(action):
    return f"/actions/{action.replace('/', '.')}"
