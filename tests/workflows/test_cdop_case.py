"""The workflow of a child death review, from notification to closure, including its loops back."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.workflows.walking import Walk, the_step
from workflows.core.engine import NotReady, WrongStage
from workflows.core.vocabulary import Rank, Realm
from workflows.core.working_days import add, due_on
from workflows.definitions.cdop_case import CDOP_CASE
from workflows.definitions.rapid_review import RAPID_REVIEW

TRACK = CDOP_CASE.tracks[0]
DAY = date(2025, 2, 3)
A_MONTH_ON = date(2025, 3, 3)
USUAL = {"next_check_on": date(2025, 2, 28), "cdrm_on": A_MONTH_ON}
TO_GATHERING = ("notify_death", "tell_ncmd", "triage", "request_reports")
TO_MEETING = (*TO_GATHERING, "ask_more_agencies", "schedule_cdrm", "hold_cdrm")
TO_LIST = (*TO_MEETING, "make_ready", "list_for_panel")
TO_CLOSE = (*TO_LIST, "review", "finalise", "raise_actions", "close")


def walked(*steps: str) -> Walk:
    walk = Walk(CDOP_CASE, on=DAY, usual=dict(USUAL))
    for step in steps:
        walk.take(step)
    return walk


def test_the_usual_path_leads_from_the_notification_to_closing() -> None:
    walk = walked()
    assert list(dict.fromkeys(walk.take(step) for step in TO_CLOSE)) == [
        *("notified", "triaged", "gathering", "cdrm_scheduled", "cdrm_held", "ready_for_panel", "listed", "reviewed"),
        *("analysis_final", "action_monitoring", "closed"),
    ]


def test_every_stage_of_the_field_is_there() -> None:
    assert {stage.value for stage in TRACK.stages} == {
        *("notified", "triaged", "jar_active", "gathering", "awaiting_external", "cdrm_scheduled", "cdrm_held"),
        *("ready_for_panel", "listed", "deferred", "reviewed", "analysis_final", "action_monitoring", "closed"),
        *("transferred_out", "out_of_scope"),
    }


def test_child_deaths_are_a_realm_of_their_own() -> None:
    assert CDOP_CASE.realm is Realm.CHILD_DEATHS


def test_the_final_meeting_of_a_joint_agency_response_is_the_review_meeting() -> None:
    walk = walked("notify_death", "triage", "start_jar", "share_information", "visit_home", "request_reports")
    assert walk.take("count_jar_meeting") == "cdrm_held"


def test_without_a_joint_agency_response_its_meeting_does_not_count() -> None:
    with pytest.raises(NotReady, match="joint agency response"):
        walked(*TO_GATHERING).take("count_jar_meeting")


def test_a_case_may_wait_for_others_and_is_looked_at_within_a_month() -> None:
    walk = walked(*TO_GATHERING)
    assert walk.take("wait_external") == "awaiting_external"
    assert walk.take("recheck_external") == "awaiting_external"
    with pytest.raises(NotReady, match="within a month"):
        walk.take("recheck_external", next_check_on=date(2025, 3, 4))


def test_waiting_for_nothing_is_refused() -> None:
    walk = walked(*TO_GATHERING)
    step = the_step(CDOP_CASE, "wait_external")
    nothing = {asked.name: False for asked in step.questions if asked.name.startswith("awaits_")}
    with pytest.raises(NotReady, match="at least one thing"):
        walk.take("wait_external", **nothing)


def test_the_meeting_waits_for_the_post_mortem_report() -> None:
    with pytest.raises(NotReady, match="post-mortem"):
        walked(*TO_GATHERING).take("schedule_cdrm", post_mortem="awaited")


def test_the_meeting_is_announced_a_month_ahead_or_it_is_said_why_not() -> None:
    walk = walked(*TO_GATHERING)
    with pytest.raises(NotReady, match="month's notice"):
        walk.take("schedule_cdrm", cdrm_on=date(2025, 3, 2))
    why = "The midwife leaves at the end of February."
    assert walk.take("schedule_cdrm", cdrm_on=date(2025, 3, 2), short_notice_reason=why) == "cdrm_scheduled"


def test_a_case_is_listed_with_an_open_inquest_only_as_a_deliberate_exception() -> None:
    walk = walked(*TO_MEETING)
    with pytest.raises(NotReady) as refusal:
        walk.take("make_ready", inquest_concluded=False)
    assert refusal.value.missing == ("the conclusion of the inquest, where there is one",)
    assert walk.take("make_ready", inquest_concluded=False, exception_reason="A themed meeting.") == "ready_for_panel"


def test_a_deferred_case_is_listed_again() -> None:
    walk = walked(*TO_LIST)
    assert [walk.take("defer"), walk.take("relist")] == ["deferred", "listed"]


def test_an_inquorate_meeting_decides_nothing() -> None:
    with pytest.raises(NotReady, match="quorate"):
        walked(*TO_LIST).take("review", quorate=False)


def test_a_review_is_not_final_before_the_national_database_has_it_all() -> None:
    with pytest.raises(NotReady, match="not counted"):
        walked(*TO_LIST, "review").take("finalise", ncmd_forms_finalised=False)


def test_a_case_with_open_actions_closes_when_they_are_handed_over() -> None:
    walk = walked(*TO_CLOSE[:-1])
    walk.known["open_actions"] = ("CD-2025-01/R1/A1",)
    with pytest.raises(NotReady) as refusal:
        walk.take("close")
    assert refusal.value.missing == ("the end of CD-2025-01/R1/A1",)
    assert walk.take("close", actions_handed_over="To the safety board, accepted by its manager.") == "closed"


def test_a_review_without_actions_closes_at_once() -> None:
    assert walked(*TO_LIST, "review", "finalise", "close").stages["cdop_case"] == "closed"


def test_a_closed_case_counts_as_finished_and_may_be_opened_again() -> None:
    walk = walked(*TO_CLOSE)
    assert walk.stages["cdop_case"] in TRACK.finished
    assert walk.take("reopen") == "listed"


@pytest.mark.parametrize("stage", sorted(stage.value for stage in TRACK.stages if stage not in TRACK.final))
def test_abuse_may_be_referred_and_the_database_told_at_every_stage_even_after_closing(stage: str) -> None:
    for step in ("refer_abuse", "tell_ncmd"):
        assert Walk(CDOP_CASE, stages={"cdop_case": stage}).take(step) == stage


def test_a_referral_carries_all_that_a_rapid_review_needs_to_open() -> None:
    step = the_step(CDOP_CASE, "refer_abuse")
    opening = RAPID_REVIEW.opening
    assert opening is not None
    assert step.opens == RAPID_REVIEW.name
    assert {asked.name for asked in opening.questions} <= {asked.name for asked in step.questions}


def test_a_case_is_handed_over_only_after_triage_and_by_agreement() -> None:
    with pytest.raises(WrongStage):
        walked("notify_death").take("transfer")
    with pytest.raises(NotReady, match="designated doctor"):
        walked("notify_death", "triage").take("transfer", other_designated_doctor_agreed=False)
    assert walked("notify_death", "triage").take("transfer") == "transferred_out"


@pytest.mark.parametrize("birth", ["attended_stillbirth", "late_foetal_loss", "lawful_termination"])
def test_a_death_known_to_be_outside_the_duty_is_not_opened(birth: str) -> None:
    with pytest.raises(NotReady, match="live-born"):
        walked().take("notify_death", birth=birth)


def test_an_unclear_birth_is_notified_and_may_be_ruled_out_later() -> None:
    walk = walked()
    walk.take("notify_death", birth="not_known")
    assert walk.take("rule_out") == "out_of_scope"


def test_an_adults_death_is_not_opened() -> None:
    with pytest.raises(NotReady, match="under 18"):
        walked().take("notify_death", under_18=False)


def test_hours_run_through_the_weekend() -> None:
    friday_evening = datetime(2025, 2, 7, 20, tzinfo=ZoneInfo("Europe/London"))
    edition = CDOP_CASE.deadline("jar_information").edition_on(friday_evening.date())
    assert edition is not None
    worked_out = add(friday_evening, edition.period)
    assert worked_out.due_at == datetime(2025, 2, 9, 20, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("name", "counted_from", "due"),
    [
        ("ncmd", "death_on", date(2025, 2, 5)),
        ("cdrm", "death_on", date(2025, 5, 3)),
        ("panel", "papers_in_on", date(2025, 3, 17)),
        ("triage", "notify_death", date(2025, 2, 4)),
    ],
)
def test_each_clock_counts_from_its_day(name: str, counted_from: str, due: date) -> None:
    deadline = CDOP_CASE.deadline(name)
    edition = deadline.edition_on(DAY)
    assert edition is not None
    assert deadline.counted_from == counted_from
    assert due_on(DAY, edition.period) == due


def test_the_clocks_of_the_joint_response_are_shown_as_local_custom() -> None:
    for name in ("jar_information", "jar_visit"):
        assert {edition.rank for edition in CDOP_CASE.deadline(name).editions} == {Rank.LOCAL}
