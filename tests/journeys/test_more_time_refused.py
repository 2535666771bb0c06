"""An owner asks for more time; the chair reads of it and refuses; the date stays, and the ladder goes on."""

from datetime import date

from tests.journeys.desk import CHAIR, MANAGER, OWNER, Desk
from tests.journeys.story import Story, email_of

PLAN = "SP-2026-01"
DUE, WANTED = date(2026, 10, 16), date(2027, 1, 29)


def test_more_time_is_asked_for_and_refused_and_the_second_wish_is_the_partners(story: Story, desk: Desk) -> None:
    action = given_an_action_due_in_forty_five_days(story)
    page = f"/actions/{action.replace('/', '.')}"
    when_the_owner_asks_for_more_time_the_chair_reads_of_it(story, desk, action, page)
    then_the_chair_refuses_with_a_sentence_and_the_owner_is_told(story, desk, action, page)
    then_the_date_stays_and_the_ladder_goes_on(story, action)
    when_it_is_asked_again_another_date_is_given(story, desk, action, page)
    then_a_further_wish_goes_to_the_partner(story, action)


def given_an_action_due_in_forty_five_days(story):
    story.on("2026-09-01")
    story.case_is_opened(MANAGER, "strategy_plan", PLAN)
    action = story.action_is_agreed(PLAN, due_in=45, owner=email_of(OWNER), by=MANAGER)
    story.morning("2026-09-02")
    return action


def when_the_owner_asks_for_more_time_the_chair_reads_of_it(story, desk, action, page):
    story.on("2026-09-21")
    wish = {"wanted_due_on": WANTED.isoformat(), "extension_reason": "The venue was lost.", "meanwhile": "Online."}
    code, said = desk.fills_in(OWNER, f"{page}/ask_extension", happened_on="2026-09-21", **wish)
    assert (code, "Waits for its answer" in said) == (303, True)
    assert desk.fills_in(OWNER, f"{page}/ask_extension")[0] == 409
    assert ("09-22", "chair", "more-time") in story.mornings("2026-09-22", "2026-09-22", action)
    assert action in desk.reads(CHAIR, "/actions?group=more_time")
    assert "1 More time asked for" in desk.reads(CHAIR, "/summary")


def then_the_chair_refuses_with_a_sentence_and_the_owner_is_told(story, desk, action, page):
    code, said = desk.fills_in(
        CHAIR, f"{page}/refuse_extension", refusal_reason="The council has a hall.", happened_on="2026-09-22"
    )
    assert (code, "Refused 22 September 2026" in said, "The council has a hall." in said) == (303, True, True)
    assert ("09-23", "owner", "refused") in story.mornings("2026-09-23", "2026-09-23", action)
    assert "More time asked for" not in desk.reads(CHAIR, "/summary")


def then_the_date_stays_and_the_ladder_goes_on(story, action):
    assert (story.action(action).due_on, story.action(action).times_extended) == (DUE, 0)
    assert story.mornings("2026-09-24", "2026-10-09", action) == [("10-09", "owner", "due-7")]


def when_it_is_asked_again_another_date_is_given(story, desk, action, page):
    story.more_time_is_asked(email_of(OWNER), action, WANTED, "The hall is flooded.")
    form = desk.page(CHAIR, f"{page}/extend")
    assert [form.hidden(f"new_due_on-{part}") for part in ("day", "month", "year")] == ["29", "1", "2027"]
    given = {"new_due_on": "2026-12-18", "extension_reason": "Until the hall is dry.", "happened_on": "2026-10-09"}
    code, said = desk.fills_in(CHAIR, f"{page}/extend", **given)
    assert (code, "Granted 9 October 2026" in said) == (303, True)
    assert "16 October 2026, moved once" in said


def then_a_further_wish_goes_to_the_partner(story, action):
    story.more_time_is_asked(email_of(OWNER), action, WANTED, "The hall is still wet.")
    heard = story.mornings("2026-10-12", "2026-10-12", action)
    assert ("10-12", "partner", "more-time") in heard
    assert "chair" not in {who for _, who, _ in heard}
