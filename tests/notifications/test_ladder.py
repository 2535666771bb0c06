"""When is what said? The ladder of reminders, climbed on working mornings."""

from datetime import date

import sqlalchemy as sa

from notifications.models import Letter, Reminder
from notifications.process.plan_round import plan_round
from reviews.actions.details import assign_action
from reviews.actions.steps import extend_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Action, Event, Partnership
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, an_action
from tests.notifications.mornings import (
    LETTERHEAD,
    a_morning,
    an_owned_action,
    hush,
    morning_after_morning,
    owner_of,
    said,
    why,
)
from workflows.definitions.action import FINISHED, ActionStage

FRIDAY = date(2026, 12, 4)


def test_the_ladder_is_climbed_one_rung_at_a_time_and_each_is_told_once(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)

    heard = morning_after_morning(database, "2026-10-26T08:00", days=110)

    assert heard == {
        "owner": [
            *(("11-04", "due-30"), ("11-27", "due-7"), ("12-04", "due"), ("12-07", "due+1"), ("12-18", "due+14")),
            *(("01-04", "due+28"), ("01-15", "due+42"), ("01-29", "due+56"), ("02-12", "due+70")),
        ],
        "agency-lead": [("12-07", "due+1"), ("12-18", "due+14")],
        "manager": [("12-18", "due+14")],
        "chair": [("02-02", "due+60")],
        "independent-chair": [("02-02", "due+60")],
        "partner": [("02-02", "due+60")],
    }


def test_a_second_round_of_the_same_morning_says_nothing(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    first = a_morning(database, "2026-12-04T08:00")

    second = a_morning(database, "2026-12-04T09:00")

    assert (len(first.mails), first.already) == (1, 0)
    assert (second.mails, second.already) == ([], 1)


def test_a_dry_run_says_what_would_be_sent_and_writes_nothing(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)

    dry = plan_round(database, read_moment("2026-12-04"), letterhead=LETTERHEAD, dry_run=True)

    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0
        assert session.scalar(sa.select(sa.func.count()).where(Event.announced_at.is_not(None))) == 0
    assert said(dry) == said(a_morning(database, "2026-12-04"))


def test_weekends_and_bank_holidays_are_quiet_and_caught_up(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 25))
    hush(database)
    a_morning(database, "2026-12-18T08:00")

    quiet = [a_morning(database, f"2026-12-{day}T08:00") for day in (25, 26, 27, 28)]
    after = a_morning(database, "2026-12-29T08:00")

    assert [result.mails for result in quiet] == [[], [], [], []]
    assert quiet[0].note == "No reminders on Friday 25 December 2026: Christmas Day."
    assert quiet[1].note == "No reminders on Saturday 26 December 2026: a weekend."
    assert said(after)["owner@anyshire.example"] == [("RR-2025-03/A1", "due+1")]


def test_nine_missed_days_are_caught_up_in_one_item_at_the_proper_rung(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    a_morning(database, "2026-12-03T08:00")

    after = a_morning(database, "2026-12-14T08:00")

    assert said(after) == {
        "owner@anyshire.example": [("RR-2025-03/A1", "due+1")],
        "agency-lead@anyshire.example": [("RR-2025-03/A1", "due+1")],
    }
    assert a_morning(database, "2026-12-15T08:00").mails == []


def test_an_extension_starts_a_new_ladder(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    a_morning(database, "2026-12-07T08:00")
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-08"))) as unit:
        extend_action(
            unit, unit.action(action.reference), new_due_on=date(2027, 3, 1), reason="x", happened_on=unit.today
        )

    heard = morning_after_morning(database, "2026-12-09T08:00", days=120)

    assert heard["owner"] == [
        ("12-09", "extended"),
        ("02-01", "due-30"),
        ("02-22", "due-7"),
        ("03-01", "due"),
        ("03-02", "due+1"),
        ("03-15", "due+14"),
        ("03-30", "due+28"),
    ]


def test_submitted_and_finished_actions_are_silent(database, anyshire, case):
    for stage in (ActionStage.SUBMITTED, ActionStage.AWAITING_IMPACT, *sorted(FINISHED)):
        an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY, stage=stage)
    hush(database)

    result = a_morning(database, "2026-12-04T08:00")

    assert result.mails == []
    assert why(result) == {
        "RR-2025-03/A1": "Submitted: no reminders are sent at this stage.",
        "RR-2025-03/A2": "Complete awaiting impact: no reminders are sent at this stage.",
    }


def test_a_lower_rung_is_not_said_after_a_higher_one(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    a_morning(database, "2026-12-18T08:00")
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-18"))) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="agency-lead@anyshire.example")

    result = a_morning(database, "2026-12-21T08:00")

    assert said(result) == {"agency-lead@anyshire.example": [(action.reference, "assigned")]}


def test_an_owner_is_asked_once_a_month_to_set_a_date(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), None)
    hush(database)

    heard = morning_after_morning(database, "2026-11-02T08:00", days=62)

    assert heard == {"owner": [("11-02", "no-date"), ("12-01", "no-date")]}
    assert why(a_morning(database, "2026-12-02")) == {
        "RR-2025-03/A1": "It has no due date; its owner was asked for one this month."
    }


def test_a_partnership_whose_round_fails_leaves_the_others_theirs(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    with database.begin() as session:
        session.execute(
            sa.update(Partnership).where(Partnership.code == "MIDMARCH").values(reminder_policy="no such policy")
        )

    result = a_morning(database, "2026-12-04T08:00")

    assert result.failed_in == ["MIDMARCH"]
    assert len(result.mails) == 1


def test_a_thousand_actions_of_one_owner_make_one_mail(database, anyshire, case):
    with database.begin() as session:
        first = an_action(session, case, due_on=FRIDAY, owner=owner_of(anyshire))
        columns = {each.key: getattr(first, each.key) for each in Action.__table__.columns if each.key != "id"}
        names = [{"reference": f"RR-2025-03/A{n}", "address": f"RR-2025-03.A{n}"} for n in range(2, 1001)]
        session.execute(sa.insert(Action), [columns | name for name in names])
    hush(database)

    result = a_morning(database, "2026-12-04T08:00")

    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reminder)) == 1000
    assert [len(mail.items) for mail in result.mails] == [1000]


def test_the_days_of_a_rung_are_counted_in_london(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 7, 7))
    hush(database)

    before = a_morning(database, "2026-06-29T23:59+01:00")
    after = a_morning(database, "2026-06-29T23:00+00:00")

    assert said(before) == {"owner@anyshire.example": [("RR-2025-03/A1", "due-30")]}
    assert said(after) == {"owner@anyshire.example": [("RR-2025-03/A1", "due-7")]}
