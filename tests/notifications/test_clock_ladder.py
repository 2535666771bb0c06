"""When is which clock brought up? Each on the ladder of its deadline, climbed on working mornings."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.models import Letter, Reminder
from notifications.process.plan_round import plan_round
from reviews.core.clock import read_moment
from reviews.models import Case, CaseClock, CaseHold, OurRole
from reviews.settings.local_periods import clear_local_period, set_local_period
from reviews.settings.reminder_policies import choose_reminder_policy
from tests.builders import a_case, a_process, a_unit, take
from tests.notifications.mornings import (
    LETTERHEAD,
    a_morning,
    a_quiet_case,
    a_request,
    an_owned_action,
    hush,
    morning_after_morning,
    owner_of,
    record,
    said,
)
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

WEDNESDAY = date(2026, 12, 2)
MANAGER, LEAD, ADMIN = "manager@anyshire.example", "agency-lead@anyshire.example", "admin@anyshire.example"


@pytest.fixture
def request_to_council(database, anyshire, case):
    return a_request(database, case, anyshire.agencies["Council"], WEDNESDAY)


@pytest.fixture
def notified(database, anyshire):
    """A rapid review whose notification is due on Friday 27 November, five working days after its opening."""
    with database.begin() as session:
        return a_case(session, anyshire.partnership, reference="RR-2026-07")


def a_rule(database, place, workflow, deadline, since, ladder):
    with database.begin() as session:
        partnership = session.merge(place.partnership)
        rule = {"workflow": workflow, "deadline": deadline, "effective_from": since, "authority": "The executive"}
        if ladder:
            set_local_period(a_unit(session), partnership, **rule, ladder=ladder)
        else:
            clear_local_period(a_unit(session), partnership, **rule)


def test_a_request_to_an_agency_is_chased_rung_by_rung_over_a_weekend(database, request_to_council):
    heard = morning_after_morning(database, "2026-11-23T08:00", days=40)

    assert heard == {
        "agency-lead": [
            ("11-30", "due-3"),
            ("12-02", "due"),
            ("12-03", "due+1"),
            ("12-07", "due+3"),
            ("12-09", "due+7"),
        ],
        "manager": [("12-03", "due+1"), ("12-07", "due+3"), ("12-09", "due+7")],
        "admin": [("12-03", "due+1")],
    }


def test_what_falls_on_bank_holidays_is_said_once_at_the_rung_reached_by_then(database, anyshire, case):
    a_request(database, case, anyshire.agencies["Council"], date(2026, 12, 24))

    heard = morning_after_morning(database, "2026-12-20T08:00", days=20)

    assert heard == {
        "agency-lead": [("12-21", "due-3"), ("12-24", "due"), ("12-29", "due+3"), ("12-31", "due+7")],
        "manager": [("12-29", "due+3"), ("12-31", "due+7")],
        "admin": [("12-29", "due+1")],
    }


def test_nine_missed_days_are_caught_up_in_one_line_at_the_proper_rung(database, request_to_council):
    a_morning(database, "2026-12-01T08:00")

    after = a_morning(database, "2026-12-10T08:00")

    assert said(after) == {
        LEAD: [("RR-2025-03.I1 return", "due+7")],
        MANAGER: [("RR-2025-03.I1 return", "due+7")],
        ADMIN: [("RR-2025-03.I1 return", "due+1")],
    }
    assert a_morning(database, "2026-12-11T08:00").mails == []


def test_a_statutory_clock_goes_from_the_manager_to_chair_and_partners(database, notified):
    heard = morning_after_morning(database, "2026-11-21T08:00", days=60)

    assert heard == {
        "manager": [("11-24", "due-3"), ("11-27", "due"), ("11-30", "due+1")],
        "chair": [("11-30", "due+1")],
        "partner": [("11-30", "due+1")],
    }


def test_a_clock_of_months_is_brought_up_a_month_ahead(database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, "lcspr", reference="LCSPR-2026-01")

    heard = morning_after_morning(database, "2027-04-12T08:00", days=45)

    assert heard == {
        "manager": [("04-20", "due-30"), ("05-13", "due-7"), ("05-20", "due"), ("05-21", "due+1")],
        "chair": [("05-21", "due+1")],
        "partner": [("05-21", "due+1")],
    }


def test_a_hold_reminds_the_manager_on_its_day_and_the_chair_a_week_later(database, anyshire):
    with database.begin() as session:
        review = a_quiet_case(session, anyshire.partnership, "lcspr", reference="LCSPR-2026-01")
        take(session, review, "place_hold", hold_review_on=WEDNESDAY)

    heard = morning_after_morning(database, "2026-11-23T08:00", days=40)

    assert heard == {
        "manager": [("12-02", "due"), ("12-03", "due+1"), ("12-09", "due+7")],
        "chair": [("12-09", "due+7")],
    }


def test_the_next_check_of_a_parallel_process_reminds_the_manager(database, anyshire, case):
    with database.begin() as session:
        a_process(session, session.get_one(Case, case.id), next_check_on=WEDNESDAY)

    heard = morning_after_morning(database, "2026-11-23T08:00", days=40)

    assert heard == {
        "manager": [("12-02", "due"), ("12-03", "due+1"), ("12-16", "due+14")],
        "chair": [("12-16", "due+14")],
    }


@pytest.mark.parametrize("step", ["receive", "report_no_involvement", "call_off"])
def test_what_is_met_or_called_off_in_between_is_silent(database, request_to_council, step):
    a_morning(database, "2026-12-02T08:00")
    record(database, request_to_council, step, "2026-12-02T15:00")

    assert morning_after_morning(database, "2026-12-03T08:00", days=30) == {}


def test_more_time_starts_a_new_ladder(database, request_to_council):
    a_morning(database, "2026-12-03T08:00")
    record(database, request_to_council, "give_more_time", "2026-12-03T15:00", returns_due_on=date(2026, 12, 16))

    heard = morning_after_morning(database, "2026-12-04T08:00", days=14)

    assert heard == {
        "agency-lead": [("12-14", "due-3"), ("12-16", "due"), ("12-17", "due+1")],
        "manager": [("12-17", "due+1")],
        "admin": [("12-17", "due+1")],
    }


def test_a_date_that_a_bank_holiday_moved_is_a_new_one(database, notified):
    a_morning(database, "2026-11-27T08:00")
    with database.begin() as session:
        session.execute(sa.update(CaseClock).values(due_on=date(2026, 11, 30)))

    assert said(a_morning(database, "2026-11-30T08:00")) == {MANAGER: [("RR-2026-07 sin", "due")]}


def test_a_second_round_of_the_same_morning_and_a_dry_run_write_nothing(database, request_to_council):
    dry = plan_round(database, read_moment("2026-12-03"), letterhead=LETTERHEAD, dry_run=True)
    first = a_morning(database, "2026-12-03T08:00")
    again = a_morning(database, "2026-12-03T09:00")

    assert said(dry) == said(first)
    assert (len(first.mails), again.mails, again.already) == (3, [], 3)
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reminder)) == 3
        assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 3


@pytest.mark.parametrize("change", [{"closed_on": WEDNESDAY}, {"our_role": OurRole.CONTRIBUTOR}])
def test_closed_cases_and_those_others_lead_are_silent(database, notified, change):
    with database.begin() as session:
        session.execute(sa.update(Case).where(Case.id == notified.id).values(**change))

    assert a_morning(database, "2026-12-03T08:00").mails == []


def test_what_is_asked_within_a_closed_case_is_silent(database, case, request_to_council):
    with database.begin() as session:
        session.execute(sa.update(Case).where(Case.id == case.id).values(closed_on=date(2026, 11, 30)))

    assert a_morning(database, "2026-12-03T08:00").mails == []


def test_clocks_and_actions_of_a_morning_come_in_one_mail_the_clocks_first(
    database, anyshire, case, notified, request_to_council
):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 11, 19))
    with database.begin() as session:
        a_case(session, anyshire.partnership, reference="RR-2026-08")
    hush(database)

    assert said(a_morning(database, "2026-12-03T08:00"))[MANAGER] == [
        ("RR-2026-07 sin", "due+1"),
        ("RR-2026-08 sin", "due+1"),
        ("RR-2025-03.I1 return", "due+1"),
        ("RR-2025-03/A1", "due+14"),
    ]


def test_a_partnership_may_name_another_ladder_for_clocks_counted_from_a_day_on(database, anyshire, case):
    a_rule(database, anyshire, "information_request", "return", date(2026, 12, 1), "check-ladder")
    a_rule(database, anyshire, "information_request", "return", date(2026, 12, 10), None)
    council = anyshire.agencies["Council"]
    for due_on in (date(2026, 11, 30), WEDNESDAY, date(2026, 12, 10)):
        a_request(database, case, council, due_on)

    heard = {day: said(a_morning(database, f"2026-{day}T08:00")) for day in ("11-30", "12-02", "12-10")}

    assert heard["11-30"] == {LEAD: [("RR-2025-03.I1 return", "due")]}
    assert heard["12-02"][MANAGER] == [("RR-2025-03.I1 return", "due+1"), ("RR-2025-03.I2 return", "due")]
    assert ("RR-2025-03.I3 return", "due") in heard["12-10"][LEAD]
    assert all("RR-2025-03.I2 return" not in dict(items) for day in heard.values() for items in [day.get(LEAD, [])])


def test_a_deadline_without_a_ladder_gets_one_by_a_local_rule(database, anyshire, notified):
    with database.begin() as session:
        take(session, session.get_one(Case, notified.id), "convene_discussion", "decide_notify", "submit_sin")
    assert a_morning(database, "2026-12-07T08:00").mails == []
    a_rule(database, anyshire, "rapid_review", "meeting", date(2026, 11, 1), "statutory-ladder")

    assert said(a_morning(database, "2026-12-07T09:00")) == {MANAGER: [("RR-2026-07 meeting", "due-3")]}


def test_the_ladder_of_a_clock_is_no_policy_for_actions(database, anyshire):
    with database.begin() as session, pytest.raises(Refused, match="There is no reminder policy"):
        choose_reminder_policy(a_unit(session), session.merge(anyshire.partnership), policy="hold-ladder")


def test_whoever_sees_to_it_that_a_hold_ends_is_reminded_with_the_manager(database, anyshire):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, "lcspr", reference="LCSPR-2026-07")
        days = {"pause_review_on": WEDNESDAY, "pause_expected_end_on": WEDNESDAY}
        take(session, case, "pause", pause_owner="partner@anyshire.example", **days)
        (hold,) = session.scalars(sa.select(CaseHold))
        assert hold.owner_id == anyshire.people[Role.SAFEGUARDING_PARTNER].id
        with pytest.raises(Refused, match="does not see every case"):
            take(session, case, "review_pause", pause_owner="owner@anyshire.example", **days)
    heard = morning_after_morning(database, "2026-12-02T08:00", days=2)
    assert heard == {
        "manager": [("12-02", "due"), ("12-03", "due+1")],
        "partner": [("12-02", "due"), ("12-03", "due+1")],
    }
    with database() as session:
        theirs = Letter.person_id == anyshire.people[Role.SAFEGUARDING_PARTNER].id
        letter = session.scalars(sa.select(Letter).where(theirs)).first()
        assert "you see to it that this hold ends" in " ".join(letter.body.split())
