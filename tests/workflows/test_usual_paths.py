"""Usual paths of the kinds of case other than rapid, practice and child death reviews."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pytest

from tests.workflows.walking import Walk
from workflows.core.engine import NotReady, WrongStage
from workflows.core.questions import Value
from workflows.core.working_days import due_on
from workflows.definitions import CASE_WORKFLOWS

GUILTLESS: Mapping[str, Value] = {
    "consideration": "learning_review",
    "cases_count": 3,
    "recommendation_signed_off": "R1",
}
WITH_ACTIONS: Mapping[str, Value] = {"plan_actions": 2, "recommendations_not_signed_off": ("R1",)}


@dataclass(frozen=True)
class Path:
    """The steps of a case whose actions are carried out, and the stages that its first track comes through."""

    steps: tuple[str, ...]
    stages: tuple[str, ...]
    others: Mapping[str, str] = field(default_factory=dict)


PATHS = {
    "scr_legacy": Path(
        (
            *("refer", "scope", "put_to_chair", "commission", "begin", "file_report", "respond", "delay_publication"),
            *("monitor_actions", "publish", "close"),
        ),
        (
            *("referred", "scoping", "decision", "commissioned", "in_progress", "overview_report", "board_response"),
            *("action_monitoring", "closed"),
        ),
        {"publication": "published"},
    ),
    "learning_review": Path(
        (
            *("propose", "agree", "begin", "ask_more_agencies", "practitioner_event", "report", "share_learning"),
            *("monitor_actions", "close"),
        ),
        ("proposed", "agreed", "in_progress", "report", "learning_shared", "action_monitoring", "closed"),
    ),
    "thematic_review": Path(
        ("scope_theme", "select_cases", "begin", "report", "monitor_actions", "publish_summary", "close"),
        ("scoped", "cases_selected", "in_progress", "report", "action_monitoring", "closed"),
        {"publication": "executive_summary_published"},
    ),
    "multi_agency_audit": Path(
        (
            *(
                "plan_audit",
                "draw_sample",
                "send_tool",
                "ask_more_agencies",
                "moderate",
                "report_findings",
                "practitioner_event",
            ),
            *("monitor_actions", "audit_again", "change_not_seen", "audit_again", "confirm_change"),
        ),
        (
            *("planned", "sample_drawn", "returns", "moderation", "findings", "action_monitoring", "reaudit"),
            *("action_monitoring", "reaudit", "closed"),
        ),
    ),
    "dardr_involvement": Path(
        (
            *("log_notice", "refer_victim", "agree_part", "ask_agencies", "contribute", "check_draft"),
            *("sent_to_home_office", "sent_back", "check_draft", "sent_to_home_office", "published_by_csp"),
            *("monitor_actions", "close"),
        ),
        (
            *("notified_by_csp", "scoping", "contributing", "draft_checked", "with_home_office", "contributing"),
            *("draft_checked", "with_home_office", "published", "action_monitoring", "closed"),
        ),
    ),
    "inspection_plan": Path(
        (
            *("log_inspection", "begin_fieldwork", "file_priority_letter", "begin_plan", "submit_draft", "submit_plan"),
            *("monitor_plan", "begin_reinspection", "sign_off_recommendation", "end_reinspection"),
        ),
        (
            *("inspection_notified", "fieldwork", "report_published", "plan_due", "plan_submitted", "monitoring"),
            *("reinspection", "monitoring"),
        ),
    ),
    "section_11_audit": Path(
        ("issue", "ask_more_agencies", "close_returns", "rate_standard", "validate", "monitor_actions", "close"),
        ("issued", "returned", "validated", "improvement_actions", "closed"),
    ),
    "restraint_review": Path(
        ("select_incident", "view", "note_factors", "give_feedback", "tell_home_la", "close"),
        ("incident_selected", "viewed", "factors_noted", "feedback", "home_la_told", "closed"),
    ),
    "scrutiny_recommendation": Path(
        ("make", "accept", "monitor", "report", "close"), ("made", "accepted", "monitored", "closed")
    ),
    "national_review_learning": Path(
        ("log_publication", "check_gaps", "ask_more_agencies", "note_gaps", "monitor_actions", "close"),
        ("published", "local_gap_check", "actions", "closed"),
    ),
    "challenge_entry": Path(
        ("raise_challenge", "respond", "escalate", "record_outcome", "close"),
        ("raised", "responded", "escalated", "outcome_recorded", "closed"),
    ),
    "information_request": Path(("send", "chase", "give_more_time", "chase", "receive"), ("sent", "received")),
    "report_request": Path(("send", "report_no_involvement"), ("sent", "no_involvement")),
    "parallel_process": Path(("list_process", "check", "check", "end"), ("running", "ended")),
    "risk_entry": Path(("open_risk", "review_risk", "review_risk", "close"), ("open", "reviewed", "closed")),
}
ELSEWHERE = {"rapid_review", "lcspr", "cdop_case", "strategy_plan"}
"""Kinds with a test file of their own."""


def walked(kind: str, *steps: str, **usual: Value) -> Walk:
    """Walk from the opening; `usual` is answered whenever it is asked for."""
    answers = {**GUILTLESS, **usual}
    walk = Walk(CASE_WORKFLOWS[kind], usual=answers, known=dict(WITH_ACTIONS))
    for step in steps:
        walk.take(step)
    return walk


def up_to(kind: str, step: str, **usual: Value) -> Walk:
    steps = PATHS[kind].steps
    return walked(kind, *steps[: steps.index(step)], **usual)


def test_every_kind_is_walked_somewhere() -> None:
    assert set(PATHS) == set(CASE_WORKFLOWS) - ELSEWHERE


@pytest.mark.parametrize("kind", PATHS)
def test_the_usual_path_leads_through_the_stages_of_the_field(kind: str) -> None:
    walk, path = walked(kind), PATHS[kind]
    first = walk.workflow.tracks[0].name
    stages = [walk.stages[first] for step in path.steps if walk.take(step)]
    met = [stage for number, stage in enumerate(stages) if number == 0 or stage != stages[number - 1]]
    assert met == list(path.stages)
    assert {name: walk.stages[name] for name in path.others} == path.others


@pytest.mark.parametrize("kind", sorted(set(PATHS) - {"inspection_plan"}))
def test_the_usual_path_ends_every_track(kind: str) -> None:
    walk = walked(kind, *PATHS[kind].steps)
    assert all(walk.stages[track.name] in track.finished for track in walk.workflow.tracks)


@pytest.mark.parametrize("kind", sorted(name for name in PATHS if CASE_WORKFLOWS[name].step("monitor_actions")))
def test_a_case_with_an_open_action_is_not_closed_and_one_without_any_is_closed_without_a_plan(kind: str) -> None:
    walk = up_to(kind, "monitor_actions")
    with pytest.raises(NotReady, match="monitored until they are finished"):
        walk.take("close_without_actions")
    walk.known["plan_actions"] = 0
    with pytest.raises(NotReady, match="at least one action"):
        walk.take("monitor_actions")
    assert walk.take("close_without_actions") == "closed"
    monitored = up_to(kind, "monitor_actions")
    monitored.take("monitor_actions")
    monitored.known["open_actions"] = ("X-2025-01/A1",)
    with pytest.raises(NotReady, match="Every action"):
        monitored.take("close")


def test_no_serious_case_review_begins_after_the_transition() -> None:
    old = CASE_WORKFLOWS["scr_legacy"]
    assert old.takes_new_on(date(2019, 9, 29))
    assert not old.takes_new_on(date(2019, 9, 30))
    assert [name for name, kind in CASE_WORKFLOWS.items() if not kind.takes_new_on(date(2026, 1, 5))] == ["scr_legacy"]


def test_an_old_review_is_published_only_with_its_report() -> None:
    walk = walked("scr_legacy", "refer", "scope")
    with pytest.raises(NotReady, match="report must be filed"):
        walk.take("publish")


@pytest.mark.parametrize("answer", ["notification", "audit"])
def test_a_case_above_the_threshold_or_for_an_audit_is_not_made_a_learning_review(answer: str) -> None:
    walk = walked("learning_review", "propose", consideration=answer)
    with pytest.raises(NotReady, match="below the threshold"):
        walk.take("agree")
    assert walk.take("escalate_to_notification") == "escalated"


def test_an_escalation_carries_all_that_a_rapid_review_needs_to_open() -> None:
    for kind, name in (("learning_review", "escalate_to_notification"), ("dardr_involvement", "refer_victim")):
        step = CASE_WORKFLOWS[kind].step(name)
        assert step is not None
        opening = CASE_WORKFLOWS[step.opens].opening
        assert opening is not None
        assert step.opens == "rapid_review"
        assert {asked.name for asked in opening.questions} <= {asked.name for asked in step.questions}


def test_one_case_is_no_theme() -> None:
    with pytest.raises(NotReady, match="at least two cases"):
        walked("thematic_review", "scope_theme", cases_count=1).take("select_cases")


@pytest.mark.parametrize(
    ("kind", "step"), [("learning_review", "share_learning"), ("thematic_review", "publish_summary")]
)
def test_nothing_is_shared_that_is_not_anonymous(kind: str, step: str) -> None:
    with pytest.raises(NotReady, match="anonymous"):
        up_to(kind, step, anonymity_signed_off=False).take(step)


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("learning_review", "report"),
        ("thematic_review", "report"),
        ("multi_agency_audit", "moderate"),
        ("section_11_audit", "close_returns"),
        ("national_review_learning", "note_gaps"),
        ("dardr_involvement", "contribute"),
    ],
)
def test_a_missing_return_holds_back_unless_the_gap_is_noted(kind: str, step: str) -> None:
    walk = up_to(kind, step)
    walk.known["returns_outstanding"] = ("Anyshire Police",)
    with pytest.raises(NotReady) as refusal:
        walk.take(step)
    assert refusal.value.missing == ("the return of Anyshire Police",)
    walk.take(step, gaps_noted="They answer next week.")


def test_actions_of_an_audit_are_done_before_it_looks_again() -> None:
    walk = up_to("multi_agency_audit", "audit_again")
    walk.known["open_actions"] = ("MAA-2025-01/A1",)
    with pytest.raises(NotReady):
        walk.take("audit_again")


def test_only_a_victim_of_16_or_17_is_referred() -> None:
    with pytest.raises(NotReady, match="16 or 17"):
        walked("dardr_involvement", "log_notice", victim_16_17=False).take("refer_victim")


def test_the_inspectorate_signs_off_each_recommendation_of_the_case_once() -> None:
    walk = up_to("inspection_plan", "sign_off_recommendation")
    walk.known["recommendations_not_signed_off"] = ("R1", "R2")
    with pytest.raises(NotReady) as refusal:
        walk.take("sign_off_recommendation", recommendation_signed_off="R9")
    assert refusal.value.missing == ("a recommendation that is still open: R1, R2",)
    walk.take("sign_off_recommendation")
    walk.known["recommendations_not_signed_off"] = ("R2",)
    with pytest.raises(NotReady):
        walk.take("sign_off_recommendation", recommendation_signed_off="R1")
    with pytest.raises(NotReady) as refusal:
        walk.take("all_signed_off")
    assert refusal.value.missing == ("the inspectorate's sign-off of R2",)
    walk.known["recommendations_not_signed_off"] = ()
    assert [walk.take("all_signed_off"), walk.take("close")] == ["signed_off", "closed"]


def test_a_draft_plan_follows_a_priority_action_only() -> None:
    walk = walked("inspection_plan", "log_inspection", "begin_fieldwork", "file_report", "begin_plan")
    with pytest.raises(NotReady, match="priority action"):
        walk.take("submit_draft")


def test_a_coroners_report_needs_no_fieldwork() -> None:
    walk = walked("inspection_plan", "log_inspection", inspectorate="coroner")
    assert walk.take("file_regulation_28") == "report_published"


def test_a_copy_of_a_coroners_report_is_looked_at_and_has_no_clock() -> None:
    walk = walked("inspection_plan", "log_inspection", inspectorate="coroner")
    assert walk.take("file_regulation_28_copy") == "copy_received"
    assert walk.take("close_copy", plans_touched="RR-2025-03") == "closed"
    counted_from = {deadline.counted_from for deadline in CASE_WORKFLOWS["inspection_plan"].deadlines}
    assert counted_from.isdisjoint({"file_regulation_28_copy", "copied_report_on"})


@pytest.mark.parametrize(
    ("inspectorate", "step"),
    [
        ("ofsted", "file_report"),
        ("jtai", "file_report"),
        ("hmicfrs", "file_hmicfrs_report"),
        ("cqc", "file_other_report"),
        ("hmip", "file_other_report"),
        ("hmi_probation", "file_other_report"),
    ],
)
def test_the_rule_is_that_of_the_inspectorate(inspectorate: str, step: str) -> None:
    for other in {"file_report", "file_hmicfrs_report", "file_other_report"} - {step}:
        walk = walked("inspection_plan", "log_inspection", "begin_fieldwork", inspectorate=inspectorate)
        with pytest.raises(NotReady):
            walk.take(other)
    walk = walked("inspection_plan", "log_inspection", "begin_fieldwork", inspectorate=inspectorate)
    assert walk.take(step) == "report_published"


def test_standards_are_rated_before_a_round_is_validated() -> None:
    walk = walked("section_11_audit", "issue", "close_returns")
    with pytest.raises(NotReady, match="rated"):
        walk.take("validate")


def test_a_rejected_recommendation_is_not_monitored() -> None:
    walk = walked("scrutiny_recommendation", "make", "reject")
    assert walk.stages == {"recommendation": "rejected"}
    with pytest.raises(WrongStage):
        walk.take("monitor")


@pytest.mark.parametrize(
    ("kind", "clock", "start", "due"),
    [
        ("inspection_plan", "plan", date(2025, 3, 3), date(2025, 6, 13)),
        ("inspection_plan", "draft_plan", date(2025, 3, 3), date(2025, 3, 31)),
        ("inspection_plan", "final_plan", date(2025, 3, 3), date(2025, 6, 13)),
        ("inspection_plan", "hmicfrs_plan", date(2025, 3, 3), date(2025, 4, 28)),
        ("inspection_plan", "plan_date", date(2025, 3, 3), date(2025, 3, 3)),
        ("inspection_plan", "regulation_28", date(2025, 3, 3), date(2025, 4, 28)),
        ("learning_review", "learning", date(2024, 8, 31), date(2025, 2, 28)),
        ("thematic_review", "summary", date(2025, 3, 14), date(2025, 9, 14)),
        ("multi_agency_audit", "audit_actions", date(2025, 3, 14), date(2025, 9, 14)),
        ("scrutiny_recommendation", "response", date(2025, 3, 14), date(2025, 6, 14)),
        ("challenge_entry", "answer", date(2025, 3, 14), date(2025, 3, 14)),
    ],
)
def test_a_clock_falls_due_on_its_day(kind: str, clock: str, start: date, due: date) -> None:
    edition = CASE_WORKFLOWS[kind].deadline(clock).edition_on(start)
    assert edition is not None
    assert due_on(start, edition.period) == due


@pytest.mark.parametrize("score", [0, 6])
def test_a_risk_is_scored_from_one_to_five(score: int) -> None:
    with pytest.raises(NotReady, match="from 1 to 5"):
        walked("risk_entry", "open_risk").take("review_risk", likelihood=score)
