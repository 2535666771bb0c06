"""Guards of workflow steps: what each one blocks, what it names as missing, and what it lets through."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from workflows.catalogue import BUILT_IN
from workflows.core.guard_registry import COMPUTED, GUARDS
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import Guard
from workflows.definitions.action import ACTION

ON = date(2025, 6, 18)


def said(**known: Value) -> Facts:
    return Facts(known, on=ON)


def after(**happened: date) -> Facts:
    return Facts({}, happened=happened, on=ON)


def review_at(stage: str) -> Facts:
    return Facts({}, stages={"review": stage}, on=ON)


HELD_AND_OPEN = {
    "below_threshold": (said(consideration="audit"), said(consideration="learning_review")),
    "contribution_accurate": (said(draft_facts_checked=False), said(draft_facts_checked=True)),
    "every_recommendation_signed_off": (said(recommendations_not_signed_off=("R2",)), said()),
    "learning_anonymous": (said(anonymity_signed_off=False), said(anonymity_signed_off=True)),
    "priority_action_named": (after(file_report=ON), after(file_priority_letter=ON)),
    "report_there": (review_at("in_progress"), review_at("action_monitoring")),
    "scored": (said(likelihood=0, impact=6), said(likelihood=1, impact=5)),
    "several_cases": (said(cases_count=1), said(cases_count=2)),
    "standards_rated": (after(), after(rate_standard=ON)),
    "still_to_sign_off": (
        said(recommendation_signed_off="R1", recommendations_not_signed_off=("R2", "R3")),
        said(recommendation_signed_off="R3", recommendations_not_signed_off=("R2", "R3")),
    ),
    "victim_was_a_child": (said(victim_16_17=False), said(victim_16_17=True)),
    "actions_finished_or_handed_over": (
        said(open_actions=("A1",)),
        said(open_actions=("A1",), actions_handed_over="To B"),
    ),
    "all_three_signed": (after(sign_icb=ON), after(sign_local_authority=ON, sign_icb=ON, sign_police=ON)),
    "statutory_partners_named": (said(partners_not_named=("the police",)), said(partners_not_named=())),
    "every_partner_invited": (
        said(statutory_partners=("A", "B"), partners_invited=("A",)),
        said(statutory_partners=("A", "B"), partners_invited=("B", "A", "C")),
    ),
    "every_partner_present": (
        said(statutory_partners=("A", "B"), partners_present=("A", "C")),
        said(statutory_partners=("A", "B"), partners_present=("A", "B")),
    ),
    "every_partner_signed": (said(partners_not_signed=("A",)), said(partners_not_signed=())),
    "every_view_recorded": (said(partners_without_view=("A",)), said(partners_without_view=())),
    "difference_escalated": (
        said(partners_that_differ=("A: notifiable", "B: not notifiable")),
        said(partners_that_differ=("A: notifiable", "B: not notifiable"), not_escalated_reason="Both wished it so."),
    ),
    "care_leaver_up_to_24": (
        said(nature="care_leaver_death", care_leaver_age=25),
        said(nature="care_leaver_death", care_leaver_age=24),
    ),
    "seventy_days_set": (said(inspectorate="cqc"), said(inspectorate="jtai")),
    "inspected_by_hmicfrs": (said(inspectorate="ofsted"), said(inspectorate="hmicfrs")),
    "no_period_set": (said(inspectorate="coroner"), said(inspectorate="cqc")),
    "sent_by_coroner": (said(inspectorate="ofsted"), said(inspectorate="coroner")),
    "already_late": (said(due_on=ON), said(due_on=date(2025, 6, 17))),
    "birth_in_scope": (said(birth="late_foetal_loss"), said(birth="unattended_stillbirth")),
    "checked_within_a_month": (said(next_check_on=date(2025, 7, 19)), said(next_check_on=date(2025, 7, 18))),
    "child_in_scope": (said(under_18=False), said(under_18=False, age_reason="A child when the harm began.")),
    "criteria_found_not_met": (said(), said(notification_criteria_not_met=True)),
    "date_set": (said(), said(due_on=ON)),
    "death_under_18": (said(under_18=False), said(under_18=True)),
    "draft_checked": (
        said(facts_checked=True, legal_checked=True, media_checked=True, anonymity_checked=False),
        said(facts_checked=True, legal_checked=True, media_checked=True, anonymity_checked=True),
    ),
    "every_recommendation_answered": (said(recommendations_without_response=("R1",)), said()),
    "evidence_there": (said(evidence=0), said(evidence=1)),
    "family_fed_back": (said(family_fed_back=False), said(family_fed_back=True)),
    "anonymity_assured": (said(), said(anonymity_signed_off=True)),
    "fit_to_publish": (
        said(names_the_reviewer=True),
        said(names_the_reviewer=True, anonymity_signed_off=True),
    ),
    "impact_not_tested": (said(impact_test="Fewer repeat referrals"), said(impact_test="")),
    "impact_tested": (said(impact_test=" "), said(impact_test="Fewer repeat referrals")),
    "joint_response_started": (after(), after(start_jar=ON)),
    "month_of_notice": (said(cdrm_on=date(2025, 7, 17)), said(cdrm_on=date(2025, 7, 18))),
    "national_told_once_late": (after(decide_lcspr=date(2024, 12, 17)), after(decide_lcspr=date(2024, 12, 18))),
    "ncmd_forms_finalised": (said(), said(ncmd_forms_finalised=True)),
    "no_action_open": (said(open_actions=("A1", "A2")), said(open_actions=())),
    "no_review_follows": (said(nature="death"), said(nature="care_leaver_death")),
    "not_own_agency": (said(accepted_by_own_agency=True), said(accepted_by_own_agency=False)),
    "notice_given": (after(notify_ahead=date(2025, 6, 10)), after(notify_ahead=date(2025, 6, 9))),
    "notice_of_improvements_given": (after(), after(notify_improvements_ahead=date(2025, 6, 9))),
    "notification_criteria_met": (
        said(nature="other", abuse_or_neglect=False, place="other_area"),
        said(nature="serious_harm", abuse_or_neglect=True, place="outside_england"),
    ),
    "online_for_a_year": (after(publish=date(2024, 6, 19)), after(publish=date(2024, 6, 18))),
    "panel_disagrees_or_asks": (said(panel_view="comments"), said(panel_view="asks")),
    "panel_fit_to_decide": (
        said(quorate=True, papers_anonymised=True),
        said(quorate=True, papers_anonymised=True, nobody_decided_own_care=True),
    ),
    "papers_complete": (
        said(has_draft_analysis=True, has_reports=True, has_post_mortem=False, inquest_concluded=True),
        said(has_draft_analysis=True, has_reports=True, has_post_mortem=True, inquest_concluded=True),
    ),
    "partners_invited": (
        said(local_authority_invited=True, icb_invited=True),
        said(local_authority_invited=True, icb_invited=True, police_invited=True),
    ),
    "partners_present": (
        said(local_authority_present=True, police_present=True),
        said(local_authority_present=True, icb_present=True, police_present=True),
    ),
    "partners_told": (said(partners_told=False), said(partners_told=True)),
    "plan_has_actions": (said(plan_actions=0), said(plan_actions=1)),
    "plan_is_empty": (said(plan_actions=1), said(plan_actions=0)),
    "post_mortem_in_hand": (said(post_mortem="awaited"), said(post_mortem="none_held")),
    "reply_sent_where_panel_disagrees": (
        said(panel_view="disagrees"),
        said(panel_view="disagrees", panel_reply_on=ON),
    ),
    "report_complete": (said(has_improvements=True), said(has_improvements=True, has_systemic_reasons=True)),
    "returns_in_or_gap_noted": (
        said(returns_outstanding=("the school",)),
        said(returns_outstanding=("the school",), gaps_noted="It is closed until September."),
    ),
    "review_ended_early": (review_at("finalised"), review_at("absorbed")),
    "review_finalised": (review_at("partner_sign_off"), review_at("finalised")),
    "review_must_follow": (said(nature="looked_after_death"), said(nature="serious_harm")),
    "review_over": (review_at("draft"), review_at("finalised")),
    "reviewer_independent": (said(reviewer_independent=False), said(reviewer_independent=True)),
    "reviewer_until_a_day": (
        said(lead_reviewer="Rev Two <rev@example.org>"),
        said(lead_reviewer="Rev Two <rev@example.org>", lead_reviewer_until=ON),
    ),
    "second_extension_by_partner": (said(times_extended=1), said(times_extended=1, granted_by_partner=True)),
    "second_extension_undone_by_partner": (said(times_extended=2), said(times_extended=1)),
    "extended_before": (said(times_extended=0), said(times_extended=1)),
    "somebody_named": (said(owner=" ", lead_agency=""), said(lead_agency="Anyshire Council")),
    "something_is_awaited": (said(awaits_inquest=False), said(awaits_inquest=True)),
    "last_check": (said(impact_checks_waiting=2), said(impact_checks_waiting=1)),
    "check_waits": (said(impact_checks_waiting=0), said(impact_checks_waiting=1)),
    "not_asked_twice": (said(extension_waiting=True), said(extension_waiting=False)),
    "asked_for": (said(extension_waiting=False), said(extension_waiting=True)),
    "strands_done": (said(strands_open=("Anyshire Police",)), said(strands_open=())),
    "terms_agreed": (
        said(terms_agreed=True, period_agreed=False, methodology_agreed=True),
        said(terms_agreed=True, period_agreed=True, methodology_agreed=True),
    ),
    "told_ahead": (
        said(full_report_attached=True, sent_to_panel=True, sent_to_ofsted=True),
        said(full_report_attached=True, sent_to_panel=True, sent_to_ofsted=True, sent_to_secretary_of_state=True),
    ),
    "transfer_agreed": (
        said(other_designated_doctor_agreed=True),
        said(other_designated_doctor_agreed=True, learning_plan_agreed=True),
    ),
}


class Noting(dict[str, Value]):
    """Known facts that note which of them were looked at."""

    def __init__(self, known: dict[str, Value]) -> None:
        super().__init__(known)
        self.looked_at: set[str] = set()

    def get(self, name: str, default: Value | None = None) -> Value | None:  # type: ignore[override]  # one signature
        self.looked_at.add(name)
        return super().get(name, default)


class Unread:
    """Stands where nothing may be looked at, and notes whether something was."""

    def __init__(self) -> None:
        self.was_read = False

    def __getattr__(self, name: str) -> Any:
        self.was_read = True
        raise AttributeError(name)

    def __contains__(self, name: object) -> bool:
        self.was_read = True
        return False


def every_guard() -> Iterator[Guard]:
    """Give the guards of every definition, those that only an earlier version still waits on included."""
    versions = [version for known in BUILT_IN.versions.values() for version in known.values()]
    return (guard for workflow in (ACTION, *versions) for step in workflow.steps for guard in step.only_if)


@pytest.mark.parametrize("name", sorted(HELD_AND_OPEN))
def test_a_guard_holds_back_and_says_what_is_missing(name: str) -> None:
    held, _ = HELD_AND_OPEN[name]
    missing = list(GUARDS[name].missing(held))
    assert missing
    assert all(item and item == item.strip() for item in missing)


@pytest.mark.parametrize("name", sorted(HELD_AND_OPEN))
def test_a_guard_opens_when_nothing_is_missing(name: str) -> None:
    _, opened = HELD_AND_OPEN[name]
    assert list(GUARDS[name].missing(opened)) == []


@pytest.mark.parametrize("name", sorted(HELD_AND_OPEN))
def test_a_guard_looks_only_at_the_facts_it_names(name: str) -> None:
    for facts in HELD_AND_OPEN[name]:
        known = Noting(dict(facts.known))
        list(GUARDS[name].missing(Facts(known, facts.stages, facts.happened, facts.on)))
        assert known.looked_at <= GUARDS[name].reads


@pytest.mark.parametrize("name", [name for name in sorted(HELD_AND_OPEN) if not GUARDS[name].looks_at_days])
def test_a_guard_that_does_not_say_so_looks_at_no_day_of_a_step_and_no_calendar(name: str) -> None:
    for facts in HELD_AND_OPEN[name]:
        unread: Any = Unread()
        list(GUARDS[name].missing(replace(facts, happened=unread, calendar=unread)))
        assert not unread.was_read


def test_every_guard_is_tried_here_and_used_by_a_step() -> None:
    assert set(HELD_AND_OPEN) == set(GUARDS) == {guard.name for guard in every_guard()}


def test_every_computed_fact_is_read_by_a_guard() -> None:
    assert set(COMPUTED) <= {fact for guard in every_guard() for fact in guard.reads}


def test_a_guard_speaks_in_a_sentence() -> None:
    assert [
        guard.name for guard in GUARDS.values() if not guard.sentence[0].isupper() or guard.sentence[-1] != "."
    ] == []


def test_only_what_is_missing_is_listed() -> None:
    facts = said(nature="death", abuse_or_neglect=False, place="area")
    assert list(GUARDS["notification_criteria_met"].missing(facts)) == ["known or suspected abuse or neglect"]


@pytest.mark.parametrize("nature", ["looked_after_death", "care_leaver_death"])
def test_such_a_death_is_notified_whatever_its_cause(nature: str) -> None:
    facts = said(nature=nature, abuse_or_neglect=False, place="other_area")
    assert list(GUARDS["notification_criteria_met"].missing(facts)) == []


@pytest.mark.parametrize("workflow", [*BUILT_IN.every(), ACTION], ids=lambda each: f"{each.name}-{each.version}")
def test_a_guard_names_what_it_looks_at(workflow):
    """Facts, steps that must come first, or another track: by them its refusal leads to where it is made good."""
    for guard in {guard for step in workflow.steps for guard in step.only_if}:
        assert guard.reads or guard.after or guard.track, guard.name
        assert set(guard.after) <= {step.name for step in workflow.steps}, guard.name
        assert guard.track in ("", *(track.name for track in workflow.tracks)), guard.name
