"""A rapid review runs to the Panel and opens a practice review, whose report a trial holds back, not its actions."""

import pytest

from tests.journeys.story import SIGNED, Story, email_of
from workflows.core.engine import NotReady
from workflows.core.vocabulary import Role

MANAGER, PARTNER, CHAIR = Role.BUSINESS_MANAGER, Role.SAFEGUARDING_PARTNER, Role.SUBGROUP_CHAIR
REVIEW = "RR-2026-07"


def test_from_the_referral_to_a_report_held_back_while_its_actions_run(story: Story) -> None:
    given_a_serious_incident(story)
    when_the_agencies_are_asked_and_meet(story)
    then_the_report_is_not_sent_before_all_three_have_signed(story)
    when_the_report_goes_to_the_panel_and_it_agrees(story)
    practice_review = then_a_practice_review_is_opened_and_linked(story)
    when_the_report_is_written_and_signed(story, practice_review)
    action = when_a_plan_is_agreed_and_the_trial_holds_the_report_back(story, practice_review)
    then_the_owner_is_reminded_all_the_same(story, action)
    then_no_mail_tells_anything_of_the_case(story)


def given_a_serious_incident(story):
    story.on("2026-01-05")
    story.case_is_opened(MANAGER, "rapid_review", REVIEW)
    story.on("2026-01-06")
    story.step_is_taken(MANAGER, REVIEW, "convene_discussion")
    story.step_is_taken(PARTNER, REVIEW, "decide_notify")
    story.on("2026-01-08")
    story.step_is_taken(MANAGER, REVIEW, "submit_sin")


def when_the_agencies_are_asked_and_meet(story):
    story.on("2026-01-09")
    story.step_is_taken(MANAGER, REVIEW, "open_gathering")
    story.step_is_taken(Role.AGENCY_LEAD, f"{REVIEW}.I1", "receive")
    story.on("2026-01-26")
    story.steps_are_taken(REVIEW, [(CHAIR, "hold_meeting"), (MANAGER, "submit_for_signoff")])


def then_the_report_is_not_sent_before_all_three_have_signed(story):
    story.partners_sign(REVIEW, "Police")
    with pytest.raises(NotReady) as refused:
        story.step_is_taken(MANAGER, REVIEW, "sign_off")
    assert len(refused.value.missing) == 2
    assert story.stages(REVIEW) == {"rapid_review": "sign_off"}


def when_the_report_goes_to_the_panel_and_it_agrees(story):
    story.on("2026-01-28")
    story.partners_sign(REVIEW, "Council", "Integrated Care Board")
    story.step_is_taken(MANAGER, REVIEW, "sign_off")
    story.on("2026-02-10")
    story.step_is_taken(MANAGER, REVIEW, "panel_response")


def then_a_practice_review_is_opened_and_linked(story):
    story.on("2026-02-17")
    opened = story.step_is_taken(PARTNER, REVIEW, "confirm_lcspr")
    assert opened == "LCSPR-2026-01"
    assert story.stages(REVIEW) == {"rapid_review": "closed_lcspr"}
    assert story.stages(opened) == {"review": "decided", "publication": "not_ready", "action_plan": "none"}
    return opened


def when_the_report_is_written_and_signed(story, review):
    for day, steps in (
        ("2026-03-10", [(MANAGER, "inform_national"), (PARTNER, "commission"), (CHAIR, "begin_scoping")]),
        ("2026-03-20", [(MANAGER, "draft_plan"), (PARTNER, "agree_tor")]),
        ("2026-06-10", [(MANAGER, "submit_draft"), (CHAIR, "quality_assure"), (MANAGER, "submit_for_signoff")]),
        ("2026-06-22", [*SIGNED, (MANAGER, "sign_off")]),
    ):
        story.on(day)
        story.steps_are_taken(review, steps)
    assert story.stages(review)["review"] == "finalised"


def when_a_plan_is_agreed_and_the_trial_holds_the_report_back(story, review):
    story.on("2026-07-01")
    action = story.action_is_agreed(review, due_in=60, owner=email_of(Role.ACTION_OWNER), by=MANAGER)
    story.steps_are_taken(review, [(CHAIR, "agree_plan"), (MANAGER, "monitor_plan")])
    story.step_is_taken(PARTNER, review, "place_hold", hold_reason="criminal_proceedings")
    assert story.stages(review) == {"review": "finalised", "publication": "on_hold", "action_plan": "monitoring"}
    return action


def then_the_owner_is_reminded_all_the_same(story, action):
    heard = story.mornings("2026-07-02", "2026-09-02", action)
    assert [(day, rung) for day, who, rung in heard if who == "owner"] == [
        ("07-02", "assigned"),
        ("07-31", "due-30"),
        ("08-24", "due-7"),
        ("09-01", "due+1"),
    ]
    assert ("09-01", "agency-lead", "due+1") in heard


def then_no_mail_tells_anything_of_the_case(story):
    parts = [part for mail in story.server.mails for part in mail.walk() if not part.is_multipart()]
    texts = "".join(part.get_content() for part in parts) + "".join(str(mail["Subject"]) for mail in story.server.mails)
    assert len(story.server.mails) == len(set(story.server.message_ids())) > 4
    for secret in ("Kestrel", "Canary", "Train the staff", "trial", "criminal"):
        assert secret not in texts
