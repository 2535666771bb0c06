"""The clocks that a step starts, meets or ends, and their due dates."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.cases.page_queries import clocks_of, other_starts
from reviews.cases.steps import take_case_step
from reviews.core.db import Database
from reviews.imports.history import open_past_case
from reviews.imports.readers.past_rows import PastCase, PastStep
from reviews.models import Case, CaseClock, Partnership
from tests.builders import TO_THE_PANEL, TODAY, a_case, a_partnership, a_unit, facts_for, take
from workflows.core.days import PartialDay
from workflows.definitions import CASE_WORKFLOWS

NOTIFIED = date(2019, 3, 8)


@pytest.fixture
def session(database: Database):
    with database() as opened:
        yield opened


@pytest.fixture
def partnership(session: Session) -> Partnership:
    return a_partnership(session)


def the_clock(case: Case, name: str) -> CaseClock:
    """Give the newest clock of a name."""
    return [clock for clock in case.clocks if clock.name == name][-1]


def running(case: Case) -> set[str]:
    return {clock.name for clock in case.clocks if clock.is_running}


@pytest.mark.parametrize(
    ("aware_on", "notify_by", "review_by"),
    [
        (date(2024, 3, 28), date(2024, 4, 8), date(2024, 4, 29)),
        (date(2024, 12, 20), date(2024, 12, 31), date(2025, 1, 22)),
        (date(2024, 12, 21), date(2024, 12, 31), date(2025, 1, 22)),
        (date(2025, 6, 11), date(2025, 6, 18), date(2025, 7, 9)),
        (date(2025, 6, 14), date(2025, 6, 20), date(2025, 7, 11)),
    ],
    ids=["Easter", "before Christmas", "a Saturday before Christmas", "a Wednesday", "a Saturday"],
)
def test_the_notification_counts_from_awareness_and_the_review_from_the_notification(
    session: Session, partnership: Partnership, aware_on: date, notify_by: date, review_by: date
) -> None:
    case = a_case(session, partnership, opened_on=aware_on, la_aware_at=aware_on)
    assert the_clock(case, "sin").due_on == notify_by
    take(session, case, *TO_THE_PANEL[:3], on=notify_by)
    assert the_clock(case, "sin").met_on == notify_by
    assert the_clock(case, "rapid_review").due_on == review_by


@pytest.mark.parametrize(
    ("aware_on", "notified_on", "counted_from", "due_on"),
    [
        (date(2019, 3, 1), date(2019, 3, 8), "la_aware_at", date(2019, 3, 22)),
        (date(2022, 8, 25), date(2022, 8, 31), "la_aware_at", date(2022, 9, 16)),
        (date(2022, 8, 25), date(2022, 9, 1), None, date(2022, 9, 23)),
    ],
)
def test_a_review_notified_before_september_2022_counts_from_awareness(
    session: Session,
    partnership: Partnership,
    aware_on: date,
    notified_on: date,
    counted_from: str | None,
    due_on: date,
) -> None:
    case = a_case(session, partnership, opened_on=aware_on, la_aware_at=aware_on)
    take(session, case, *TO_THE_PANEL[:3], on=notified_on)
    review = the_clock(case, "rapid_review")
    assert (review.start_rule, review.due_on) == (counted_from, due_on)
    assert (review.counted_from_on, review.begun_on) == (aware_on if counted_from else notified_on, notified_on)
    clocks = clocks_of(session, case)
    (other,) = (each for others in other_starts(session, case, clocks) for each in others)
    assert (other.rule, other.counted_from) == (
        ("notification", notified_on) if counted_from else ("awareness", aware_on)
    )


def test_where_awareness_is_not_known_the_review_counts_from_the_notification(
    session: Session, partnership: Partnership
) -> None:
    unit = a_unit(session)
    past = PastCase(
        row=1,
        reference="RR-2019-1",
        column="reference",
        workflow="rapid_review",
        steps=tuple(
            PastStep(name, PartialDay.of(NOTIFIED), NOTIFIED, "day") for name in ("receive_referral", *TO_THE_PANEL[:3])
        ),
        dated=frozenset({"sign_off"}),
    )
    review = the_clock(open_past_case(unit, partnership, past), "rapid_review")
    assert (review.start_rule, review.counted_from_on, review.due_on) == (None, NOTIFIED, date(2019, 3, 29))


def test_the_days_of_a_review_notified_on_16_june_2025(session: Session, partnership: Partnership) -> None:
    case = a_case(session, partnership, opened_on=date(2025, 6, 12))
    take(session, case, *TO_THE_PANEL[:3], on=date(2025, 6, 16))
    due = {clock.name: clock.due_on for clock in case.clocks if clock.name != "sin"}
    assert due == {
        "letters": date(2025, 6, 17),
        "meeting": date(2025, 7, 2),
        "rapid_review": date(2025, 7, 7),
    }


def test_awareness_late_in_the_evening_counts_from_its_day_in_london(
    session: Session, partnership: Partnership
) -> None:
    late = datetime(2025, 6, 11, 23, 30, tzinfo=ZoneInfo("Europe/London"))
    case = a_case(session, partnership, opened_on=date(2025, 6, 12), la_aware_at=late)
    sin = the_clock(case, "sin")
    assert (sin.counted_from_on, sin.due_on) == (date(2025, 6, 11), date(2025, 6, 18))


@pytest.mark.parametrize(
    ("decided_on", "publish_by"),
    [(date(2025, 3, 14), date(2025, 9, 14)), (date(2024, 8, 31), date(2025, 2, 28))],
    ids=["an ordinary month", "a month that is too short"],
)
def test_publication_is_due_six_months_after_the_decision(
    session: Session, partnership: Partnership, decided_on: date, publish_by: date
) -> None:
    review = a_case(session, partnership, "lcspr", opened_on=decided_on)
    assert the_clock(review, "publication").due_on == publish_by


@pytest.mark.parametrize(
    ("publish_on", "send_by"),
    [
        (date(2024, 5, 28), date(2024, 5, 16)),
        (date(2025, 1, 6), date(2024, 12, 23)),
        (date(2025, 7, 15), date(2025, 7, 4)),
    ],
)
def test_the_report_goes_ahead_seven_working_days_before_publication(
    session: Session, partnership: Partnership, publish_on: date, send_by: date
) -> None:
    review = a_case(session, partnership, "lcspr", opened_on=date(2024, 3, 1))
    review.tracks[0].stage = "finalised"
    take(session, review, "plan_publication", on=date(2024, 4, 1), planned_publication_on=publish_on)
    assert the_clock(review, "notify_ahead").due_on == send_by


def test_another_planned_day_replaces_the_clock_and_the_old_one_is_kept(
    session: Session, partnership: Partnership
) -> None:
    review = a_case(session, partnership, "lcspr", opened_on=date(2025, 3, 3))
    review.tracks[0].stage = "finalised"
    take(session, review, "plan_publication", on=date(2025, 6, 2), planned_publication_on=date(2025, 7, 15))
    take(session, review, "replan_publication", on=date(2025, 6, 9), planned_publication_on=date(2025, 8, 5))
    first, second = (clock for clock in review.clocks if clock.name == "notify_ahead")
    assert (first.due_on, first.dropped_on) == (date(2025, 7, 4), date(2025, 6, 9))
    assert (second.due_on, second.is_running) == (date(2025, 7, 25), True)


def test_a_day_that_is_planned_again_takes_its_old_clock_up(session: Session, partnership: Partnership) -> None:
    review = a_case(session, partnership, "lcspr", opened_on=date(2025, 3, 3))
    review.tracks[0].stage = "finalised"
    take(session, review, "plan_publication", on=date(2025, 6, 2), planned_publication_on=date(2025, 7, 15))
    for day in (date(2025, 8, 5), date(2025, 7, 15)):
        take(session, review, "replan_publication", on=date(2025, 6, 9), planned_publication_on=day)
    first, second = (clock for clock in review.clocks if clock.name == "notify_ahead")
    assert (first.due_on, first.is_running) == (date(2025, 7, 4), True)
    assert (second.due_on, second.dropped_on) == (date(2025, 7, 25), date(2025, 6, 9))


def test_a_late_step_meets_its_clock_late_and_keeps_the_reason(session: Session, partnership: Partnership) -> None:
    case = a_case(session, partnership, opened_on=date(2025, 6, 11))
    take(session, case, *TO_THE_PANEL[:2], on=date(2025, 6, 11))
    submit(session, case, on=date(2025, 6, 25), late_reason="The decision was disputed.")
    sin = the_clock(case, "sin")
    assert (sin.due_on, sin.met_on, sin.late_reason) == (
        date(2025, 6, 18),
        date(2025, 6, 25),
        "The decision was disputed.",
    )


def test_a_step_in_time_keeps_no_reason(session: Session, partnership: Partnership) -> None:
    case = a_case(session, partnership, opened_on=date(2025, 6, 11))
    take(session, case, *TO_THE_PANEL[:2], on=date(2025, 6, 11))
    submit(session, case, on=date(2025, 6, 18), late_reason="A reason nobody needs.")
    assert the_clock(case, "sin").late_reason is None


def submit(session: Session, case: Case, *, on: date, late_reason: str) -> None:
    step = CASE_WORKFLOWS["rapid_review"].step("submit_sin")
    assert step is not None
    answers = facts_for(step, on=on)
    take_case_step(a_unit(session), case, "submit_sin", happened_on=on, answers=answers, late_reason=late_reason)


def test_a_decision_against_notifying_ends_the_clock_unmet(session: Session, partnership: Partnership) -> None:
    case = a_case(session, partnership)
    take(session, case, "convene_discussion", "decide_not_notifiable")
    sin = the_clock(case, "sin")
    assert (sin.met_on, sin.dropped_on) == (None, TODAY)
    assert running(case) == set()


def test_a_withdrawal_ends_all_that_the_notification_started(session: Session, partnership: Partnership) -> None:
    case = a_case(session, partnership)
    take(session, case, *TO_THE_PANEL[:3])
    assert running(case) == {"letters", "meeting", "rapid_review"}
    take(session, case, "withdraw")
    assert running(case) == set()
    assert the_clock(case, "sin").met_on == TODAY


def test_every_rapid_review_that_ends_leaves_no_clock_running(session: Session, partnership: Partnership) -> None:
    case = a_case(session, partnership)
    take(session, case, *TO_THE_PANEL, "panel_response", "confirm_no_further_review")
    assert case.closed_on == TODAY
    assert running(case) == set()


def test_a_monthly_check_meets_its_clock_and_starts_the_next_month(session: Session, partnership: Partnership) -> None:
    review = a_case(session, partnership, "lcspr", opened_on=date(2026, 3, 2))
    take(session, review, "commission", "begin_scoping", "agree_tor", on=date(2026, 3, 31))
    assert the_clock(review, "first_checkpoint").due_on == date(2026, 4, 30)
    take(session, review, "checkpoint", on=date(2026, 4, 28))
    assert the_clock(review, "first_checkpoint").met_on == date(2026, 4, 28)
    assert the_clock(review, "next_checkpoint").due_on == date(2026, 5, 28)
    take(session, review, "checkpoint", on=date(2026, 5, 20))
    first, second = (clock for clock in review.clocks if clock.name == "next_checkpoint")
    assert (first.met_on, second.due_on, second.is_running) == (date(2026, 5, 20), date(2026, 6, 20), True)


def test_two_checks_on_one_day_leave_the_next_month_running(session: Session, partnership: Partnership) -> None:
    review = a_case(session, partnership, "lcspr", opened_on=date(2026, 3, 2))
    take(session, review, "commission", "begin_scoping", "agree_tor", "checkpoint", "checkpoint", on=date(2026, 3, 31))
    assert "next_checkpoint" in running(review)
    assert the_clock(review, "next_checkpoint").due_on == date(2026, 4, 30)


def test_a_report_that_names_the_next_one_starts_its_clock_and_does_not_meet_it(
    session: Session, partnership: Partnership
) -> None:
    plan = a_case(session, partnership, "strategy_plan", opened_on=date(2026, 1, 5))
    plan.tracks[0].stage = "monitoring"
    take(session, plan, "report", on=date(2026, 3, 2), next_report_on=date(2026, 6, 1))
    take(session, plan, "report", on=date(2026, 5, 29), next_report_on=date(2026, 9, 1))
    first, second = (clock for clock in plan.clocks if clock.name == "report")
    assert (first.due_on, first.met_on) == (date(2026, 6, 1), date(2026, 5, 29))
    assert (second.due_on, second.is_running) == (date(2026, 9, 1), True)


def test_a_hold_that_is_looked_at_again_gets_the_next_day_to_look_at_it(
    session: Session, partnership: Partnership
) -> None:
    review = a_case(session, partnership, "lcspr", opened_on=date(2026, 3, 2))
    take(session, review, "place_hold", on=date(2026, 4, 1), hold_review_on=date(2026, 5, 1))
    take(session, review, "review_hold", on=date(2026, 5, 1), hold_review_on=date(2026, 7, 1))
    assert the_clock(review, "hold_review").due_on == date(2026, 7, 1)
    assert "hold_review" in running(review)
    assert "publication" in running(review), "a hold stops no statutory clock"


def test_clock_hours_of_a_joint_response_end_at_a_moment(session: Session, partnership: Partnership) -> None:
    """Weekends count, and an hour is an hour when summer time ends."""
    death = a_case(session, partnership, "cdop_case", opened_on=date(2026, 10, 23))
    started = datetime(2026, 10, 24, 14, 0, tzinfo=ZoneInfo("Europe/London"))
    take(session, death, "triage", on=date(2026, 10, 23))
    take(session, death, "start_jar", on=date(2026, 10, 24), jar_started_at=started)
    session.commit()
    session.expire_all()
    visit = the_clock(death, "jar_visit")
    assert visit.due_at == datetime(2026, 10, 25, 13, 0, tzinfo=ZoneInfo("Europe/London"))
    assert (visit.due_on, visit.counted_from_on) == (date(2026, 10, 25), date(2026, 10, 24))


def test_a_running_case_keeps_the_edition_its_clock_was_counted_in(session: Session, partnership: Partnership) -> None:
    before = a_case(session, partnership, opened_on=date(2025, 5, 1))
    take(session, before, *TO_THE_PANEL[:3], on=date(2025, 5, 30))
    after = a_case(session, partnership, opened_on=date(2025, 5, 1))
    take(session, after, *TO_THE_PANEL[:3], on=date(2025, 6, 2))
    assert the_clock(before, "rapid_review").edition_from == date(2022, 9, 1)
    assert the_clock(after, "rapid_review").edition_from == date(2025, 6, 1)


def test_a_date_beyond_the_known_holidays_is_provisional(session: Session, partnership: Partnership) -> None:
    plan = a_case(session, partnership, "strategy_plan", opened_on=date(2026, 1, 5))
    plan.tracks[0].stage = "monitoring"
    take(session, plan, "report", on=TODAY, next_report_on=date(2100, 1, 4))
    assert the_clock(plan, "report").provisional


def test_no_clock_moves_when_steps_are_recorded_late(session: Session, partnership: Partnership) -> None:
    case = a_case(session, partnership, opened_on=date(2025, 6, 11))
    take(session, case, *TO_THE_PANEL[:3], on=date(2025, 6, 16))
    before = {clock.id: clock.due_on for clock in case.clocks}
    take(session, case, *TO_THE_PANEL[3:], on=date(2025, 9, 1))
    session.commit()
    session.expire_all()
    kept = {
        clock.id: clock.due_on for clock in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id))
    }
    assert kept == before
