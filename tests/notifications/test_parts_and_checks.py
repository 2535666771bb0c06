"""Reminders about an agency's part of a shared action, and about impact checks."""

from datetime import date

import pytest

from reviews.actions.parts import add_action_part, end_action_part, find_action_part
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Action, ImpactCheck, PartState
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_person
from tests.notifications.mornings import (
    a_morning,
    a_quiet_case,
    an_owned_action,
    hush,
    is_away,
    letters_of,
    morning_after_morning,
    owner_of,
    said,
)
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

FRIDAY = date(2026, 12, 4)
ONE = "RR-2025-03/A1"
OTHER = "other-lead@anyshire.example"


@pytest.fixture
def other_lead(database, anyshire):
    with database.begin() as session:
        hospitals = anyshire.agencies["Hospitals"]
        return a_person(session, anyshire.partnership, Role.AGENCY_LEAD, hospitals, OTHER)


def share(database, place, agency="Hospitals", due_on=None, reference=ONE):
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-11-20"))) as unit:
        action = unit.action(reference)
        return add_action_part(unit, action, agency_id=place.agencies[agency].id, due_on=due_on).id


def awaiting_impact(database, case, place, *days):
    action = an_owned_action(database, case, place, owner_of(place), FRIDAY, stage=ActionStage.AWAITING_IMPACT)
    with database.begin() as session:
        session.add_all(ImpactCheck(action_id=action.id, months=3, due_on=day) for day in days)
    hush(database)


def test_the_lead_of_an_agency_with_a_part_is_reminded_of_it_as_the_owner_is(database, anyshire, case, other_lead):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    share(database, anyshire)
    hush(database)

    heard = morning_after_morning(database, "2026-10-26T08:00", days=110)

    climbed = [
        *(("11-04", "due-30"), ("11-27", "due-7"), ("12-04", "due"), ("12-07", "due+1"), ("12-18", "due+14")),
        *(("01-04", "due+28"), ("01-15", "due+42"), ("01-29", "due+56"), ("02-12", "due+70")),
    ]
    assert heard["other-lead"] == [(day, f"part {rung}") for day, rung in climbed]
    assert heard["manager"] == [("12-18", "due+14")]
    assert heard["owner"] == climbed


def test_the_mail_speaks_of_the_agencys_part_by_the_date_of_the_part(database, anyshire, case, other_lead):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2027, 6, 1))
    share(database, anyshire, due_on=FRIDAY)
    hush(database)

    a_morning(database, "2026-12-07T08:00")

    (letter,) = letters_of(database)
    assert letter.person_id == other_lead.id
    assert "Your agency's part of an action\n" in letter.body
    assert f"Your agency's part of {ONE}: was due on 4 December 2026, 3 days late" in letter.body
    assert "Anyshire Hospitals" not in letter.body


def test_a_part_that_is_done_is_not_brought_up(database, anyshire, case, other_lead):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    number = share(database, anyshire)
    with unit_of_work(database, BUILDER, StoppedClock(read_moment("2026-11-20"))) as unit:
        action = unit.action(ONE)
        end_action_part(unit, action, find_action_part(unit, action, number), state=PartState.DONE)
    hush(database)

    assert OTHER not in said(a_morning(database, "2026-12-04T08:00"))


@pytest.mark.parametrize("stage", [ActionStage.SUBMITTED, ActionStage.COMPLETE, ActionStage.REJECTED])
def test_parts_of_an_action_that_is_not_open_are_silent(database, anyshire, case, other_lead, stage):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    share(database, anyshire)
    hush(database)
    with database.begin() as session:
        session.get_one(Action, action.id).stage = stage

    assert OTHER not in said(a_morning(database, "2026-12-04T08:00"))


def test_a_lead_hears_of_the_action_and_of_the_part_of_their_own_agency_each_for_itself(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    share(database, anyshire, "Council")
    hush(database)

    heard = said(a_morning(database, "2026-12-07T08:00"))
    again = a_morning(database, "2026-12-08T08:00")

    assert heard["agency-lead@anyshire.example"] == [(ONE, "due+1"), (ONE, "part due+1")]
    assert again.mails == []


def test_no_lead_hears_of_a_part_in_child_death_review(database, anyshire, other_lead):
    with database.begin() as session:
        deaths = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
    an_owned_action(database, deaths, anyshire, owner_of(anyshire), FRIDAY)
    share(database, anyshire, reference="CDR-2026-01/A1")
    hush(database)

    assert set(said(a_morning(database, "2026-12-07T08:00"))) == {"owner@anyshire.example"}


def test_a_part_goes_to_the_deputy_of_a_lead_who_is_away(database, anyshire, case, other_lead):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2027, 6, 1))
    share(database, anyshire, due_on=FRIDAY)
    hush(database)
    is_away(database, anyshire, other_lead, anyshire.people[Role.REVIEW_SUBGROUP_MEMBER], "2026-12-01", "2026-12-31")

    assert said(a_morning(database, "2026-12-04T08:00")) == {"member@anyshire.example": [(ONE, "part due")]}


def test_an_impact_check_is_brought_up_with_who_answers_it_until_it_is(database, anyshire, case):
    awaiting_impact(database, case, anyshire, date(2027, 3, 4), date(2027, 9, 4))

    heard = morning_after_morning(database, "2027-02-22T08:00", days=40)

    climbed = [("03-04", "impact due"), ("03-05", "impact due+1"), ("03-18", "impact due+14")]
    assert heard == {"manager": climbed, "chair": climbed}


def test_the_mail_asks_whether_anything_is_different(database, anyshire, case):
    awaiting_impact(database, case, anyshire, date(2027, 3, 4))

    a_morning(database, "2027-03-04T08:00")

    bodies = [letter.body for letter in letters_of(database)]
    assert all("Impact to be checked\n" in body for body in bodies)
    assert all("Is anything different for children? Due on 4 March 2027, today" in body for body in bodies)


def test_the_impact_of_a_child_death_action_is_for_the_cdop_manager(database, anyshire):
    with database.begin() as session:
        deaths = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
    awaiting_impact(database, deaths, anyshire, date(2027, 3, 4))

    assert set(said(a_morning(database, "2027-03-04T08:00"))) == {"cdop@anyshire.example"}
