"""A referral comes after the five working days: the day of awareness stays, and the notification is born overdue."""

from tests.journeys.desk import CHAIR, MANAGER, PARTNER, Desk
from tests.journeys.story import Story
from tests.web.visitor import typed

CASE, LATE = "RR-2026-01", "6 working days late"
REASON = "The hospital did not know of its duty."


def test_a_referral_after_the_five_days_is_born_overdue_and_says_why(story: Story, desk: Desk) -> None:
    when_a_referral_is_logged_long_after_the_authority_was_aware(story, desk)
    then_the_notification_is_overdue_at_birth(desk)
    then_those_who_answer_for_it_are_told_next_morning(story)
    when_it_is_notified_the_reason_is_asked_for(story, desk)
    then_lateness_and_reason_stay_with_the_case(desk)


def when_a_referral_is_logged_long_after_the_authority_was_aware(story, desk):
    story.on("2026-03-17")
    words = typed("rapid_review", "receive_referral", on=story.today()) | {"la_aware_at": "2026-03-02"}
    code, said = desk.fills_in(MANAGER, "/cases/new?kind=rapid_review", **words)
    assert (code, f"Rapid review {CASE} is open." in said) == (303, True)
    assert LATE in said
    assert "No reason given yet" in said


def then_the_notification_is_overdue_at_birth(desk):
    clock = desk.clocks(CASE)["sin"]
    assert (clock["counted_from"], clock["due"], clock["days_late"]) == ("2026-03-02", "2026-03-09", 6)
    assert desk.case(CASE)["opened_on"] == "2026-03-17"
    (late,) = desk.summary(CHAIR)["clocks"]
    assert (late["case"], late["name"], late["due"], late["late"]) == (CASE, "sin", "2026-03-09", True)
    assert (late["days_late"], late["late_unit"]) == (6, "working days")
    assert CASE in desk.reads(CHAIR, "/cases?clock=late")
    assert "When the local authority became aware: 2 March 2026" in desk.reads(MANAGER, f"/cases/{CASE}/history")


def then_those_who_answer_for_it_are_told_next_morning(story):
    told = story.clocks_told_of("2026-03-18")
    assert told[0][1:] == (CASE, "sin", "due+1")
    assert {who for who, *_ in told} == {"manager", "chair", "partner"}


def when_it_is_notified_the_reason_is_asked_for(story, desk):
    story.step_is_taken(MANAGER, CASE, "convene_discussion")
    story.step_is_taken(PARTNER, CASE, "decide_notify")
    assert "Why it is late" in desk.reads(MANAGER, f"/cases/{CASE}/steps/submit_sin")
    assert desk.records(MANAGER, CASE, "submit_sin", late_reason=REASON)[0] == 303


def then_lateness_and_reason_stay_with_the_case(desk):
    clock = desk.clocks(CASE)["sin"]
    assert (clock["due"], clock["met_on"], clock["days_late"]) == ("2026-03-09", "2026-03-18", 7)
    assert clock["late_reason"] == REASON
    assert REASON in desk.reads(MANAGER, f"/cases/{CASE}")
