"""The workflow of a rapid review, from referral to outcome."""

from datetime import UTC, date, datetime

import pytest

from tests.workflows.walking import Walk, answers_to, the_step
from workflows.catalogue import BUILT_IN
from workflows.core.engine import NotReady, WrongRole, WrongStage, take_step
from workflows.core.questions import Facts
from workflows.core.vocabulary import Rank, Role
from workflows.core.working_days import due_on
from workflows.definitions import WORKFLOWS
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.definitions.shared.authorities import BOOKS

TRACK = RAPID_REVIEW.tracks[0]
TO_MEETING = ("receive_referral", "convene_discussion", "decide_notify", "submit_sin", "open_gathering", "hold_meeting")
SIGNED = ("sign_local_authority", "sign_icb", "sign_police")
TO_PANEL = (*TO_MEETING, "submit_for_signoff", *SIGNED, "sign_off")
TO_ANSWER = (*TO_PANEL, "panel_response")
OPEN_STAGES = sorted(stage.value for stage in TRACK.stages if stage not in TRACK.finished)


def walked(*steps: str) -> Walk:
    walk = Walk(RAPID_REVIEW)
    walk.take_all(*steps)
    return walk


def test_the_usual_path_leads_to_a_practice_review() -> None:
    walk = Walk(RAPID_REVIEW)
    stages = [walk.take(step) for step in (*TO_ANSWER, "confirm_lcspr")]
    assert stages == [
        "referred",
        "threshold_discussion",
        "notification_due",
        "notified",
        "gathering",
        "meeting_held",
        *["sign_off"] * 4,
        "sent_to_panel",
        "panel_responded",
        "closed_lcspr",
    ]


@pytest.mark.parametrize(
    ("step", "stage"),
    [
        ("confirm_lcspr", "closed_lcspr"),
        ("confirm_national_review", "closed_national_review"),
        ("confirm_no_further_review", "closed_no_further_review"),
        ("absorb", "absorbed"),
    ],
)
def test_each_outcome_may_also_follow_a_second_look(step: str, stage: str) -> None:
    walk = walked(*TO_PANEL)
    walk.take("panel_response", panel_view="asks")
    walk.take("reconsider")
    assert walk.take(step) == stage


def test_every_stage_of_the_field_is_there() -> None:
    assert {stage.value for stage in TRACK.stages} == {
        *("referred", "threshold_discussion", "notification_due", "notified", "gathering", "meeting_held", "sign_off"),
        *("sent_to_panel", "panel_responded", "reconsidering", "not_notifiable", "notified_only", "withdrawn"),
        *("transferred_out", "closed_lcspr", "closed_national_review", "closed_no_further_review"),
        "absorbed",
    }


@pytest.mark.parametrize("stage", OPEN_STAGES)
def test_a_case_may_be_handed_over_from_every_open_stage(stage: str) -> None:
    assert Walk(RAPID_REVIEW, stages={"rapid_review": stage}).take("transfer") == "transferred_out"


@pytest.mark.parametrize("stage", ["notified", "gathering", "meeting_held", "sign_off"])
def test_a_notified_case_may_be_withdrawn_until_it_is_sent(stage: str) -> None:
    assert Walk(RAPID_REVIEW, stages={"rapid_review": stage}).take("withdraw") == "withdrawn"


@pytest.mark.parametrize("stage", ["referred", "notification_due", "sent_to_panel", "panel_responded"])
def test_nothing_is_withdrawn_before_notification_or_after_sending(stage: str) -> None:
    with pytest.raises(WrongStage):
        Walk(RAPID_REVIEW, stages={"rapid_review": stage}).take("withdraw")


def test_a_case_is_withdrawn_only_because_the_criteria_are_not_met() -> None:
    with pytest.raises(NotReady, match="only when new facts show"):
        walked(*TO_MEETING).take("withdraw", notification_criteria_not_met=False)


def test_the_report_is_not_sent_before_all_three_partners_signed() -> None:
    walk = walked(*TO_MEETING, "submit_for_signoff", "sign_icb")
    with pytest.raises(NotReady) as refusal:
        walk.take("sign_off")
    assert refusal.value.missing == ("the signature of the local authority", "the signature of the police")


def test_a_decision_the_panel_disputes_is_not_confirmed_before_the_reply_is_sent() -> None:
    walk = walked(*TO_PANEL)
    walk.take("panel_response", panel_view="disagrees")
    with pytest.raises(NotReady, match="a reply must have been sent"):
        walk.take("confirm_no_further_review")
    assert walk.take("confirm_no_further_review", panel_reply_on=walk.on) == "closed_no_further_review"


def test_a_case_the_panel_agrees_with_is_not_looked_at_again() -> None:
    with pytest.raises(NotReady):
        walked(*TO_ANSWER).take("reconsider")


def test_a_looked_after_childs_natural_death_is_notified_without_a_review() -> None:
    walk = walked("receive_referral", "convene_discussion")
    walk.take("decide_notify", nature="looked_after_death", abuse_or_neglect=False)
    with pytest.raises(NotReady, match="only notified"):
        walk.take("submit_sin")
    assert walk.take("notify_only") == "notified_only"


def test_a_notified_serious_incident_is_always_reviewed() -> None:
    with pytest.raises(NotReady, match="must be reviewed"):
        walked("receive_referral", "convene_discussion", "decide_notify").take("notify_only")


def test_a_missing_return_holds_the_meeting_back_until_the_gap_is_noted() -> None:
    walk = walked(*TO_MEETING[:-1])
    walk.known["returns_outstanding"] = ("Anyshire Police", "Anyshire Schools")
    with pytest.raises(NotReady) as refusal:
        walk.take("hold_meeting")
    assert refusal.value.missing == ("the return of Anyshire Police", "the return of Anyshire Schools")
    assert walk.take("hold_meeting", gaps_noted="The police will report on Friday.") == "meeting_held"


def test_a_partner_signs_and_the_business_unit_does_not() -> None:
    step = the_step(RAPID_REVIEW, "sign_police")
    with pytest.raises(WrongRole):
        take_step(TRACK, step, stage="sign_off", facts=Facts({}), roles=frozenset({Role.BUSINESS_MANAGER}))


def test_the_business_unit_admin_does_not_record_the_statutory_notification() -> None:
    step = the_step(RAPID_REVIEW, "submit_sin")
    facts = Facts(answers_to(step, date(2025, 6, 18)) | {"nature": "death"})
    with pytest.raises(WrongRole):
        take_step(TRACK, step, stage="notification_due", facts=facts, roles=frozenset({Role.BUSINESS_UNIT_ADMIN}))


def test_confirming_a_practice_review_asks_all_that_opening_one_needs() -> None:
    step = the_step(RAPID_REVIEW, "confirm_lcspr")
    opening = WORKFLOWS[step.opens].opening
    assert opening is not None
    assert {asked.name for asked in opening.questions} <= {asked.name for asked in step.questions}
    assert Walk(WORKFLOWS[step.opens]).take(opening.name) == "decided"


@pytest.mark.parametrize(
    ("aware_on", "notify_by", "notified_on", "send_by"),
    [
        (date(2024, 3, 28), date(2024, 4, 8), date(2024, 4, 8), date(2024, 4, 29)),
        (date(2024, 12, 20), date(2024, 12, 31), date(2024, 12, 31), date(2025, 1, 22)),
        (date(2024, 12, 21), date(2024, 12, 31), date(2024, 12, 31), date(2025, 1, 22)),
        (date(2025, 6, 11), date(2025, 6, 18), date(2025, 6, 18), date(2025, 7, 9)),
        (date(2025, 6, 14), date(2025, 6, 20), date(2025, 6, 20), date(2025, 7, 11)),
    ],
)
def test_the_statutory_days_are_those_of_the_field(
    aware_on: date, notify_by: date, notified_on: date, send_by: date
) -> None:
    sin, review = RAPID_REVIEW.deadline("sin"), RAPID_REVIEW.deadline("rapid_review")
    first, second = sin.edition_on(aware_on), review.edition_on(notified_on)
    assert first is not None
    assert second is not None
    aware_at = datetime(aware_on.year, aware_on.month, aware_on.day, 11, tzinfo=UTC)
    assert due_on(aware_at, first.period) == notify_by
    assert due_on(notified_on, second.period) == send_by


def test_the_notification_is_counted_from_awareness_and_the_review_from_the_notification() -> None:
    assert RAPID_REVIEW.deadline("sin").counted_from == "la_aware_at"
    assert RAPID_REVIEW.deadline("rapid_review").counted_from == "submit_sin"


@pytest.mark.parametrize(
    ("notified_on", "rule"),
    [
        (date(2018, 6, 29), "awareness"),
        (date(2022, 8, 31), "awareness"),
        (date(2022, 9, 1), "notification"),
        (date(2026, 11, 30), "notification"),
    ],
)
def test_the_rule_of_the_day_says_what_the_review_is_counted_from(notified_on: date, rule: str) -> None:
    review = RAPID_REVIEW.deadline("rapid_review")
    edition = review.edition_on(notified_on)
    assert edition is not None
    assert review.rule_of(edition.counted_from) == rule


@pytest.mark.parametrize(
    ("day", "reviews", "deaths"),
    [
        (date(2018, 7, 4), "Working Together 2018, chapter 4", "Working Together 2018, chapter 5"),
        (date(2023, 12, 14), "Working Together 2018, chapter 4", "Working Together 2018, chapter 5"),
        (date(2023, 12, 15), "Working Together 2023, chapter 5", "Working Together 2023, chapter 6"),
        (date(2026, 3, 17), "Working Together 2023, chapter 5", "Working Together 2023, chapter 6"),
        (date(2026, 3, 18), "Working Together 2026, chapter 5", "Working Together 2026"),
    ],
)
def test_the_book_is_cited_in_the_edition_of_the_day(day: date, reviews: str, deaths: str) -> None:
    notification = RAPID_REVIEW.deadline("sin").edition_on(day)
    assert notification is not None
    assert notification.authority_on(day) == reviews
    assert BOOKS["working_together_deaths"].edition_on(day).title == deaths


def test_no_authority_speaks_of_what_is_not_verified() -> None:
    editions = [each for workflow in BUILT_IN.every() for deadline in workflow.deadlines for each in deadline.editions]
    assert not [each for each in editions if "verif" in each.authority_on(date(2026, 11, 30))]
    assert len(RAPID_REVIEW.unverified) == 3


def test_every_clock_has_an_edition_since_the_first_day_of_the_system() -> None:
    assert all(deadline.edition_on(date(2018, 6, 29)) for deadline in RAPID_REVIEW.deadlines)
    assert all(deadline.edition_on(date(2018, 6, 28)) is None for deadline in RAPID_REVIEW.deadlines)


def test_a_case_keeps_the_guidance_of_its_day() -> None:
    review = RAPID_REVIEW.deadline("rapid_review")
    before, after = review.edition_on(date(2025, 5, 31)), review.edition_on(date(2025, 6, 1))
    assert before is not None
    assert after is not None
    assert "June 2025" not in before.authority_on(date(2025, 5, 31))
    assert "June 2025" in after.authority_on(date(2025, 6, 1))
    assert before.rank is after.rank is Rank.NATIONAL
