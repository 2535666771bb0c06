"""The plan of moving one case to another version, made from a snapshot without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from reviews.cases.clocks import ClockOutcome, TakenStep, clock_outcome
from reviews.cases.version_dates import plan_case_migration
from reviews.cases.version_plan import CaseSnapshot, MigrationRules, RunningChildCase
from reviews.definitions.local_rules import LocalRules
from reviews.models import Case, CaseClock, CaseTrack, LocalRule, OurRole
from tests.builders import TODAY
from tests.versions import LOOK, NEXT, RAPID, another, renamed, with_clocks, with_deadline, with_period
from workflows.core.bank_holidays import BUNDLED
from workflows.core.vocabulary import Deadline, Edition, Rank
from workflows.core.working_days import Period, Unit

SENT = TakenStep("submit_sin", TODAY)
HOURS = Deadline(
    "told",
    "Panel told",
    counted_from="la_aware_at",
    met_by=("hold_meeting",),
    editions=(Edition(date(2018, 6, 29), Period(48, Unit.HOURS), Rank.LOCAL, "Our custom"),),
)


def a_standing(*history, stage="notified", clocks=(), child_cases=(), our_role=OurRole.LEAD):
    case = Case(id=1, partnership_id=1, reference="RR-1", our_role=our_role)
    track = CaseTrack(name="rapid_review", stage=stage, since_on=TODAY)
    return CaseSnapshot(case, "ANYSHIRE", [track], clocks, [], history or (SENT,), child_cases)


def a_clock(name="meeting", due_on=date(2026, 12, 8)):
    return CaseClock(id=1, name=name, edition_from=date(2018, 6, 29), counted_from_on=TODAY, due_on=due_on)


def a_rule(deadline, period, unit=Unit.WORKING_DAYS):
    rule = LocalRule(id=7, workflow="rapid_review", deadline=deadline, effective_from=date(2026, 1, 1))
    rule.period, rule.unit = period, unit
    return LocalRules({("rapid_review", deadline): [rule]})


def planned(snapshot, now, was=RAPID, local=None):
    return plan_case_migration(snapshot, MigrationRules(was, now, BUNDLED, local or LocalRules({})))


def clocks(plan):
    return {each.clock: (each.was, each.now) for each in plan.clocks}


def test_a_local_period_replaces_the_custom_of_the_new_version_too():
    local = a_rule("meeting", 6)
    plan = planned(a_standing(clocks=[a_clock()]), with_period(another(), "meeting", 10), local=local)
    (change,) = plan.clocks
    assert (change.now, change.dated.local_rule_id, change.dated.target_on) == (date(2026, 11, 30), 7, None)


def test_beside_a_binding_date_the_local_period_is_a_target():
    local = a_rule("rapid_review", 10)
    snapshot = a_standing(clocks=[a_clock("rapid_review", date(2026, 12, 11))])
    (change,) = planned(snapshot, another(), local=local).clocks
    assert (change.was, change.now, change.dated.target_on) == (date(2026, 12, 11),) * 2 + (date(2026, 12, 4),)


@pytest.mark.parametrize(("role", "starts"), [(OurRole.LEAD, True), (OurRole.CONTRIBUTOR, False)])
def test_a_duty_of_another_area_starts_no_clock_here(role, starts):
    law = tuple(replace(edition, rank=Rank.LAW) for edition in LOOK.editions)
    now = with_clocks(another(), replace(LOOK, editions=law))
    assert ("early_look" in clocks(planned(a_standing(our_role=role), now))) is starts


def test_hours_are_counted_from_the_moment_that_was_recorded():
    aware = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
    snapshot = a_standing(TakenStep("receive_referral", date(2026, 11, 18), {"la_aware_at": aware}))
    (change,) = planned(snapshot, with_clocks(another(), HOURS)).clocks
    assert (change.now, change.dated.due_at.astimezone(UTC)) == (TODAY, datetime(2026, 11, 20, 15, 30, tzinfo=UTC))


def test_what_nobody_knows_the_day_of_starts_and_meets_nothing():
    now = with_clocks(another(), LOOK)
    assert clocks(planned(a_standing(TakenStep("submit_sin", None)), now)) == {}
    assert clocks(planned(a_standing(SENT, TakenStep("hold_meeting", None)), now)) == {
        "early_look": (None, date(2026, 12, 2))
    }


def test_a_process_beside_the_case_that_holds_back_a_step_that_is_gone_keeps_it():
    snapshot = a_standing(child_cases=[RunningChildCase("RR-1.P1", "parallel_process", ("hold_meeting",))])
    plan = planned(snapshot, renamed(another(), "hold_meeting", "have_meeting"))
    assert plan.reasons == [f"RR-1.P1 holds back “Record the meeting”, a step that version {NEXT} does not have."]
    assert planned(snapshot, another()).reasons == []


def test_a_small_case_goes_on_where_its_kind_is_opened_no_more():
    steps = tuple(step for step in RAPID.tracks[0].steps if not step.opens or step.opens == "lcspr")
    now = another(tracks=(replace(RAPID.tracks[0], steps=steps),))
    plan = planned(a_standing(child_cases=[RunningChildCase("RR-1.I1", "information_request", ())]), now)
    assert plan.reasons == []
    assert plan.warnings == [f"RR-1.I1 runs on to its end, though version {NEXT} opens no more of its kind."]


def test_back_to_an_earlier_version_a_stage_has_its_earlier_name():
    later = renamed(another(), "gathering", "collecting")
    plan = planned(a_standing(stage="collecting"), RAPID, was=later)
    assert [(each.was, each.now) for each in plan.stages] == [("collecting", "gathering")]


def test_the_same_date_by_the_same_rules_is_kept_and_nothing_is_said_of_it():
    (change,) = planned(a_standing(clocks=[a_clock()]), another()).clocks
    assert change.is_unchanged
    assert change.because == ""


def test_two_plans_that_differ_in_one_date_are_told_apart():
    snapshot = a_standing(clocks=[a_clock()])
    one, other = (planned(snapshot, with_period(another(), "meeting", count)) for count in (10, 11))
    assert one.fingerprint_parts != other.fingerprint_parts
    assert one.fingerprint_parts == planned(snapshot, with_period(another(), "meeting", 10)).fingerprint_parts


def test_a_clock_that_ends_by_the_new_rules_ends():
    now = with_deadline(another(), "meeting", ended_by=("open_gathering",))
    snapshot = a_standing(SENT, TakenStep("open_gathering", TODAY), clocks=[a_clock()])
    (change,) = planned(snapshot, now).clocks
    assert (change.now, change.met_on) == (None, None)
    assert "it ended on 20 November 2026" in change.because


def test_a_clock_counted_from_what_has_not_happened_ends():
    now = with_deadline(another(), "meeting", counted_from="hold_meeting", met_by=("sign_off",))
    (change,) = planned(a_standing(clocks=[a_clock()]), now).clocks
    assert (change.now, "has not happened" in change.because) == (None, True)


CHECK = replace(LOOK, counted_from="check", met_by=("check",), ended_by=("end",))


@pytest.mark.parametrize(
    ("steps", "fate"),
    [
        ((), ClockOutcome()),
        ((("check", 1),), ClockOutcome(date(2026, 11, 1))),
        ((("check", 1), ("check", 5)), ClockOutcome(date(2026, 11, 5))),
        ((("check", 1), ("check", 1)), ClockOutcome(date(2026, 11, 1))),
        ((("check", 1), ("end", 5)), ClockOutcome(date(2026, 11, 1), ended_on=date(2026, 11, 5))),
        ((("check", 1), ("end", 5), ("check", 9)), ClockOutcome(date(2026, 11, 9))),
        ((("check", 1), ("else", 5)), ClockOutcome(date(2026, 11, 1))),
    ],
)
def test_a_check_that_comes_again_meets_the_last_and_starts_the_next(steps, fate):
    assert clock_outcome(CHECK, [TakenStep(name, date(2026, 11, day)) for name, day in steps]) == fate


def test_a_clock_that_was_met_does_not_start_again_from_the_same_day():
    history = [SENT, TakenStep("hold_meeting", TODAY), SENT]
    assert clock_outcome(LOOK, history).met_on == TODAY
