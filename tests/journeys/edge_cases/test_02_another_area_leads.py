"""Another area leads on a review: no statutory clock runs here and it is not counted, but our tasks and actions are."""

from datetime import date

from tests.journeys.desk import CHAIR, MANAGER, OWNER, PARTNER, Desk
from tests.journeys.story import Story, email_of
from tests.web.visitor import typed

OURS, THEIRS, HANDED_OVER = "RR-2026-07", "RR-2026-08", "RR-2026-09"

LAW = "law or statutory guidance"


def test_we_contribute_to_a_review_that_another_area_leads(story: Story, desk: Desk) -> None:
    given_a_review_of_ours_and_one_that_another_area_leads(story, desk)
    then_no_statutory_clock_runs_for_theirs(story, desk)
    action = when_our_agencies_are_asked_and_an_action_is_agreed(story)
    then_our_own_tasks_and_actions_are_followed(story, desk, action)
    then_the_case_is_listed_and_not_counted(desk)
    when_the_lead_of_a_case_is_handed_over_and_we_look_on(story, desk)
    then_its_statutory_clock_ends(desk)


def given_a_review_of_ours_and_one_that_another_area_leads(story, desk):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "rapid_review", OURS)
    answers = typed("rapid_review", "receive_referral", on=story.today(), part_in_case="contributor")
    code, said = desk.fills_in(MANAGER, "/cases/new?kind=rapid_review", **answers, area_that_leads=" ")
    assert (code, "Say which area leads." in said) == (409, True)
    code, said = desk.fills_in(MANAGER, "/cases/new?kind=rapid_review", **answers, area_that_leads="Derbyshire")
    assert (code, f"Rapid review {THEIRS} is open." in said) == (303, True)
    assert "Led by Derbyshire: we contribute" in said
    assert "No clock has started." in said


def then_no_statutory_clock_runs_for_theirs(story, desk):
    for by, step in (MANAGER, "convene_discussion"), (PARTNER, "decide_notify"), (MANAGER, "submit_sin"):
        story.step_is_taken(by, THEIRS, step)
    assert {clock["rank"] for clock in desk.clocks(THEIRS).values()} == {"local custom"}
    assert [(clock["name"], clock["rank"]) for clock in desk.clocks(OURS).values()] == [("sin", LAW)]
    assert (desk.case(THEIRS)["our_role"], desk.case(THEIRS)["lead_area"]) == ("contributor", "Derbyshire")


def when_our_agencies_are_asked_and_an_action_is_agreed(story):
    story.step_is_taken(MANAGER, THEIRS, "open_gathering", returns_due_on=date(2026, 3, 20))
    return story.action_is_agreed(THEIRS, due_in=30, owner=email_of(OWNER), by=MANAGER)


def then_our_own_tasks_and_actions_are_followed(story, desk, action):
    assert story.mornings("2026-03-03", "2026-03-03", action) == [("03-03", "owner", "due-30")]
    assert [(one["agency"], one["due"]) for one in desk.case(THEIRS)["inside"]] == [("Anyshire Council", "2026-03-20")]
    told = story.clocks_told_of("2026-03-20")
    assert ("agency-lead", f"{THEIRS}.I1", "return", "due") in told
    assert THEIRS not in {case for _, case, _, _ in told}


def then_the_case_is_listed_and_not_counted(desk):
    summary = desk.summary(CHAIR)
    assert (summary["cases"], summary["children"]) == ({"rapid_review": {"referred": 1}}, {"rapid_review": 1})
    assert {clock["case"] for clock in summary["clocks"]} <= {OURS, THEIRS}
    assert summary["outstanding"] == 1
    assert "Another area leads: Derbyshire" in desk.reads(MANAGER, "/cases")
    assert THEIRS not in desk.reads(MANAGER, "/cases?led=us")
    assert OURS not in desk.reads(MANAGER, "/cases?led=others")


def when_the_lead_of_a_case_is_handed_over_and_we_look_on(story, desk):
    story.case_is_opened(MANAGER, "rapid_review", HANDED_OVER)
    address, answers = f"/cases/{HANDED_OVER}/area", {"our_role": "observer", "lead_area": "Derbyshire"}
    code, said = desk.fills_in(MANAGER, address, **answers, reason="It happened there.")
    assert (code, "Led by Derbyshire: we look on" in said) == (303, True)


def then_its_statutory_clock_ends(desk):
    assert desk.clocks(HANDED_OVER) == {}
    assert desk.summary(CHAIR)["cases"] == {"rapid_review": {"referred": 1}}
    assert "Our part: another area leads, and we look on. It happened there." in desk.reads(
        MANAGER, f"/cases/{HANDED_OVER}/history"
    )
