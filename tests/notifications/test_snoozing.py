"""Which reminders are held back while an action is snoozed, and which are still sent."""

from datetime import date

from notifications.process.plan_round import plan_round
from reviews.actions.details import assign_action
from reviews.actions.extensions import snooze_action
from reviews.actions.steps import extend_action, return_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Action
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_case, a_person
from tests.notifications.mornings import (
    LETTERHEAD,
    a_morning,
    an_owned_action,
    hush,
    is_away,
    leaves,
    morning_after_morning,
    owner_of,
    said,
    why,
)
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

FRIDAY = date(2026, 12, 4)
ONE = "RR-2025-03/A1"


def rests(database, place, reference, day, days, by=Role.ACTION_OWNER):
    actor = place.actors[by] if by else BUILDER
    with unit_of_work(database, actor, StoppedClock(read_moment(day))) as unit:
        snooze_action(unit, unit.action(reference), days=days, reason="The meeting is on Tuesday.")


def test_an_action_rests_for_its_owner_and_is_caught_up_at_its_proper_rung(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    rests(database, anyshire, ONE, "2026-12-01", 9)

    heard = morning_after_morning(database, "2026-12-02T08:00", days=20)

    assert heard["owner"] == [("12-10", "due+1"), ("12-18", "due+14")]
    assert heard["agency-lead"] == [("12-07", "due+1"), ("12-18", "due+14")]
    assert heard["manager"] == [("12-18", "due+14")]


def test_what_rests_is_held_back_with_the_day(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    rests(database, anyshire, ONE, "2026-12-01", 9)

    result = a_morning(database, "2026-12-04T08:00")

    words = "The owner or deputy snoozed it until 10 December 2026."
    assert (result.mails, why(result)) == ([], {ONE: words})


def test_news_comes_though_the_action_rests(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    rests(database, anyshire, ONE, "2026-12-01", 9)
    with database.begin() as session:
        session.get_one(Action, action.id).stage = ActionStage.SUBMITTED
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-03"))) as unit:
        return_action(unit, unit.action(ONE), reason="x", happened_on=unit.today)

    assert said(a_morning(database, "2026-12-04T08:00")) == {"owner@anyshire.example": [(ONE, "returned")]}


def test_an_extension_ends_the_rest(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    rests(database, anyshire, ONE, "2026-12-01", 14)
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-01"))) as unit:
        extend_action(unit, unit.action(ONE), new_due_on=date(2026, 12, 11), reason="x", happened_on=unit.today)
    hush(database)

    assert said(a_morning(database, "2026-12-04T08:00")) == {"owner@anyshire.example": [(ONE, "due-7")]}


def test_a_new_owner_is_not_bound_by_the_rest_of_the_old_one(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    rests(database, anyshire, ONE, "2026-12-01", 14)
    with database.begin() as session:
        a_person(session, anyshire.partnership, agency=anyshire.agencies["Council"], email="new@anyshire.example")
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-12-01"))) as unit:
        assign_action(unit, unit.action(ONE), owner_email="new@anyshire.example")

    assert set(said(a_morning(database, "2026-12-04T08:00"))) == {"new@anyshire.example"}


def test_what_rests_for_the_owner_rests_for_the_deputy_and_no_longer_when_the_owner_has_left(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    rests(database, anyshire, ONE, "2026-12-01", 14)
    is_away(
        database, anyshire, owner_of(anyshire), anyshire.people[Role.BUSINESS_UNIT_ADMIN], "2026-12-02", "2026-12-31"
    )

    assert a_morning(database, "2026-12-04T08:00").mails == []
    leaves(database, owner_of(anyshire), "2026-12-04")
    assert said(a_morning(database, "2026-12-07T08:00"))["agency-lead@anyshire.example"] == [(ONE, "due+1")]


def test_neither_a_rest_nor_an_absence_silences_holds_returns_and_publication(database, anyshire, case):
    """Their ladders tell the roles of the case: nothing an owner says of an action reaches them."""
    owner = owner_of(anyshire)
    an_owned_action(database, case, anyshire, owner, FRIDAY)
    hush(database)
    with database.begin() as session:
        a_case(session, anyshire.partnership, reference="RR-2026-07")
    alone = {to: items for to, items in said(a_dry(database)).items() if not to.startswith("owner")}
    rests(database, anyshire, ONE, "2026-11-20", 14)
    for role in (Role.BUSINESS_MANAGER, Role.SUBGROUP_CHAIR, Role.SAFEGUARDING_PARTNER):
        is_away(database, anyshire, anyshire.people[role], owner, "2026-11-20", "2026-12-31")

    heard = said(a_dry(database))

    assert alone
    assert {to: heard.get(to) for to in alone} == alone


def a_dry(database):
    return plan_round(database, read_moment("2026-11-30T08:00"), letterhead=LETTERHEAD, dry_run=True)
