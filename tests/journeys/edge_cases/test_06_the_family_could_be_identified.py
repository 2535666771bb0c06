"""A report could tell who the family is: it is not published without its anonymity, and only the improvements are."""

from tests.journeys.desk import CHAIR, MANAGER, PARTNER, Desk
from tests.journeys.story import SIGNED, Story

REVIEW = "LCSPR-2026-01"


def test_only_the_improvements_are_published_where_the_family_could_be_identified(story: Story, desk: Desk) -> None:
    given_a_draft_whose_anonymity_is_checked_with_its_redactions(story, desk)
    when_the_report_is_to_be_published(story)
    then_it_is_not_without_the_sign_off_of_its_anonymity(story, desk)
    when_it_is_decided_not_to_publish_and_why(story, desk)
    then_the_improvements_alone_are_published_after_their_notice(story, desk)
    then_the_page_tells_redactions_and_justification(desk)


def given_a_draft_whose_anonymity_is_checked_with_its_redactions(story, desk):
    story.on("2026-03-02")
    story.case_is_opened(PARTNER, "lcspr", REVIEW)
    steps = [(PARTNER, "commission"), (CHAIR, "begin_scoping"), (CHAIR, "agree_tor"), (MANAGER, "submit_draft")]
    story.steps_are_taken(REVIEW, steps)
    code, said = desk.records(CHAIR, REVIEW, "quality_assure", anonymity_checked="no")
    assert (code, "the anonymity check" in said) == (409, True)
    code, _ = desk.records(CHAIR, REVIEW, "quality_assure", redactions="The town and the school.")
    assert code == 303


def when_the_report_is_to_be_published(story):
    story.steps_are_taken(REVIEW, [(MANAGER, "submit_for_signoff"), *SIGNED, (MANAGER, "sign_off")])
    story.steps_are_taken(REVIEW, [(PARTNER, "plan_publication"), (MANAGER, "notify_ahead")])


def then_it_is_not_without_the_sign_off_of_its_anonymity(story, desk):
    story.on("2026-03-16")
    code, said = desk.records(MANAGER, REVIEW, "publish", anonymity_signed_off="no")
    assert (code, "the sign-off of anonymity" in said) == (409, True)
    assert story.stages(REVIEW)["publication"] == "notified_ahead"


def when_it_is_decided_not_to_publish_and_why(story, desk):
    code, said = desk.records(PARTNER, REVIEW, "decide_not_publish", non_publication_reason="")
    assert (code, "Answer “Why publishing the report is not appropriate”" in said) == (422, True)
    why = "A brother could be harmed by what it tells."
    assert desk.records(PARTNER, REVIEW, "decide_not_publish", non_publication_reason=why)[0] == 303


def then_the_improvements_alone_are_published_after_their_notice(story, desk):
    story.on("2026-03-17")
    story.step_is_taken(MANAGER, REVIEW, "notify_improvements_ahead")
    code, said = desk.records(MANAGER, REVIEW, "publish_improvements")
    assert (code, "a day from 26 March 2026 on" in said) == (409, True)
    story.on("2026-03-26")
    assert desk.records(MANAGER, REVIEW, "publish_improvements")[0] == 303
    assert story.stages(REVIEW)["publication"] == "improvements_only_published"
    assert desk.clocks(REVIEW)["publication"]["met_on"] == "2026-03-26"


def then_the_page_tells_redactions_and_justification(desk):
    assert "Improvements only published" in desk.reads(CHAIR, f"/cases/{REVIEW}")
    said = desk.reads(CHAIR, f"/cases/{REVIEW}/history")
    assert "Redactions: The town and the school." in said
    assert "Why publishing the report is not appropriate: A brother could be harmed by what it tells." in said
    assert "Justification sent to the Panel and the Secretary of State on: 16 March 2026" in said
