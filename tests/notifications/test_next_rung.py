"""The next reminder of an action: when, to whom, or why there is none."""

from datetime import date

import pytest

from notifications.rounds.next_rung import next_rung
from reviews.models import Action
from tests.notifications.mornings import a_morning, a_quiet_case, an_owned_action, hush, owner_of
from tests.notifications.policies import follow
from workflows.definitions.action import ActionStage

FRIDAY = date(2026, 12, 4)


def looked_up(database, action, day):
    with database() as session:
        found = next_rung(session, session.get_one(Action, action.id), date.fromisoformat(day))
    return (found.rung, found.recipients, f"{found.on}") if found.on else found.why


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-10-01", ("30 days before the date", "owner", "2026-11-04")),
        ("2026-11-04", ("30 days before the date", "owner", "2026-11-04")),
        ("2026-11-05", ("7 days before the date", "owner", "2026-11-27")),
        ("2026-12-05", ("1 day after the date", "owner and agency lead", "2026-12-07")),
        ("2026-12-08", ("14 days after the date", "owner, agency lead and business manager", "2026-12-18")),
        ("2027-02-03", ("70 days after the date", "owner", "2027-02-12")),
    ],
)
def test_the_next_rung_is_said_with_its_morning(database, anyshire, case, day, expected):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)

    assert looked_up(database, action, day) == expected


def test_what_was_said_this_morning_is_passed_over(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    a_morning(database, "2026-12-04")

    assert looked_up(database, action, "2026-12-04")[0] == "1 day after the date"


def test_a_repeating_rung_has_no_end(database, anyshire, case):
    follow(database, anyshire, "working-day-ladder")
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)

    assert looked_up(database, action, "2027-11-30") == (
        "250 working days after the date",
        "chair of the subgroup",
        "2027-12-01",
    )


@pytest.mark.parametrize(
    ("stage", "due_on", "why"),
    [
        (ActionStage.SUBMITTED, FRIDAY, "submitted: no reminders are sent at this stage"),
        (ActionStage.COMPLETE, FRIDAY, "it is finished"),
        (ActionStage.AGREED_NO_DATE, None, "it has no due date, so its owner is asked for one once a month"),
    ],
)
def test_a_silent_action_says_why(database, anyshire, case, stage, due_on, why):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), due_on, stage=stage)

    assert looked_up(database, action, "2026-12-01") == why


def test_of_child_death_review_the_cdop_manager_is_told(database, anyshire, case):
    with database.begin() as session:
        death = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
    action = an_owned_action(database, death, anyshire, owner_of(anyshire), FRIDAY)

    assert looked_up(database, action, "2026-12-08")[1] == "owner and CDOP manager"
