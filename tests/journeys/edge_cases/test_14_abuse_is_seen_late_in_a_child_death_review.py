"""Evidence of abuse comes to light in a child death review: one press refers it, and the death review then waits."""

from datetime import date

from tests.journeys.desk import CDOP, MANAGER, Desk
from tests.journeys.story import Story

DEATH = "CD-2026-01"


def test_abuse_seen_late_in_a_child_death_review_is_referred_at_once(story: Story, desk: Desk) -> None:
    given_a_death_whose_reports_have_been_asked_for(story)
    review = when_a_report_tells_of_abuse(story, desk)
    then_a_rapid_review_counts_from_that_day(desk, review)
    then_the_death_review_is_linked_and_may_wait_for_it(desk, review)
    then_what_it_waits_for_is_looked_at_again(story)


def given_a_death_whose_reports_have_been_asked_for(story):
    story.on("2026-03-02")
    story.case_is_opened(CDOP, "cdop_case", DEATH)
    story.steps_are_taken(DEATH, [(CDOP, "triage"), (CDOP, "request_reports")])


def when_a_report_tells_of_abuse(story, desk):
    story.on("2026-05-11")
    assert "Refer abuse" in desk.reads(CDOP, f"/cases/{DEATH}")
    code, said = desk.records(CDOP, DEATH, "refer_abuse")
    assert (code, "Recorded: Refer abuse. It opened a new case" in said) == (303, True)
    [(_, review)] = desk.links(DEATH)
    return review


def then_a_rapid_review_counts_from_that_day(desk, review):
    clock, file = desk.clocks(review)["sin"], desk.case(review, MANAGER)
    assert (file["workflow"], file["opened_on"]) == ("rapid_review", "2026-05-11")
    assert (clock["counted_from"], clock["due"]) == ("2026-05-11", "2026-05-18")
    said = desk.reads(MANAGER, f"/cases/{review}")
    assert "A linked case that is not yours to see" in said
    assert "Kestrel" not in said


def then_the_death_review_is_linked_and_may_wait_for_it(desk, review):
    assert "A linked case that is not yours to see" in desk.reads(CDOP, f"/cases/{DEATH}")
    assert review not in desk.reads(CDOP, f"/cases/{DEATH}")
    assert "The safeguarding partners were told on: 11 May 2026" in desk.reads(CDOP, f"/cases/{DEATH}/history")
    nothing_else = dict.fromkeys(("awaits_post_mortem", "awaits_inquest", "awaits_criminal_proceedings"), "no")
    waits = nothing_else | {"awaits_lcspr": "yes", "next_check_on": "2026-06-11"}
    code, said = desk.records(CDOP, DEATH, "wait_external", **waits)
    assert (code, "Awaiting external since 11 May 2026" in said) == (303, True)


def then_what_it_waits_for_is_looked_at_again(story):
    assert ("cdop", DEATH, "external_check", "due") in story.clocks_told_of("2026-06-11")
    story.step_is_taken(CDOP, DEATH, "recheck_external", next_check_on=date(2026, 7, 10))
