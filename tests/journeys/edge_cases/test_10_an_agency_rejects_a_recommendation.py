"""An agency rejects a recommendation, saying why and who decided: it is challenged, and raised nationally."""

from tests.journeys.desk import CHAIR, LEAD, MANAGER, PARTNER, Desk
from tests.journeys.story import Story

REVIEW = "LCSPR-2026-01"
R1 = f"/cases/{REVIEW}/recommendations/R1"
REASON = "It is beyond what one area can change."


def test_a_rejected_recommendation_is_challenged_and_raised_nationally(story: Story, desk: Desk) -> None:
    given_a_recommendation_of_a_practice_review(story, desk)
    then_it_is_not_rejected_without_reason_and_approver(story, desk)
    when_it_is_rejected(story, desk)
    then_it_waits_for_no_action_and_is_never_overdue(story, desk)
    challenge = when_it_is_put_to_the_subgroup_in_the_challenge_log(desk)
    then_log_and_review_name_each_other(desk, challenge)
    then_it_can_be_raised_nationally(story, desk)


def given_a_recommendation_of_a_practice_review(story, desk):
    story.on("2026-03-02")
    story.case_is_opened(PARTNER, "lcspr", REVIEW)
    code, _ = desk.fills_in(
        MANAGER, f"/cases/{REVIEW}/recommendations/new", text="Change the law on elective home care."
    )
    assert code == 303
    story.step_is_taken(MANAGER, REVIEW, "draft_plan")


def then_it_is_not_rejected_without_reason_and_approver(story, desk):
    rejected = {"response": "rejected", "on": story.today().isoformat()}
    code, said = desk.fills_in(MANAGER, f"{R1}/response", **rejected, by="Executive group")
    assert (code, "Enter a reason" in said) == (422, True)
    code, said = desk.fills_in(MANAGER, f"{R1}/response", **rejected, reason=REASON)
    assert (code, "Enter who decided it" in said) == (422, True)


def when_it_is_rejected(story, desk):
    answer = {"response": "rejected", "reason": REASON, "by": "Executive group, Sam Field", "on": "2026-03-02"}
    code, said = desk.fills_in(MANAGER, f"{R1}/response", **answer)
    assert code == 303
    for words in "Rejected", REASON, "Executive group, Sam Field", "2 March 2026", "No action is needed.":
        assert words in said


def then_it_waits_for_no_action_and_is_never_overdue(story, desk):
    story.on("2027-03-02")
    summary = desk.summary(CHAIR)
    assert (summary["overdue"], summary["outstanding"]) == (0, 0)
    assert "agree_plan" in {step["name"] for step in desk.case(REVIEW, CHAIR)["steps"]["open"]}


def when_it_is_put_to_the_subgroup_in_the_challenge_log(desk):
    page = desk.page(MANAGER, f"{R1}/challenge")
    assert f"R1 of {REVIEW} was rejected" in page.html
    words = {"raised_by": "Business manager", "agencies_asked": ["Anyshire Council"], "happened_on": "2027-03-02"}
    code, said = desk.fills_in(MANAGER, f"{R1}/challenge", **words, challenge=f"R1 was rejected. {REASON}")
    assert (code, "to the challenge log." in said) == (303, True)
    [(kind, reference)] = desk.links(REVIEW)
    assert kind == "challenged"
    return reference


def then_log_and_review_name_each_other(desk, challenge):
    file = desk.case(challenge, CHAIR)
    assert (file["workflow"], file["tracks"][0]["stage"]) == ("challenge_entry", "raised")
    assert f"Challenge of {REVIEW}" in desk.reads(CHAIR, f"/cases/{challenge}")
    assert challenge in desk.reads(CHAIR, "/cases?workflow=challenge_entry")
    assert desk.records(LEAD, challenge, "respond")[0] == 303


def then_it_can_be_raised_nationally(story, desk):
    answer = {"response": "national", "reason": REASON, "by": "Executive group", "on": story.today().isoformat()}
    code, said = desk.fills_in(MANAGER, f"{R1}/response", **answer)
    assert (code, "Enter which national body" in said) == (422, True)
    code, said = desk.fills_in(MANAGER, f"{R1}/response", **answer, addressee="The national Panel")
    assert (code, "For national bodies" in said, "Made to The national Panel" in said) == (303, True, True)
    history = desk.reads(CHAIR, f"/cases/{REVIEW}/history")
    assert "Recommendation R1 answered: Rejected" in history
    assert "Recommendation R1 answered: For national bodies" in history
