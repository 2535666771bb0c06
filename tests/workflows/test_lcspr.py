"""The workflow of a practice review, with its separate tracks for publication and the action plan."""

from datetime import date, timedelta

import pytest

from tests.workflows.walking import Walk
from workflows.core.engine import NotReady, WrongStage
from workflows.core.working_days import due_on
from workflows.definitions.lcspr import LCSPR

TO_DRAFT = ("decide_lcspr", "inform_national", "commission", "begin_scoping", "agree_tor", "checkpoint", "submit_draft")
TO_FINAL = (*TO_DRAFT, "quality_assure", "submit_for_signoff", "sign", "sign_off")
DECIDED = date(2025, 3, 14)
PUBLICATION = LCSPR.track("publication")


def walked(*steps: str, on: date = DECIDED) -> Walk:
    walk = Walk(LCSPR, on=on, usual={"request_made": False})
    for step in steps:
        walk.take(step)
    return walk


def test_the_review_runs_from_the_decision_to_the_final_report() -> None:
    walk = walked()
    stages = [walk.take(step) for step in TO_FINAL]
    assert list(dict.fromkeys(stages)) == [
        *("decided", "commissioning", "scoping", "in_progress", "draft", "quality_assurance", "partner_sign_off"),
        "finalised",
    ]
    assert walk.stages == {"review": "finalised", "publication": "not_ready", "action_plan": "none"}


def test_the_three_tracks_have_their_names() -> None:
    assert [track.name for track in LCSPR.tracks] == ["review", "publication", "action_plan"]


def test_a_reviewer_who_is_not_independent_is_not_commissioned() -> None:
    with pytest.raises(NotReady, match="independent"):
        walked("decide_lcspr").take("commission", reviewer_independent=False)


def test_the_terms_are_agreed_only_whole() -> None:
    walk = walked("decide_lcspr", "commission", "begin_scoping")
    with pytest.raises(NotReady) as refusal:
        walk.take("agree_tor", methodology_agreed=False)
    assert refusal.value.missing == ("an agreed methodology",)
    assert walk.take("agree_tor") == "in_progress"


@pytest.mark.parametrize("step", ["practitioner_event", "family_contact", "checkpoint"])
def test_a_review_in_progress_stays_there_while_people_are_heard(step: str) -> None:
    assert walked("decide_lcspr", "commission", "begin_scoping", "agree_tor").take(step) == "in_progress"


@pytest.mark.parametrize(("step", "stage"), [("switch_national", "absorbed"), ("discontinue", "discontinued")])
def test_a_review_may_end_early_but_not_after_its_report(step: str, stage: str) -> None:
    assert walked("decide_lcspr").take(step) == stage
    with pytest.raises(WrongStage):
        walked(*TO_FINAL).take(step)


def test_publication_is_planned_only_for_a_final_report() -> None:
    with pytest.raises(NotReady, match="finalised first"):
        walked(*TO_DRAFT).take("plan_publication")


def test_a_report_is_published_seven_working_days_after_it_was_sent_ahead() -> None:
    walk = walked(*TO_FINAL)
    walk.on = date(2025, 7, 4)
    walk.take_all("plan_publication", "notify_ahead")
    walk.on = date(2025, 7, 14)
    with pytest.raises(NotReady) as refusal:
        walk.take("publish")
    assert refusal.value.missing == ("a day from 15 July 2025 on",)
    walk.on = date(2025, 7, 15)
    assert walk.take("publish") == "published"


def test_a_new_date_means_a_new_word_ahead() -> None:
    walk = walked(*TO_FINAL, "plan_publication", "notify_ahead")
    assert walk.take("replan_publication") == "planned"
    with pytest.raises(WrongStage):
        walk.take("publish")


def test_a_published_report_is_taken_down_after_a_year_and_not_before() -> None:
    walk = walked(*TO_FINAL, "plan_publication", "notify_ahead")
    walk.on = date(2025, 4, 1)
    walk.take("publish")
    assert walk.stages["publication"] in PUBLICATION.finished
    walk.on = date(2026, 3, 31)
    with pytest.raises(NotReady) as refusal:
        walk.take("take_down")
    assert refusal.value.missing == ("a day from 1 April 2026 on",)
    walk.on = date(2026, 4, 1)
    assert walk.take("take_down") == "withdrawn_after_period"


def test_a_held_report_keeps_neither_the_review_nor_the_actions_back() -> None:
    walk = walked(*TO_DRAFT)
    walk.take("place_hold", hold_reason="criminal_proceedings")
    walk.known["plan_actions"] = 3
    walk.take_all(
        "draft_plan", "agree_plan", "monitor_plan", "quality_assure", "submit_for_signoff", "sign", "sign_off"
    )
    assert walk.stages == {"review": "finalised", "publication": "on_hold", "action_plan": "monitoring"}


def test_a_hold_before_six_months_need_not_be_explained_to_the_panel_yet() -> None:
    walk = walked("decide_lcspr")
    walk.on = date(2025, 9, 14)
    assert walk.take("place_hold") == "on_hold"


def test_a_hold_past_six_months_needs_the_day_the_panel_was_told() -> None:
    walk = walked("decide_lcspr")
    walk.on = date(2025, 9, 15)
    with pytest.raises(NotReady, match="told why"):
        walk.take("place_hold")
    assert walk.take("place_hold", national_told_on=walk.on) == "on_hold"


def test_looking_at_a_hold_again_asks_the_same_once_six_months_have_passed() -> None:
    walk = walked("decide_lcspr", "place_hold")
    walk.on = DECIDED + timedelta(days=200)
    with pytest.raises(NotReady, match="told why"):
        walk.take("review_hold")
    assert walk.take("review_hold", national_told_on=walk.on) == "on_hold"


@pytest.mark.parametrize(
    ("before", "stage"),
    [
        (TO_DRAFT, "not_ready"),
        ((*TO_FINAL, "plan_publication"), "planned"),
        ((*TO_FINAL, "plan_publication", "notify_ahead"), "notified_ahead"),
    ],
)
def test_a_lifted_hold_leads_back_to_where_publication_was(before: tuple[str, ...], stage: str) -> None:
    walk = walked(*before)
    walk.take("place_hold", national_told_on=walk.on)
    assert walk.take("lift_hold") == stage


def test_a_held_review_goes_back_to_where_it_was_while_publication_stays() -> None:
    walk = walked(*TO_DRAFT)
    assert walk.take("pause") == "on_hold"
    assert walk.take("review_pause") == "on_hold"
    assert walk.take("resume") == "draft"
    assert walk.stages["publication"] == "not_ready"


def test_a_step_that_waits_for_a_hold_hears_when_it_is_looked_at_again() -> None:
    walk = walked(*TO_DRAFT)
    walk.take("pause", pause_review_on=date(2025, 9, 1))
    with pytest.raises(WrongStage) as refusal:
        walk.take("quality_assure")
    assert refusal.value.sentence == (
        "“Assure its quality” waits: the review is on hold. The hold is looked at again on 1 September 2025."
    )


def test_a_review_on_hold_can_be_given_up() -> None:
    walk = walked(*TO_DRAFT, "pause")
    assert walk.take("discontinue") == "discontinued"


def test_nobody_knows_where_a_hold_of_before_goes_back_to() -> None:
    walk = walked(*TO_DRAFT, "place_hold")
    walk.held_at.clear()
    with pytest.raises(WrongStage, match="which is not known"):
        walk.take("lift_hold")


def test_a_report_kept_back_is_followed_by_its_improvements() -> None:
    walk = walked(*TO_FINAL, "decide_not_publish")
    assert walk.stages["publication"] not in PUBLICATION.finished
    walk.on = date(2025, 7, 4)
    walk.take("notify_improvements_ahead")
    with pytest.raises(NotReady, match="7 working days"):
        walk.take("publish_improvements")
    walk.on = date(2025, 7, 15)
    assert walk.take("publish_improvements") == "improvements_only_published"


def test_a_report_kept_back_may_leave_nothing_to_publish() -> None:
    assert walked(*TO_FINAL, "decide_not_publish", "no_improvements").stages["publication"] == "nothing_published"


def test_a_review_that_ended_early_publishes_nothing_and_needs_no_plan() -> None:
    walk = walked("decide_lcspr", "discontinue", "nothing_to_publish", "no_plan_needed")
    assert all(walk.stages[track.name] in track.finished for track in LCSPR.tracks)


@pytest.mark.parametrize("step", ["nothing_to_publish", "no_plan_needed"])
def test_a_review_under_way_cannot_skip_publication_or_plan(step: str) -> None:
    with pytest.raises(NotReady):
        walked(*TO_DRAFT).take(step)


def test_the_plan_runs_from_draft_to_closing() -> None:
    walk = walked("decide_lcspr")
    walk.known["plan_actions"] = 2
    steps = ("draft_plan", "agree_plan", "monitor_plan", "check_impact", "resume_plan", "check_impact", "close_plan")
    assert [walk.take(step) for step in steps] == [
        *("draft_plan", "agreed", "monitoring", "impact_check", "monitoring", "impact_check", "closed")
    ]


def test_a_plan_is_agreed_only_when_every_recommendation_has_a_response() -> None:
    walk = walked("decide_lcspr", "draft_plan")
    walk.known["recommendations_without_response"] = ("R2", "R5")
    with pytest.raises(NotReady) as refusal:
        walk.take("agree_plan")
    assert refusal.value.missing == ("a response to R2", "a response to R5")


def test_a_plan_with_an_open_action_is_not_closed() -> None:
    walk = walked("decide_lcspr", "draft_plan", "agree_plan")
    walk.known |= {"plan_actions": 1, "open_actions": ("LCSPR-2025-01/R1/A1",)}
    walk.take("monitor_plan")
    with pytest.raises(NotReady, match="Every action"):
        walk.take("check_impact")


def test_six_months_count_from_the_decision() -> None:
    deadline = LCSPR.deadline("publication")
    edition = deadline.edition_on(DECIDED)
    assert edition is not None
    assert deadline.counted_from == "decide_lcspr"
    assert due_on(DECIDED, edition.period) == date(2025, 9, 14)
    assert due_on(date(2024, 8, 31), edition.period) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("planned_on", "send_by"),
    [
        (date(2024, 5, 28), date(2024, 5, 16)),
        (date(2025, 1, 6), date(2024, 12, 23)),
        (date(2025, 7, 15), date(2025, 7, 4)),
    ],
)
def test_the_report_goes_ahead_seven_working_days_before_the_planned_day(planned_on: date, send_by: date) -> None:
    deadline = LCSPR.deadline("notify_ahead")
    edition = deadline.edition_on(planned_on)
    assert edition is not None
    assert deadline.counted_from == "planned_publication_on"
    assert due_on(planned_on, edition.period) == send_by


def test_each_checkpoint_starts_the_next_month() -> None:
    first, following = LCSPR.deadline("first_checkpoint"), LCSPR.deadline("next_checkpoint")
    assert (first.counted_from, first.met_by) == ("agree_tor", ("checkpoint",))
    assert (following.counted_from, following.met_by) == ("checkpoint", ("checkpoint",))
