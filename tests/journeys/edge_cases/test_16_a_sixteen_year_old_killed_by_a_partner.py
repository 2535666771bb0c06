"""Somebody of sixteen is killed by a partner: three reviews are linked, each led by one, and share an action."""

from tests.journeys.desk import CDOP, CHAIR, MANAGER, OWNER, PARTNER, Desk
from tests.journeys.story import Story, email_of

DARDR, RAPID, DEATH = "DARDR-2026-01", "RR-2026-01", "CD-2026-01"
PAGES = (f"/cases/{DARDR}/recommendations/R1", f"/cases/{RAPID}/recommendations/R1")


def test_three_reviews_of_one_death_are_linked_and_share_their_action(story: Story, desk: Desk) -> None:
    given_the_notice_of_a_domestic_abuse_related_death_review(story)
    when_the_death_is_referred_and_told_to_the_cdop(story, desk)
    then_the_three_are_linked_each_with_one_lead(desk)
    action = when_both_reviews_ask_for_the_same_and_one_action_answers(story, desk)
    then_it_stands_in_both_plans_and_is_counted_once(desk, action)
    then_its_owner_is_told_of_it_once(story, action)


def given_the_notice_of_a_domestic_abuse_related_death_review(story):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "dardr_involvement", DARDR, csp="Anyshire Community Safety Partnership")


def when_the_death_is_referred_and_told_to_the_cdop(story, desk):
    assert desk.records(PARTNER, DARDR, "refer_victim")[0] == 303
    story.step_is_taken(MANAGER, RAPID, "convene_discussion")
    story.step_is_taken(PARTNER, RAPID, "decide_notify", nature="death")
    code, _ = desk.records(MANAGER, RAPID, "child_died", child_concerned="Child Kestrel")
    assert code == 303


def then_the_three_are_linked_each_with_one_lead(desk):
    assert desk.links(DARDR) == [("led_to", RAPID)]
    assert desk.links(RAPID) == [("led_to", DARDR), ("led_to", DEATH)]
    assert f"Came from {DARDR}" in desk.reads(MANAGER, f"/cases/{RAPID}")
    csp = "Community safety partnership that leads: Anyshire Community Safety Partnership"
    assert csp in desk.reads(MANAGER, f"/cases/{DARDR}/history")
    assert desk.case(RAPID)["our_role"] == "lead"
    triage = {"residence": "Anyshire", "reviewing_cdop": "Anyshire CDOP"}
    assert desk.records(CDOP, DEATH, "triage", **triage)[0] == 303
    assert "CDOP that reviews the death: Anyshire CDOP" in desk.reads(CDOP, f"/cases/{DEATH}/history")


def when_both_reviews_ask_for_the_same_and_one_action_answers(story, desk):
    action = story.action_is_agreed(RAPID, due_in=60, owner=email_of(OWNER), by=MANAGER)
    text = "Agencies should share what they know of young couples."
    assert desk.fills_in(MANAGER, f"/cases/{DARDR}/recommendations/new", text=text)[0] == 303
    answers = f"/actions/{action.replace('/', '.')}/answers"
    code, said = desk.fills_in(MANAGER, answers, add=f"R1 of {DARDR}")
    assert (code, f"R1 of {RAPID} and R1 of {DARDR}" in said) == (303, True)
    code, said = desk.fills_in(MANAGER, answers, add=f"R1 of {DARDR}")
    assert (code, "already" in said) == (422, True)
    return action


def then_it_stands_in_both_plans_and_is_counted_once(desk, action):
    for page in (*PAGES, f"/cases/{DARDR}", f"/cases/{RAPID}"):
        assert action in desk.reads(MANAGER, page)
    summary = desk.summary(CHAIR)
    assert summary["outstanding"] == 1
    assert desk.reads(MANAGER, "/actions").count(action) == 1


def then_its_owner_is_told_of_it_once(story, action):
    assert story.mornings("2026-03-03", "2026-03-03", action) == [("03-03", "owner", "assigned")]
