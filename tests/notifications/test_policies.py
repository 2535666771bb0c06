"""Reminder policies of partnerships and plans, and a change from one policy to another."""

from datetime import date, time

import pytest
import sqlalchemy as sa

from notifications.process.plan_round import plan_round
from notifications.rounds.escalation import policies_of, round_hours
from reviews.actions.details import assign_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Action, Event, EventKind, Partnership, ReminderPolicy
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER
from tests.notifications.mornings import (
    LETTERHEAD,
    a_morning,
    a_quiet_case,
    an_owned_action,
    hush,
    morning_after_morning,
    owner_of,
    said,
)
from tests.notifications.policies import LEAD, MANAGER, OWNER, a_rung, follow, let_plan_follow, write
from workflows.core.engine import Refused
from workflows.definitions.shared.ladder_policies import CALENDAR_LADDER, WORKING_DAY_LADDER

FRIDAY = date(2026, 12, 4)
ACTION = "RR-2025-03/A1"
WORKING = "working-day-ladder"


def test_the_working_day_ladder_is_climbed_on_its_days_and_each_is_told_once(database, anyshire, case):
    follow(database, anyshire, WORKING)
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)

    heard = morning_after_morning(database, "2026-11-16T08:00", days=38)

    assert heard == {
        "owner": [
            ("11-20", "due-10wd"),
            ("12-02", "due-2wd"),
            ("12-04", "due"),
            ("12-07", "late+1wd"),
            ("12-14", "late+6wd"),
            ("12-21", "late+11wd"),
        ],
        "agency-lead": [("12-07", "late+1wd"), ("12-14", "late+6wd"), ("12-21", "late+11wd")],
        "manager": [("12-14", "late+6wd"), ("12-21", "late+11wd")],
        "chair": [("12-18", "late+10wd")],
    }


def test_a_due_date_on_a_sunday_is_told_of_on_the_friday_before(database, anyshire, case):
    follow(database, anyshire, WORKING)
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 6))
    hush(database)

    heard = morning_after_morning(database, "2026-12-03T08:00", days=5)["owner"]

    assert heard == [("12-03", "due-2wd"), ("12-04", "due"), ("12-07", "late+1wd")]


def test_a_month_without_a_round_is_caught_up_in_one_mail_at_the_proper_rung(database, anyshire, case):
    follow(database, anyshire, WORKING)
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)

    after = a_morning(database, "2027-01-07T08:00")

    assert said(after)["owner@anyshire.example"] == [(ACTION, "late+21wd")]
    assert said(after)["chair@anyshire.example"] == [(ACTION, "late+20wd")]
    assert a_morning(database, "2027-01-08T08:00").mails == []


def test_an_own_policy_tells_whom_it_names_and_the_deputy_as_an_owner(database, anyshire, case):
    write(database, anyshire, "ours", a_rung(-3, OWNER, deputy=True), a_rung(2, LEAD, MANAGER, every=7))
    follow(database, anyshire, "ours")
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    with database.begin() as session:
        deputy = anyshire.people["review_subgroup_member"].id
        session.execute(sa.update(Action).where(Action.id == action.id).values(deputy_id=deputy))
    hush(database)

    heard = morning_after_morning(database, "2026-11-30T08:00", days=16)

    again = [("12-07", "due+2"), ("12-14", "due+9")]
    assert heard == {
        "owner": [("12-01", "due-3")],
        "member": [("12-01", "due-3")],
        "agency-lead": again,
        "manager": again,
    }


def test_a_plan_follows_a_policy_of_its_own_beside_the_partnerships(database, anyshire, case):
    with database.begin() as session:
        other = a_quiet_case(session, anyshire.partnership, reference="RR-2025-04")
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 14))
    an_owned_action(database, other, anyshire, owner_of(anyshire), date(2026, 12, 14))
    let_plan_follow(database, other, WORKING)
    hush(database)

    heard = [said(a_morning(database, day)) for day in ("2026-11-20", "2026-11-30", "2026-12-07")]

    assert heard == [
        {"owner@anyshire.example": [("RR-2025-03/A1", "due-30")]},
        {"owner@anyshire.example": [("RR-2025-04/A1", "due-10wd")]},
        {"owner@anyshire.example": [("RR-2025-03/A1", "due-7")]},
    ]


def test_another_policy_does_not_repeat_what_was_said_of_a_higher_rung(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    a_morning(database, "2026-12-18")  # due+14: the lead and the manager; due+1: the owner
    follow(database, anyshire, WORKING, "2026-12-18")

    heard = morning_after_morning(database, "2026-12-18T08:00", days=5)

    # late+6wd was on the 14th, a lower rung for lead and manager; the owner, who knows of day 1 only, had one
    assert heard == {
        "owner": [("12-21", "late+11wd")],
        "agency-lead": [("12-21", "late+11wd")],
        "manager": [("12-21", "late+11wd")],
        "chair": [("12-18", "late+10wd")],
    }
    follow(database, anyshire, "calendar-ladder", "2026-12-22")
    assert a_morning(database, "2026-12-23").mails == []


def test_a_new_owner_begins_where_the_action_stands_on_the_repeating_rung(database, anyshire, case):
    follow(database, anyshire, WORKING)
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    a_morning(database, "2026-12-14")
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-14"))) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="member@anyshire.example")
    hush(database)

    heard = morning_after_morning(database, "2026-12-15T08:00", days=7)

    assert heard["member"] == [("12-15", "late+6wd"), ("12-21", "late+11wd")]
    assert "owner" not in heard


def test_the_hour_of_the_round_is_that_of_the_policy_that_is_followed(database, anyshire):
    write(database, anyshire, "early", a_rung(1, OWNER), begins="06:15")
    with database() as session:
        assert round_hours(session) == {"ANYSHIRE": time(7, 30), "MIDMARCH": time(7, 30)}
    follow(database, anyshire, "early")

    with database() as session:
        assert round_hours(session) == {"ANYSHIRE": time(6, 15), "MIDMARCH": time(7, 30)}
        assert policies_of(session, anyshire.partnership.id).begins == time(6, 15)


def test_a_round_may_be_of_some_partnerships_only(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    moment = read_moment("2026-12-04")

    others = plan_round(database, moment, letterhead=LETTERHEAD, codes={"MIDMARCH"})
    theirs = plan_round(database, moment, letterhead=LETTERHEAD, codes={"ANYSHIRE"})

    assert (others.mails, len(theirs.mails)) == ([], 1)


def test_the_ladder_of_an_action_is_that_of_its_plan_or_else_of_its_partnership(database, anyshire, case):
    let_plan_follow(database, case, WORKING)
    with database() as session:
        policies = policies_of(session, anyshire.partnership.id)
        midmarch = session.scalars(sa.select(Partnership).where(Partnership.code == "MIDMARCH")).one()
        assert policies_of(session, midmarch.id).ladders == {CALENDAR_LADDER}
    assert policies.ladder_of(case.id) is WORKING_DAY_LADDER
    assert policies.ladder_of(case.id + 1) is CALENDAR_LADDER
    let_plan_follow(database, case, None, "2026-11-21")
    with database() as session:
        assert policies_of(session, anyshire.partnership.id).ladder_of(case.id) is CALENDAR_LADDER


def test_what_was_written_is_kept_and_in_the_history(database, anyshire):
    write(database, anyshire, "ours", a_rung(2, LEAD, MANAGER, every=7), a_rung(-3, OWNER, deputy=True))
    write(database, anyshire, "ours", a_rung(1, OWNER), begins="09:00")

    with database() as session:
        row = session.scalars(sa.select(ReminderPolicy)).one()
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.POLICY_WRITTEN).order_by(Event.id))
        details = [event.details for event in events]
    assert row.rungs == [{"name": "due+1", "days": 1, "working": False, "every": 0, "tells": ["action_owner"]}]
    assert [(each["begins"], [rung["name"] for rung in each["rungs"]]) for each in details] == [
        ("07:30", ["due-3", "due+2"]),
        ("09:00", ["due+1"]),
    ]


@pytest.mark.parametrize(
    ("name", "begins", "sentence"),
    [
        ("calendar-ladder", "07:30", "“calendar-ladder” is built in and cannot be changed. Give yours another name."),
        ("hold-ladder", "07:30", "“hold-ladder” is built in and cannot be changed. Give yours another name."),
        ("Our Own", "07:30", "The name must be up to 40 small letters, digits and hyphens, and begin with a letter."),
        ("ours", "12:00", "The hour must be between 05:00 and 11:59, such as 07:30."),
        ("ours", "7:30", "The hour must be between 05:00 and 11:59, such as 07:30."),
    ],
)
def test_a_name_or_an_hour_that_cannot_be_is_refused(database, anyshire, name, begins, sentence):
    with pytest.raises(Refused) as refusal:
        write(database, anyshire, name, a_rung(1, OWNER), begins=begins)
    assert refusal.value.sentence == sentence


def test_an_unsound_policy_is_refused_with_everything_that_is_wrong(database, anyshire):
    with pytest.raises(Refused) as refusal:
        write(database, anyshire, "ours", a_rung(-3), a_rung(0, OWNER, working=True))
    assert refusal.value.missing == (
        "ladder ours counts some rungs in working days and some in calendar days.",
        "rung due-3 of ours tells nobody, or an unknown role.",
        "ladder ours tells nobody once an action is late.",
    )
    with database() as session:
        assert session.scalars(sa.select(ReminderPolicy)).all() == []
