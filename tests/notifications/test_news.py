"""What is told besides the ladder: an action given, returned, extended, submitted, more time asked for."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from notifications.rounds.audience import AUDIENCE
from reviews.actions.details import assign_action
from reviews.actions.extensions import ask_extension, refuse_extension
from reviews.actions.steps import extend_action, record_progress, return_action, submit_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Action, Event, EventKind
from reviews.people.offboarding import disable_person
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_person, an_action
from tests.notifications.mornings import (
    Pigeonhole,
    a_morning,
    a_quiet_case,
    an_owned_action,
    deliver_to,
    hush,
    letters_of,
    morning_after_morning,
    owner_of,
    said,
    why,
)
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

FAR = date(2027, 6, 1)
OWNER, MANAGER, CHAIR = "owner@anyshire.example", "manager@anyshire.example", "chair@anyshire.example"
PARTNER = "partner@anyshire.example"


def on(text):
    return StoppedClock(read_moment(text))


def unannounced(database):
    with database() as session:
        return list(session.scalars(sa.select(Event.kind).where(Event.announced_at.is_(None)).order_by(Event.id)))


def test_every_kind_of_event_has_its_audience():
    assert set(AUDIENCE) == set(EventKind)


def test_an_owner_is_told_once_of_a_new_action(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)

    assert said(a_morning(database, "2026-11-23")) == {OWNER: [(action.reference, "assigned")]}
    assert said(a_morning(database, "2026-11-24")) == {}
    assert unannounced(database) == []


def test_the_present_owner_is_told_not_the_one_before(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    with database.begin() as session:
        a_person(session, anyshire.partnership, email="new@anyshire.example")
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="new@anyshire.example")

    assert said(a_morning(database, "2026-11-23")) == {"new@anyshire.example": [(action.reference, "assigned")]}


def test_the_manager_is_told_of_what_was_submitted_and_the_owner_of_what_came_back(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        submit_action(unit, unit.action(action.reference), evidence="The minutes", happened_on=unit.today)
    first = a_morning(database, "2026-11-23")
    with unit_of_work(database, BUILDER, on("2026-11-23")) as unit:
        return_action(unit, unit.action(action.reference), reason="Which minutes?", happened_on=unit.today)

    assert said(first) == {person: [(action.reference, "submitted")] for person in (CHAIR, MANAGER)}
    assert said(a_morning(database, "2026-11-24")) == {OWNER: [(action.reference, "returned")]}


def test_whoever_decides_is_told_again_every_week_while_a_submission_waits_and_its_doer_never(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        submit_action(unit, unit.action(action.reference), evidence="The minutes", happened_on=unit.today)

    heard = morning_after_morning(database, "2026-11-23", 22)

    weekly = [("11-23", "submitted"), ("11-27", "acceptance due+7"), ("12-04", "acceptance due+14")]
    assert heard == {person: [*weekly, ("12-11", "acceptance due+21")] for person in ("chair", "manager")}
    with unit_of_work(database, BUILDER, on("2026-12-14")) as unit:
        return_action(unit, unit.action(action.reference), reason="Which minutes?", happened_on=unit.today)
    assert said(a_morning(database, "2026-12-18")) == {OWNER: [(action.reference, "returned")]}
    bodies = [letter.body for letter in letters_of(database)]
    assert sum("Still to be accepted or returned" in body for body in bodies) == 6
    assert any("submitted on 20 November 2026, and waits for your decision: 7 days" in body for body in bodies)


@pytest.mark.parametrize("is_decided", [False, True])
def test_the_weekly_mail_about_a_submission_leaves_unless_it_was_decided_meanwhile(
    database, anyshire, case, is_decided
):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        submit_action(unit, unit.action(action.reference), evidence="The minutes", happened_on=unit.today)
    a_morning(database, "2026-11-23")
    deliver_to(Pigeonhole(), database, on("2026-11-23T08:05"))
    a_morning(database, "2026-11-27")
    if is_decided:
        with unit_of_work(database, BUILDER, on("2026-11-27")) as unit:
            return_action(unit, unit.action(action.reference), reason="Which minutes?", happened_on=unit.today)
    transport = Pigeonhole()
    deliver_to(transport, database, on("2026-11-30T08:05"))
    assert {letter.to for letter in transport.letters} == (set() if is_decided else {CHAIR, MANAGER})


def test_the_chair_is_told_that_more_time_is_asked_for(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    ask(database, action)

    assert said(a_morning(database, "2026-11-23")) == {CHAIR: [(action.reference, "more-time")]}


def test_a_second_wish_is_told_to_the_partner_of_the_agency_and_not_to_the_chair(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    with database.begin() as session:
        session.get_one(Action, action.id).times_extended = 1
    hush(database)
    ask(database, action)

    assert said(a_morning(database, "2026-11-23")) == {PARTNER: [(action.reference, "more-time")]}


def test_a_second_wish_of_an_agency_without_a_partner_is_told_to_every_partner(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    with database.begin() as session:
        kept = session.get_one(Action, action.id)
        kept.times_extended, kept.lead_agency_id = 1, anyshire.agencies["Police"].id
    hush(database)
    ask(database, action)

    assert said(a_morning(database, "2026-11-23")) == {PARTNER: [(action.reference, "more-time")]}


def test_an_owner_is_told_that_the_date_stays_and_the_chair_of_no_wish_that_is_answered(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    ask(database, action)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        refuse_extension(unit, unit.action(action.reference), reason="It was long enough.", happened_on=unit.today)

    assert said(a_morning(database, "2026-11-23")) == {OWNER: [(action.reference, "refused")]}
    assert unannounced(database) == []


def ask(database, action):
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        later = FAR + timedelta(days=30)
        found = unit.action(action.reference)
        ask_extension(unit, found, wanted_due_on=later, reason="The venue was lost", happened_on=unit.today)


def test_news_that_is_old_by_the_morning_is_passed_over(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        submit_action(unit, unit.action(action.reference), evidence="The minutes", happened_on=unit.today)
        return_action(unit, unit.action(action.reference), reason="Which minutes?", happened_on=unit.today)

    assert said(a_morning(database, "2026-11-23")) == {OWNER: [(action.reference, "returned")]}


def test_two_extensions_since_yesterday_are_one_line(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        for month in (7, 8):
            extend_action(
                unit,
                unit.action(action.reference),
                new_due_on=date(2027, month, 1),
                reason="x",
                happened_on=unit.today,
            )

    assert said(a_morning(database, "2026-11-23")) == {OWNER: [(action.reference, "extended")]}
    assert unannounced(database) == []


def test_a_reminder_of_the_same_action_takes_the_place_of_the_news(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 4))

    assert said(a_morning(database, "2026-11-23")) == {OWNER: [(action.reference, "due-30")]}
    assert said(a_morning(database, "2026-11-24")) == {}


def test_reminders_and_news_of_a_morning_come_in_one_mail(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 11, 1))
    an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    an_owned_action(database, case, anyshire, owner_of(anyshire), None, stage=ActionStage.AGREED_NO_DATE)

    result = a_morning(database, "2026-11-23")

    own = [("RR-2025-03/A1", "due+14"), ("RR-2025-03/A2", "assigned"), ("RR-2025-03/A3", "no-date")]
    assert sorted(said(result)[OWNER]) == own


def test_news_for_somebody_mailed_this_morning_waits_for_the_next(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    a_morning(database, "2026-11-23T08:00")
    second = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)

    noon = a_morning(database, "2026-11-23T12:00")

    assert (noon.mails, noon.already) == ([], 1)
    assert why(noon) == {
        second.reference: "They already had a mail this morning. This follows on the next working morning."
    }
    assert unannounced(database) == [EventKind.ACTION_ASSIGNED]
    assert said(a_morning(database, "2026-11-24")) == {OWNER: [(second.reference, "assigned")]}


def test_one_of_two_managers_mailed_already_hears_later_and_the_other_only_once(database, anyshire, case):
    with database.begin() as session:
        deputy = a_person(session, anyshire.partnership, Role.BUSINESS_MANAGER, email="deputy@anyshire.example")
    an_owned_action(database, case, anyshire, deputy, FAR)
    a_morning(database, "2026-11-23T08:00")
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-23")) as unit:
        submit_action(unit, unit.action(action.reference), evidence="The minutes", happened_on=unit.today)

    noon, next_day = a_morning(database, "2026-11-23T12:00"), a_morning(database, "2026-11-24")

    assert said(noon) == {person: [(action.reference, "submitted")] for person in (CHAIR, MANAGER)}
    assert said(next_day) == {"deputy@anyshire.example": [(action.reference, "submitted")]}


def test_what_concerns_nobody_is_marked_as_announced(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR)
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        record_progress(unit, unit.action(action.reference), text="Half way", happened_on=unit.today)

    assert a_morning(database, "2026-11-23").mails == []
    assert unannounced(database) == []


@pytest.mark.parametrize(
    "stage", [ActionStage.PROPOSED, ActionStage.IN_PROGRESS, ActionStage.SUBMITTED, ActionStage.AWAITING_IMPACT]
)
def test_the_lead_is_told_of_an_action_that_is_parked_with_them_at_any_stage(database, anyshire, case, stage):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR, stage=stage)
    an_owned_action(database, case, anyshire, owner_of(anyshire), FAR, stage=ActionStage.COMPLETE)
    leaves(database)

    result = a_morning(database, "2026-11-23")

    assert said(result) == {"agency-lead@anyshire.example": [(action.reference, "parked")]}
    (letter,) = letters_of(database)
    assert "Parked with you: the owner has left. Please give it a new owner" in letter.body


def test_what_is_parked_in_child_death_review_is_told_to_the_cdop_manager(database, anyshire):
    with database.begin() as session:
        case = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        action = an_action(session, case, due_on=FAR, owner=owner_of(anyshire), agency=anyshire.agencies["Council"])
    leaves(database)

    assert said(a_morning(database, "2026-11-23")) == {"cdop@anyshire.example": [(action.reference, "parked")]}


def test_who_is_given_a_parked_action_before_the_morning_is_not_told_that_it_is_parked(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FAR, stage=ActionStage.SUBMITTED)
    leaves(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        assign_action(unit, unit.action(action.reference), owner_email=CHAIR)

    assert said(a_morning(database, "2026-11-23")) == {}
    assert unannounced(database) == []


def leaves(database):
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        disable_person(unit, email=OWNER)


def test_an_action_of_a_child_death_review_is_submitted_to_the_cdop_manager(database, anyshire):
    with database.begin() as session:
        case = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        action = an_action(session, case, due_on=FAR, owner=owner_of(anyshire))
    hush(database)
    with unit_of_work(database, BUILDER, on("2026-11-20")) as unit:
        submit_action(unit, unit.action(action.reference), evidence="The minutes", happened_on=unit.today)

    assert said(a_morning(database, "2026-11-23")) == {"cdop@anyshire.example": [(action.reference, "submitted")]}
